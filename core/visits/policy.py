"""What a visit-record export must keep to."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Meta


class VisitPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The limits of an export and the windows in Hong Kong calendar days, today being the first.

    `accept_days` of 31 keeps today's visits and those of the 30 days before it; `assess_days` are
    compared with exposures. `max_bytes` counts the plain file, outside its ZIP. An export may have
    been made `export_hours` ago: of what came after, it says nothing. A visit without an end is
    taken to last `open_hours`, the longest that LeaveHomeSafe leaves one open.
    `signing_key` is the app's Ed25519 public key (32 bytes in base64); empty means that exports
    are the resident's own word and no signature is asked for.

    Raises ValueError for a signing key that is none.
    """

    accept_days: Annotated[int, Meta(ge=1, le=366)] = 31
    assess_days: Annotated[int, Meta(ge=1, le=366)] = 21
    max_bytes: Annotated[int, Meta(ge=1, le=20_000_000)] = 2_000_000
    max_visits: Annotated[int, Meta(ge=1, le=100_000)] = 5_000
    skew_minutes: Annotated[int, Meta(ge=0, le=1_440)] = 10
    export_hours: Annotated[int, Meta(ge=1, le=8_760)] = 24
    open_hours: Annotated[int, Meta(ge=1, le=168)] = 24
    signing_key: str = ""

    def __post_init__(self) -> None:
        if self.signing_key:
            self.public_key()

    def public_key(self) -> Ed25519PublicKey:
        """Return the key that signs exports, or raise ValueError."""
        try:
            return Ed25519PublicKey.from_public_bytes(
                base64.b64decode(self.signing_key, validate=True)
            )
        except (binascii.Error, ValueError) as error:
            raise ValueError("signing_key must be an Ed25519 public key in base64") from error
