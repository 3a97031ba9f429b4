"""The bundle: read as it was signed, by us and by others, and refused wherever it is not that."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
import cwt
import pytest

from core.credential import Reason, check
from core.signing.bundle import BundleError, Untrusted, newer, open_bundle, sign_bundle
from core.signing.cose_key import to_cose
from core.signing.cose_sign1 import sign
from core.signing.issuer_keys import IssuerKey, PublicKeys, Realm
from core.vault import KeyRing, Purpose
from tests.codes import a_code

NOW = datetime(2021, 12, 10, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
RING = KeyRing.generate(NOW - 24 * HOUR)
KEY = IssuerKey.current(RING, NOW)
BUNDLE_KEY = IssuerKey.current(RING, NOW, purpose=Purpose.BUNDLE)
PINNED = PublicKeys.published(RING, NOW)
GONE = replace(
    IssuerKey.current(KeyRing.generate(NOW - 24 * HOUR), NOW).public,
    withdrawn=True,
    iat_min=NOW,
)
REVOKED = [b"zzzz", b"aaaa", b"aaaa"]


def bundle(key: IssuerKey = BUNDLE_KEY, **changes: Any) -> bytes:
    arguments: dict[str, Any] = {
        "sequence": 7,
        "issued_at": NOW,
        "expires_at": NOW + 48 * HOUR,
        "keys": [KEY.public, GONE],
        "revoked": REVOKED,
    }
    return sign_bundle(key, **{**arguments, **changes})


def test_a_bundle_says_what_was_signed() -> None:
    opened = open_bundle(bundle(), PINNED, NOW)
    assert opened == PublicKeys(
        {KEY.kid: KEY.public, GONE.kid: GONE},
        NOW,
        frozenset({b"aaaa", b"zzzz"}),
        PINNED.bundle_keys,
        7,
        NOW + 48 * HOUR,
    )
    assert bundle() == bundle(keys=[GONE, KEY.public], revoked=sorted(REVOKED))
    assert open_bundle(bundle(revoked=[], keys=[], sequence=0), opened, NOW).keys == {}


def test_software_that_is_not_ours_checks_it() -> None:
    message = cwt.COSE.new().decode(bundle(), cwt.COSEKey.new(to_cose(BUNDLE_KEY.public)))
    claims = cbor2.loads(message)
    assert claims[1] == "HK"
    assert claims[-65538][3] == b"aaaazzzz"
    assert message == cbor2.dumps(claims, canonical=True)


def code(key: IssuerKey = KEY, code_id: bytes = bytes(8)) -> str:
    return a_code(key, NOW, code_id=code_id)


def test_codes_are_checked_by_what_it_says() -> None:
    opened = open_bundle(bundle(), PINNED, NOW)
    assert check(code(), opened, NOW).accepted
    assert check(code(code_id=b"aaaabbbb"), opened, NOW).reason is Reason.REVOKED
    without = open_bundle(bundle(keys=[GONE]), PINNED, NOW)
    assert check(code(), without, NOW).reason is Reason.UNKNOWN_KEY
    withdrawn = open_bundle(bundle(keys=[replace(KEY.public, withdrawn=True)]), PINNED, NOW)
    assert check(code(), withdrawn, NOW).reason is Reason.WITHDRAWN_KEY


def test_a_key_for_codes_signs_no_bundle_and_one_for_bundles_no_code() -> None:
    with pytest.raises(Untrusted):
        open_bundle(bundle(KEY), PINNED, NOW)
    assert check(code(BUNDLE_KEY), PINNED, NOW).reason is Reason.UNKNOWN_KEY


def test_an_old_bundle_is_opened_and_one_of_tomorrow_is_not() -> None:
    assert open_bundle(bundle(), PINNED, NOW + 1000 * HOUR).expires_at == NOW + 48 * HOUR
    open_bundle(bundle(), PINNED, NOW - timedelta(seconds=120))
    with pytest.raises(BundleError, match="clock"):
        open_bundle(bundle(), PINNED, NOW - timedelta(seconds=121))


def test_a_newer_bundle_takes_the_place_of_an_older_one_and_never_the_other_way() -> None:
    held, later = (open_bundle(bundle(sequence=n), PINNED, NOW) for n in (7, 8))
    assert newer(PINNED, held) is held
    assert newer(held, later) is later
    assert newer(later, held) is later
    assert newer(held, PINNED) is held
    assert newer(held, open_bundle(bundle(revoked=[]), PINNED, NOW)) is held


def test_a_strangers_bundle_is_refused() -> None:
    other = KeyRing.generate(NOW - 24 * HOUR)
    stranger = IssuerKey.current(other, NOW, purpose=Purpose.BUNDLE)
    with pytest.raises(Untrusted, match="not trusted"):
        open_bundle(bundle(stranger), PINNED, NOW)
    disguised = IssuerKey(stranger.private, BUNDLE_KEY.not_before, BUNDLE_KEY.not_after, Realm.TEST)
    with pytest.raises(Untrusted):
        open_bundle(bundle(disguised), PINNED, NOW)
    with pytest.raises(BundleError, match="does not fit"):
        open_bundle(sign(stranger.private, BUNDLE_KEY.kid, payload()), PINNED, NOW)


def test_a_withdrawn_key_signs_no_bundle() -> None:
    gone = replace(BUNDLE_KEY.public, withdrawn=True)
    with pytest.raises(BundleError, match="withdrawn"):
        open_bundle(bundle(), replace(PINNED, bundle_keys={gone.kid: gone}), NOW)


def test_a_bundle_of_the_other_realm_is_refused() -> None:
    test = replace(BUNDLE_KEY.public, realm=Realm.TEST)
    with pytest.raises(BundleError, match="another issuer"):
        open_bundle(bundle(), replace(PINNED, bundle_keys={test.kid: test}), NOW)


def test_another_algorithm_is_refused() -> None:
    message = cbor2.loads(bundle())
    protected, rest = message.value[0], message.value[1:]
    header = {**cbor2.loads(protected), 1: -8}
    forged = cbor2.CBORTag(18, [cbor2.dumps(header), *rest])
    with pytest.raises(BundleError, match="not allowed"):
        open_bundle(cbor2.dumps(forged), PINNED, NOW)


def test_every_flipped_bit_and_every_cut_is_noticed() -> None:
    whole = bundle()
    chance = random.Random(7)
    for place in [*range(80), *chance.sample(range(len(whole) * 8), 400)]:
        altered = bytearray(whole)
        altered[place // 8] ^= 1 << place % 8
        with pytest.raises(BundleError):
            open_bundle(bytes(altered), PINNED, NOW)
    for length in range(0, len(whole), 7):
        with pytest.raises(BundleError):
            open_bundle(whole[:length], PINNED, NOW)
    for strange in (whole + b"\0", b"", b"\xa0", cbor2.dumps({1: 2}), code().encode()):
        with pytest.raises(BundleError, match="damaged"):
            open_bundle(strange, PINNED, NOW)


def payload(private: dict[int, Any] | None = None, **changes: Any) -> bytes:
    """Return the payload of a bundle with changes; None leaves out."""
    inside = {0: 1, 1: 7, 2: [to_cose(KEY.public)], 3: b"aaaazzzz", **(private or {})}
    names = {"iss": 1, "exp": 4, "iat": 6, "more": 2, "inside": -65538}
    begins = int(NOW.timestamp())
    claims: dict[Any, Any] = {1: "HK", 4: begins + 48 * 3600, 6: begins, -65538: inside}
    claims |= {names[name]: value for name, value in changes.items()}
    kept = {name: value for name, value in claims.items() if value is not None}
    if isinstance(kept.get(-65538), dict):
        kept[-65538] = {name: value for name, value in kept[-65538].items() if value is not None}
    data: bytes = cbor2.dumps(kept, canonical=True)
    return data


def signed(content: bytes) -> bytes:
    return sign(BUNDLE_KEY.private, BUNDLE_KEY.kid, content)


def test_what_is_new_in_a_later_format_is_passed_over() -> None:
    later = signed(payload({32: "more", 500: [1]}))
    assert open_bundle(later, PINNED, NOW).sequence == 7


BEGINS = int(NOW.timestamp())
MADE, OVER = (int(at.timestamp()) for at in (BUNDLE_KEY.not_before, BUNDLE_KEY.not_after))


@pytest.mark.parametrize(
    "content",
    [
        payload(iss=None),
        payload(iss="HT"),
        payload(iss=1),
        payload(exp=None),
        payload(exp=float(BEGINS + 3600)),
        payload(exp=BEGINS),
        payload(exp=BEGINS + 48 * 3600 + 1),
        payload(exp=OVER + 1, iat=OVER - 10),
        payload(iat=True),
        payload(iat=MADE - 1, exp=BEGINS),
        payload(iat=2**70),
        payload(exp=2**62, iat=2**62 - 5),
        payload(more="sub"),
        payload(inside=None),
        payload(inside=5),
        payload(inside=[1]),
        payload({0: 2}),
        payload({0: True}),
        payload({0: None}),
        payload({1: -1}),
        payload({1: "7"}),
        payload({1: None}),
        payload({2: None}),
        payload({2: {}}),
        payload({2: [5]}),
        payload({2: [to_cose(KEY.public)] * 2}),
        payload({2: [{**to_cose(KEY.public), -65541: 1}]}),
        payload({2: [{**to_cose(KEY.public), 4: [[[2]]]}]}),
        payload({3: None}),
        payload({3: "aaaa"}),
        payload({3: b"aaaaz"}),
        payload({3: b"zzzzaaaa"}),
        payload({3: b"aaaaaaaa"}),
        payload({4: 0}),
        payload({-1: 0}),
        payload({31: 0}),
        cbor2.dumps([1]),
        cbor2.dumps({"iss": 5}),
    ],
)
def test_a_signed_bundle_of_another_form_is_refused(content: bytes) -> None:
    with pytest.raises(BundleError, match=r"form|damaged"):
        open_bundle(signed(content), PINNED, NOW)


def test_what_no_verifier_would_take_is_not_signed() -> None:
    for changes in (
        {"expires_at": NOW + 48 * HOUR + timedelta(seconds=1)},
        {"expires_at": NOW},
        {"issued_at": BUNDLE_KEY.not_before - HOUR, "expires_at": NOW},
        {"sequence": -1},
        {"revoked": [b"long prefix"]},
    ):
        with pytest.raises(BundleError):
            bundle(**changes)
    with pytest.raises(BundleError, match="withdrawn"):
        bundle(replace(BUNDLE_KEY, withdrawn=True))


def test_a_thousand_revoked_codes_cost_four_kilobytes() -> None:
    prefixes = [number.to_bytes(4, "big") for number in range(1000)]
    assert len(bundle(revoked=prefixes)) - len(bundle(revoked=[])) <= 4 * 1000 + 2
