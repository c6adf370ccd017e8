"""Ways to say the same that must not change what is understood."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from sessions_app.language.tokens import fold
from sessions_app.triage.case import Value
from sessions_app.triage.knowledge.loader import Knowledge, load
from sessions_app.triage.listening import understand

ENGLISH = [
    "I have had a fever of 39.2 for two days. I cough.",
    "Crushing chest pain for an hour. I am sweating.",
    "My throat is very sore. I have no fever.",
    "I keep vomiting since yesterday. There is no blood in my stool.",
    "My knee is red, hot and swollen. I can't stop shivering.",
    "I am pregnant and have bleeding gums. I have a headache.",
    "Burning when I pee. No back pain.",
    "I took 30 paracetamol tablets. I want to die.",
    "I have diabetes and asthma. My stomach hurts.",
    "Diarrhoea for 3 days. I feel dizzy.",
    "My son has a barking cough. He has no rash.",
    "My baby is 6 weeks old. She keeps vomiting.",
    "I fainted twice. My heart is racing.",
    "Denies chest pain, palpitations, or fever. Reports headache.",
    "I have never had seizures. My hands are shaking.",
    "Shortness of breath since this morning. My lips are swelling.",
]
CZECH = [
    "Mám horečku 39,2 už dva dny. Kašlu.",
    "Tlaková bolest na hrudi hodinu. Potím se.",
    "Bolí mě v krku. Horečku nemám.",
    "Od včerejška zvracím. Krev ve stolici nemám.",
    "Zápěstí je horké, oteklé. Mám zimnici.",
    "Jsem ve 30. týdnu těhotenství a krvácím. Bolí mě hlava.",
    "Pálí mě při močení. Záda mě nebolí.",
    "Chci se zabít. Vzala jsem si 30 paralenů.",
    "Mám cukrovku a astma. Bolí mě břicho.",
    "Průjem asi tři dny. Točí se mi hlava.",
    "Syn má štěkavý kašel. Nemá vyrážku.",
    "Miminko 6 týdnů zvrací. Nemá horečku.",
    "Dvakrát jsem omdlela. Buší mi srdce.",
    "Neguje dušnost, palpitace, bolest na hrudi. Udává závratě.",
    "Nikdy jsem neměl křeče. Mám vyrážku.",
    "Od rána špatně dýchám. Otekly mi rty.",
]

LONG = 7


@cache
def knowledge() -> Knowledge:
    return load()


def heard(text: str) -> dict[str, Value]:
    return dict(understand(text, knowledge()).findings)


def politely(text: str) -> str:
    if text in CZECH:
        return f"Dobrý den, prosím vás o radu. {text} Moc děkuji za odpověď."
    return f"Hello, I hope you can help me. {text} Thank you so much in advance."


def minimised(text: str) -> str:
    return (
        f"{text} Brácha říká, že to nic není." if text in CZECH else f"{text} My brother says it is nothing."
    )


def turned_round(text: str) -> str:
    first, second = text.removesuffix(".").split(". ", 1) if ". t" not in text else text[:-1].rsplit(". ", 1)
    return f"{second}. {first}."


def without_marks(text: str) -> str:
    return "".join(fold(letter) if letter.islower() else letter for letter in text)


@pytest.mark.parametrize("said_otherwise", [politely, minimised, str.upper, str.lower])
@pytest.mark.parametrize("text", [*ENGLISH, *CZECH])
def test_manner_changes_nothing(text: str, said_otherwise: Callable[[str], str]) -> None:
    assert heard(said_otherwise(text)) == heard(text) != {}


@pytest.mark.parametrize(
    "text",
    [text for text in (*ENGLISH, *CZECH) if not text.startswith(("My son", "My baby", "Syn", "Miminko"))],
)
def test_order_of_sentences_changes_nothing(text: str) -> None:
    assert heard(turned_round(text)) == heard(text)


@pytest.mark.parametrize("text", CZECH)
def test_missing_diacritics_change_nothing(text: str) -> None:
    assert heard(without_marks(text)) == heard(text)


def with_a_slip(text: str) -> str:
    """Swap two letters inside the longest word that names a symptom, if it is long."""
    mentions = understand(text, knowledge()).mentions
    is_symptom = {name for name, finding in knowledge().findings.items() if finding.type == "binary"}
    named = [text[one.start : one.end] for one in mentions if one.finding_id in is_symptom]
    longest = max(" ".join(named).replace(",", " ").split(), key=len)
    if len(longest) < LONG:
        return text
    middle = len(longest) // 2
    slip = longest[:middle] + longest[middle + 1] + longest[middle] + longest[middle + 2 :]
    return text.replace(longest, slip)


# Not those whose words also tell what a number is: "miminko 6 týdnů", "horečku 39,2".
@pytest.mark.parametrize(
    "text", [text for text in (*ENGLISH, *CZECH) if not text.startswith(("Mimin", "Mám h"))]
)
def test_one_slip_in_a_long_word_changes_nothing(text: str) -> None:
    assert heard(with_a_slip(text)) == heard(text)


def test_slips_are_made() -> None:
    assert sum(with_a_slip(text) != text for text in (*ENGLISH, *CZECH)) > 20


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I have a fever and a cough", "I am coughing and feverish"),
        ("I have no fever or cough", "neither fever nor cough"),
        ("vomiting for three days", "vomiting x3 days"),
        ("3/7 history of vomiting", "a three-day history of vomiting"),
        ("my 6 week old baby vomits", "my baby, 6 weeks old, vomits"),
        ("My husband has chest pain", "My husband says he has chest pain"),
        ("hot, swollen knee", "my knee is hot, swollen"),
        ("my wrist is red, hot and swollen", "hot, red and swollen wrist"),
        ("I have diabetes and a cough", "I cough, I am diabetic"),
        ("temperature 102 F", "temperature 38.9"),
        ("mám kašel a horečku", "kašlu a mám horečku"),
        ("nemám horečku ani kašel", "bez horečky a kašle"),
        ("3. den horečka", "už tři dny mám horečku"),
        ("kašlu asi týden", "kašlu 7 dní"),
        ("kašlu čtrnáct dní", "kašlu dva týdny"),
        ("miminko 6 týdnů zvrací", "zvrací šestitýdenní miminko"),
        ("tk 150/95, tep 110", "TK 150 na 95, TF 110/min"),
    ],
)
def test_paraphrase_says_the_same(one: str, other: str) -> None:
    assert heard(one) == heard(other) != {}
