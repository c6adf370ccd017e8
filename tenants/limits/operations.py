from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from config.errors import Conflict, Invalid
from tenants.actor import Actor
from tenants.audit.operations import record
from tenants.crypto import decrypt, encrypt
from tenants.limits.models import IdempotentCall
from tenants.organisations.models import Tenant
from tenants.rows import as_json, replacement, run
from tenants.work import Write, current_work, operation

KEPT_FOR = timedelta(hours=24)
# A day's backlog in one statement would run into its time limit, again and again.
FORGOTTEN_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    status: int
    body: bytes
    tokens_charged: int | None


def claim_call(*, actor: Actor, key: str, fingerprint: bytes) -> KeptAnswer | None:
    """The answer kept under the key, or None with the key claimed until the transaction ends.

    Raises `Conflict` while the first call is still running and `Invalid` when
    the key was used for another request.
    """
    [(is_busy, kept_fingerprint, status, body, tokens_charged)] = run(
        "SELECT is_busy, fingerprint, status, body, tokens_charged FROM claim_call(%s, %s, %s)",
        [actor.tenant_id, actor.livemode, key],
    )
    if is_busy:
        raise Conflict("A request with this Idempotency-Key is still running.", headers={"Retry-After": "1"})
    if kept_fingerprint is None:
        return None
    if bytes(kept_fingerprint) != fingerprint:
        raise Invalid(
            ("Idempotency-Key", "This key was used for a different request.", "idempotency_key_reused"),
            reason="idempotency_key_reused",
        )
    return KeptAnswer(status, decrypt(bytes(body)), tokens_charged)


def keep_answer(*, actor: Actor, key: str, fingerprint: bytes, status: int, body: bytes) -> None:
    """Keep the reply under the key, in the transaction of the work that it tells of."""
    work = current_work()
    call = IdempotentCall(
        tenant_id=actor.tenant_id,
        livemode=actor.livemode,
        key=key,
        fingerprint=fingerprint,
        status=status,
        body=encrypt(body),
        tokens_charged=work.tokens_charged,
        session_id=work.about_session,
        patient_id=work.about_patient,
        expires_at=actor.now() + KEPT_FOR,
    )
    work.at_end(0, _keep, call)


def _keep(_actor: Actor, calls: list[IdempotentCall]) -> Write:
    # An expired row may still lie there; `claim_call` has seen to it that it is not a live one.
    return Write(replacement(IdempotentCall, "tenant_id", "livemode", "key"), [as_json(calls)])


@operation
def set_override(*, actor: Actor, rate_limit_rpm: int | None, reason: str = "") -> Tenant:
    """Set or clear the tenant's override; the very next request of each key sees it."""
    tenant = Tenant.objects.select_for_update().get(id=actor.tenant_id)
    former, tenant.rate_limit_override = tenant.rate_limit_override, rate_limit_rpm
    tenant.save(update_fields=["rate_limit_override"])
    metadata = {"from": former, "to": rate_limit_rpm, "reason": reason}
    record(actor=actor, action="rate_limit.override_changed", metadata=metadata)
    return tenant


def forget_calls(*, now: datetime) -> int:
    """Remove kept replies past their 24 hours, of all tenants; how many."""
    calls = IdempotentCall.objects.using("system")
    batch = calls.filter(expires_at__lte=now).order_by("expires_at").values("id")[:FORGOTTEN_AT_ONCE]
    removed = 0
    while count := calls.filter(id__in=batch).delete()[0]:
        removed += count
    return removed
