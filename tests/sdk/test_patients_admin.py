"""Each patient and admin call of the public client."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from nessyapi_sdk import AsyncNessyClient, NessyAPIError, NessyClient

from tests.conftest import Cast
from tests.factories import make_key
from tests.sdk.conftest import Opened, unfilled

FACTS: dict[str, Any] = {
    "chronic_conditions": ["hypertension"],
    "current_medications": ["ramipril"],
    "allergies": ["penicillin"],
    "risk_factors": ["obesity"],
    "family_history": ["myocardial infarction"],
    "smoking_status": "former",
    "alcohol_status": "occasional",
}


def test_profile_fills_every_field(client: Any) -> None:
    put = client.update_patient("anna-1", **FACTS)
    assert unfilled(put) == set()
    assert client.get_patient("anna-1").raw == put.raw
    assert {name: getattr(put, name) for name in FACTS} == FACTS


def test_profile_lists_are_added_to(client: Any) -> None:
    client.update_patient("anna-1", **FACTS)
    put = client.update_patient("anna-1", allergies=["Penicillin", "nuts"], smoking_status="never")
    assert put.allergies == ["penicillin", "nuts"]
    assert (put.smoking_status, put.alcohol_status) == ("never", "occasional")


def test_patient_sessions_are_an_array(client: Any) -> None:
    made = client.create_session("headache", age=35, patient_id="anna-1")
    listed = client.list_patient_sessions("anna-1")
    assert [session["session_id"] for session in listed] == [made.session_id]


def test_deleted_patient_is_gone(client: Any) -> None:
    made = client.create_session("headache", age=35, patient_id="anna-1")
    assert client.delete_patient("anna-1")["deleted"]["sessions"] == 1
    for call, gone in ((client.get_patient, "anna-1"), (client.get_state, made.session_id)):
        with pytest.raises(NessyAPIError) as refused:
            call(gone)
        assert refused.value.status == 404


def test_balance_and_usage_fill_every_field(connect: Opened, alder: Cast) -> None:
    client = connect(alder.live_key)
    session = client.create_session("headache", age=35)
    client.answer(session.session_id, session.current_question.question_id, raw_text="no")
    balance, usage = client.get_balance(), client.get_usage(days=7)
    assert unfilled(balance) == unfilled(usage) == set()
    assert (balance.tier, balance.lifetime_used) == ("growth", 9)
    assert (usage.days, usage.total_tokens, usage.balance) == (7, 9, balance.balance)
    assert not any(unfilled(record) for record in usage.daily)
    assert {record.action: record.tokens_charged for record in usage.records} == {"create": 1, "answer": 8}


def test_usage_of_a_test_key_is_free(connect: Opened, alder: Cast) -> None:
    client = connect(make_key(owner=alder.owner, test=True))
    session = client.create_session("headache", age=35)
    client.answer(session.session_id, session.current_question.question_id, raw_text="no")
    usage = client.get_usage()
    assert usage.total_tokens == 0
    assert {record.action: record.count for record in usage.records} == {"create": 1, "answer": 1}


def test_balance_falls_by_the_sum_of_tokens(client: Any, livemode: bool) -> None:
    before = client.get_balance()
    session = client.create_session("headache", age=35, sex="female")
    charged = [session.tokens_charged, client.route(session.session_id, "throbbing headache").tokens_charged]
    question = session.current_question
    for text in ("no", None, "yes"):
        words = {"raw_text": text} if text else {"skip": True}
        answer = client.answer(session.session_id, question.question_id, **words)
        charged.append(answer.tokens_charged)
        question = answer.current_question
    after = client.get_balance()
    assert before.balance - after.balance == sum(charged) == (1 + 5 + 8 + 0 + 8 if livemode else 0)
    assert after.lifetime_used - before.lifetime_used == sum(charged)


def test_keys_are_made_listed_and_revoked(client: Any, connect: Opened) -> None:
    made = client.create_key("phone app")
    again = connect(made["raw_key"])
    assert again.create_session("headache").status == "active"
    assert made["key_id"] in {key["key_id"] for key in client.list_keys()}
    assert client.revoke_key(made["key_id"])["is_active"] is False
    with pytest.raises(NessyAPIError) as refused:
        again.create_session("headache")
    assert refused.value.status == 401


def test_stats_count_the_sessions_of_the_mode(client: Any) -> None:
    client.create_session("headache", age=35)
    stats = client.get_stats()
    assert stats["sessions"]["total"] == stats["sessions"]["active"] == 1
    assert stats["tokens"]["balance"] == client.get_balance().balance


def test_rate_limit_counts_the_calls(client: Any) -> None:
    before = client.get_rate_limit()
    client.get_balance()
    after = client.get_rate_limit()
    assert after["rate_limit_rpm"] == 10_000
    assert after["requests_used"] == before["requests_used"] + 2


def test_audit_log_tells_what_was_done(client: Any) -> None:
    session = client.create_session("headache", age=35)
    page = client.get_audit_log(limit=1, offset=0)
    assert page["limit"] == 1
    assert page["data"][0]["action"] == "session.created"
    assert page["data"][0]["target_id"] == session.session_id


def test_clients_have_no_call_that_is_not_tried_here() -> None:
    tried = {"create_session", "route", "answer", "get_results", "get_state", "finalize", "get_questions"}
    tried |= {"update_demographics", "submit_feedback", "list_sessions", "export_session", "run_assessment"}
    tried |= {"get_patient", "update_patient", "list_patient_sessions", "delete_patient"}
    tried |= {"get_balance", "get_usage", "list_keys", "create_key", "revoke_key", "get_stats"}
    tried |= {"get_rate_limit", "get_audit_log", "close"}
    for kind in (NessyClient, AsyncNessyClient):
        calls = {name for name, _ in inspect.getmembers(kind, inspect.isfunction) if name[0] != "_"}
        assert calls == tried
