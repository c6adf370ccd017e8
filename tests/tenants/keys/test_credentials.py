from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.keys.credentials import ALPHABET, is_key, make_key
from tenants.keys.models import ApiKey, KeyDirectory
from tests.conftest import Api, Cast


@pytest.mark.parametrize(("livemode", "prefix"), [(True, "nsy_live_"), (False, "nsy_test_")])
def test_key_is_a_prefix_and_26_base62_characters(livemode: bool, prefix: str) -> None:
    key = make_key(livemode=livemode)
    assert re.fullmatch(prefix + "[0-9A-Za-z]{26}", key)
    assert is_key(key)


@given(st.text())
def test_parser_never_raises_and_takes_no_noise(text: str) -> None:
    assert is_key(text) is False


@given(st.text(alphabet=ALPHABET, min_size=26, max_size=26), st.sampled_from(["live", "test"]))
def test_parser_refuses_a_wrong_checksum(text: str, mode: str) -> None:
    key = f"nsy_{mode}_{text}"
    other = key[:-1] + ("a" if key[-1] != "a" else "b")
    assert not (is_key(key) and is_key(other))


@given(st.integers(min_value=0, max_value=34), st.sampled_from(ALPHABET))
def test_one_changed_character_is_noticed(place: int, character: str) -> None:
    key = make_key(livemode=True)
    changed = key[:place] + character + key[place + 1 :]
    assert is_key(changed) is (changed == key)


@pytest.mark.parametrize("decorate", ["{}\n", " {}", "{}x", "{}\x00"])
def test_key_with_something_around_it_is_none(decorate: str) -> None:
    assert not is_key(decorate.format(make_key(livemode=True)))


def test_only_a_keyed_hash_is_stored(alder: Cast) -> None:
    raw = alder.live_key
    kept = KeyDirectory.objects.get(tenant_id=alder.owner.tenant_id)
    assert len(bytes(kept.key_hash)) == 32
    assert bytes(kept.key_hash) != hashlib.sha256(raw.encode()).digest()
    row = ApiKey.objects.using("system").get(id=kept.key_id)
    assert (row.key_prefix, row.key_suffix) == (raw[:13], raw[-4:])
    assert raw[13:-4] not in str(list(ApiKey.objects.using("system").filter(id=row.id).values()))


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_bearer_is_taken_in_any_case(alder: Cast, scheme: str) -> None:
    assert Api().get("/v1/me", Authorization=f"{scheme} {alder.live_key}").status_code == 200


def test_other_well_formed_key_is_401() -> None:
    assert Api(make_key(livemode=True)).get("/v1/me").status_code == 401
