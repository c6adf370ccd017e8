"""Red-flag rules and the order of urgency."""

from __future__ import annotations

from dataclasses import dataclass

from sessions_app.triage.case import Level, RaisedFlag
from sessions_app.triage.expressions import Expression
from sessions_app.triage.knowledge.loader import Knowledge
from sessions_app.triage.knowledge.schema import RedFlag

LEVELS: tuple[Level, ...] = ("self_care", "routine", "urgent", "emergency")
_RANKS = {level: place for place, level in enumerate(LEVELS)}


@dataclass(frozen=True, slots=True)
class Rule:
    flag: RedFlag
    test: Expression


def rank(level: Level) -> int:
    """Place of a level in the order of urgency, 0 to 3."""
    return _RANKS[level]


def highest(*levels: Level) -> Level:
    """The most urgent of the levels."""
    return max(levels, key=rank)


def raised_flags(fired: tuple[RedFlag, ...], knowledge: Knowledge) -> tuple[RaisedFlag, ...]:
    """The fired rules as they are shown, each with the words of its source."""
    return tuple(
        RaisedFlag(
            flag=flag.id,
            level=flag.level,
            description=flag.text,
            description_cs=flag.text_cs,
            source=_citation(flag.source, knowledge),
        )
        for flag in fired
    )


def _citation(source: str, knowledge: Knowledge) -> str:
    return knowledge.sources[source].citation if source in knowledge.sources else source
