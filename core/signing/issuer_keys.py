"""The keys of an issuer: the private ones that sign, the public ones that check.

The public keys are published as a JSON Web Key Set (RFC 7517), each with its life.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal, Self

import cbor2
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_private_key

from core.plain_error import PlainError
from core.signing.cose_sign1 import COORDINATE_BYTES, KID_BYTES
from core.vault import Key, KeyRing, Purpose

SECOND = timedelta(seconds=1)

REVOKED_BYTES = 4
"""How much of a code's id a revocation list carries: 1,000 of 100,000 codes in 4 KB."""


class KeysError(PlainError):
    """A file of public keys, or a key ring, cannot be used; the message is one plain sentence."""


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
    """One key that checks what was issued, and expires, within its life (UTC).

    Codes that it signed before `iat_min` are revoked, all of them once it is `withdrawn`.
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

    @property
    def coordinates(self) -> tuple[bytes, bytes]:
        """Give x and y, 32 bytes each."""
        return _coordinates(self.key)

    @classmethod
    def at(
        cls,
        coordinates: tuple[bytes, bytes],
        kid: bytes,
        *,
        life: tuple[int, int],
        realm: Realm,
        withdrawn: bool = False,
        iat_min: int | None = None,
    ) -> Self:
        """Return the key at a point, or raise ValueError if it is none, or not of that name.

        `life` and `iat_min` are in epoch seconds.
        """
        x, y = (int.from_bytes(part, "big") for part in coordinates)
        begins, ends = (instant(seconds) for seconds in life)
        point = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        since = None if iat_min is None else instant(iat_min)
        key = cls(point, begins, ends, realm, withdrawn, since)
        if key.kid != kid:
            raise ValueError(f"key {kid.hex()} is not the key that its name says")
        return key

    def joined(self, other: PublicKey) -> PublicKey:
        """Return the key with what is said of it in two places: the stricter of each holds."""
        since = [each.iat_min for each in (self, other) if each.iat_min is not None]
        return PublicKey(
            self.key,
            max(self.not_before, other.not_before),
            min(self.not_after, other.not_after),
            self.realm,
            self.withdrawn or other.withdrawn,
            max(since, default=None),
        )


@dataclass(frozen=True)
class IssuerKey:
    """A key that signs, from `not_before` to `not_after` (UTC)."""

    private: ec.EllipticCurvePrivateKey = field(repr=False)
    not_before: datetime
    not_after: datetime
    realm: Realm
    withdrawn: bool = False
    iat_min: datetime | None = None

    @cached_property
    def public(self) -> PublicKey:
        """Give the key that checks what this one signs."""
        return PublicKey(
            self.private.public_key(),
            self.not_before,
            self.not_after,
            self.realm,
            self.withdrawn,
            self.iat_min,
        )

    @property
    def void_before(self) -> datetime | None:
        """Give the instant before which no code of it counts, None where every one does."""
        return self.not_after + SECOND if self.withdrawn else self.iat_min

    @property
    def kid(self) -> bytes:
        """Give the key's name in a code."""
        return self.public.kid

    @classmethod
    @lru_cache(maxsize=64)
    def of(cls, key: Key, realm: Realm = Realm.HONG_KONG) -> Self:
        """Return the key of an entry of the ring, or raise KeysError. Read once, and remembered."""
        private = load_der_private_key(key.key, None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise KeysError(f"Signing key {key.id} is no P-256 key.")
        if key.not_before is None or key.not_after is None:
            raise KeysError(
                f"Signing key {key.id} has no life: not_before and not_after are needed."
            )
        # Published times are in whole seconds: what is signed and what is checked must agree.
        begins, ends = (at.replace(microsecond=0) for at in (key.not_before, key.not_after))
        return cls(private, begins, ends, realm, key.withdrawn is not None, key.iat_min)

    @classmethod
    def current(
        cls,
        ring: KeyRing,
        now: datetime,
        realm: Realm = Realm.HONG_KONG,
        purpose: Purpose = Purpose.SIGN,
    ) -> Self:
        """Return the key that signs now, or raise KeysError.

        It is the newest to begin of those that are in their life and not withdrawn.
        """
        keys = [cls.of(entry, realm) for entry in ring.of(purpose)]
        may = [k for k in keys if k.not_before <= now < k.not_after and not k.withdrawn]
        if not may:
            raise KeysError("The key ring has no signing key that is valid now.")
        return max(may, key=lambda key: key.not_before)


class _JWK(msgspec.Struct, omit_defaults=True):
    """A public key in the file. `nbf`, `exp` and `iat_min` are epoch seconds, `kid`, `x`, `y`
    base64url."""

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
    iat_min: int | None = None
    signs: Literal["codes", "bundles"] = "codes"


class _JWKS(msgspec.Struct, omit_defaults=True):
    keys: list[_JWK]
    issued: int | None = None
    revoked: list[str] = []


KIND = {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig"}


@dataclass(frozen=True)
class PublicKeys:
    """What a verifier holds: keys by their kid, when they were published, and what is revoked.

    `issued_at`: no true clock shows less; from `expires_at` on the list is to be called old.
    `revoked`: first 4 bytes of the ids of codes. `sequence`: that of the bundle they are from.
    `bundle_keys`: those that sign bundles, and nothing else.
    """

    keys: Mapping[bytes, PublicKey]
    issued_at: datetime | None = None
    revoked: frozenset[bytes] = frozenset()
    bundle_keys: Mapping[bytes, PublicKey] = field(default_factory=dict)
    sequence: int | None = None
    expires_at: datetime | None = None

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
        """Return the public half of every key of the ring that signs, until its life is over.

        A withdrawn one stays while a code that it signed could be shown.
        """
        signing, bundling = (
            {
                key.kid: key
                for key in (IssuerKey.of(entry, realm).public for entry in ring.of(purpose))
                if now <= key.not_after
            }
            for purpose in (Purpose.SIGN, Purpose.BUNDLE)
        )
        return cls(signing, now, bundle_keys=bundling)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a key set; raise KeysError with a plain reason if it is none of ours."""
        keys: dict[str, dict[bytes, PublicKey]] = {"codes": {}, "bundles": {}}
        try:
            content = msgspec.json.decode(path.read_bytes(), type=_JWKS)
            for jwk in content.keys:
                key = _public(jwk)
                keys[jwk.signs][key.kid] = key
            issued = None if content.issued is None else instant(content.issued)
            revoked = frozenset(bytes.fromhex(prefix) for prefix in content.revoked)
        except OSError as error:
            raise KeysError(f"{path} cannot be read: {error.strerror}.") from error
        except (msgspec.MsgspecError, ValueError):
            raise KeysError(
                f"{path} is not a set of public keys: give issuer-keys.json of the data folder, or "
                "jwks.json of the web server."
            ) from None
        return cls(keys["codes"], issued, revoked, keys["bundles"])

    def joined(self, other: PublicKeys) -> PublicKeys:
        """Return the keys with those that sign codes by another's word; the stricter one holds.

        What was once withdrawn or ended stays so, whoever else has not heard of it.
        """
        keys = dict(self.keys)
        for kid, key in other.keys.items():
            keys[kid] = keys[kid].joined(key) if kid in keys else key
        return replace(self, keys=keys)

    def to_json(self) -> bytes:
        """Return the key set as JSON."""
        content = _JWKS(
            [
                *(_jwk(key, "codes") for key in self.keys.values()),
                *(_jwk(key, "bundles") for key in self.bundle_keys.values()),
            ],
            None if self.issued_at is None else int(self.issued_at.timestamp()),
            sorted(prefix.hex() for prefix in self.revoked),
        )
        return msgspec.json.format(msgspec.json.encode(content)) + b"\n"


def _jwk(key: PublicKey, signs: Literal["codes", "bundles"]) -> _JWK:
    x, y = key.coordinates
    return _JWK(
        kid=_text(key.kid),
        x=_text(x),
        y=_text(y),
        nbf=int(key.not_before.timestamp()),
        exp=int(key.not_after.timestamp()),
        realm=key.realm,
        withdrawn=key.withdrawn,
        iat_min=None if key.iat_min is None else int(key.iat_min.timestamp()),
        signs=signs,
        **KIND,
    )


def _public(jwk: _JWK) -> PublicKey:
    if (jwk.kty, jwk.crv, jwk.alg) != (KIND["kty"], KIND["crv"], KIND["alg"]):
        raise ValueError(f"key {jwk.kid} is not an ES256 key on P-256")
    return PublicKey.at(
        (_bytes(jwk.x), _bytes(jwk.y)),
        _bytes(jwk.kid),
        life=(jwk.nbf, jwk.exp),
        realm=jwk.realm,
        withdrawn=jwk.withdrawn,
        iat_min=jwk.iat_min,
    )


def instant(seconds: int) -> datetime:
    """Return the UTC instant of epoch seconds, or raise ValueError."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError):
        raise ValueError(f"{seconds} is no time") from None


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
