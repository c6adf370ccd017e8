"""One state of one interview: what is known, what is believed, and what follows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from sessions_app.triage.asking import PREFIX
from sessions_app.triage.belief import Belief
from sessions_app.triage.case import Level
from sessions_app.triage.evidence import Evidence, impossible
from sessions_app.triage.knowledge.loader import Knowledge
from sessions_app.triage.knowledge.schema import Complaint
from sessions_app.triage.rulebook import Verdicts
from sessions_app.triage.worth import Worth, follow_up_sheet, weigh, whole_sheet


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
        return weigh(whole_sheet(self.knowledge), self.belief, self.ranks)

    @cached_property
    def follow_up_worth(self) -> Worth:
        """The same for what the first complaint is followed up with: all that is needed early on."""
        return weigh(follow_up_sheet(self.complaints[0].id, self.knowledge), self.belief, self.ranks)

    @cached_property
    def askable(self) -> NDArray[np.bool_]:
        """For each finding of the whole sheet: not answered, possible, and its parent present."""
        evidence, places = self.evidence, whole_sheet(self.knowledge).places
        values = evidence.values
        settled = (question_id.removeprefix(PREFIX) for question_id in evidence.settled)
        closed = [places[name] for name in (*values, *settled) if name in places]
        closed += [
            place for place, parent in _dependents(self.knowledge) if values.get(parent) in (None, False)
        ]
        is_open = _possible(evidence.age, evidence.sex, self.knowledge).copy()
        is_open[closed] = False
        return is_open

    def may_ask(self, name: str) -> bool:
        """Whether the name is that of such a finding; age and sex are none."""
        place = whole_sheet(self.knowledge).places.get(name)
        return place is not None and bool(self.askable[place])


@lru_cache(maxsize=4)
def _dependents(knowledge: Knowledge) -> tuple[tuple[int, str], ...]:
    """Place of each finding that another one has to be there for, with the name of that one."""
    findings = enumerate(whole_sheet(knowledge).findings)
    return tuple((place, finding.parent) for place, finding in findings if finding.parent is not None)


@lru_cache(maxsize=512)
def _possible(age: int | None, sex: str | None, knowledge: Knowledge) -> NDArray[np.bool_]:
    ruled_out = impossible(age, sex, knowledge)
    return np.array([name not in ruled_out for name in whole_sheet(knowledge).places])
