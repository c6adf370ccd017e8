"""Making, changing and ending keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tenants.keys.models import ApiKey
from tenants.organisations.models import Tenant
from tenants.scopes import KEY_SCOPES
from tests.conftest import Api, Cast
from tests.factories import make_key

KEYS = "/v1/admin/keys"
DEFAULT_SCOPES = ["patients:read", "patients:write", "sessions:read", "sessions:write"]


def create(api: Api, **fields: Any) -> dict[str, Any]:
    made = api.post(KEYS, {"name": "phone app"} | fields)
    assert made.status_code == 201, made.content
    body: dict[str, Any] = made.json()
    return body


def of(made: dict[str, Any]) -> str:
    return f"{KEYS}/{made['key_id']}"


def test_created_key_is_shown_once_and_works(alder: Cast) -> None:
    made = create(alder.api)
    assert Api(made["raw_key"]).get("/v1/me").json()["key"]["key_id"] == made["key_id"]
    listed = alder.api.get(KEYS)
    assert made["raw_key"] not in listed.content.decode()
    assert [key["name"] for key in listed.json()] == ["phone app", "tests"]
    assert listed["X-Total-Count"] == "2"


def test_key_without_scopes_gets_sessions_and_patients(alder: Cast) -> None:
    assert create(alder.api)["scopes"] == DEFAULT_SCOPES


def test_default_scopes_are_those_that_the_maker_holds(alder: Cast) -> None:
    maker = alder.door(scopes=["admin:write", "sessions:read"])
    assert create(maker)["scopes"] == ["sessions:read"]


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "x" * 101},
        {"name": "a\x00b"},
        {"name": None},
        {"scopes": ["no:scope"]},
        {"scopes": "sessions:read"},
        {"scopes": ["billing:read"]},
        {"rate_limit_rpm": 0},
        {"rate_limit_rpm": 10_001},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"expires_at": "soon"},
        {"expires_at": "0001-01-01T00:00:00+14:00"},
        {"expires_at": "9999-12-31T23:59:59-14:00"},
        {"test": "perhaps"},
    ],
)
def test_impossible_key_is_422(alder: Cast, change: dict[str, Any]) -> None:
    assert alder.api.post(KEYS, {"name": "ok"} | change).status_code == 422


@pytest.mark.parametrize("grown", [KEY_SCOPES, ["webhooks:read"]])
def test_nobody_hands_out_scopes_they_do_not_hold(alder: Cast, grown: list[str]) -> None:
    small = alder.door(scopes=["admin:read", "admin:write", "sessions:read"])
    refused = small.post(KEYS, {"name": "grown", "scopes": list(grown)})
    assert refused.status_code == 403
    assert refused.json()["error"]["detail"]["required_scope"] in grown


@pytest.mark.parametrize("act", ["rename", "grow", "rotate"])
def test_nobody_touches_a_key_that_can_do_more(alder: Cast, act: str) -> None:
    strong = create(alder.api, scopes=list(KEY_SCOPES))
    weak = alder.door(scopes=["admin:read", "admin:write"])
    acts = {
        "rename": lambda: weak.patch(of(strong), {"name": "mine"}),
        "grow": lambda: weak.patch(of(strong), {"scopes": ["admin:read"]}),
        "rotate": lambda: weak.post(of(strong) + "/rotate"),
    }
    assert acts[act]().status_code == 403
    assert Api(strong["raw_key"]).get("/v1/me").status_code == 200


def test_own_key_cannot_grow_by_patch(alder: Cast) -> None:
    weak = alder.door(scopes=["admin:read", "admin:write"])
    own = weak.get("/v1/me").json()["key"]["key_id"]
    assert weak.patch(f"{KEYS}/{own}", {"scopes": list(KEY_SCOPES)}).status_code == 403


def test_changes_are_seen_by_the_next_request(alder: Cast) -> None:
    made = create(alder.api)
    changed = alder.api.patch(of(made), {"name": "n", "scopes": ["patients:read"], "rate_limit_rpm": 7})
    assert (changed.json()["name"], changed.json()["rate_limit_rpm"]) == ("n", 7)
    next_call = Api(made["raw_key"]).get("/v1/me")
    assert next_call.json()["scopes"] == ["patients:read"]
    assert next_call["X-RateLimit-Limit"] == "7"


def test_patch_with_nulls_changes_nothing(alder: Cast) -> None:
    made = create(alder.api)
    same = alder.api.patch(of(made), {"name": None, "scopes": None, "rate_limit_rpm": None, "other": 1})
    assert same.json() == {name: value for name, value in made.items() if name != "raw_key"}


@pytest.mark.parametrize(
    "field", ["livemode", "expires_at", "key_id", "key_prefix", "is_active", "created_at"]
)
def test_fixed_field_of_a_key_is_422(alder: Cast, field: str) -> None:
    refused = alder.api.patch(of(create(alder.api)), {field: None})
    assert refused.status_code == 422
    assert refused.json()["error"]["detail"]["field_errors"][0]["field"] == field


def test_revoked_key_is_out_at_the_next_request(alder: Cast) -> None:
    made = create(alder.api)
    client = Api(made["raw_key"])
    assert client.get("/v1/me").status_code == 200
    revoked = alder.api.delete(of(made)).json()
    assert client.get("/v1/me").status_code == 401
    assert alder.api.delete(of(made)).json() == revoked
    assert alder.api.patch(of(made), {"name": "n"}).status_code == 409
    assert alder.api.post(of(made) + "/rotate").status_code == 409


def test_key_can_revoke_itself(alder: Cast) -> None:
    own = alder.api.get("/v1/me").json()["key"]["key_id"]
    assert alder.api.delete(f"{KEYS}/{own}").status_code == 200
    assert alder.api.get(KEYS).status_code == 401


def test_expired_key_is_out(alder: Cast) -> None:
    made = create(alder.api, expires_at=(timezone.now() + timedelta(hours=1)).isoformat())
    assert Api(made["raw_key"]).get("/v1/me").status_code == 200
    past = timezone.now() - timedelta(seconds=1)
    ApiKey.objects.using("system").filter(id=made["key_id"]).update(expires_at=past)
    assert Api(made["raw_key"]).get("/v1/me").status_code == 401
    listed = {key["key_id"]: key for key in alder.api.get(KEYS).json()}
    assert listed[made["key_id"]]["is_active"] is False


def test_rotated_key_keeps_its_rights_and_the_old_one_ends(alder: Cast) -> None:
    fields = {"scopes": ["sessions:read"], "rate_limit_rpm": 99, "expires_at": "2030-01-01T00:00:00Z"}
    old = create(alder.api, **fields)
    rotated = alder.api.post(of(old) + "/rotate")
    assert rotated.status_code == 200
    new = rotated.json()
    same = ("name", "scopes", "rate_limit_rpm", "livemode", "expires_at")
    assert [new[name] for name in same] == [old[name] for name in same]
    assert new["raw_key"] != old["raw_key"]
    assert Api(old["raw_key"]).get("/v1/me").status_code == 401
    assert Api(new["raw_key"]).get("/v1/me").status_code == 200


def test_rotated_key_lives_on_for_its_grace(alder: Cast) -> None:
    old = create(alder.api)
    assert alder.api.post(of(old) + "/rotate", {"grace_hours": 1}).status_code == 200
    assert Api(old["raw_key"]).get("/v1/me").status_code == 200
    assert alder.api.post(of(old) + "/rotate").status_code == 409
    past = timezone.now() - timedelta(seconds=1)
    ApiKey.objects.using("system").filter(id=old["key_id"]).update(revoked_at=past)
    assert Api(old["raw_key"]).get("/v1/me").status_code == 401


def test_key_in_its_grace_can_be_revoked_at_once(alder: Cast) -> None:
    old = create(alder.api)
    alder.api.post(of(old) + "/rotate", {"grace_hours": 72})
    alder.api.delete(of(old))
    assert Api(old["raw_key"]).get("/v1/me").status_code == 401


@pytest.mark.parametrize("hours", [-1, 73, "x"])
def test_impossible_grace_is_422(alder: Cast, hours: object) -> None:
    assert alder.api.post(of(create(alder.api)) + "/rotate", {"grace_hours": hours}).status_code == 422


def test_tier_bounds_the_number_of_keys_but_not_rotation() -> None:
    cast = Cast("Small", tier="starter")
    made = [create(cast.api, test=number % 2 == 0) for number in range(4)]
    assert cast.api.post(KEYS, {"name": "one too many"}).status_code == 409
    assert cast.api.post(of(made[0]) + "/rotate").status_code == 200
    assert cast.api.post(KEYS, {"name": "one too many"}).status_code == 409
    cast.api.delete(of(made[1]))
    create(cast.api)


def test_test_key_makes_and_sees_test_keys_only(alder: Cast) -> None:
    live = create(alder.api)
    tester = alder.door(test=True)
    made = create(tester)
    assert made["livemode"] is False
    assert made["raw_key"].startswith("nsy_test_")
    assert {key["livemode"] for key in tester.get(KEYS).json()} == {False}
    assert len(alder.api.get(KEYS).json()) == 4
    assert tester.patch(of(live), {"name": "n"}).status_code == 404
    assert tester.post(of(live) + "/rotate").status_code == 404
    assert tester.delete(of(live)).status_code == 404


def test_live_key_manages_test_keys(alder: Cast) -> None:
    made = create(alder.api, test=True)
    assert made["livemode"] is False
    assert alder.api.post(of(made) + "/rotate").json()["livemode"] is False


def test_replayed_creation_repeats_the_secret_and_makes_no_second_key(alder: Cast) -> None:
    first, again = (alder.api.post(KEYS, {"name": "n"}, Idempotency_Key="make-key") for _ in range(2))
    assert again.content == first.content
    assert again["Idempotency-Replayed"] == "true"
    assert len(alder.api.get(KEYS).json()) == 2


def test_replay_asks_for_the_same_rights_again(alder: Cast) -> None:
    alder.api.post(KEYS, {"name": "n"}, Idempotency_Key="make-key")
    reader = alder.door(scopes=["admin:read"])
    assert reader.post(KEYS, {"name": "n"}, Idempotency_Key="make-key").status_code == 403


def test_keys_are_paged_as_an_array(alder: Cast) -> None:
    for number in range(3):
        create(alder.api, name=f"k{number}")
    page = alder.api.get(KEYS, {"limit": 2, "offset": 1})
    assert [key["name"] for key in page.json()] == ["k1", "k0"]
    assert page["X-Total-Count"] == "4"


def test_last_use_is_noted(alder: Cast) -> None:
    assert alder.api.get(KEYS).json()[0]["last_used_at"] is not None


def test_suspended_tenant_is_403(alder: Cast) -> None:
    Tenant.objects.using("system").filter(id=alder.owner.tenant_id).update(suspended_at=timezone.now())
    assert alder.api.get("/v1/me").status_code == 403


def test_key_of_an_older_pepper_still_works(alder: Cast, settings: Any) -> None:
    settings.KEY_PEPPERS = settings.KEY_PEPPERS | {2: "a newer pepper"}
    assert alder.api.get("/v1/me").status_code == 200
    assert Api(make_key(owner=alder.owner)).get("/v1/me").status_code == 200
