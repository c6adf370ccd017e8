"""What a reply means for the question that was asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from rapidfuzz import fuzz

from sessions_app.language.ages import whole_years
from sessions_app.language.numbers import scale_of_ten, severity_word, temperature
from sessions_app.language.replies import Reply, read_reply
from sessions_app.language.tokens import bag, listed, words
from sessions_app.triage.case import Question, Value
from sessions_app.triage.evidence import FEVER_FROM
from sessions_app.triage.hearing import Heard

Replied = dict[str, tuple[Value, float]]

_SURE, _LIKELY = 0.95, 0.8
# Naming some of a list says of the rest only that it did not come to mind.
_UNNAMED = 0.7
_GUESSED = 0.7
_TELLING_LETTERS = 4
_SAME_WORDS = 88
_NORMAL_TEMPERATURE = 36.6
_STAYS = listed(
    """
    in one place | same place | doesnt spread | does not spread | not spreading | doesnt go anywhere |
    does not go anywhere | nevystreluje | nesiri se | na jednom miste | na stejnem miste | nikam nejde
    """
)
_ALL = ("all of them", "all of these", "all of the above", "all of it", "vsechno", "vsechny", "vse z toho")
_NONE_WORDS = bag("none nothing neither zadne zadny zadna nic")
_SEX = {
    "male": "male man boy m guy gentleman muz muzsky chlap kluk chlapec pan",
    "female": "female woman girl f lady zena zensky zenske holka divka pani",
}


def reply_to(question: Question, heard: Heard) -> Replied:
    """Return the values that the reply gives to the question's targets; empty when it gives none."""
    if not heard.tokens:
        return {}
    reply = read_reply(heard.tokens)
    if question.targets == ("sex",):
        return _sex(heard, reply)
    if question.answer_type == "multi_choice" and _is_group(question, heard):
        return _group(question, heard, reply)
    if len(question.targets) != 1:
        return {}
    if question.targets == ("fever",) and "temperature_c" in heard.lexicon.findings:
        told = next(filter(None, (temperature(heard.tokens, number) for number in heard.numbers)), None)
        if told is not None:
            return {"temperature_c": (told, _SURE), "fever": (told >= FEVER_FROM, _SURE)}
    reader = _READERS.get(question.answer_type)
    answer = reader(question, heard, reply) if reader else None
    return {} if answer is None else {question.targets[0]: answer}


def _is_group(question: Question, heard: Heard) -> bool:
    finding = heard.lexicon.findings.get(question.targets[0]) if question.targets else None
    return len(question.targets) > 1 or (finding is not None and finding.type == "binary")


def _group(question: Question, heard: Heard, reply: Reply | None) -> Replied:
    """Answer a list of yes/no findings; "yes" alone says nothing, "no" denies them all."""
    targets = question.targets
    named = {word.finding_id: word.value for word in heard.words if word.finding_id in targets}
    folded = " ".join(token.text for token in heard.tokens)
    if any(phrase in folded for phrase in _ALL):
        return dict.fromkeys(targets, (True, _SURE))
    answers: Replied = {target: (value, _SURE) for target, value in named.items()}
    if reply is not None and reply.answer == "unsure" and not any(named.values()):
        return {**dict.fromkeys(targets, (None, _SURE)), **answers}
    is_denied = reply is not None and reply.answer == "no" or heard.tokens[0].text in _NONE_WORDS
    if is_denied or any(named.values()):
        certainty = _SURE if is_denied and not any(named.values()) else _UNNAMED
        if is_denied and reply is not None:
            certainty = reply.confidence
        return {**dict.fromkeys(targets, (False, certainty)), **answers}
    if len(targets) == 1 and reply is not None and reply.answer == "yes":
        return {targets[0]: (True, reply.confidence)}
    return answers


def _yes_no(question: Question, heard: Heard, reply: Reply | None) -> tuple[Value, float] | None:
    if reply is None:
        return None
    value = {"yes": True, "no": False, "unsure": None}[reply.answer]
    return value, reply.confidence


def _choice(question: Question, heard: Heard, reply: Reply | None) -> tuple[Value, float] | None:
    named = [word for word in heard.words if word.finding_id == question.targets[0] and not word.is_negated]
    if named:
        return named[-1].value, named[-1].confidence
    for choice in question.choices:
        if choice.value not in ("none", "unknown") and _names_choice(
            heard, choice.label, choice.label_cs, choice.value
        ):
            return choice.value, _LIKELY
    if reply is not None and reply.answer == "unsure":
        return None, _SURE
    likely = _likeliest_option(question, heard)
    return (likely, _GUESSED) if likely else None


def _several(question: Question, heard: Heard, reply: Reply | None) -> tuple[Value, float] | None:
    target = question.targets[0]
    said = " ".join(token.text for token in heard.tokens)
    if any(phrase in said for phrase in _STAYS):
        return (), _LIKELY
    named = [str(word.value) for word in heard.words if word.finding_id == target and not word.is_negated]
    named += [
        choice.value
        for choice in question.choices
        if choice.value not in ("none", "unknown")
        and choice.value not in named
        and _names_choice(heard, choice.label, choice.label_cs, choice.value)
    ]
    if named:
        return tuple(dict.fromkeys(named)), _SURE
    if reply is not None and reply.answer == "no":
        return (), reply.confidence
    return (None, _SURE) if reply is not None and reply.answer == "unsure" else None


def _number(question: Question, heard: Heard, reply: Reply | None) -> tuple[Value, float] | None:
    if question.targets == ("age",):
        return _age(question, heard, reply)
    is_temperature = question.targets == ("temperature_c",)
    for number in heard.numbers:
        value = temperature(heard.tokens, number) if is_temperature else number.value
        if value is not None and _is_within(question, value):
            return value, _SURE
    if is_temperature and any(token.text.startswith(("normal", "norm")) for token in heard.tokens):
        return _NORMAL_TEMPERATURE, _LIKELY
    # "No" to "what did you measure" is: nothing.
    return (None, _SURE) if reply is not None and reply.answer in ("no", "unsure") else None


def _age(question: Question, heard: Heard, reply: Reply | None) -> tuple[Value, float] | None:
    for number in heard.numbers:
        years = whole_years(number, heard.tokens)
        if _is_within(question, years):
            return years, _SURE
    return (None, _SURE) if reply is not None and reply.answer in ("no", "unsure") else None


def _scale(question: Question, heard: Heard, reply: Reply | None) -> tuple[Value, float] | None:
    figure = scale_of_ten(heard.tokens, heard.numbers)
    if figure is None:
        durations = {duration.first for duration in heard.durations}
        fitting = [
            number.value
            for number in heard.numbers
            if _is_within(question, number.value) and number.first not in durations
        ]
        figure = max(fitting) if fitting else None
    if figure is not None:
        return figure, _SURE
    strength = severity_word(" ".join(token.text for token in heard.tokens))
    if strength is not None:
        return strength, _LIKELY
    if reply is None:
        return None
    return {"no": (0.0, _LIKELY), "unsure": (None, _SURE)}.get(reply.answer)


def _duration(question: Question, heard: Heard, reply: Reply | None) -> tuple[Value, float] | None:
    if heard.durations:
        return round(heard.durations[0].hours, 2), _SURE
    return (None, _SURE) if reply is not None and reply.answer == "unsure" else None


def _sex(heard: Heard, reply: Reply | None) -> Replied:
    said = {token.text for token in heard.tokens}
    for sex, names in _SEX.items():
        if said & set(names.split()):
            return {"sex": (sex, _SURE)}
    if said & {"other", "nonbinary", "intersex", "jine", "jiny"}:
        return {"sex": ("other", _SURE)}
    return {"sex": (None, _SURE)} if reply is not None and reply.answer == "unsure" else {}


def _is_within(question: Question, value: float) -> bool:
    return (question.min is None or value >= question.min) and (question.max is None or value <= question.max)


def _names_choice(heard: Heard, *labels: str) -> bool:
    """Whether the text is the label, give or take small words and typing errors."""
    said = " ".join(token.text for token in heard.tokens if token.kind != "mark")
    return any(
        len(said) > 2 and fuzz.ratio(said, " ".join(words(label.replace("_", " ")))) >= _SAME_WORDS
        for label in labels
    )


def _likeliest_option(question: Question, heard: Heard) -> str | None:
    """Return the one option that shares a word with the text which no other option has."""
    finding = heard.lexicon.findings.get(question.targets[0])
    if finding is None:
        return None
    said = {token.text for token in heard.tokens if len(token.text) >= _TELLING_LETTERS}
    owners: dict[str, set[str]] = {}
    for option in finding.values:
        for form in (option.label, option.label_cs, *option.synonyms.en, *option.synonyms.cs):
            for word in words(form.replace("*", "")):
                owners.setdefault(word, set()).add(option.id)
    hits = Counter(
        next(iter(options)) for word, options in owners.items() if len(options) == 1 and _is_among(word, said)
    )
    ranked = hits.most_common(2)
    is_clear = len(ranked) == 1 or (len(ranked) == 2 and ranked[0][1] > ranked[1][1])
    return ranked[0][0] if is_clear else None


def _is_among(word: str, said: set[str]) -> bool:
    if len(word) < _TELLING_LETTERS:
        return False
    # The endings of Czech adjectives and verbs differ; the first letters do not.
    return any(other == word or (len(word) > 4 and other[: len(word) - 1] == word[:-1]) for other in said)


_READERS: dict[str, Callable[[Question, Heard, Reply | None], tuple[Value, float] | None]] = {
    "yes_no": _yes_no,
    "choice": _choice,
    "multi_choice": _several,
    "number": _number,
    "scale": _scale,
    "duration": _duration,
}
