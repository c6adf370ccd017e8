"""Who acts: the first argument of every operation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from django.utils import timezone

from config.errors import MissingScope


@dataclass(frozen=True, slots=True)
class Actor:
    tenant_id: UUID
    kind: Literal["key", "member", "operator", "system"]
    id: UUID | None
    # Effective: with the implied ones.
    scopes: frozenset[str]
    livemode: bool
    request_id: str
    ip: str = ""
    # Requests a minute that this credential may make.
    rpm: int = 0
    tier: str = ""
    # The instant to act at; set for imported history only.
    at: datetime | None = None

    def now(self) -> datetime:
        return self.at or timezone.now()

    def require(self, scope: str) -> None:
        """Raise `MissingScope` unless the actor holds the scope."""
        if scope not in self.scopes:
            raise MissingScope(scope)


def system_actor(tenant_id: UUID, *, livemode: bool = True, at: datetime | None = None) -> Actor:
    """Ourselves, at work for one tenant: sweeps, grants, checks."""
    return Actor(tenant_id, "system", None, frozenset(), livemode, request_id=str(uuid4()), at=at)
