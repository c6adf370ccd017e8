import pytest

from sessions_app.triage.case import Value
from sessions_app.triage.expressions import ExpressionError, compile_expression
from tests.sessions_app.triage.tiny import tiny_knowledge

FINDINGS = tiny_knowledge().findings


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("fever", {"fever": True}, True),
        ("fever", {"fever": False}, False),
        ("fever", {}, None),
        ("fever", {"fever": None}, None),
        ("not fever", {}, None),
        ("not fever", {"fever": False}, True),
        ("fever and cough", {"fever": True}, None),
        ("fever and cough", {"fever": False}, False),
        ("fever and cough", {"fever": True, "cough": True}, True),
        ("fever or cough", {"cough": True}, True),
        ("fever or cough", {"cough": False}, None),
        ("fever or cough", {"cough": False, "fever": False}, False),
        ("fever and not (cough or sweating)", {"fever": True, "cough": False, "sweating": False}, True),
        ("age >= 65", {"age": 65}, True),
        ("age >= 65", {"age": 64}, False),
        ("age >= 65", {"age": None}, None),
        ("18 <= age < 65", {"age": 40}, True),
        ("18 <= age < 65", {"age": 65}, False),
        ("65 > age", {"age": 70}, False),
        ("age != 3", {"age": 3}, False),
        ("temperature_c >= 38.5", {"temperature_c": 39}, True),
        ("temperature_c >= 38.5", {"temperature_c": True}, None),
        ('sex == "female"', {"sex": "female"}, True),
        ('sex != "female"', {"sex": "male"}, True),
        ('sex in ("female", "other")', {"sex": "male"}, False),
        ('symptom_onset == "sudden"', {"symptom_onset": "gradual"}, False),
        ('symptom_onset == "sudden"', {}, None),
        ('symptom_onset not in ("sudden",)', {"symptom_onset": "gradual"}, True),
        ('"left_arm" in chest_pain_radiation', {"chest_pain_radiation": ("jaw", "left_arm")}, True),
        ('"left_arm" in chest_pain_radiation', {"chest_pain_radiation": ()}, False),
        ('"left_arm" in chest_pain_radiation', {}, None),
        ('"left_arm" not in chest_pain_radiation', {"chest_pain_radiation": ("jaw",)}, True),
    ],
)
def test_expression_is_three_valued(text: str, values: dict[str, Value], expected: bool | None) -> None:
    assert compile_expression(text, FINDINGS)(values) is expected


def test_expression_knows_its_names() -> None:
    expression = compile_expression('fever and age > 3 and "jaw" in chest_pain_radiation', FINDINGS)
    assert expression.names == {"fever", "age", "chest_pain_radiation"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("fever and", "not an expression"),
        ("fevre", "unknown finding fevre"),
        ("symptom_onset", "not a yes/no finding"),
        ("age", "not a yes/no finding"),
        ('symptom_onset == "slow"', "no value slow"),
        ('sex == "woman"', "no value woman"),
        ("symptom_onset == 3", "cannot be compared"),
        ('symptom_onset > "sudden"', "cannot be compared"),
        ("fever == True", "cannot be compared"),
        ('age == "old"', "cannot be compared"),
        ('"sudden" in symptom_onset', "does not hold several values"),
        ('"foot" in chest_pain_radiation', "no value foot"),
        ('chest_pain_radiation in ("jaw",)', "not a choice of one value"),
        ("symptom_onset in (1, 2)", "quoted words only"),
        ("symptom_onset in fever", "write"),
        ("fever is True", "only < <="),
        ("age > temperature_c", "compare one finding"),
        ("__import__('os').system('true')", "not allowed here"),
        ("fever + cough", "not allowed here"),
        ("[fever for fever in cough]", "not allowed here"),
    ],
)
def test_expression_that_cannot_be_decided_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ExpressionError, match=complaint):
        compile_expression(text, FINDINGS)
