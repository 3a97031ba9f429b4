"""Public keys as COSE_Key: as software that is not ours reads them, and nothing else is read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
import pytest
from cwt import COSEKey
from pycose.keys import CoseKey

from core.signing.cose_key import (
    ALG,
    CRV,
    EXP,
    IAT_MIN,
    KEY_OPS,
    KID,
    KTY,
    NBF,
    SIGNS_BUNDLES,
    WITHDRAWN,
    X,
    Y,
    from_cose,
    key_set,
    to_cose,
)
from core.signing.issuer_keys import IssuerKey, PublicKey, PublicKeys, Realm
from core.vault import KeyRing

NOW = datetime(2021, 12, 10, 1, 0, tzinfo=UTC)
RING = KeyRing.generate(NOW)
KEY = IssuerKey.current(RING, NOW).public
TOLD = replace(KEY, withdrawn=True, iat_min=NOW + timedelta(hours=1))


@pytest.mark.parametrize("key", [KEY, TOLD, replace(KEY, realm=Realm.TEST)])
def test_a_key_is_read_as_it_was_written(key: PublicKey) -> None:
    data = cbor2.dumps(to_cose(key), canonical=True)
    assert from_cose(cbor2.loads(data), key.realm) == key


def test_the_numbers_are_those_of_the_format() -> None:
    x, y = KEY.coordinates
    begins = int(NOW.timestamp())
    assert to_cose(TOLD) == {
        1: 2,
        2: KEY.kid,
        3: -7,
        4: [2],
        -1: 1,
        -2: x,
        -3: y,
        -65537: begins,
        -65538: begins + 45 * 86_400,
        -65539: True,
        -65540: begins + 3600,
    }
    assert SIGNS_BUNDLES == -65541


def test_software_that_is_not_ours_reads_the_set() -> None:
    published = PublicKeys.published(RING, NOW)
    data = key_set(published)
    assert data == cbor2.dumps(cbor2.loads(data), canonical=True)
    codes, bundles = cbor2.loads(data)
    assert SIGNS_BUNDLES not in codes
    assert bundles[SIGNS_BUNDLES] == 1
    kids = [*published.keys, *published.bundle_keys]
    assert [COSEKey.new(item).kid for item in (codes, bundles)] == kids
    for item, key in zip((codes, bundles), (KEY, *published.bundle_keys.values()), strict=True):
        theirs = CoseKey.from_dict(item)
        assert (theirs.kid, (theirs.x, theirs.y)) == (key.kid, key.coordinates)


WRONG: list[dict[int, Any]] = [
    {KTY: 1},
    {KTY: True},
    {KID: b"1234567"},
    {KID: bytes(8)},
    {KID: "12345678"},
    {ALG: -8},
    {KEY_OPS: [1]},
    {KEY_OPS: [2, 2]},
    {KEY_OPS: 2},
    {CRV: 2},
    {X: KEY.coordinates[0][1:]},
    {X: int.from_bytes(KEY.coordinates[0], "big")},
    {Y: KEY.coordinates[0]},
    {NBF: 1.5},
    {NBF: True},
    {EXP: 2**62},
    {EXP: "never"},
    {IAT_MIN: b""},
    {IAT_MIN: -(2**62)},
    {WITHDRAWN: False},
    {WITHDRAWN: 1},
    {SIGNS_BUNDLES: 1},
    {-4: b"d"},
    {99: 0},
]


@pytest.mark.parametrize("change", WRONG)
def test_a_key_of_any_other_form_is_refused(change: dict[int, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        from_cose({**to_cose(KEY), **change}, Realm.HONG_KONG)


@pytest.mark.parametrize("left_out", [KTY, KID, ALG, KEY_OPS, CRV, X, Y, NBF, EXP])
def test_a_key_that_lacks_something_is_refused(left_out: int) -> None:
    item = to_cose(KEY)
    del item[left_out]
    with pytest.raises(ValueError, match=r"\w"):
        from_cose(item, Realm.HONG_KONG)


@pytest.mark.parametrize("item", [None, [], 5, b"key", "key"])
def test_what_is_no_map_is_no_key(item: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        from_cose(item, Realm.HONG_KONG)
