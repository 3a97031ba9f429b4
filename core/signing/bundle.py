"""The bundle: what verifiers must know today, signed, so that it may come from anywhere.

A CWT (RFC 8392) in a COSE_Sign1, as the codes are, by a key that signs nothing else. It holds the
keys that sign codes, and the codes that were revoked. Its sequence grows with every bundle: a
verifier never steps back to an older one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import cbor2

from core.credential import CLOCK_TOLERANCE, EXP, EXTENSION, IAT, ISS
from core.signing.cose_key import from_cose, to_cose
from core.signing.cose_sign1 import ES256, Sign1, sign
from core.signing.deterministic_cbor import read
from core.signing.issuer_keys import (
    REVOKED_BYTES,
    IssuerKey,
    PublicKey,
    PublicKeys,
    Realm,
    instant,
)

PRIVATE = -65538  # the second claim key for private use, RFC 8392 §9.1.1: no code is a bundle
VERSION, SEQUENCE, KEYS, REVOKED = range(4)

FORMAT = 1
DEPTH = 6
LONGEST_LIFE = timedelta(hours=48)


class BundleError(Exception):
    """A bundle cannot be used. The message is a reason that completes "the bundle …"."""


class Untrusted(BundleError):
    """A bundle is signed by a key that the verifier does not know."""


def sign_bundle(
    key: IssuerKey,
    *,
    sequence: int,
    issued_at: datetime,
    expires_at: datetime,
    keys: Iterable[PublicKey],
    revoked: Iterable[bytes],
) -> bytes:
    """Sign a bundle, the same for the same arguments.

    `keys` sign codes, `revoked` are first 4 bytes of the ids of codes. Raise BundleError for what
    no verifier would take.
    """
    private = {
        VERSION: FORMAT,
        SEQUENCE: sequence,
        KEYS: [to_cose(each) for each in sorted(keys, key=lambda each: each.kid)],
        REVOKED: b"".join(sorted(set(revoked))),
    }
    claims = {
        ISS: key.realm.value,
        EXP: int(expires_at.timestamp()),
        IAT: int(issued_at.timestamp()),
        PRIVATE: private,
    }
    data = sign(key.private, key.kid, cbor2.dumps(claims, canonical=True))
    open_bundle(data, PublicKeys({}, bundle_keys={key.kid: key.public}), issued_at)
    return data


def open_bundle(data: bytes, trusted: PublicKeys, now: datetime) -> PublicKeys:
    """Return what a bundle says at `now` (UTC), where a trusted key for bundles signed it.

    What is trusted for bundles stays so. One that has expired is returned like another: who uses
    it says how old it is. Raise BundleError.
    """
    try:
        message = Sign1.read(data, DEPTH)
        algorithm, kid = message.header()
        claims = read(message.payload, DEPTH)
    except ValueError as error:
        raise BundleError(f"is damaged, or is none: {error}") from None
    key = trusted.bundle_keys.get(kid)
    if algorithm != ES256:
        raise BundleError("is signed in a way that is not allowed")
    if key is None:
        raise Untrusted("is signed by a key that is not trusted for bundles")
    if key.withdrawn:
        raise BundleError("is signed by a key that was withdrawn")
    if not message.signed_by(key.key):
        raise BundleError("is altered or forged: the signature does not fit")
    try:
        opened = _content(claims, key, trusted)
    except (ValueError, TypeError, LookupError) as error:
        raise BundleError(f"is signed, but not of the right form: {error}") from None
    if opened.issued_at is not None and opened.issued_at > now + CLOCK_TOLERANCE:
        raise BundleError("was issued in the future: check this device's clock")
    return opened


def newer(held: PublicKeys, offered: PublicKeys) -> PublicKeys:
    """Return the one with the higher sequence: what is held stays where the other is no newer."""
    ahead = held.sequence is None or (
        offered.sequence is not None and offered.sequence > held.sequence
    )
    return offered if ahead else held


def _content(claims: Any, key: PublicKey, trusted: PublicKeys) -> PublicKeys:
    """Return what the payload says, or raise for another form or life."""
    private = claims[PRIVATE]
    known = {name for name in private if not (isinstance(name, int) and name >= EXTENSION)}
    if claims.keys() != {ISS, EXP, IAT, PRIVATE} or known != {VERSION, SEQUENCE, KEYS, REVOKED}:
        raise ValueError("claims of another set")
    numbers = (claims[EXP], claims[IAT], private[VERSION], private[SEQUENCE])
    if any(type(number) is not int for number in numbers) or private[SEQUENCE] < 0:
        raise ValueError("a number of another form")
    if claims[ISS] != key.realm.value or private[VERSION] != FORMAT:
        raise ValueError("another issuer or version")
    issued_at, expires_at = instant(claims[IAT]), instant(claims[EXP])
    if not key.not_before <= issued_at < expires_at <= key.not_after:
        raise ValueError("times outside the life of its key")
    if expires_at - issued_at > LONGEST_LIFE:
        raise ValueError("a life that is too long")
    return PublicKeys(
        _keys(private[KEYS], key.realm),
        issued_at,
        _revoked(private[REVOKED]),
        trusted.bundle_keys,
        private[SEQUENCE],
        expires_at,
    )


def _keys(items: Any, realm: Realm) -> dict[bytes, PublicKey]:
    if not isinstance(items, list):
        raise TypeError("no list of keys")
    keys = {key.kid: key for key in (from_cose(item, realm) for item in items)}
    if len(keys) != len(items):
        raise ValueError("a key twice")
    return keys


def _revoked(joined: Any) -> frozenset[bytes]:
    if not isinstance(joined, bytes) or len(joined) % REVOKED_BYTES:
        raise TypeError("no list of revoked codes")
    starts = range(0, len(joined), REVOKED_BYTES)
    prefixes = [joined[start : start + REVOKED_BYTES] for start in starts]
    if prefixes != sorted(set(prefixes)):
        raise ValueError("revoked codes out of order")
    return frozenset(prefixes)
