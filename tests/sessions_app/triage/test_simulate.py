from dataclasses import replace

import numpy as np
import pytest

from sessions_app.triage import simulate
from tests.sessions_app.triage.tiny import tiny_knowledge

KNOWLEDGE = tiny_knowledge()


def test_simulated_patients_are_told_apart() -> None:
    results = list(simulate.run(KNOWLEDGE, ["heart_attack", "cold", "miscarriage"], patients=10, seed=1))
    assert len(results) == 30
    found = sum(
        patient.condition in [item.condition for item in outcome.differentials[:3]]
        for patient, outcome in results
    )
    assert found >= 24
    text = simulate.report(results)
    assert "heart_attack" in text
    assert "Brier" in text
    assert "ECE" in text


def test_patients_fit_their_condition() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        patient = simulate.draw_patient(KNOWLEDGE.conditions["miscarriage"], KNOWLEDGE, rng)
        assert patient is not None
        assert patient.case.sex == "female"
        assert patient.case.age is not None
        assert 12 <= patient.case.age <= 55


def test_condition_without_complaint_has_no_patient() -> None:
    rng = np.random.default_rng(3)
    orphan = KNOWLEDGE.conditions["cold"].model_copy(update={"id": "orphan"})
    assert simulate.draw_patient(orphan, KNOWLEDGE, rng) is None


def test_patient_is_wrong_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulate, "WRONG_SHARE", 1.0)
    monkeypatch.setattr(simulate, "UNKNOWN_SHARE", 0.0)
    rng = np.random.default_rng(3)
    patient = simulate.draw_patient(KNOWLEDGE.conditions["heart_attack"], KNOWLEDGE, rng)
    assert patient is not None
    for name in ("fever", "chest_pain_radiation", "symptom_duration", "symptom_onset"):
        (answer,) = simulate.replies([name], patient, KNOWLEDGE, rng).values()
        if name == "fever":
            assert answer is not patient.truth[name]
        if name == "chest_pain_radiation":
            assert answer == ()
        if name == "symptom_duration":
            assert answer == patient.truth[name]


def test_orphans_are_left_out() -> None:
    orphan = KNOWLEDGE.conditions["cold"].model_copy(update={"id": "orphan"})
    base = replace(KNOWLEDGE, conditions={**KNOWLEDGE.conditions, "orphan": orphan})
    assert list(simulate.run(base, ["orphan"], patients=2, seed=1)) == []


def test_command_prints_the_table(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulate, "load", lambda: KNOWLEDGE)
    assert simulate.main(["--patients", "1", "--condition", "cold"]) == 0
    assert "cold" in capsys.readouterr().out
