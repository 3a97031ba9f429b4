"""A name as a code and its picture show it: enough to compare with a document, never the whole."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

CLAIM_BYTES = 12
"""What a code spends on the name: so it stays at QR version 8, an officer's challenge included."""

_PARTS = re.compile(r"[^\s,.@\-‐'’·‧・]+")


@dataclass(frozen=True)
class MaskedName:
    """The masked name in both scripts; empty where there is none."""

    english: str
    chinese: str

    @property
    def lines(self) -> list[str]:
        """Give what the picture shows, a line each."""
        return [line for line in (self.english, self.chinese) if line]

    @property
    def line(self) -> str:
        """Give both in one line."""
        return " ".join(self.lines)

    @property
    def claim(self) -> str:
        """Give what stands inside the code: the first script, shortened to 12 bytes of UTF-8.

        First the rows of stars become one star each, then parts are dropped from the end.
        """
        line = next(iter(self.lines), "")
        if len(line.encode()) > CLAIM_BYTES:
            line = re.sub(r"\*+", "*", line)
        while len(line.encode()) > CLAIM_BYTES:
            line = line.rpartition(" ")[0]
        return line


def masked_name(english: str, chinese: str) -> MaskedName:
    """Mask a name: `CHAN TAI MAN` to `C*** T** M**`, `陳大文` to `陳*文`.

    The first letter of each part stays; of a Chinese name of one part and three characters or
    more the last one too. There is at least one star after a letter, so a name of one letter
    does not stand whole either.
    """
    return MaskedName(
        " ".join(_masked(part) for part in _parts(english)),
        _masked_chinese(_parts(chinese)),
    )


def _parts(name: str) -> list[str]:
    return _PARTS.findall(unicodedata.normalize("NFC", name))


def _masked(part: str) -> str:
    return part[0] + "*" * max(len(part) - 1, 1)


def _masked_chinese(parts: list[str]) -> str:
    if len(parts) == 1 and len(parts[0]) > 2:
        return parts[0][0] + "*" * (len(parts[0]) - 2) + parts[0][-1]
    return " ".join(_masked(part) for part in parts)
