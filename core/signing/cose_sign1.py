"""One signature over one payload: COSE_Sign1 with ES256 (RFC 9052 §4.2, RFC 9053 §2.1).

Signed by hand: a general library adds a claim or a header of its own, which costs a QR version.
Read by hand: what strangers wrote is looked at before its signature can be, and a form that is
read in one way only leaves nothing to disagree about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

from core.signing.deterministic_cbor import Malformed, Tagged, read

SIGN1 = 18  # RFC 9052 §2, table 1
ALG, KID, ES256 = 1, 4, -7  # RFC 9052 §3.1, RFC 9053 §2.1
HEADER_DEPTH = 4
KID_BYTES = 8
COORDINATE_BYTES = 32  # of a P-256 point; r and s are as long
SIGNATURE_BYTES = 2 * COORDINATE_BYTES

_ECDSA = ec.ECDSA(SHA256(), deterministic_signing=True)


@dataclass(frozen=True)
class Sign1:
    """A COSE_Sign1 as it was read: nothing of it is believed yet."""

    protected: bytes
    unprotected: dict[int | str, Any]
    payload: bytes
    signature: bytes

    @classmethod
    def read(cls, data: bytes, depth: int) -> Self:
        """Read a tagged one, nested at most `depth` deep, or raise Malformed."""
        match read(data, depth):
            case Tagged(
                tag=18,
                value=[
                    bytes() as protected,
                    dict() as unprotected,
                    bytes() as payload,
                    bytes() as raw,
                ],
            ):
                return cls(protected, unprotected, payload, raw)
        raise Malformed("no tagged COSE_Sign1 that carries its payload")

    def header(self) -> tuple[Any, bytes]:
        """Return algorithm, as it stands there, and kid; raise Malformed for any other header.

        Both are signed, and are all there is: a header that says more (a critical one, a second
        kid) is not one of ours, and an unprotected one could be written by anybody.
        """
        header = read(self.protected, HEADER_DEPTH)
        if self.unprotected or not isinstance(header, dict) or header.keys() != {ALG, KID}:
            raise Malformed("a header that is not alg and kid, both protected")
        kid = header[KID]
        if not isinstance(kid, bytes) or len(kid) != KID_BYTES:
            raise Malformed("a kid of another form")
        return header[ALG], kid

    def signed_by(self, key: ec.EllipticCurvePublicKey) -> bool:
        """Tell whether the signature is this P-256 key's, by ES256.

        Either of the two values of s is taken, as COSE has it: they say the same of the same
        content, and software that is not ours tells no difference.
        """
        if len(self.signature) != SIGNATURE_BYTES:
            return False
        r, s = (
            int.from_bytes(half, "big")
            for half in (self.signature[:COORDINATE_BYTES], self.signature[COORDINATE_BYTES:])
        )
        try:
            key.verify(encode_dss_signature(r, s), _signed(self.protected, self.payload), _ECDSA)
        except InvalidSignature:
            return False
        return True


def sign(private: ec.EllipticCurvePrivateKey, kid: bytes, payload: bytes) -> bytes:
    """Return the tagged COSE_Sign1 of a payload, the same for the same arguments."""
    protected = cbor2.dumps({ALG: ES256, KID: kid})
    r, s = decode_dss_signature(private.sign(_signed(protected, payload), _ECDSA))
    signature = r.to_bytes(COORDINATE_BYTES, "big") + s.to_bytes(COORDINATE_BYTES, "big")
    data: bytes = cbor2.dumps(cbor2.CBORTag(SIGN1, [protected, {}, payload, signature]))
    return data


def _signed(protected: bytes, payload: bytes) -> bytes:
    """Return what is signed (RFC 9052 §4.4)."""
    data: bytes = cbor2.dumps(["Signature1", protected, b"", payload])
    return data
