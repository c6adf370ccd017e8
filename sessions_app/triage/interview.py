"""One state of one interview: what is known, what is believed, and what follows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from sessions_app.triage.asking import PREFIX
from sessions_app.triage.belief import Belief
from sessions_app.triage.case import Level
from sessions_app.triage.evidence import Evidence, dependents, impossible
from sessions_app.triage.knowledge.loader import Knowledge
from sessions_app.triage.knowledge.schema import Complaint
from sessions_app.triage.rulebook import Verdicts
from sessions_app.triage.worth import Worth, weigh


@dataclass(frozen=True, eq=False)
class Interview:
    evidence: Evidence
    knowledge: Knowledge
    belief: Belief
    ranks: NDArray[np.intp]
    verdicts: Verdicts
    level: Level
    reason: str

    @property
    def complaints(self) -> list[Complaint]:
        known = self.knowledge.complaints
        return [known[branch] for branch in self.evidence.branches if branch in known]

    @cached_property
    def worth(self) -> Worth:
        """What the answer to each question is expected to tell."""
        return weigh(self.belief, self.ranks)

    @cached_property
    def askable(self) -> frozenset[str]:
        """The findings that may be asked: not answered, possible, and their parent present."""
        values = self.evidence.values
        answered = (question_id.removeprefix(PREFIX) for question_id in self.evidence.settled)
        ruled_out = impossible(self.evidence.age, self.evidence.sex, self.knowledge)
        pointless = (
            name for name, parent in dependents(self.knowledge) if values.get(parent) in (None, False)
        )
        return _names(self.knowledge).difference(values, answered, ruled_out, pointless)


@lru_cache(maxsize=4)
def _names(knowledge: Knowledge) -> frozenset[str]:
    return frozenset(knowledge.findings)
