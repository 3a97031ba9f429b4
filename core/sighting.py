"""What is seen in a photo: codes, and where they are.

It stands apart from `core.scanning`, which sees them with libraries that only it needs.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from core.issuer_keys import Realm

MAX_BYTES = 20_000_000
"""The largest file that a chat platform hands over."""
THIRDS = 3
ERRORS = ("empty", "file_type", "pixels", "too_large", "unreadable")
"""Every code with which a picture is refused."""
PREFIXES = tuple(realm.prefix for realm in Realm)


class Sighting(msgspec.Struct, frozen=True, array_like=True):
    """A code in a picture: its text, empty where it was seen and could not be read.

    `x` and `y` are its middle, from the picture's upper left corner (0, 0) to its lower right
    one (1, 1), as one holds it.
    """

    text: str
    x: float
    y: float

    @property
    def third(self) -> tuple[int, int]:
        """Give the third of the picture's height, and that of its width, counted from 0."""
        row, column = (min(max(int(at * THIRDS), 0), THIRDS - 1) for at in (self.y, self.x))
        return row, column


def pack(sightings: Sequence[Sighting]) -> bytes:
    """Return sightings as MessagePack."""
    return msgspec.msgpack.encode(sightings)


def unpack(data: bytes) -> list[Sighting]:
    """Return what `pack` wrote, or raise msgspec.DecodeError."""
    return msgspec.msgpack.decode(data, type=list[Sighting])
