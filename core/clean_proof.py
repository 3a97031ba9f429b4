"""A proof of address that was made harmless.

It stands apart from `core.proof`, which makes it with libraries that only it needs.
"""

from __future__ import annotations

import msgspec

MAX_BYTES = 10_000_000
"""A scanned bill has 1 to 4 MB; OWASP's File Upload Cheat Sheet asks for a limit."""
ERRORS = (
    "active",
    "blank",
    "empty",
    "encrypted",
    "file_type",
    "pages",
    "pixels",
    "too_large",
    "too_small",
    "unreadable",
)
"""Every code with which `core.proof.clean` refuses."""


class CleanProof(msgspec.Struct, frozen=True, array_like=True):
    """A proof that may be looked at: each page as a JPEG without metadata."""

    pages: list[bytes]

    def to_bytes(self) -> bytes:
        """Return the proof as MessagePack, to be sealed."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> CleanProof:
        """Return what `to_bytes` wrote, or raise msgspec.DecodeError."""
        return msgspec.msgpack.decode(data, type=cls)
