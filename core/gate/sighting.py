"""What is seen in a photo: codes, and where they are.

It stands apart from `core.gate.scanning`, which sees them with libraries that only it needs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import msgspec

from core.answer import fold
from core.signing.issuer_keys import Realm
from core.signing.strict_base45 import ALPHABET

MAX_BYTES = 20_000_000
"""The largest file that a chat platform hands over."""
THIRDS = 3
ERRORS = ("empty", "file_type", "pixels", "too_large", "unreadable")
"""Every code with which a picture is refused."""
PREFIXES = tuple(realm.prefix for realm in Realm)

_OTHER = re.compile(r"HKEN:|HK\w:|HC1:|SHC:/|HTTPS?://")
"""How what is held out for a health code begins: a venue's code, a code of another age, a
vaccination record, a link."""
_CODE = re.compile(
    f"(?<![A-Z0-9])(?:{'|'.join(map(re.escape, PREFIXES))})[{re.escape(ALPHABET.decode())}]*"
)


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


def code_in(text: str) -> str | None:
    """Return the code that a person wrote or pasted, None where there is none in it.

    A code has no small letters and no line ends, and neither begins nor ends with a space: those
    came with the copy. What a scanner reads is taken as it is.
    """
    shown = "".join(letter for letter in fold(text) if unicodedata.category(letter)[0] != "C")
    found = _CODE.search(shown.upper())
    return None if found is None else found[0].rstrip()


def is_other(text: str) -> bool:
    """Tell whether a text is that of a code of another kind."""
    return _OTHER.match(fold(text).upper()) is not None


def pack(sightings: Sequence[Sighting]) -> bytes:
    """Return sightings as MessagePack."""
    return msgspec.msgpack.encode(sightings)


def unpack(data: bytes) -> list[Sighting]:
    """Return what `pack` wrote, or raise msgspec.DecodeError."""
    return msgspec.msgpack.decode(data, type=list[Sighting])
