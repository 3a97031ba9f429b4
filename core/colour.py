"""The three colours of a code: all that those who draw it or check it need of the rules."""

from __future__ import annotations

from enum import StrEnum


class Colour(StrEnum):
    """The colour of a code. Amber is shown to residents as yellow / 黃."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
