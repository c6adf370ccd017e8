from __future__ import annotations

import pytest

from tests.conftest import Api, Cast


def test_key_learns_who_it_is(alder: Cast) -> None:
    api = alder.door(name="phone app", scopes=["admin:read", "sessions:read"])
    told = api.get("/v1/me").json()
    assert told["tenant"] == {
        "tenant_id": str(alder.owner.tenant_id),
        "name": "Alder Clinic",
        "tier": "growth",
    }
    assert (told["balance"], told["livemode"], told["key"]["name"]) == (50_000, True, "phone app")
    assert told["scopes"] == ["admin:read", "billing:read", "sessions:read"]
    assert api.key.startswith(told["key"]["key_prefix"])
    assert "member" not in told


def test_test_key_learns_its_mode(alder: Cast) -> None:
    assert alder.door(test=True).get("/v1/me").json()["livemode"] is False


@pytest.mark.parametrize(
    ("path", "name"),
    [("/v1/schema/chief-complaints", "chief_complaints"), ("/v1/schema/branches", "branches")],
)
def test_schema_is_public_and_names_its_versions(stranger: Api, path: str, name: str) -> None:
    told = stranger.get(path)
    assert told.status_code == 200
    assert {entry["id"] for entry in told.json()[name]} >= {"chest_pain", "general"}
    assert told.json()["engine_version"]
    assert told.json()["knowledge_version"]


def test_branches_name_their_findings_and_flags(stranger: Api) -> None:
    told = stranger.get("/v1/schema/branches").json()
    chest_pain = next(branch for branch in told["branches"] if branch["id"] == "chest_pain")
    assert set(chest_pain["must_ask"]) <= {finding["id"] for finding in chest_pain["findings"]}
    assert all(flag["level"] in ("urgent", "emergency") for flag in told["red_flags"])


@pytest.mark.parametrize(
    ("path", "status"),
    [("/livez", 200), ("/readyz", 200), ("/health", 200), ("/v1/changelog", 200), ("/changelog", 200)],
)
def test_probes_and_changelog_are_public(stranger: Api, path: str, status: int) -> None:
    assert stranger.get(path).status_code == status


def test_changelog_comes_as_data_or_as_markdown(stranger: Api) -> None:
    told = stranger.get("/v1/changelog").json()
    assert told["releases"][0]["version"] == told["version"]
    text = stranger.get("/v1/changelog", Accept="text/markdown")
    assert text["Content-Type"].startswith("text/markdown")
    assert text.content.startswith(b"# ")


def test_health_tells_strangers_only_state_and_version(stranger: Api) -> None:
    assert stranger.get("/health").json().keys() == {"status", "version"}
