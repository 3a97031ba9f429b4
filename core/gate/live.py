"""The live challenge: four digits that an officer asks for, and only a fresh code can contain.

They follow from the officer's chat and the minute, so there is nothing to keep and nothing to lose.
"""

from __future__ import annotations

from datetime import datetime

from core.answer import AsWritten, Context, Invalid, fold
from core.credential import CHALLENGE_DIGITS
from core.vault import KeyRing
from core.words.characters import in_figures

MINUTES = 3
"""Whole minutes for which digits are good after the one in which they were shown."""


class Digits(AsWritten):
    """The four digits that an officer has told a holder."""

    errors: tuple[str, ...] = ("digits",)

    @staticmethod
    def parse(text: str, context: Context) -> str:
        """Return the digits, or raise Invalid `digits`."""
        written = "".join(c for c in in_figures(fold(text)) if c.isalnum())
        if len(written) != CHALLENGE_DIGITS or not (written.isascii() and written.isdigit()):
            raise Invalid("digits")
        return written


def digits_of(ring: KeyRing, chat: str, now: datetime) -> str:
    """Return the digits that an officer's chat shows in this minute."""
    return _digits(ring, chat, _minute(now))


def accepted(ring: KeyRing, chat: str, now: datetime) -> list[str]:
    """Return the digits that count as an answer to this chat, the newest first."""
    minute = _minute(now)
    return [_digits(ring, chat, minute - ago) for ago in range(MINUTES + 1)]


def _minute(now: datetime) -> int:
    return int(now.timestamp()) // 60


def _digits(ring: KeyRing, chat: str, minute: int) -> str:
    return ring.passcode(f"live|{chat}|{minute}")[-CHALLENGE_DIGITS:]
