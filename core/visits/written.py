"""An export as it is written, before anything in it is believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

FORMAT = "leavehomesafe-visits"
VERSION = 1
MAX_SHOWN = 120
"""Characters of a venue's name that are kept, and of anything else that is quoted back."""


class Row(NamedTuple):
    """One visit as written. `number` is what the resident can find it by: in CSV the line of the
    file, in JSON the position in its list, both from 1. `kind` is venue, qr or taxi."""

    number: int
    kind: str
    place: str
    name_en: str
    name_zh: str
    entered: str
    left: str


@dataclass(frozen=True)
class Written:
    """The parts of an export as written. `signed` returns the bytes that `signature` signs."""

    installed: str
    installation: str
    exported: str
    rows: list[Row]
    notifications: int
    signature: str
    signed: Callable[[], bytes]


def visible(text: str) -> str:
    """Return a text from a file without what cannot be seen, no longer than a line or two."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " if c.isspace() else "" for c in text)
    return text.strip()[:MAX_SHOWN]
