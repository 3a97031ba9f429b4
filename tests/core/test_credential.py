from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import base45
import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from core.colour import Colour
from core.credential import Claims, Reason, Verdict, check, expiry, issue
from core.masked_name import CLAIM_BYTES
from core.signing.issuer_keys import IssuerKey, PublicKey, PublicKeys, Realm
from core.vault import KeyRing

NOW = datetime(2021, 12, 10, 4, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MADE = NOW - timedelta(days=1)
RING = KeyRing.generate(MADE)
KEY = IssuerKey.current(RING, NOW)
KEYS = PublicKeys.published(RING, MADE)
MIDNIGHT = datetime(2021, 12, 10, 15, 59, 59, tzinfo=UTC)
DOCUMENT = ("0", "A1234563")
CODE_ID = bytes(range(8))
SHORTEST_VERSION_8 = 221  # alphanumeric capacity of QR version 8 at M, ISO/IEC 18004 table 7


def code(key: IssuerKey = KEY, **changes: Any) -> str:
    arguments: dict[str, Any] = {
        "name": "C*** T** M**",
        "colour": Colour.GREEN,
        "document": DOCUMENT,
        "issued_at": NOW,
        "expires_at": MIDNIGHT,
        "code_id": CODE_ID,
    }
    return issue(key, **{**arguments, **changes})


def message(text: str) -> bytes:
    return bytes(base45.b45decode(text[4:]))


def text(data: bytes, prefix: str = "HK1:") -> str:
    return prefix + str(base45.b45encode(data).decode())


def forged(
    change: Callable[[dict[int, Any]], Any] = lambda claims: None,
    header: Callable[[dict[int, Any]], Any] = lambda header: None,
    key: IssuerKey = KEY,
    wrap: Callable[[list[Any]], Any] = lambda items: cbor2.CBORTag(18, items),
) -> str:
    """Sign whatever is asked for with a genuine key, as a portal gone wrong would."""
    items = cbor2.loads(message(code())).value
    claims, head = cbor2.loads(items[2]), cbor2.loads(items[0])
    change(claims)
    header(head)
    protected, payload = cbor2.dumps(head, canonical=True), cbor2.dumps(claims, canonical=True)
    signed = cbor2.dumps(["Signature1", protected, b"", payload])
    r, s = decode_dss_signature(key.private.sign(signed, ec.ECDSA(SHA256())))
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return text(cbor2.dumps(wrap([protected, {}, payload, signature]), canonical=True))


# What is issued


def test_a_code_says_what_it_was_issued_for() -> None:
    verdict = check(code(challenge="0042"), KEYS, NOW, document=DOCUMENT, challenge="0042")
    assert verdict == Verdict(
        None,
        Claims(
            Colour.GREEN,
            "C*** T** M**",
            NOW,
            MIDNIGHT,
            CODE_ID,
            hashlib.sha256(CODE_ID + b"0A1234563").digest()[:2],
            "0042",
        ),
        True,
        True,
    )
    assert verdict.accepted
    assert verdict.genuine
    assert not verdict.expired


@pytest.mark.parametrize("colour", Colour)
def test_every_colour_survives(colour: Colour) -> None:
    claims = check(code(colour=colour), KEYS, NOW).claims
    assert claims is not None
    assert claims.colour is colour


@pytest.mark.parametrize("name", ["x", "陳", "x" * 24, "陳" * 8])
def test_a_name_has_one_to_24_bytes(name: str) -> None:
    verdict = check(code(name=name), KEYS, NOW)
    assert verdict.accepted
    assert verdict.claims is not None
    assert verdict.claims.name == name


def test_the_same_code_comes_out_again() -> None:
    assert code() == code()
    assert code() != code(code_id=bytes(8))


@pytest.mark.parametrize("name", ["C*** T** M**", "陳*文", "x" * CLAIM_BYTES])
@pytest.mark.parametrize("challenge", [None, "0000", "9999"])
def test_a_code_fits_qr_version_8(name: str, challenge: str | None) -> None:
    issued = code(name=name, challenge=challenge)
    assert len(issued) <= SHORTEST_VERSION_8
    assert set(issued) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


def test_nothing_that_identifies_stands_inside() -> None:
    data = message(code())
    for fragment in (b"A123456", b"1234563", b"CHAN", hashlib.sha256(b"0A1234563").digest()[:3]):
        assert fragment not in data


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "x" * 25},
        {"name": ""},
        {"name": "a\u202eb"},
        {"name": "e\u0301"},
        {"code_id": bytes(7)},
        {"challenge": "12345"},
        {"challenge": "1"},
        {"challenge": "abcd"},
        {"challenge": "-001"},
        {"expires_at": NOW},
        {"expires_at": NOW - SECOND},
        {"expires_at": NOW + timedelta(hours=24, seconds=1)},
        {"issued_at": MADE - SECOND, "expires_at": NOW - timedelta(hours=12)},
        {"issued_at": KEY.not_after - SECOND, "expires_at": KEY.not_after + SECOND},
    ],
)
def test_what_no_verifier_would_accept_is_not_signed(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"verifier|invalid literal"):
        code(**changes)


def test_a_code_ends_with_the_day_with_what_it_rests_on_or_with_its_key() -> None:
    assert expiry(KEY, NOW) == MIDNIGHT
    assert expiry(KEY, MIDNIGHT) == MIDNIGHT
    assert expiry(KEY, MIDNIGHT + SECOND) == MIDNIGHT + timedelta(days=1)
    assert expiry(KEY, NOW, NOW + SECOND) == NOW + SECOND
    assert expiry(KEY, NOW, MIDNIGHT + SECOND) == MIDNIGHT
    assert expiry(replace(KEY, not_after=NOW + SECOND), NOW, MIDNIGHT) == NOW + SECOND


# What is refused, and why


@pytest.mark.parametrize(
    ("given_text", "reason"),
    [
        ("", Reason.NOT_A_CODE),
        ("hello", Reason.NOT_A_CODE),
        ("HC1:" + code()[4:], Reason.NOT_A_CODE),
        ("hk1:" + code()[4:], Reason.NOT_A_CODE),
        (" " + code(), Reason.NOT_A_CODE),
        ("HKT:" + code()[4:], Reason.OTHER_REALM),
        ("HK1:" + "0" * 397, Reason.TOO_LONG),
        ("HC1:" + "0" * 397, Reason.NOT_A_CODE),
        ("HKT:" + "0" * 397, Reason.TOO_LONG),
        ("HK1:", Reason.MALFORMED),
        (code()[:-1], Reason.MALFORMED),
        (code() + "\n", Reason.MALFORMED),
        (code().lower().replace("hk1:", "HK1:"), Reason.MALFORMED),
        ("HK1::::", Reason.MALFORMED),
        ("HK1:\udcff陳", Reason.MALFORMED),
        (text(message(code()) + b"\0"), Reason.MALFORMED),
        (text(b"\xd2" + message(code())), Reason.MALFORMED),
        (text(message(code())[1:]), Reason.MALFORMED),
        (text(b"\x81" * 250), Reason.MALFORMED),
        # A tag that general decoders build a number of two billion digits from.
        (text(bytes.fromhex("c5821a7fffffff01")), Reason.MALFORMED),
    ],
)
def test_a_text_that_is_no_code(given_text: str, reason: Reason) -> None:
    assert check(given_text, KEYS, NOW) == Verdict(reason)


@pytest.mark.parametrize(
    ("given_text", "reason"),
    [
        (forged(wrap=lambda items: cbor2.CBORTag(98, items)), Reason.MALFORMED),
        (forged(wrap=lambda items: cbor2.CBORTag(18, items[:3])), Reason.MALFORMED),
        (
            forged(wrap=lambda items: cbor2.CBORTag(18, [items[0], {4: b"x"}, *items[2:]])),
            Reason.MALFORMED,
        ),
        (
            forged(wrap=lambda items: cbor2.CBORTag(18, [b"\xa0", *items[1:]])),
            Reason.MALFORMED,
        ),
        (
            forged(wrap=lambda items: cbor2.CBORTag(18, [b"\x00", *items[1:]])),
            Reason.MALFORMED,
        ),
        (
            forged(wrap=lambda items: cbor2.CBORTag(18, [*items[:2], b"\x80", items[3]])),
            Reason.MALFORMED,
        ),
        (forged(header=lambda header: header.update({2: [1]})), Reason.MALFORMED),
        (forged(header=lambda header: header.pop(1)), Reason.MALFORMED),
        (forged(header=lambda header: header.update({4: KEY.kid[:7]})), Reason.MALFORMED),
        (forged(header=lambda header: header.update({4: [1]})), Reason.MALFORMED),
        (forged(header=lambda header: header.update({1: -8})), Reason.ALGORITHM),
        (forged(header=lambda header: header.update({1: None})), Reason.ALGORITHM),
        (forged(header=lambda header: header.update({4: bytes(8)})), Reason.UNKNOWN_KEY),
        (forged(lambda claims: claims.pop(4)), Reason.KEY_LIFE),
        (forged(lambda claims: claims.update({6: True})), Reason.KEY_LIFE),
        (forged(lambda claims: claims.update({6: 2**63})), Reason.KEY_LIFE),
        (forged(lambda claims: claims.update({4: 2**63})), Reason.KEY_LIFE),
        (forged(key=IssuerKey.current(KeyRing.generate(MADE), NOW)), Reason.FORGED),
        (
            forged(wrap=lambda items: cbor2.CBORTag(18, [*items[:3], bytes(64)])),
            Reason.FORGED,
        ),
        (
            forged(wrap=lambda items: cbor2.CBORTag(18, [*items[:3], items[3][1:]])),
            Reason.FORGED,
        ),
        (forged(lambda claims: claims.update({1: "HT"})), Reason.CONTENT),
        (forged(lambda claims: claims.update({2: "x"})), Reason.CONTENT),
        (forged(lambda claims: claims.update({7: bytes(9)})), Reason.CONTENT),
        (forged(lambda claims: claims.pop(7)), Reason.CONTENT),
        (forged(lambda claims: claims.update({-65537: 1})), Reason.CONTENT),
        (forged(lambda claims: claims[-65537].update({0: 2})), Reason.CONTENT),
        (forged(lambda claims: claims[-65537].update({0: True})), Reason.CONTENT),
        (forged(lambda claims: claims[-65537].update({1: 4})), Reason.CONTENT),
        (forged(lambda claims: claims[-65537].update({1: True})), Reason.CONTENT),
        (forged(lambda claims: claims[-65537].update({2: bytes(3)})), Reason.CONTENT),
        (forged(lambda claims: claims[-65537].update({3: b"x"})), Reason.CONTENT),
        (forged(lambda claims: claims[-65537].update({3: "\x1b[2J"})), Reason.CONTENT),
        (forged(lambda claims: claims[-65537].update({4: 10_000})), Reason.CONTENT),
        (forged(lambda claims: claims[-65537].update({4: None})), Reason.CONTENT),
        (forged(lambda claims: claims[-65537].update({5: 0})), Reason.CONTENT),
        (forged(lambda claims: claims[-65537].update({31: 0})), Reason.CONTENT),
        (forged(lambda claims: claims[-65537].update({"x": 0})), Reason.CONTENT),
        (forged(lambda claims: claims[-65537].pop(3)), Reason.CONTENT),
    ],
)
def test_a_code_of_another_form(given_text: str, reason: Reason) -> None:
    assert check(given_text, KEYS, NOW) == Verdict(reason)
    assert check(code(), KEYS, NOW).accepted


def test_extensions_are_ignored() -> None:
    assert check(forged(lambda claims: claims[-65537].update({32: [1]})), KEYS, NOW).accepted


def test_a_withdrawn_key_and_one_outside_its_life() -> None:
    (public,) = KEYS.keys.values()

    def with_key(key: PublicKey) -> PublicKeys:
        return PublicKeys.of(key)

    withdrawn = with_key(replace(public, withdrawn=True))
    assert check(code(), withdrawn, NOW).reason is Reason.WITHDRAWN_KEY
    begun = with_key(replace(public, not_before=NOW + SECOND))
    assert check(code(), begun, NOW).reason is Reason.KEY_LIFE
    ended = with_key(replace(public, not_after=MIDNIGHT - SECOND))
    assert check(code(), ended, NOW).reason is Reason.KEY_LIFE
    exact = with_key(replace(public, not_before=NOW, not_after=MIDNIGHT))
    assert check(code(), exact, NOW).accepted
    assert check(code(), PublicKeys.of(), NOW).reason is Reason.UNKNOWN_KEY


def test_realms_are_never_mixed() -> None:
    test = IssuerKey.current(KeyRing.generate(MADE), NOW, Realm.TEST)
    issued = code(test)
    assert issued.startswith("HKT:")
    assert check(issued, PublicKeys.of(test.public), NOW).accepted
    assert check(issued, KEYS, NOW).reason is Reason.OTHER_REALM
    both = PublicKeys.of(test.public, KEY.public)
    assert check(issued, both, NOW).accepted
    assert check("HK1:" + issued[4:], both, NOW).reason is Reason.OTHER_REALM
    assert check("HKT:" + code()[4:], both, NOW).reason is Reason.OTHER_REALM


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (NOW - timedelta(hours=48), Reason.CLOCK),
        (MADE - timedelta(seconds=121), Reason.CLOCK),
        (MADE - timedelta(seconds=120), Reason.FROM_FUTURE),
        (NOW - timedelta(seconds=121), Reason.FROM_FUTURE),
        (NOW - timedelta(seconds=120), None),
        (NOW, None),
        (MIDNIGHT, None),
        (MIDNIGHT + timedelta(microseconds=1), Reason.EXPIRED),
        (MIDNIGHT + SECOND, Reason.EXPIRED),
        (NOW + timedelta(hours=48), Reason.EXPIRED),
    ],
)
def test_a_code_is_good_from_its_issue_to_its_end(now: datetime, reason: Reason | None) -> None:
    verdict = check(code(), KEYS, now)
    assert verdict.reason is reason
    assert verdict.genuine
    assert verdict.expired == (reason is Reason.EXPIRED)


@pytest.mark.parametrize("life", [0, -1, 24 * 3600 + 1])
def test_a_life_that_no_issuer_gives(life: int) -> None:
    issued = int(NOW.timestamp()) + 60
    longer = forged(lambda claims: claims.update({6: issued, 4: issued + life}))
    assert check(longer, KEYS, NOW).reason is Reason.LIFE


def test_a_revoked_code() -> None:
    revoked = replace(KEYS, revoked=frozenset({CODE_ID[:4]}))
    assert check(code(), revoked, NOW).reason is Reason.REVOKED
    assert check(code(code_id=bytes(8)), revoked, NOW).accepted


def test_a_key_whose_codes_are_good_from_a_moment_on() -> None:
    (public,) = KEYS.keys.values()
    before, after = (
        check(code(), PublicKeys.of(replace(public, iat_min=NOW + late)), NOW, document=DOCUMENT)
        for late in (timedelta(0), SECOND)
    )
    assert before.accepted
    assert (after.reason, after.genuine, after.binding) == (Reason.REVOKED, True, True)


def test_a_code_and_another_persons_document() -> None:
    for borrowed in (("0", "A1234571"), ("3", "A1234563"), ("0", "\udcff")):
        verdict = check(code(), KEYS, NOW, document=borrowed)
        assert (verdict.reason, verdict.binding) == (Reason.OTHER_DOCUMENT, False)
    assert check(code(), KEYS, NOW).binding is None
    expired = check(code(), KEYS, MIDNIGHT + SECOND, document=DOCUMENT)
    assert (expired.reason, expired.binding) == (Reason.EXPIRED, True)


def test_a_screenshot_does_not_answer_a_challenge() -> None:
    for shown in (None, "1235", "0123"):
        verdict = check(code(challenge=shown), KEYS, NOW, challenge="1234")
        assert (verdict.reason, verdict.challenge) == (Reason.OTHER_CHALLENGE, False)
    live = code(challenge="1234")
    answered = check(live, KEYS, NOW, challenge="1234")
    assert (answered.reason, answered.challenge) == (None, True)
    assert (check(live, KEYS, NOW).reason, check(live, KEYS, NOW).challenge) == (None, None)
    borrowed = check(live, KEYS, NOW, document=("3", "A1234563"), challenge="1234")
    assert borrowed == replace(answered, reason=Reason.OTHER_DOCUMENT, binding=False)


@pytest.mark.no_cover
def test_of_ten_thousand_mutants_none_is_accepted() -> None:
    chance = random.Random(20211210)
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
    genuine, other = code(), code(colour=Colour.RED, code_id=bytes(8))
    data = message(genuine)
    mutants: set[str] = set()
    while len(mutants) < 10_000:
        kind, place = chance.randrange(5), chance.randrange(len(data))
        if kind == 0:
            mutants.add(
                text(
                    data[:place]
                    + bytes([data[place] ^ 1 << chance.randrange(8)])
                    + data[place + 1 :]
                )
            )
        elif kind == 1:
            mutants.add(genuine[:place] + chance.choice(alphabet) + genuine[place + 1 :])
        elif kind == 2:
            mutants.add(text(data[:place] + chance.randbytes(chance.randrange(9)) + data[place:]))
        elif kind == 3:
            mutants.add(genuine[:place] + other[place:])
        else:
            mutants.add(text(data[:place] + data[place + chance.randrange(1, 9) :]))
    mutants -= {genuine, other}
    assert len(mutants) > 9_990
    assert not [mutant for mutant in mutants if check(mutant, KEYS, NOW).accepted]
    assert check(genuine, KEYS, NOW).accepted


@given(st.one_of(st.text(), st.binary(max_size=260).map(text)))
def test_a_check_never_raises(anything: str) -> None:
    assert not check(anything, KEYS, NOW).accepted
