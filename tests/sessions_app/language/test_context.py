"""Negation with its scope, doubt, the past and other people, in English and Czech."""

from __future__ import annotations

import pytest

from sessions_app.language.context import Context, Reading
from sessions_app.language.terms import Match, TermTrie, most_specific
from sessions_app.language.tokens import guess_language, listed, tokenise
from sessions_app.language.trigger_words import LAY_TRIGGERS

FORMS = """
    fever | cough | coughing | chest pain | shortness of breath | nausea | vomiting | rash |
    sore throat | throat sore | headache | chills | runny nose | heart attack | had a stroke | dizzy |
    bleeding | wets the bed | vomit | vomited | fainted | kill myself | aches |
    horeck* | kas* | rym* | zimnic* | boli* hlav* | hlav* boli* | boli* v krk* |
    bolest* na hrud* | dusnost* | prujem | zvrac* | infarkt | nemuzu dych*
"""


def read(text: str) -> list[tuple[Match[str], Context]]:
    trie: TermTrie[str] = TermTrie()
    for form in listed(FORMS):
        trie.add(form, form)
    tokens = tokenise(text)
    matches = most_specific(trie.find(tokens))
    spans = [(match.positions[0], match.positions[-1]) for match in matches]
    reading = Reading(tokens, spans, LAY_TRIGGERS[guess_language(text, tokens)])
    return [(match, reading.context(span)) for match, span in zip(matches, spans, strict=True)]


def signs(text: str) -> str:
    """One sign for each term in order: + holds, - is denied, ? may be denied."""
    return "".join(
        "-" if match.is_negated or context.is_negated else "?" if context.is_weak else "+"
        for match, context in read(text)
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no fever but cough", "-+"),
        ("neither fever nor cough", "--"),
        ("I don't have any chest pain or shortness of breath", "--"),
        ("no fever, cough or rash", "---"),
        ("denies chest pain, nausea, vomiting", "---"),
        ("no fever, cough", "-?"),
        ("no fever, a bad cough", "-+"),
        ("no fever, severe chest pain", "-+"),
        ("cough, no fever, sore throat", "+-+"),
        ("I have a cough but no fever", "+-"),
        ("I have no fever and my throat is sore", "-+"),
        ("no fever and I have a cough", "-+"),
        ("No I have a fever", "+"),
        ("No, I have a fever", "+"),
        ("no fever. Cough", "-+"),
        ("fever: no, cough: yes", "-+"),
        ("Fever? No. Cough? Yes.", "-+"),
        ("fever - none", "-"),
        ("without fever or chills", "--"),
        ("I can't stop coughing", "+"),
        ("the cough won't go away", "+"),
        ("not only a cough but fever", "++"),
        ("I'm not sure but I have a rash", "+"),
        ("I never had chest pain", "-"),
        ("haven't had any fever or vomiting", "--"),
        ("I don't think I have a fever", "-"),
        ("I don't really have a headache", "-"),
        ("not dizzy, not vomiting", "--"),
        ("no change in the cough", "+"),
        ("nausea without vomiting", "+-"),
        ("no nausea, no vomiting, no fever, chest pain for an hour", "---+"),
        ("rash is absent", "-"),
        ("no longer vomiting", "-"),
        ("I have never had vomiting", "-"),
        ("I never had a stroke", "-"),
        ("I don't have chest pain anymore", "?"),
        ("no gas or bleeding, vomiting", "-+"),
        ("haven't slept and vomiting is bad", "+"),
        ("fever and cough", "++"),
        ("only a cough, no fever", "+-"),
        ("he has never been dry at night and wets the bed", "+"),
        ("no fever and chills", "--"),
        ("no fever and has a cough", "-+"),
        ("I have no cough and vomit all day", "-+"),
        ("she did not have a fever and vomited twice", "-+"),
        ("has never vomited and fainted", "--"),
        ("no fever and he has a rash", "-+"),
        ("no fever, aches or chills", "---"),
        ("I don't want to kill myself", "-"),
        ("denies chest pain, vomiting, or fever but reports a cough", "---+"),
        ("no history of fever", "-"),
        ("negative for fever and cough", "--"),
    ],
)
def test_english_negation_reaches_as_far_as_it_should(text: str, expected: object) -> None:
    assert signs(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nemám horečku, ale kašlu", "-+"),
        ("bez horečky a zimnice", "--"),
        ("nemám horečku ani kašel", "--"),
        ("horečku nemám, kašel taky ne", "--"),
        ("horečku nemám, ale bolí mě v krku", "-+"),
        ("kašel mám, rýmu ne", "+-"),
        ("mám kašel nemám horečku", "+-"),
        ("mám rýmu a kašel, horečku nemám", "++-"),
        ("horečku ani zimnici nemám", "--"),
        ("nemám horečku a bolí mě hlava", "-+"),
        ("nebolí mě hlava", "-"),
        ("hlava mě nebolí", "-"),
        ("nezvracím, mám průjem", "-+"),
        ("nemám průjem, nezvracím", "--"),
        ("žádná horečka, žádný kašel, ale bolí mě v krku", "--+"),
        ("bez bolesti na hrudi, bez dušnosti", "--"),
        ("nikdy jsem nezvracel", "-"),
        ("nemám horečku, kašlu", "-+"),
        ("necítím bolest na hrudi a nemůžu dýchat", "-+"),
        ("kašel nepřestává", "+"),
        ("kašel nemám žádný", "-"),
        ("kašel už nemám vůbec", "-"),
        ("nejen kašel, ale i horečka", "++"),
        ("není mi dobře, mám horečku", "+"),
        ("bez horečky a kašle", "--"),
        ("nemá horečku a kašle", "-+"),
        ("bez horečky, kašle", "-?"),
        ("neguje horečku, kašel, dušnost", "---"),
        ("neudává horečku", "-"),
        ("nemá horečku a zvrací", "-+"),
    ],
)
def test_czech_negation_reaches_as_far_as_it_should(text: str, expected: object) -> None:
    assert signs(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "my mother had a heart attack",
        "my mother has a fever and cough",
        "heart attack runs in my family",
        "moje matka měla infarkt",
        "manžel má horečku",
        "family history of heart attack",
    ],
)
def test_words_about_others_are_marked(text: str) -> None:
    assert all(context.is_about_other for _, context in read(text))


def test_others_end_where_the_speaker_begins() -> None:
    mine = [context.is_about_other for _, context in read("my mother has a fever but I have a cough")]
    assert mine == [True, False]


@pytest.mark.parametrize(
    ("text", "is_past"),
    [
        ("I had a rash years ago", True),
        ("I used to have a cough", True),
        ("history of vomiting", True),
        ("loni jsem měl kašel", True),
        ("v minulosti horečka", True),
        ("the cough started two years ago", False),
        ("cough since last year", False),
        ("I had a fever yesterday", False),
        ("a 3/7 history of vomiting", False),
    ],
)
def test_the_past_is_marked(text: str, is_past: bool) -> None:
    assert [context.is_past for _, context in read(text)] == [is_past]


@pytest.mark.parametrize(
    ("text", "is_hypothetical"),
    [
        ("what if I get a fever", True),
        ("not sure if I have a fever", True),
        ("nevím, jestli mám horečku", True),
        ("co když dostanu horečku", True),
        ("could it be a heart attack", True),
        ("I have a fever", False),
    ],
)
def test_what_is_only_imagined_is_marked(text: str, is_hypothetical: bool) -> None:
    assert [context.is_hypothetical for _, context in read(text)] == [is_hypothetical]


def test_doubt_is_marked() -> None:
    assert [context.is_possible for _, context in read("maybe a fever, cough")] == [True, False]
    assert [context.is_possible for _, context in read("asi mám horečku")] == [True]
