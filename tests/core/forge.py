"""Write codes as no issuer of ours would: any part of one can be changed before it is signed.

All of it is the same each time: keys come out of their names, and ES256 is signed without chance
(RFC 6979).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

import base45
import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from core.colour import Colour
from core.credential import Document, binding
from core.days import end_of_day, hong_kong_day
from core.signing.issuer_keys import IssuerKey, Realm

BEGINS = datetime(2021, 11, 10, tzinfo=UTC)
ENDS = datetime(2022, 11, 10, tzinfo=UTC)
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""How many points P-256 has (SEC 2 §2.4.2)."""

ALG, KID, ES256 = 1, 4, -7
ISS, EXP, IAT, CTI, PRIVATE = 1, 4, 6, 7, -65537
VERSION, STATUS, BINDING, NAME, CHALLENGE = range(5)
COLOURS = {1: Colour.GREEN, 2: Colour.AMBER, 3: Colour.RED}

DOCUMENT = ("0", "A1234563")
CODE_ID = bytes(range(8))
ISSUED = datetime(2021, 12, 10, 4, 0, tzinfo=UTC)


def key(
    name: str,
    realm: Realm = Realm.HONG_KONG,
    begins: datetime = BEGINS,
    ends: datetime = ENDS,
) -> IssuerKey:
    """Return the key of that name."""
    secret = int.from_bytes(hashlib.sha256(name.encode()).digest(), "big") % (ORDER - 1) + 1
    return IssuerKey(ec.derive_private_key(secret, ec.SECP256R1()), begins, ends, realm)


def signature(signer: ec.EllipticCurvePrivateKey, protected: bytes, payload: bytes) -> bytes:
    """Return what ES256 makes of a header and a payload: r and s."""
    scheme = ec.ECDSA(SHA256(), deterministic_signing=True)
    return pair(*decode_dss_signature(signer.sign(signed(protected, payload), scheme)))


def signed(protected: bytes, payload: bytes) -> bytes:
    """Return what is signed (RFC 9052 §4.4)."""
    data: bytes = cbor2.dumps(["Signature1", protected, b"", payload])
    return data


def pair(r: int, s: int) -> bytes:
    """Return a signature of these two numbers."""
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def wrap(protected: bytes, payload: bytes, raw: bytes) -> bytes:
    """Return the tagged COSE_Sign1 of three parts that need not fit each other."""
    data: bytes = cbor2.dumps(cbor2.CBORTag(18, [protected, {}, payload, raw]))
    return data


def written(data: bytes, prefix: str = "HK1:") -> str:
    """Return the text of a code."""
    return prefix + str(base45.b45encode(data).decode())


def dumps(item: Any) -> bytes:
    """Encode as RFC 8949 §4.2.1 has it: the keys of a map in the order of their bytes."""
    data: bytes = cbor2.dumps(_in_order(item))
    return data


def _in_order(item: Any) -> Any:
    if isinstance(item, dict):
        names = sorted(item, key=cbor2.dumps)
        return {name: _in_order(item[name]) for name in names}
    if isinstance(item, list):
        return [_in_order(each) for each in item]
    return item


@dataclass
class Draft:
    """A code before it is signed; as `genuine` makes it, one that every verifier accepts."""

    signer: IssuerKey
    header: dict[Any, Any]
    claims: dict[Any, Any]
    document: Document = DOCUMENT
    parts: dict[str, bytes] = field(default_factory=dict)
    """Instead of what follows from the above: `protected`, `payload`, `signature`."""

    @classmethod
    def genuine(
        cls,
        signer: IssuerKey,
        *,
        issued_at: datetime = ISSUED,
        expires_at: datetime | None = None,
        colour: Colour = Colour.GREEN,
        name: str = "C*** T** M**",
        code_id: bytes = CODE_ID,
        document: Document = DOCUMENT,
        challenge: int | None = None,
    ) -> Self:
        """Draft a code as it should be; it ends with its Hong Kong day."""
        ends = end_of_day(hong_kong_day(issued_at)) if expires_at is None else expires_at
        private = {
            VERSION: 1,
            STATUS: next(status for status, each in COLOURS.items() if each is colour),
            BINDING: binding(code_id, document),
            NAME: name,
        }
        if challenge is not None:
            private[CHALLENGE] = challenge
        claims = {
            ISS: signer.realm.value,
            EXP: int(ends.timestamp()),
            IAT: int(issued_at.timestamp()),
            CTI: code_id,
            PRIVATE: private,
        }
        return cls(signer, {ALG: ES256, KID: signer.kid}, claims, document)

    @property
    def private(self) -> dict[Any, Any]:
        """Give the private map, to be changed."""
        private: dict[Any, Any] = self.claims[PRIVATE]
        return private

    @property
    def issued_at(self) -> datetime:
        """Give when it says that it was issued."""
        return datetime.fromtimestamp(self.claims[IAT], UTC)

    @property
    def expires_at(self) -> datetime:
        """Give when it says that it ends."""
        return datetime.fromtimestamp(self.claims[EXP], UTC)

    @property
    def protected(self) -> bytes:
        """Give the protected header."""
        given = self.parts.get("protected")
        return dumps(self.header) if given is None else given

    @property
    def payload(self) -> bytes:
        """Give the payload."""
        given = self.parts.get("payload")
        return dumps(self.claims) if given is None else given

    @property
    def signature(self) -> bytes:
        """Give the signature, which fits unless another was put in its place."""
        given = self.parts.get("signature")
        if given is not None:
            return given
        return signature(self.signer.private, self.protected, self.payload)

    def sign(self) -> None:
        """Keep the signature as it would be now, whatever is changed after."""
        self.parts["signature"] = self.signature

    @property
    def message(self) -> bytes:
        """Give the COSE_Sign1."""
        return wrap(self.protected, self.payload, self.signature)

    @property
    def text(self) -> str:
        """Give the text of the code, under the prefix of its signer's realm."""
        return written(self.message, self.signer.realm.prefix)


def ordered(*pairs: tuple[Any, Any]) -> bytes:
    """Encode a map with its keys in the order given, twice where they stand twice."""
    return bytes([0xA0 | len(pairs)]) + b"".join(
        cbor2.dumps(name) + cbor2.dumps(value) for name, value in pairs
    )
