"""A check-point of the audit log: how far its chain had come at some instant, signed.

A COSE_Sign1, as codes and bundles are, by a key that signs nothing else. Whoever keeps one outside
the database can tell later whether all that was in the log then is in it still.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import cbor2

from core.signing.cose_sign1 import ES256, Sign1, sign
from core.signing.deterministic_cbor import read
from core.signing.issuer_keys import IssuerKey, instant
from core.vault import KeyRing, Purpose

FORMAT = 1
VERSION, PLACE, HASH, AT, BEGINS = range(5)
DEPTH = 3
HASH_BYTES = 32  # SHA-256


class CheckpointError(Exception):
    """A check-point cannot be used. The message is a reason that completes "the check-point …"."""


@dataclass(frozen=True)
class Checkpoint:
    """The `place` in the chain of the newest entry of then, and the chain's hash there.

    `at`: UTC, in whole seconds. `begins`: what came up to it has been let go of after its time, so
    that the log begins behind it.
    """

    place: int
    hash: bytes
    at: datetime
    begins: bool = False


def sign_checkpoint(ring: KeyRing, checkpoint: Checkpoint) -> bytes:
    """Sign a check-point; raise KeysError where no key may do so at its instant."""
    key = IssuerKey.current(ring, checkpoint.at, purpose=Purpose.AUDIT)
    content = {
        VERSION: FORMAT,
        PLACE: checkpoint.place,
        HASH: checkpoint.hash,
        AT: int(checkpoint.at.timestamp()),
        BEGINS: checkpoint.begins,
    }
    return sign(key.private, key.kid, cbor2.dumps(content, canonical=True))


def open_checkpoint(data: bytes, ring: KeyRing) -> Checkpoint:
    """Return what a check-point says that the ring has signed, or raise CheckpointError."""
    try:
        message = Sign1.read(data, DEPTH)
        algorithm, kid = message.header()
        content = read(message.payload, DEPTH)
    except ValueError as error:
        raise CheckpointError(f"is damaged, or is none: {error}") from None
    keys = {key.kid: key for key in map(IssuerKey.of, ring.of(Purpose.AUDIT))}
    if algorithm != ES256 or kid not in keys:
        raise CheckpointError("is not signed by a key of this key ring")
    if not message.signed_by(keys[kid].public.key):
        raise CheckpointError("is altered or forged: the signature does not fit")
    return _content(content)


def _content(content: Any) -> Checkpoint:
    match content:
        case {0: 1, 1: int(place), 2: bytes(digest), 3: int(at), 4: bool(begins)}:
            return Checkpoint(place, digest, instant(at), begins)
    raise CheckpointError("is signed, but not of the right form")
