"""Codes by keys that may not sign them, and by other algorithms."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from core.credential import Reason
from core.signing.issuer_keys import IssuerKey
from tests.core.forge import ALG, KID, Draft, signed
from tests.core.forgeries.kinds import (
    COMING,
    DAY,
    GONE,
    LIVE,
    MENDED,
    MENDED_FROM,
    MORNING,
    OTHER,
    SECOND,
    STRANGER,
    WITHDRAWN,
    Chance,
    Forgery,
    drafted,
    honest,
    kind,
)


def signed_by(
    name: str, signer: IssuerKey, reason: Reason, *, under: IssuerKey | None = None, **draft: Any
) -> None:
    """Add a kind: a code by another key, under its own name or that of another."""

    @kind
    def make(chance: Chance) -> Forgery:
        made, now = honest(chance, signer, **draft)
        if under is not None:
            made.header[KID] = under.kid
        return Forgery(name, made.text, reason, now)


signed_by("a stranger's key", STRANGER, Reason.UNKNOWN_KEY)
signed_by("a stranger's key under a live name", STRANGER, Reason.FORGED, under=LIVE)
signed_by("one live key under another's name", OTHER, Reason.FORGED, under=LIVE)
signed_by("a withdrawn key", WITHDRAWN, Reason.WITHDRAWN_KEY)
signed_by(
    "a stranger's key under a withdrawn name", STRANGER, Reason.WITHDRAWN_KEY, under=WITHDRAWN
)
signed_by("a withdrawn key under a live name", WITHDRAWN, Reason.FORGED, under=LIVE)
signed_by("a key that is not to be used yet", COMING, Reason.KEY_LIFE)
signed_by("a key whose time is over", GONE, Reason.KEY_LIFE)
signed_by(
    "a code that outlives its key",
    GONE,
    Reason.KEY_LIFE,
    issued_at=MORNING - DAY - SECOND,
    expires_at=MORNING - DAY + SECOND,
)


@kind
def a_key_made_for_the_kid(chance: Chance) -> Forgery:
    """The public key goes along, as some software would believe."""
    draft, now = honest(chance, STRANGER)
    x, y = draft.signer.public.coordinates
    draft.header = {**draft.header, KID: LIVE.kid, -1: {1: 2, -1: 1, -2: x, -3: y}}
    return Forgery("a key that comes along", draft.text, Reason.MALFORMED, now)


@kind
def issued_before_the_key_was_mended(chance: Chance) -> Forgery:
    """Signed by a good key, at a time when others could sign with it too."""
    earlier = MENDED_FROM - timedelta(seconds=chance.randrange(1, 7200))
    draft, now = honest(chance, MENDED, issued_at=earlier)
    return Forgery("issued before the key was mended", draft.text, Reason.REVOKED, now)


def algorithm(name: str, number: Any, sign: Callable[[Draft], bytes]) -> None:
    """Add a kind: signed in another way, and saying so."""

    def change(draft: Draft, chance: Chance) -> None:
        draft.header[ALG] = number
        draft.parts["signature"] = sign(draft)

    drafted(name, Reason.ALGORITHM, change)


def mac(secret: bytes) -> Callable[[Draft], bytes]:
    """Return how to sign with a secret that everybody knows: the public key."""
    return lambda draft: hmac.digest(secret, signed(draft.protected, draft.payload), "sha256")


def wide(digest: Any, curve: ec.EllipticCurve, length: int) -> Callable[[Draft], bytes]:
    """Return how to sign on a larger curve."""
    private = ec.derive_private_key(20211210, curve)

    def sign(draft: Draft) -> bytes:
        r, s = decode_dss_signature(
            private.sign(
                signed(draft.protected, draft.payload), ec.ECDSA(digest, deterministic_signing=True)
            )
        )
        return r.to_bytes(length, "big") + s.to_bytes(length, "big")

    return sign


X_AND_Y = b"".join(LIVE.public.coordinates)
PEM, DER = (
    LIVE.public.key.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
    for encoding in (Encoding.PEM, Encoding.DER)
)
ED25519 = ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"forger").digest())

algorithm("no algorithm", None, lambda draft: b"")
algorithm("the algorithm «none»", "none", lambda draft: b"")
algorithm("the algorithm nought", 0, lambda draft: draft.signature)
algorithm("ES256 in words", "ES256", lambda draft: draft.signature)
algorithm("ES256 under its newer number", -9, lambda draft: draft.signature)  # RFC 9864
algorithm("ES384", -35, wide(SHA384(), ec.SECP384R1(), 48))
algorithm("ES384 with 64 bytes", -35, lambda draft: draft.signature)
algorithm("ES512", -36, wide(SHA512(), ec.SECP521R1(), 66))
algorithm("EdDSA", -8, lambda draft: ED25519.sign(signed(draft.protected, draft.payload)))
algorithm("PS256", -37, lambda draft: draft.signature)
algorithm("RS256", -257, lambda draft: draft.signature)
for secret, called in ((X_AND_Y, "point"), (PEM, "PEM"), (DER, "DER"), (LIVE.kid, "kid")):
    algorithm(f"HS256 with the public key's {called}", 5, mac(secret))
algorithm("HS256 cut to 64 bits", 4, lambda draft: mac(X_AND_Y)(draft)[:8])
drafted(
    "HS256 that calls itself ES256",
    Reason.FORGED,
    lambda draft, chance: draft.parts.update(signature=mac(X_AND_Y)(draft) * 2),
)
