"""Which colour a person gets, and why."""

from __future__ import annotations

from enum import StrEnum


class Colour(StrEnum):
    """The three colours. Amber is shown to residents as yellow / 黃."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
