"""What a session starts from, before anything is stored."""

from __future__ import annotations

import pytest

from sessions_app.sessions.intake import read_opening


@pytest.mark.parametrize(
    ("complaint", "text", "branch"),
    [
        ("Not feeling right", "I have had a sore throat for two days.", "sore_throat"),
        ("Unwell", "The crushing chest pain keeps me awake.", "chest_pain"),
        ("chest_pain", "I have a sore throat too.", "chest_pain"),
        ("Not feeling right", "Not at all.", "general"),
    ],
)
def test_story_tells_the_branch_where_the_complaint_does_not(complaint: str, text: str, branch: str) -> None:
    assert read_opening(chief_complaint=complaint, free_text=text).routed.complaint == branch


def test_what_says_nothing_is_left_out() -> None:
    assert read_opening(chief_complaint="chest_pain").heard == ()
    opening = read_opening(
        chief_complaint="a cough", free_text="no fever", initial_fields={"fever": "yes", "colour": "red"}
    )
    assert [said.findings for said in opening.heard] == [
        {"cough": True},
        {"cough": True, "fever": False},
        {"fever": True},
    ]
    assert opening.findings == {"cough": True, "fever": True}
    assert opening.warnings == ("unknown field ignored: colour",)
