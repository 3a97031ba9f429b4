"""The keys of an issuer: the private one that signs codes, the public ones that check them.

The public keys are published as a JSON Web Key Set (RFC 7517), each with its life.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Self

import cbor2
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_private_key

from core.cose_sign1 import COORDINATE_BYTES, KID_BYTES
from core.vault import KeyRing

REVOKED_BYTES = 4
"""How much of a code's id a revocation list carries: 1,000 of 100,000 codes in 4 KB."""


class KeysError(Exception):
    """A file of public keys, or a key ring, cannot be used; the message says why."""


class Realm(StrEnum):
    """Who vouches. The codes of one realm are nothing in the other."""

    HONG_KONG = "HK"
    TEST = "HT"

    @property
    def prefix(self) -> str:
        """Give the first characters of every code of the realm."""
        return {Realm.HONG_KONG: "HK1:", Realm.TEST: "HKT:"}[self]


def thumbprint(public: ec.EllipticCurvePublicKey) -> bytes:
    """Return a P-256 key's COSE thumbprint with SHA-256: 32 bytes (RFC 9679 §3, §4.2)."""
    x, y = _coordinates(public)
    return hashlib.sha256(cbor2.dumps({1: 2, -1: 1, -2: x, -3: y})).digest()


def _coordinates(public: ec.EllipticCurvePublicKey) -> tuple[bytes, bytes]:
    numbers = public.public_numbers()
    return numbers.x.to_bytes(COORDINATE_BYTES, "big"), numbers.y.to_bytes(COORDINATE_BYTES, "big")


@dataclass(frozen=True)
class PublicKey:
    """One key that checks codes: those issued and expiring within its life (UTC).

    Codes of it that were issued before `iat_min` are revoked.
    """

    key: ec.EllipticCurvePublicKey
    not_before: datetime
    not_after: datetime
    realm: Realm
    withdrawn: bool = False
    iat_min: datetime | None = None

    @cached_property
    def kid(self) -> bytes:
        """Give the key's name in a code: the first 8 bytes of its thumbprint."""
        return thumbprint(self.key)[:KID_BYTES]


@dataclass(frozen=True)
class IssuerKey:
    """The key that signs codes, from `not_before` to `not_after` (UTC)."""

    private: ec.EllipticCurvePrivateKey = field(repr=False)
    not_before: datetime
    not_after: datetime
    realm: Realm

    @cached_property
    def public(self) -> PublicKey:
        """Give the key that checks what this one signs."""
        return PublicKey(self.private.public_key(), self.not_before, self.not_after, self.realm)

    @property
    def kid(self) -> bytes:
        """Give the key's name in a code."""
        return self.public.kid

    @classmethod
    def current(cls, ring: KeyRing, now: datetime, realm: Realm = Realm.HONG_KONG) -> Self:
        """Return the newest signing key of the ring that may sign now, or raise KeysError."""
        for key in reversed(_signing(ring, realm)):
            if key.not_before <= now < key.not_after:
                return cls(key.private, key.not_before, key.not_after, realm)
        raise KeysError("the key ring has no signing key that is valid now")


def _signing(ring: KeyRing, realm: Realm) -> list[IssuerKey]:
    keys = []
    for key in ring.sign_keys:
        private = load_der_private_key(key.key, None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise KeysError(f"signing key {key.id} is no P-256 key")
        if key.not_before is None or key.not_after is None:
            raise KeysError(
                f"signing key {key.id} has no life: not_before and not_after are needed"
            )
        keys.append(IssuerKey(private, key.not_before, key.not_after, realm))
    return keys


class _JWK(msgspec.Struct, omit_defaults=True):
    """A public key in the file. `nbf` and `exp` are epoch seconds, `kid`, `x`, `y` base64url."""

    kid: str
    x: str
    y: str
    nbf: int
    exp: int
    realm: Realm
    kty: str = ""
    crv: str = ""
    alg: str = ""
    use: str = ""
    withdrawn: bool = False


class _JWKS(msgspec.Struct, omit_defaults=True):
    keys: list[_JWK]
    issued: int | None = None
    revoked: list[str] = []


KIND = {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig"}


@dataclass(frozen=True)
class PublicKeys:
    """What a verifier holds: keys by their kid, when they were published, and what is revoked.

    `issued_at`: no true clock shows less. `revoked`: first 4 bytes of the ids of codes.
    """

    keys: Mapping[bytes, PublicKey]
    issued_at: datetime | None = None
    revoked: frozenset[bytes] = frozenset()

    @cached_property
    def realms(self) -> frozenset[Realm]:
        """Give the realms that the keys speak for."""
        return frozenset(key.realm for key in self.keys.values())

    @classmethod
    def of(cls, *keys: PublicKey, issued_at: datetime | None = None) -> Self:
        """Gather keys under their kids."""
        return cls({key.kid: key for key in keys}, issued_at)

    @classmethod
    def published(cls, ring: KeyRing, now: datetime, realm: Realm = Realm.HONG_KONG) -> Self:
        """Return the public half of every signing key of the ring."""
        return cls.of(*(key.public for key in _signing(ring, realm)), issued_at=now)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a key set; raise KeysError with a plain reason if it is none of ours."""
        try:
            content = msgspec.json.decode(path.read_bytes(), type=_JWKS)
            keys = [_public(jwk) for jwk in content.keys]
            issued = None if content.issued is None else _instant(content.issued)
            revoked = frozenset(bytes.fromhex(prefix) for prefix in content.revoked)
        except OSError as error:
            raise KeysError(f"{path} cannot be read: {error.strerror}") from error
        except (msgspec.MsgspecError, ValueError) as error:
            raise KeysError(f"{path} is not a set of public keys: {error}") from None
        return cls({key.kid: key for key in keys}, issued, revoked)

    def save(self, path: Path) -> None:
        """Write the key set as JSON, whole or not at all."""
        content = _JWKS(
            [_jwk(key) for key in self.keys.values()],
            None if self.issued_at is None else int(self.issued_at.timestamp()),
            sorted(prefix.hex() for prefix in self.revoked),
        )
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(content)) + b"\n")
        draft.replace(path)


def _jwk(key: PublicKey) -> _JWK:
    x, y = _coordinates(key.key)
    return _JWK(
        kid=_text(key.kid),
        x=_text(x),
        y=_text(y),
        nbf=int(key.not_before.timestamp()),
        exp=int(key.not_after.timestamp()),
        realm=key.realm,
        withdrawn=key.withdrawn,
        **KIND,
    )


def _public(jwk: _JWK) -> PublicKey:
    if (jwk.kty, jwk.crv, jwk.alg) != (KIND["kty"], KIND["crv"], KIND["alg"]):
        raise ValueError(f"key {jwk.kid} is not an ES256 key on P-256")
    x, y = (int.from_bytes(_bytes(part), "big") for part in (jwk.x, jwk.y))
    key = PublicKey(
        ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key(),
        _instant(jwk.nbf),
        _instant(jwk.exp),
        jwk.realm,
        jwk.withdrawn,
    )
    if _text(key.kid) != jwk.kid:
        raise ValueError(f"key {jwk.kid} is not the key that its name says")
    return key


def _instant(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError):
        raise ValueError(f"{seconds} is no time") from None


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
