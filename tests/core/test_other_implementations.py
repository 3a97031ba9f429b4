"""Software that we did not write comes to the same answer: ours reads theirs, theirs reads ours.

The examples are those of the COSE working group (github.com/cose-wg/Examples, folders
`sign1-tests`, `ecdsa-examples` and `CWT`) and of RFC 8392, appendix A.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cbor2
import cwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pycose.keys.cosekey import CoseKey
from pycose.keys.curves import P256
from pycose.keys.ec2 import EC2Key
from pycose.messages.sign1message import Sign1Message

from core.colour import Colour
from core.credential import DEPTH, Reason, binding, check, issue
from core.signing.cose_sign1 import Sign1
from core.signing.deterministic_cbor import Malformed, read
from core.signing.issuer_keys import IssuerKey
from core.vault import KeyRing
from tests.core.test_credential import (
    CODE_ID,
    DOCUMENT,
    KEY,
    KEYS,
    MIDNIGHT,
    NOW,
    code,
    message,
    text,
)

NUMBERS = KEY.private.public_key().public_numbers()
X, Y = NUMBERS.x.to_bytes(32, "big"), NUMBERS.y.to_bytes(32, "big")
COSE_KEY = {1: 2, 2: KEY.kid, 3: -7, 4: [2], -1: 1, -2: X, -3: Y}

CLAIMS = {
    1: "HK",
    4: int(MIDNIGHT.timestamp()),
    6: int(NOW.timestamp()),
    7: CODE_ID,
    -65537: {0: 1, 1: 1, 2: binding(CODE_ID, DOCUMENT), 3: "C*** T** M**", 4: 4711},
}
PAYLOAD = cbor2.dumps(CLAIMS, canonical=True)


# Theirs reads ours


def test_cwt_verifies_a_code() -> None:
    key = cwt.COSEKey.new(COSE_KEY)
    assert cbor2.loads(cwt.COSE.new().decode(message(code(challenge="4711")), key)) == CLAIMS
    with pytest.raises(cwt.VerifyError):
        cwt.COSE.new().decode(_altered(message(code())), key)


def test_cwt_finds_the_key_by_its_kid() -> None:
    others = [
        cwt.COSEKey.new({**COSE_KEY, 2: bytes(8)}),
        cwt.COSEKey.generate_symmetric_key("HS256", kid=bytes(range(8))),
    ]
    finder = cwt.COSE.new(kid_auto_inclusion=False, verify_kid=True)
    found = finder.decode(message(code()), [*others, cwt.COSEKey.new(COSE_KEY)])
    assert cbor2.loads(found)[7] == CODE_ID
    with pytest.raises(ValueError, match="key is not found"):
        finder.decode(message(code()), others)


def test_cwt_takes_a_code_for_a_web_token_with_its_time() -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    ring = KeyRing.generate(now - timedelta(hours=3))
    key = IssuerKey.current(ring, now)
    numbers = key.private.public_key().public_numbers()
    theirs = cwt.COSEKey.new(
        {
            **COSE_KEY,
            2: key.kid,
            -2: numbers.x.to_bytes(32, "big"),
            -3: numbers.y.to_bytes(32, "big"),
        }
    )

    def issued(at: datetime) -> bytes:
        made = issue(
            key,
            name="陳*文",
            colour=Colour.GREEN,
            document=DOCUMENT,
            issued_at=at,
            expires_at=at + timedelta(hours=1),
            code_id=CODE_ID,
        )
        return message(made)

    claims = cwt.decode(issued(now), theirs)
    assert isinstance(claims, Mapping)
    assert (claims[1], claims[7], claims[-65537][3]) == ("HK", CODE_ID, "陳*文")
    with pytest.raises(cwt.VerifyError, match="expired"):
        cwt.decode(issued(now - timedelta(hours=2)), theirs)


def test_cwt_reads_the_published_key_set(tmp_path: Path) -> None:
    (tmp_path / "jwks.json").write_bytes(KEYS.to_json())
    published = json.loads((tmp_path / "jwks.json").read_text())["keys"]
    (jwk,) = (each for each in published if "signs" not in each)
    # RFC 7517 has texts for names: what a code carries is 8 bytes, and the text is their base64url.
    kid = base64.urlsafe_b64decode(jwk["kid"] + "=")
    key = cwt.COSEKey.new({**cwt.COSEKey.from_jwk(jwk).to_dict(), 2: kid})
    assert cbor2.loads(cwt.COSE.new().decode(message(code()), key))[7] == CODE_ID


def test_pycose_verifies_a_code() -> None:
    decoded = Sign1Message.decode(message(code(challenge="4711")))
    decoded.key = EC2Key(crv=P256, x=X, y=Y)
    assert decoded.verify_signature()
    assert decoded.payload == PAYLOAD
    altered = Sign1Message.decode(_altered(message(code())))
    altered.key = decoded.key
    assert not altered.verify_signature()


def test_pycose_reads_the_key_as_published() -> None:
    decoded = Sign1Message.decode(message(code()))
    decoded.key = CoseKey.decode(cbor2.dumps(COSE_KEY))
    assert decoded.key.kid == KEY.kid
    assert decoded.verify_signature()


# Ours reads theirs


def test_a_code_signed_by_cwt_is_one_for_us() -> None:
    numbers = KEY.private.private_numbers()
    private = cwt.COSEKey.new(
        {
            **COSE_KEY,
            4: [1],
            -4: numbers.private_value.to_bytes(32, "big"),
        }
    )
    payload = PAYLOAD
    signed = cwt.COSE.new().encode_and_sign(
        payload, private, protected={1: -7, 4: KEY.kid}, unprotected={}
    )
    assert check(text(signed), KEYS, NOW, document=DOCUMENT, challenge="4711").accepted


def test_a_code_signed_by_pycose_is_one_for_us() -> None:
    signed = Sign1Message(phdr={1: -7, 4: KEY.kid}, payload=PAYLOAD)
    numbers = KEY.private.private_numbers()
    signed.key = EC2Key(crv=P256, d=numbers.private_value.to_bytes(32, "big"))
    assert check(text(signed.encode()), KEYS, NOW, document=DOCUMENT, challenge="4711").accepted


# The published examples


def public(x: str, y: str) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicNumbers(int(x, 16), int(y, 16), ec.SECP256R1()).public_key()


WORKING_GROUP = public(
    "bac5b11cad8f99f9c72b05cf4b9e26d244dc189f745228255a219a86d6a09eff",
    "20138bf82dc1b6d562be0fa54ab7804a3a64b6d72ccfed6b6fb6ed28bbfc117e",
)
RFC_8392_A_2_3 = public(
    "143329cce7868e416927599cf65a34f3ce2ffda55a7eca69ed8919a394d42f0f",
    "60f7f1a780d8a783bfb7a2dd6b2796e8128dbbcef9d3d168db9529971a36e7b9",
)
SIGN_PASS_01 = bytes.fromhex(
    """
    d28441a0a201260442313154546869732069732074686520636f6e74656e742e5840eae868ecc1768837
    66c5dc5ba5b8dca25dab3c2e56a551ce5705b793914348e11a02e5f0344bf2d4ee5c7fd75a68a9f5e0b3
    cc1f1fc1409c189566586ff9d610
    """
)
SIGN_PASS_02 = bytes.fromhex(
    """
    d28443a10126a10442313154546869732069732074686520636f6e74656e742e5840eae868ecc1768837
    66c5dc5ba5b8dca25dab3c2e56a551ce5705b793914348e155388b10c4f1b59a6733eab416870a945111
    a4b2fbdbef33a77234b1deff2f9b
    """
)
SIGN_PASS_03 = bytes.fromhex(
    """
    8443a10126a10442313154546869732069732074686520636f6e74656e742e5840eae868ecc176883766
    c5dc5ba5b8dca25dab3c2e56a551ce5705b793914348e19f43d6c6ba654472da301b645b293c9ba93929
    5b97c4bdb847782bff384c5794
    """
)
SIGN_FAIL_01 = bytes.fromhex(
    """
    d903e68443a10126a10442313154546869732069732074686520636f6e74656e742e5840eae868ecc176
    883766c5dc5ba5b8dca25dab3c2e56a551ce5705b793914348e19f43d6c6ba654472da301b645b293c9b
    a939295b97c4bdb847782bff384c5794
    """
)
SIGN_FAIL_02 = bytes.fromhex(
    """
    d28443a10126a10442313154546869732069732074686520636f6e74656e742f5840eae868ecc1768837
    66c5dc5ba5b8dca25dab3c2e56a551ce5705b793914348e19f43d6c6ba654472da301b645b293c9ba939
    295b97c4bdb847782bff384c5794
    """
)
SIGN_FAIL_03 = bytes.fromhex(
    """
    d28445a1013903e6a10442313154546869732069732074686520636f6e74656e742e5840eae868ecc176
    883766c5dc5ba5b8dca25dab3c2e56a551ce5705b793914348e19f43d6c6ba654472da301b645b293c9b
    a939295b97c4bdb847782bff384c5794
    """
)
SIGN_FAIL_04 = bytes.fromhex(
    """
    d2844aa10167756e6b6e6f776ea10442313154546869732069732074686520636f6e74656e742e5840ea
    e868ecc176883766c5dc5ba5b8dca25dab3c2e56a551ce5705b793914348e19f43d6c6ba654472da301b
    645b293c9ba939295b97c4bdb847782bff384c5794
    """
)
SIGN_FAIL_06 = bytes.fromhex(
    """
    d28445a201260300a10442313154546869732069732074686520636f6e74656e742e5840eae868ecc176
    883766c5dc5ba5b8dca25dab3c2e56a551ce5705b793914348e19f43d6c6ba654472da301b645b293c9b
    a939295b97c4bdb847782bff384c5794
    """
)
SIGN_FAIL_07 = bytes.fromhex(
    """
    d28443a10126a10442313154546869732069732074686520636f6e74656e742e5840eae868ecc1768837
    66c5dc5ba5b8dca25dab3c2e56a551ce5705b793914348e172727f48461fabbba2e343492ddecac39836
    86250bc68e9f1a7a07d41225b59f
    """
)
ECDSA_SIG_01 = bytes.fromhex(
    """
    d28445a201260300a10442313154546869732069732074686520636f6e74656e742e5840eae868ecc176
    883766c5dc5ba5b8dca25dab3c2e56a551ce5705b793914348e172727f48461fabbba2e343492ddecac3
    983686250bc68e9f1a7a07d41225b59f
    """
)
RFC_8392_A_3 = bytes.fromhex(
    """
    d28443a10126a104524173796d6d657472696345434453413235365850a70175636f61703a2f2f61732e
    6578616d706c652e636f6d02656572696b77037818636f61703a2f2f6c696768742e6578616d706c652e
    636f6d041a5612aeb0051a5610d9f0061a5610d9f007420b7158405427c1ff28d23fbad1f29c4c7c6a55
    5e601d6fa29f9179bc3d7438bacaca5acd08c8d4d4f96131680c429a01f85951ecee743a52b9b63632c5
    7209120e1c9e30
    """
)


@pytest.mark.parametrize(
    ("example", "key"),
    [(ECDSA_SIG_01, WORKING_GROUP), (RFC_8392_A_3, RFC_8392_A_2_3)],
)
def test_a_published_signature_holds(example: bytes, key: ec.EllipticCurvePublicKey) -> None:
    read_as = Sign1.read(example, DEPTH)
    assert read_as.signed_by(key)
    assert not read_as.signed_by(KEY.private.public_key())
    assert not replace(read_as, payload=read_as.payload + b"\0").signed_by(key)


def test_the_claims_of_the_rfc_are_read() -> None:
    assert read(Sign1.read(RFC_8392_A_3, DEPTH).payload, DEPTH) == {
        1: "coap://as.example.com",
        2: "erikw",
        3: "coap://light.example.com",
        4: 1444064944,
        5: 1443944944,
        6: 1443944944,
        7: bytes.fromhex("0b71"),
    }


@pytest.mark.parametrize(
    "example", [SIGN_FAIL_02, SIGN_FAIL_03, SIGN_FAIL_04, SIGN_FAIL_06, SIGN_FAIL_07]
)
def test_a_message_published_as_altered_does_not_hold(example: bytes) -> None:
    assert not Sign1.read(example, DEPTH).signed_by(WORKING_GROUP)


def test_another_tag_or_none_is_no_message() -> None:
    for example in (SIGN_FAIL_01, SIGN_PASS_03):
        with pytest.raises(Malformed):
            Sign1.read(example, DEPTH)
    assert Sign1.read(b"\xd2" + SIGN_PASS_03, DEPTH).signed_by(WORKING_GROUP)


def test_what_was_signed_over_more_than_the_message_does_not_hold() -> None:
    assert not Sign1.read(SIGN_PASS_02, DEPTH).signed_by(WORKING_GROUP)


def test_an_empty_header_is_refused_in_the_long_form_too() -> None:
    # RFC 9052 §3 signs an empty map as no bytes at all. A header of `a0` can therefore be put in
    # place of none; ours is never empty.
    long = Sign1.read(SIGN_PASS_01, DEPTH)
    assert long.protected == b"\xa0"
    assert not long.signed_by(WORKING_GROUP)
    short = replace(long, protected=b"")
    assert short.signed_by(WORKING_GROUP)
    for empty in (long, short):
        with pytest.raises(Malformed):
            empty.header()


@pytest.mark.parametrize("example", [SIGN_PASS_02, ECDSA_SIG_01, RFC_8392_A_3, SIGN_FAIL_03])
def test_a_key_named_where_nothing_is_signed_is_refused(example: bytes) -> None:
    with pytest.raises(Malformed):
        Sign1.read(example, DEPTH).header()
    assert check(text(example), KEYS, NOW).reason is Reason.MALFORMED


def _altered(signed: bytes) -> bytes:
    """Return a message whose signature ends in another bit."""
    return signed[:-1] + bytes([signed[-1] ^ 1])
