"""What is taken from the words of patients, in English and Czech."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions_app.triage.asking import ask_age, ask_finding, ask_group, ask_sex
from sessions_app.triage.case import Question, Value
from sessions_app.triage.knowledge.loader import Bundle, Knowledge, index, load
from sessions_app.triage.knowledge.schema import Finding
from sessions_app.triage.listening import Understanding, understand


@cache
def knowledge() -> Knowledge:
    return load()


def hear(text: str, question: Question | None = None) -> Understanding:
    return understand(text, knowledge(), question)


def ask(finding_id: str, branch: str = "chest_pain") -> Question:
    return ask_finding(knowledge().findings[finding_id], branch=branch)


def ask_dangers() -> Question:
    group = knowledge().complaints["chest_pain"].must_ask[0]
    findings = [knowledge().findings[finding_id] for finding_id in group.findings]
    return ask_group(group, findings, branch="chest_pain", is_red_flag=True)


ENGLISH = [
    ("no fever but cough", {"fever": False, "cough": True}),
    ("neither fever nor cough", {"fever": False, "cough": False}),
    ("I don't have any chest pain or shortness of breath", {"chest_pain": False, "dyspnoea": False}),
    ("runny nose and sore throat", {"runny_nose": True, "sore_throat": True}),
    ("vomitting since last night", {"vomiting": True, "symptom_duration": 12.0}),
    ("my throat is really sore", {"sore_throat": True}),
    ("temperature of 39.2 and chills", {"temperature_c": 39.2, "chills": True}),
    ("fever of 102F", {"fever": True, "temperature_c": 38.9}),
    ("fever: no, cough: yes", {"fever": False, "cough": True}),
    ("not sure if I have a fever", {}),
    ("hives all over and my lips are swelling", {"rash": True, "facial_swelling": True}),
    ("my face is drooping and my speech is slurred", {"facial_droop": True, "speech_difficulty": True}),
    ("really bad headache and light hurts my eyes", {"headache": True, "photophobia": True}),
    ("I never smoke", {"smoker": False}),
    ("I don't want to live anymore", {"suicidal_thoughts": True}),
    ("58 year old man", {"age": 58, "sex": "male"}),
    ("I took 20 paracetamol tablets", {"overdose": True}),
    ("pain is 8 out of 10", {"pain_severity": 8.0}),
    ("oxygen saturation 92 and pulse 120", {"oxygen_saturation": 92.0, "heart_rate": 120.0}),
    ("my blood pressure is 180 over 110", {"systolic_bp": 180.0}),
    ("my son has a fever of 39 and is vomiting", {"fever": True, "temperature_c": 39.0, "vomiting": True}),
    ("I have type 2 diabetes", {"diabetes": True}),
    ("he has never been dry at night and wets the bed", {"bed_wetting": True}),
    ("my 8 week old baby has a fever", {"age": 0, "under_three_months": True}),
    ("my baby (4 months) has a fever", {"age": 0, "three_to_six_months": True}),
    ("38 weeks pregnant with a headache", {"late_pregnancy": True, "symptom_duration": "nothing"}),
    ("12 weeks pregnant with a headache", {"late_pregnancy": "nothing", "symptom_duration": "nothing"}),
]
CZECH = [
    ("nemám horečku, ale kašlu", {"fever": False, "cough": True}),
    ("bez horečky a zimnice", {"fever": False, "chills": False}),
    ("teče mi z nosu a bolí mě v krku", {"runny_nose": True, "sore_throat": True}),
    ("hlava mě bolí", {"headache": True}),
    ("nebolí mě hlava", {"headache": False}),
    ("nikdy jsem neomdlel", {"syncope": False}),
    ("mam teplotu 38,5 a zimnici", {"fever": True, "temperature_c": 38.5, "chills": True}),
    ("od včera zvracím a mám průjem", {"vomiting": True, "diarrhoea": True, "symptom_duration": 24.0}),
    ("horečku nemám, kašel taky ne", {"fever": False, "cough": False}),
    ("nechci už žít", {"suicidal_thoughts": True}),
    ("je mi 58 let", {"age": 58}),
    ("nevím, jestli mám horečku", {}),
    ("syn má horečku 39 a vyrážku", {"fever": True, "temperature_c": 39.0, "rash": True}),
    ("otekly mi rty a nemůžu dýchat", {"facial_swelling": True, "dyspnoea": True}),
    ("mám krev v moči", {"haematuria": True}),
    ("kouřím", {"smoker": True}),
    ("nekouřím", {"smoker": False}),
    ("jsem ve 30. týdnu těhotenství a krvácím", {"late_pregnancy": True, "vaginal_bleeding": True}),
    ("miminko 6 týdnů zvrací", {"age": 0, "vomiting": True, "symptom_duration": "nothing"}),
    ("jsem těhotná a mám krvácení z dásní", {"pregnant": True, "vaginal_bleeding": "nothing"}),
]


@pytest.mark.parametrize(("text", "expected"), [*ENGLISH, *CZECH])
def test_findings_are_taken_from_free_words(text: str, expected: dict[str, Value]) -> None:
    findings = hear(text).findings
    assert {name: findings.get(name, "nothing") for name in expected} == expected
    assert bool(findings) or not expected


@pytest.mark.parametrize(
    "text",
    [
        "crushing chest pain radiating to my left arm for 30 minutes, sweating a lot",
        "tlaková bolest na hrudi 30 minut, vystřeluje do levé ruky, potím se",
    ],
)
def test_details_belong_to_the_pain_they_describe(text: str) -> None:
    findings = hear(text).findings
    assert findings["chest_pain"] is True
    assert findings["chest_pain_character"] == "pressure"
    assert findings["chest_pain_radiation"] == ("left_arm",)
    assert findings["symptom_duration"] == 0.5
    assert findings["sweating"] is True


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "hello",
        "my brother says it is nothing",
        "brácha říká, že to nic není",
        "my father had a cough and fever last week",
        "moje babička měla zápal plic a kašlala",
        "my left arm is in the door",
        "what if I get a fever",
        "hello 👋 12345",
    ],
)
def test_nothing_is_taken_where_nothing_is_said_of_the_patient(text: str) -> None:
    understanding = hear(text)
    assert understanding.findings == {}
    assert not understanding.is_understood


def test_value_goes_to_the_nearest_finding() -> None:
    findings = hear("I have a stabbing headache and also some chest pain").findings
    assert findings["headache_character"] == "stabbing"
    assert "chest_pain_character" not in findings


def test_value_is_not_taken_from_what_stands_nearer() -> None:
    findings = hear("my stomach ache is burning and since yesterday I also have chest pain").findings
    assert findings["chest_pain"] is True
    assert "chest_pain_character" not in findings


def test_denied_values_are_left_out() -> None:
    findings = hear("chest pain, it is not sharp and does not go to my left arm").findings
    assert "chest_pain_character" not in findings
    assert "chest_pain_radiation" not in findings


def test_values_without_a_parent_need_none() -> None:
    assert hear("it came on suddenly").findings["symptom_onset"] == "sudden"


def test_lasting_finding_stays_beside_the_new_one() -> None:
    findings = hear("I am pregnant and bleeding").findings
    assert findings["pregnant"] is True
    assert findings["vaginal_bleeding"] is True


@pytest.mark.parametrize("text", ["my pulse is fast", "pulse 5", "pulse 1000"])
def test_impossible_measurements_are_left_out(text: str) -> None:
    assert "heart_rate" not in hear(text).findings


def test_somebody_else_can_be_the_patient() -> None:
    findings = hear("My husband has crushing chest pain and diabetes, he is sweating").findings
    assert findings["chest_pain"] is True
    assert findings["diabetes"] is True
    assert hear("My mother has diabetes").findings == {}


def test_minimising_words_of_others_change_nothing() -> None:
    alone = hear("crushing chest pain and sweating")
    minimised = hear("crushing chest pain and sweating. My brother says it is nothing.")
    assert minimised.findings == alone.findings


@pytest.mark.parametrize(
    "text", ["I had a cough two years ago", "loni jsem měl kašel", "I used to have a cough"]
)
def test_symptoms_of_the_past_are_no_symptoms(text: str) -> None:
    assert "cough" not in hear(text).findings


def test_history_is_taken_from_the_past() -> None:
    assert hear("I had a blood clot in my lung years ago").findings["prior_clot"] is True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "My husband says he wants to kill himself and he bought a rope",
            {"suicidal_thoughts": True, "plan_made": True},
        ),
        ("přítel říká, že se zabije, koupil si provaz", {"suicidal_thoughts": True, "plan_made": True}),
        ("přítel mi řekl, že se chce zabít", {"suicidal_thoughts": True}),
        ("My wife says she has chest pain and she is sweating", {"chest_pain": True, "sweating": True}),
        ("My daughter says her tummy hurts", {"abdominal_pain": True}),
        ("manžel říká, že ho bolí na hrudi", {"chest_pain": True}),
        ("Hello, can you help me? My friend told me she has a fever", {"fever": True}),
        ("My doctor says I have diabetes", {"diabetes": True}),
        ("My wife says it is the flu", {}),
        ("My husband says he thinks it is a cough", {}),
        ("maminka říká, že to je kašel", {}),
        ("My mother says she had a fever, I have a cough", {"cough": True}),
    ],
)
def test_what_a_relative_tells_of_themselves_is_heard(text: str, expected: dict[str, Value]) -> None:
    assert hear(text).findings == expected


@pytest.mark.parametrize(
    ("text", "finding_id"),
    [
        ("I want to kill myself. I am not suicidal.", "suicidal_thoughts"),
        ("Chci se zabít. Nemám sebevražedné myšlenky.", "suicidal_thoughts"),
        ("I took an overdose. No overdose really.", "overdose"),
        ("my husband hits me. No, he does not hit me.", "unsafe_at_home"),
    ],
)
def test_what_a_life_may_hang_on_is_not_taken_back(text: str, finding_id: str) -> None:
    assert hear(text).findings[finding_id] is True


def test_denial_alone_is_a_denial() -> None:
    assert hear("I am not suicidal").findings == {"suicidal_thoughts": False}


def test_later_statement_wins() -> None:
    assert hear("I have no fever. Actually I do have a fever now.").findings["fever"] is True


def test_doubt_lowers_the_confidence() -> None:
    assert hear("maybe a fever").confidences["fever"] < hear("a fever").confidences["fever"]


def test_denying_a_detail_does_not_deny_the_symptom() -> None:
    findings = hear("no chest pain when I breathe in").findings
    assert findings["chest_pain_pleuritic"] is False
    assert findings.get("chest_pain") is not False


def test_mentions_point_at_their_words() -> None:
    text = "Nemám horečku, ale kašlu."
    places = {
        mention.finding_id: (text[mention.start : mention.end], mention.negated)
        for mention in hear(text).mentions
    }
    assert places == {"fever": ("horečku", True), "cough": ("kašlu", False)}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("jo", True),
        ("ano, mám", True),
        ("yes and chills", True),
        ("I have a fever", True),
        ("no", False),
        ("nope", False),
        ("not really", False),
        ("asi ne", False),
        ("Ne, teplotu nemám.", False),
        ("no but I have a cough", False),
        ("nevím", None),
        ("not sure", None),
        ("maybe", None),
        ("38.9", True),
        ("36.6", False),
    ],
)
def test_yes_no_question_is_answered(text: str, value: Value) -> None:
    understanding = hear(text, ask("fever"))
    assert understanding.is_understood
    assert understanding.findings["fever"] is value


@pytest.mark.parametrize("text", ["", "  ", "blue", "???", "\x00"])
def test_unclear_reply_is_not_understood(text: str) -> None:
    assert not hear(text, ask("fever")).is_understood


def test_reply_may_say_more_than_was_asked() -> None:
    findings = hear("yes, 39 degrees, and no cough", ask("fever")).findings
    assert findings == {"fever": True, "temperature_c": 39.0, "cough": False}


def test_denying_something_else_is_no_reply() -> None:
    assert "fever" not in hear("no chest pain", ask("fever")).findings


@pytest.mark.parametrize("text", ["no", "none", "None of these", "ne", "nic z toho", "žádné", "no, nothing"])
def test_no_denies_a_whole_list(text: str) -> None:
    question = ask_dangers()
    assert hear(text, question).findings == dict.fromkeys(question.targets, False)


def test_yes_to_a_list_is_unclear() -> None:
    assert not hear("yes", ask_dangers()).is_understood


def test_not_knowing_leaves_a_list_open() -> None:
    question = ask_dangers()
    assert hear("I don't know", question).findings == dict.fromkeys(question.targets)


@pytest.mark.parametrize(
    "text", ["just sweating", "yes, I'm sweating a lot", "potím se", "sweating but no fainting"]
)
def test_naming_one_of_a_list_answers_the_list(text: str) -> None:
    question = ask_dangers()
    understanding = hear(text, question)
    assert understanding.findings["sweating"] is True
    assert {name for name in question.targets if understanding.findings[name] is False} == {
        *question.targets
    } - {"sweating"}
    assert understanding.confidences["haemoptysis"] < understanding.confidences["sweating"]


def test_denying_one_of_a_list_leaves_the_rest_open() -> None:
    assert hear("no shortness of breath", ask_dangers()).findings == {"dyspnoea": False}


def test_none_but_something_else() -> None:
    question = ask_dangers()
    expected = {**dict.fromkeys(question.targets, False), "cough": True}
    assert hear("none, but I have a cough", question).findings == expected


def test_all_of_a_list() -> None:
    question = ask_dangers()
    assert hear("all of them", question).findings == dict.fromkeys(question.targets, True)


@pytest.mark.parametrize(
    ("finding_id", "text", "value"),
    [
        ("symptom_duration", "30 minutes", 0.5),
        ("symptom_duration", "půl hodiny", 0.5),
        ("symptom_duration", "od včera", 24.0),
        ("symptom_duration", "nevím", None),
        ("pain_severity", "8", 8.0),
        ("pain_severity", "osm z deseti", 8.0),
        ("pain_severity", "mild", 2.0),
        ("pain_severity", "no pain", 0.0),
        ("pain_severity", "no", 0.0),
        ("pain_severity", "nevím", None),
        ("temperature_c", "38,5", 38.5),
        ("temperature_c", "101.3", 38.5),
        ("temperature_c", "normal", 36.6),
        ("temperature_c", "didn't measure", None),
        ("systolic_bp", "140/90", 140.0),
        ("chest_pain_character", "crushing", "pressure"),
        ("chest_pain_character", "like a knife", "sharp"),
        ("chest_pain_character", "pressing, squeezing or heavy", "pressure"),
        ("chest_pain_character", "pálí to", "burning"),
        ("chest_pain_character", "don't know", None),
        ("chest_pain_radiation", "to my jaw and left arm", ("jaw_neck", "left_arm")),
        ("chest_pain_radiation", "nikam", ()),
        ("chest_pain_radiation", "it stays in one place", ()),
        ("chest_pain_radiation", "not to the arm but to the jaw", ("jaw_neck",)),
        ("chest_pain_radiation", "nevím", None),
        ("symptom_onset", "out of nowhere", "sudden"),
        ("symptom_onset", "postupně", "gradual"),
        ("symptom_course", "worse", "worsening"),
        ("symptom_course", "lepší", "improving"),
    ],
)
def test_questions_of_every_kind_are_answered(finding_id: str, text: str, value: Value) -> None:
    assert hear(text, ask(finding_id)).findings.get(finding_id) == value


@pytest.mark.parametrize(
    ("finding_id", "text"),
    [
        ("symptom_duration", "3"),
        ("symptom_duration", "yes"),
        ("pain_severity", "15"),
        ("pain_severity", "yes"),
        ("pain_severity", "blue"),
        ("chest_pain_character", "yes"),
        ("chest_pain_radiation", "yes"),
        ("temperature_c", "yes"),
        ("temperature_c", "200"),
    ],
)
def test_impossible_replies_answer_nothing(finding_id: str, text: str) -> None:
    assert not hear(text, ask(finding_id)).is_understood


@pytest.mark.parametrize(
    ("text", "years"), [("58", 58), ("je mi 45 let", 45), ("padesát osm", 58), ("6 months", 0)]
)
def test_age_is_answered(text: str, years: int) -> None:
    assert hear(text, ask_age("chest_pain")).findings == {"age": years}


@pytest.mark.parametrize(
    ("text", "sex"),
    [("male", "male"), ("žena", "female"), ("I am a man", "male"), ("other", "other"), ("nevím", None)],
)
def test_sex_is_answered(text: str, sex: str | None) -> None:
    assert hear(text, ask_sex("chest_pain")).findings == {"sex": sex}


def test_unknown_age_is_no_answer() -> None:
    assert not hear("130", ask_age("chest_pain")).is_understood
    assert hear("I'd rather not say, no idea", ask_age("chest_pain")).findings.get("age") is None


def small() -> tuple[Knowledge, Question]:
    """One question whose options have labels and nothing more."""
    colour = Finding.model_validate(
        {
            "id": "colour",
            "type": "categorical",
            "text": "Which?",
            "text_cs": "Která?",
            "label": "colour",
            "label_cs": "barva",
            "values": [
                {"id": "pale", "label": "pale grey", "label_cs": "světle šedá"},
                {"id": "dark", "label": "dark grey", "label_cs": "tmavě šedá"},
            ],
            "base_rate": {"pale": 0.5, "dark": 0.5},
        }
    )
    return index(Bundle(findings=(colour,)), version="0"), ask_finding(colour, branch="general")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("dark grey", "dark"),
        ("Tmavě šedá", "dark"),
        ("dark grei", "dark"),
        ("rather dark", "dark"),
        ("světlá", "pale"),
        ("grey", None),
        ("pale dark", None),
        ("blue", None),
        ("nevím", None),
    ],
)
def test_options_are_known_by_their_labels(text: str, value: Value) -> None:
    base, question = small()
    assert understand(text, base, question).findings.get("colour") == value


def test_options_of_several_values_are_known_by_their_labels() -> None:
    base, question = small()
    assert understand(
        "dark grey", base, replace(question, answer_type="multi_choice", targets=("tint",))
    ).findings == {"tint": ("dark",)}


def test_question_without_a_finding_takes_what_is_said_besides() -> None:
    base, question = small()
    for targets in ((), ("nowhere",), ("one", "two")):
        assert understand("blue", base, replace(question, targets=targets)).findings == {}


def test_list_of_one_is_a_yes_no_question() -> None:
    question = replace(ask_dangers(), targets=("sweating",))
    assert hear("yes", question).findings == {"sweating": True}
    assert hear("no", question).findings == {"sweating": False}


WORDS = st.sampled_from(
    [
        *(text for text, _ in (*ENGLISH, *CZECH)),
        "no",
        "ne",
        ",",
        ".",
        "\x00",
        "👍",
        "مرحبا",
        "\n",
        "39",
        "8/10",
        "my mum",
    ]
)


@settings(deadline=None, max_examples=60)
@given(text=st.one_of(st.text(max_size=400), st.lists(WORDS, max_size=30).map(" ".join)))
def test_any_text_is_read_and_mentions_lie_inside_it(text: str) -> None:
    for question in (None, ask("fever"), ask_dangers(), ask("symptom_duration"), ask("chest_pain_character")):
        understanding = hear(text, question)
        for mention in understanding.mentions:
            assert 0 <= mention.start < mention.end <= len(text)
        assert set(understanding.findings) == set(understanding.confidences)
        assert all(0 < confidence <= 1 for confidence in understanding.confidences.values())
        assert understanding.is_understood is bool(understanding.findings)


@pytest.mark.parametrize(
    "piece", ["no fever, ", "pain in ", "chest ", "nemám horečku ", "my mum has ", "3 days ", "x\x00"]
)
def test_reading_time_grows_with_the_length_only(piece: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * length)[:length]
        started = process_time()
        hear(text)
        return process_time() - started

    hear(piece)
    short = min(seconds(1_000) for _ in range(3))
    long = min(seconds(4_000) for _ in range(3))
    # Four times the text; a square would take sixteen times as long.
    assert long < 10 * short + 0.005
