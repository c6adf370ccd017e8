"""Stories told in lay words: what a nurse, a worried parent or a Czech pensioner would type.

The story is read once; every question after it is answered "no", a measurement "not known".
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from sessions_app.triage.case import Case, Entry, Level, Outcome, Sex, Value
from sessions_app.triage.engine import evaluate, knowledge
from sessions_app.triage.listening import understand
from sessions_app.triage.red_flags import LEVELS
from sessions_app.triage.routing import match_complaint

DANGEROUS: list[tuple[Level, int, Sex, str]] = [
    ("emergency", 72, "female", "sudden weakness in my right arm and my speech is slurred since an hour ago"),
    (
        "emergency",
        30,
        "female",
        "I am 7 weeks pregnant, sharp pain low on the left side, I feel faint, some bleeding",
    ),
    ("emergency", 45, "male", "worst headache of my life hit me like a thunderclap while lifting weights"),
    ("emergency", 66, "male", "tearing pain between my shoulder blades, came suddenly, I'm sweating"),
    ("emergency", 4, "male", "my son ate peanuts and now his lips are swelling and he is wheezing"),
    ("emergency", 19, "female", "high fever, stiff neck and purple spots that don't fade when pressed"),
    ("emergency", 55, "male", "vomiting blood and my stools are black like tar"),
    ("emergency", 28, "male", "one of my testicles hurts terribly since two hours, I feel sick"),
    ("urgent", 25, "female", "burning when I pee, fever and pain in my side"),
    ("emergency", 0, "female", "my 6 week old baby has a temperature of 38.6"),
    ("emergency", 70, "male", "can't pee since yesterday, numb between my legs and both legs are weak"),
    ("emergency", 60, "female", "I can't breathe, can't finish a sentence, lips are blue"),
    ("urgent", 50, "male", "my calf is swollen, red and painful since I flew home from Thailand"),
    (
        "emergency",
        33,
        "female",
        "calf swollen last week, now short of breath, chest pain when I breathe in",
    ),
    ("emergency", 80, "female", "she fell and hit her head, takes warfarin, now she is confused"),
    ("emergency", 62, "male", "svíravý tlak na hrudi, vystřeluje do čelisti, je mi na zvracení"),
    ("emergency", 68, "female", "najednou mi poklesl koutek a nemůžu mluvit"),
    ("urgent", 9, "male", "bolí ho břicho vpravo dole, zvrací a má horečku"),
    ("emergency", 41, "female", "I took 30 paracetamol tablets because I want to die"),
    ("urgent", 35, "male", "painful red eye, blurred vision and light hurts"),
    ("emergency", 59, "male", "pressure in my chest and my jaw hurts, I feel clammy"),
    ("emergency", 48, "female", "I passed out while running and my heart was racing"),
    ("emergency", 75, "male", "suddenly can't see out of one eye"),
    (
        "emergency",
        3,
        "female",
        "barking cough, makes a harsh noise when breathing in, her chest is sucking in",
    ),
    ("emergency", 36, "female", "throat closing up after a bee sting, hives all over"),
    ("emergency", 64, "male", "coughing up a lot of blood"),
    ("emergency", 52, "male", "back pain and I lost control of my bladder today"),
    ("emergency", 17, "male", "fell off my bike, hit my head, vomited three times and very sleepy"),
    ("emergency", 45, "male", "heroin user, fever and severe back pain, legs are weak"),
    ("emergency", 8, "male", "diabetic, vomiting, breathing fast and breath smells fruity"),
    ("emergency", 61, "female", "strašná bolest hlavy, přišla během vteřiny, zvracím"),
    ("emergency", 2, "male", "má modré rty a špatně dýchá"),
    ("emergency", 40, "female", "otekl mi jazyk a obličej, nemůžu dýchat"),
    ("emergency", 70, "male", "náhlá krutá bolest břicha a je mi na omdlení, mám výduť aorty"),
    ("urgent", 32, "female", "I'm pregnant 34 weeks and have a bad headache and blurry vision"),
    ("urgent", 67, "female", "headache at my temple, my scalp is tender and jaw hurts when chewing"),
]
HARMLESS: list[tuple[int, Sex, str]] = [
    (
        35,
        "female",
        "a dull headache like a band around my head every evening for two weeks",
    ),
    (22, "male", "runny nose, sneezing and mild sore throat since yesterday, no fever"),
    (40, "male", "my lower back is a bit sore since I moved furniture yesterday, I can walk fine"),
    (27, "female", "svědí mě kopřivka po novém pracím prášku, dýchám dobře"),
    (30, "male", "mám rýmu a kašel dva dny, bez horečky"),
    (58, "female", "I've lost 8 kg without trying and cough for two months, I smoke"),
    (24, "female", "I threw up twice and have diarrhoea since last night, drinking ok"),
    (45, "male", "itchy scaly patches on my elbows for months"),
    (20, "female", "I have hay fever, sneezing and itchy eyes every spring"),
    (31, "male", "small cut on my finger, stopped bleeding"),
    (50, "female", "dizzy when I roll over in bed, spinning for a few seconds"),
    (26, "male", "cold sore on my lip"),
]


def tell(age: int, sex: Sex, text: str) -> Outcome:
    """The outcome when the story is all there is to tell."""
    base = knowledge()
    said = {
        name: value for name, value in understand(text, base).findings.items() if name not in ("age", "sex")
    }
    case = Case(match_complaint(text, base).complaint, age, sex, (Entry("intake", said),))
    outcome = evaluate(case, base)
    while outcome.question is not None:
        denied: dict[str, Value] = {}
        for name in outcome.question.targets:
            finding = base.findings[name]
            is_symptom = finding.type == "binary" and finding.kind != "measurement"
            denied[name] = False if is_symptom else None
        entry = Entry("answer", denied, question_id=outcome.question.question_id)
        case = replace(case, entries=(*case.entries, entry))
        outcome = evaluate(case, base)
    return outcome


@pytest.mark.parametrize(("level", "age", "sex", "text"), DANGEROUS)
def test_dangerous_story_is_not_taken_lightly(level: Level, age: int, sex: Sex, text: str) -> None:
    assert LEVELS.index(tell(age, sex, text).level) >= LEVELS.index(level)


@pytest.mark.parametrize(("age", "sex", "text"), HARMLESS)
def test_harmless_story_alarms_nobody(age: int, sex: Sex, text: str) -> None:
    assert tell(age, sex, text).level in ("self_care", "routine")
