"""The words of the knowledge base as one trie, built once per loaded knowledge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sessions_app.language.terms import Match, TermTrie, most_specific
from sessions_app.language.tokens import Language, Token, listed
from sessions_app.language.wordings import reworded
from sessions_app.triage.knowledge.loader import Knowledge
from sessions_app.triage.knowledge.schema import Finding, SurfaceForms

# They contain the name of a symptom and are none.
_DECOYS = listed(
    """
    hay fever | yellow fever | scarlet fever | dengue fever | glandular fever | rheumatic fever |
    cold sore | cold sores | cabin fever | fever reducer | pain killer | pain killers | pain relief |
    pain medication | cough syrup | cough medicine | cough drops | cold weather | heart attack |
    back then | back home | went back | came back | come back | comes back | coming back | go back |
    going back | get back | got back | back and forth | when i cough | when i sneeze | when coughing |
    when sneezing | dont want to die | do not want to die |
    fell asleep | fall asleep | falling asleep | fell ill | fell pregnant | fell out with |
    if i cough | když kašlu | když zakašlu | když kýchnu | při kašli | při kašlání |
    při kýchání | při kýchnutí | back to | back in | call back | senná rýma | sennou rýmu
    """
)


# Aspects that say where something is, and what the labels of pains end in.
_PLACES, _PAINS = ("site", "location"), ("pain", "ache")
# Kinds of findings that stay true: "years ago" does not end them.
LASTING = ("risk", "history")


@dataclass(frozen=True, slots=True)
class Sense:
    """What a surface form says: a yes/no finding, one value of it, or only its name (numbers)."""

    finding_id: str
    value: bool | str | None


DECOY = Sense("", None)


@dataclass(frozen=True)
class Lexicon:
    findings: dict[str, Finding]
    trie: TermTrie[Sense]
    aspects: Mapping[str, Sequence[str]]

    @classmethod
    def from_findings(cls, findings: Iterable[Finding]) -> Lexicon:
        """Index every surface form of the findings."""
        known = {finding.id: finding for finding in findings}
        trie: TermTrie[Sense] = TermTrie()
        for finding in known.values():
            for form, sense, language in _forms(finding):
                trie.add(form, sense, language=language)
                for other, fillers in reworded(form, language):
                    trie.add(other, sense, language=language, max_fillers=fillers)
        for form in _DECOYS:
            trie.add(form, DECOY, max_fillers=0)
        aspects: dict[str, list[str]] = {}
        for finding in known.values():
            if finding.values and finding.parent:
                aspects.setdefault(_aspect(finding.id), []).append(finding.id)
        return cls(known, trie, aspects)

    def find(self, tokens: list[Token], language: Language | None) -> list[Match[Sense]]:
        """Return the findings and values named in the text, the most specific ones, in order."""
        return most_specific(self.trie.find(tokens, language), self._belong_together)

    def _belong_together(self, inside: Match[Sense], around: Match[Sense]) -> bool:
        inner, outer = inside.payload, around.payload
        # The name of a measurement stays: "my blood pressure is 180" is more than "high".
        if inner.value is None and inner != DECOY:
            return True
        # Values of different findings do not compete here; which of them is meant shows elsewhere.
        if (
            isinstance(inner.value, str)
            and isinstance(outer.value, str)
            and inner.finding_id != outer.finding_id
        ):
            return True
        # "Pregnant and bleeding" says two things, the lasting one and the new one.
        if around.is_joined and self._is_lasting(inner) and not self._is_lasting(outer):
            return True
        # "crushing chest" names the pain and its character; "chest pain on breathing" names both findings.
        return self.parent(inner) == outer.finding_id or self.parent(outer) == inner.finding_id

    def of_same_aspect(self, finding_id: str) -> Sequence[str]:
        """Return the findings that ask the same of other things: the character of any pain."""
        return self.aspects.get(_aspect(finding_id), ())

    def is_place_of_pain(self, sense: Sense) -> bool:
        """Say whether the form names where a pain is."""
        finding = self.findings[sense.finding_id]
        parent = self.findings.get(finding.parent or "")
        is_place = _aspect(finding.id) in _PLACES
        return is_place and parent is not None and parent.label.lower().endswith(_PAINS)

    def is_symptom(self, sense: Sense) -> bool:
        """Say whether the form names something that somebody has now."""
        return sense.finding_id in self.findings and not self._is_lasting(sense)

    def _is_lasting(self, sense: Sense) -> bool:
        finding = self.findings.get(sense.finding_id)
        return finding is not None and finding.kind in LASTING

    def parent(self, sense: Sense) -> str | None:
        finding = self.findings.get(sense.finding_id)
        return finding.parent if finding else None


def _aspect(finding_id: str) -> str:
    return finding_id.rpartition("_")[2]


def _forms(finding: Finding) -> Iterator[tuple[str, Sense, Language]]:
    if finding.type == "binary":
        named = Sense(finding.id, True)
        yield finding.label, named, "en"
        yield finding.label_cs, named, "cs"
        yield from _in_both(finding.synonyms, named)
        yield from _in_both(finding.absent, Sense(finding.id, False))
        return
    for option in finding.values:
        yield from _in_both(option.synonyms, Sense(finding.id, option.id))
    if finding.bins:
        yield from _in_both(finding.synonyms, Sense(finding.id, None))


def _in_both(forms: SurfaceForms, sense: Sense) -> Iterator[tuple[str, Sense, Language]]:
    for form in forms.en:
        yield form, sense, "en"
    for form in forms.cs:
        yield form, sense, "cs"


@lru_cache(maxsize=4)
def lexicon_of(knowledge: Knowledge) -> Lexicon:
    """Return the lexicon of this knowledge, built on first use."""
    return Lexicon.from_findings(knowledge.findings.values())
