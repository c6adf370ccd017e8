"""Which complaint free words are about."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from sessions_app.language.context import Reading
from sessions_app.language.terms import TermTrie, most_specific
from sessions_app.language.tokens import Language, tokenise, words
from sessions_app.language.trigger_words import LAY_TRIGGERS
from sessions_app.triage.hearing import Heard, hear
from sessions_app.triage.knowledge.loader import Knowledge
from sessions_app.triage.knowledge.schema import Complaint
from sessions_app.triage.lexicon import lexicon_of

FALLBACK = "general"
_EXACT, _NO_IDEA = 1.0, 0.1
# Naming what a complaint is about counts more than naming what goes with it.
_IMPLIED, _NAMED, _UNSPECIFIC, _ASKED = 1.05, 1.0, 0.45, 0.08
# What is said first is usually what somebody comes for.
_LATER = 0.85
_MIN_SCORE, _SECONDARY = 0.2, 0.5
_MIN_SIMILARITY, _WELL_SPELLED, _HARDLY = 0.5, 0.8, 0.4
# So short a text is a name, perhaps misspelt.
_NAME_WORDS = 3
_SIZES = (3, 4, 5)


@dataclass(frozen=True, slots=True)
class Routed:
    """A complaint id, how sure that is (0-1), and what else the words are about."""

    complaint: str
    confidence: float
    secondary: str | None = None


def match_complaint(text: str, knowledge: Knowledge) -> Routed:
    """Return the complaint that the words are about; "general" with low confidence when none fits."""
    router = _router_of(knowledge)
    exact = router.exact.get(_plain(text))
    if exact is not None:
        return Routed(exact, _EXACT)
    heard = hear(text, knowledge)
    meant = router.by_meaning(heard)
    scores = {complaint: score for complaint, score in meant.items() if score >= _MIN_SCORE}
    if not scores:
        return router.guess(text, heard, meant)
    ranked = sorted(scores, key=lambda complaint: -scores[complaint])
    best = scores[ranked[0]]
    rest = sum(scores[complaint] for complaint in ranked[1:3])
    secondary = next((complaint for complaint in ranked[1:] if scores[complaint] >= _SECONDARY), None)
    confidence = round(min(0.97, 0.5 * min(1.0, best) + 0.5 * best / (best + rest)), 2)
    routed = Routed(ranked[0], confidence, secondary)
    # Several findings that a complaint asks about are a hint at it and no more.
    return routed if best >= _UNSPECIFIC else router.without_presuming(routed, heard)


@dataclass(frozen=True, slots=True)
class _Voice:
    """Words that speak for complaints, by their place in the text."""

    start: int
    end: int
    weights: Mapping[str, float]
    # A risk or an old illness, which may be why somebody writes and mostly is not.
    is_lasting: bool = False


def _of_today(voices: Sequence[_Voice]) -> Sequence[_Voice]:
    """Leave out what somebody has had for long where they name something new: diabetes and a cough."""
    lasting = {place for voice in voices if voice.is_lasting for place in range(voice.start, voice.end)}
    recent = [voice for voice in voices if lasting.isdisjoint(range(voice.start, voice.end))]
    has_complaint = any(name != FALLBACK for voice in recent for name in voice.weights)
    return recent if has_complaint else [voice for voice in voices if voice.weights]


class _Router:
    """Everything about the complaints' words that one knowledge needs once."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.forms = _forms(knowledge)
        self.exact = {_plain(form): complaint for complaint, form, _ in self.forms}
        self.trie: TermTrie[str] = TermTrie()
        for complaint, form, language in self.forms:
            self.trie.add(form, complaint, language=language)
        self.named_by = _findings_by_complaint(knowledge)
        self.illnesses = _old_illnesses(knowledge)

    @cached_property
    def index(self) -> _Index:
        # Few texts need it: it is built when the first of them comes.
        return _Index(self.forms)

    def by_meaning(self, heard: Heard) -> dict[str, float]:
        """Score complaints by their own words and by the findings that the text names."""
        spoken: dict[int, dict[str, float]] = {}
        for voice in _of_today([*self._of_findings(heard), *self._of_complaints(heard)]):
            _raise(spoken.setdefault(voice.start, {}), voice.weights)
        scores: dict[str, float] = {}
        for order, place in enumerate(sorted(spoken)):
            for complaint, weight in spoken[place].items():
                scores[complaint] = scores.get(complaint, 0.0) + weight * _LATER**order
        return scores

    def _of_findings(self, heard: Heard) -> Iterator[_Voice]:
        for word in heard.words:
            weights = self.named_by.get(word.finding_id, {})
            finding = self.knowledge.findings.get(word.finding_id)
            if word.is_negated or not word.value or finding is None:
                continue
            is_lasting = finding.id in self.illnesses
            if weights or is_lasting:
                yield _Voice(word.start, word.end, weights, is_lasting=is_lasting)

    def _of_complaints(self, heard: Heard) -> Iterator[_Voice]:
        timed = {place for one in heard.durations for place in range(one.first, one.last + 1)}
        matches = most_specific(self.trie.find(heard.tokens, heard.language))
        spans = {match: (match.positions[0], match.positions[-1]) for match in matches}
        triggers = LAY_TRIGGERS[heard.language]
        reading = Reading(heard.tokens, spans.values(), triggers, is_narrated=heard.is_narrated)
        for match, span in spans.items():
            context = reading.context(span)
            is_of_other = context.is_about_other and not heard.is_proxy
            # "Od rána" is a time and no wound.
            is_denied = match.is_negated or context.is_negated or context.is_weak
            if is_denied or is_of_other or timed.issuperset(match.positions):
                continue
            weight = _UNSPECIFIC if match.payload == FALLBACK else _NAMED
            yield _Voice(match.start, match.end, {match.payload: weight})

    def guess(self, text: str, heard: Heard, meant: Mapping[str, float]) -> Routed:
        """Take what is nearest; a complaint that would presume what nobody said is but a hint."""
        routed = self.by_spelling(text)
        # One word in common says less than a finding that is asked about: "discharge" is of eyes, too.
        if meant and routed.complaint not in (FALLBACK, *meant) and routed.confidence < _WELL_SPELLED:
            routed = Routed(max(meant, key=lambda complaint: meant[complaint]), _HARDLY)
        return self.without_presuming(routed, heard)

    def without_presuming(self, routed: Routed, heard: Heard) -> Routed:
        complaint = self.knowledge.complaints.get(routed.complaint)
        implied = {name for name, value in complaint.implies.items() if value} if complaint else set()
        said = {word.finding_id: word.value for word in heard.words}
        is_all_denied = bool(said) and not any(said.values())
        if not is_all_denied and (not implied or any(said.get(name) for name in implied)):
            return routed
        is_name = not said and len(heard.tokens) <= _NAME_WORDS
        is_denied = is_all_denied or any(name in said for name in implied)
        is_well_spelled = routed.confidence >= _WELL_SPELLED and not is_denied
        if is_name or is_well_spelled:
            return routed
        return Routed(FALLBACK, _NO_IDEA, None if routed.complaint == FALLBACK else routed.complaint)

    def by_spelling(self, text: str) -> Routed:
        """Take the complaint with the form most like the text in its letters."""
        complaint, similarity = self.index.nearest(text)
        if similarity < _MIN_SIMILARITY:
            return Routed(FALLBACK, _NO_IDEA)
        return Routed(complaint, round(min(0.9, similarity), 2))


class _Index:
    """TF-IDF over the letter sequences of all forms, compared by cosine."""

    def __init__(self, forms: Sequence[tuple[str, str, Language | None]]) -> None:
        self.owners = [complaint for complaint, _, _ in forms]
        counted = [_grams(form) for _, form, _ in forms]
        seen = Counter(gram for grams in counted for gram in grams)
        self.rarity = {gram: math.log((1 + len(forms)) / (1 + count)) + 1 for gram, count in seen.items()}
        rows: dict[str, list[int]] = {}
        weights: dict[str, list[float]] = {}
        for row, grams in enumerate(counted):
            for gram, weight in self._vector(grams).items():
                rows.setdefault(gram, []).append(row)
                weights.setdefault(gram, []).append(weight)
        self.postings = {gram: (np.array(rows[gram]), np.array(weights[gram])) for gram in rows}

    def nearest(self, text: str) -> tuple[str, float]:
        """Return the owner of the most similar form, and the similarity (0-1)."""
        similarities = np.zeros(len(self.owners))
        for gram, weight in self._vector(_grams(text)).items():
            rows, weights = self.postings[gram]
            similarities[rows] += weight * weights
        row = int(similarities.argmax()) if len(similarities) else 0
        return (self.owners[row], float(similarities[row])) if self.owners else (FALLBACK, 0.0)

    def _vector(self, grams: Mapping[str, int]) -> dict[str, float]:
        weights = {
            gram: (1 + math.log(count)) * self.rarity[gram]
            for gram, count in grams.items()
            if gram in self.rarity
        }
        # Unknown sequences lengthen the text too: "asdf chest qwer" is not quite "chest".
        strange = (len(grams) - len(weights)) * (1 + math.log(1 + len(self.owners)))
        length = math.sqrt(sum(weight * weight for weight in weights.values()) + strange)
        return {gram: weight / length for gram, weight in weights.items()}


@lru_cache(maxsize=4)
def _router_of(knowledge: Knowledge) -> _Router:
    return _Router(knowledge)


def _forms(knowledge: Knowledge) -> list[tuple[str, str, Language | None]]:
    forms: list[tuple[str, str, Language | None]] = []
    for complaint in knowledge.complaints.values():
        forms.append((complaint.id, complaint.id.replace("_", " "), None))
        forms.extend((complaint.id, form, "en") for form in (complaint.text, *complaint.synonyms.en))
        forms.extend((complaint.id, form, "cs") for form in (complaint.text_cs, *complaint.synonyms.cs))
    return forms


def _findings_by_complaint(knowledge: Knowledge) -> dict[str, dict[str, float]]:
    """Return for each finding how much its naming speaks for each complaint."""
    weights: dict[str, dict[str, float]] = {}
    for complaint in knowledge.complaints.values():
        if complaint.id == FALLBACK:
            continue
        for group in (*complaint.must_ask, *complaint.groups):
            for finding_id in group.findings:
                weights.setdefault(finding_id, {})[complaint.id] = _ASKED
        for finding_id in _named_by_synonyms(complaint, knowledge):
            _raise(weights.setdefault(finding_id, {}), {complaint.id: _NAMED})
        for finding_id in {finding_id for finding_id, value in complaint.implies.items() if value}:
            _raise(weights.setdefault(finding_id, {}), {complaint.id: _IMPLIED})
    # A late pregnancy is a pregnancy.
    for finding in knowledge.findings.values():
        for other in finding.implies:
            _raise(weights.setdefault(finding.id, {}), weights.get(other, {}))
    return weights


def _old_illnesses(knowledge: Knowledge) -> set[str]:
    """Return the lasting findings that are no reason to come: asthma, but not wild mushrooms."""
    reasons = {
        finding_id
        for complaint in knowledge.complaints.values()
        for finding_id in (
            *complaint.implies,
            *(name for group in complaint.must_ask for name in group.findings),
        )
    }
    return {
        finding.id
        for finding in knowledge.findings.values()
        if finding.id.endswith("_known")
        or (finding.kind == "risk" and not reasons & {finding.id, *finding.implies})
    }


def _named_by_synonyms(complaint: Complaint, knowledge: Knowledge) -> set[str]:
    """Return the yes/no findings that a synonym of the complaint names, and names alone."""
    lexicon = lexicon_of(knowledge)
    found: set[str] = set()
    forms: list[tuple[str, Language]] = [(form, "en") for form in complaint.synonyms.en]
    forms += [(form, "cs") for form in complaint.synonyms.cs]
    for form, language in forms:
        # In its own language: "angina" is a pain of the heart here and a sore throat there.
        named = {
            match.payload.finding_id
            for match in lexicon.find(tokenise(form.replace("*", "")), language)
            if match.payload.value is True
        }
        if len(named) == 1:
            found |= named
    return found


def _raise(weights: dict[str, float], other: Mapping[str, float]) -> None:
    for complaint, weight in other.items():
        weights[complaint] = max(weight, weights.get(complaint, 0.0))


def _plain(text: str) -> str:
    return " ".join(words(text.replace("_", " ").replace("*", "")))


def _grams(text: str) -> Counter[str]:
    padded = f" {_plain(text)} "
    return Counter(padded[at : at + size] for size in _SIZES for at in range(len(padded) - size + 1))
