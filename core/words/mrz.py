"""The machine-readable zone of travel documents (ICAO Doc 9303), as it is typed or pasted."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.answer import Invalid
from core.words.characters import narrow

FILLER = "<"
_FILLERS = str.maketrans({"«": "<<", "《": "<<", "‹": "<", "〈": "<", "＜": "<"})
_ZONE = re.compile(r"[A-Z0-9<]+")
_WEIGHTS = (7, 3, 1)

TD3_LINE, TD1_LINE = 44, 30
"""Characters of a line: two lines in a passport (part 4), three on a card (part 5)."""


@dataclass(frozen=True)
class Zone:
    """What a zone says of its document: what kind (`P`, `ID`, …), of whom, and its number."""

    kind: str
    issuer: str
    number: str


def check_digit(field: str) -> str:
    """Return the check digit of a field (part 3, §4.9): weights 7, 3, 1, modulo 10."""
    values = (0 if c == FILLER else int(c, 36) for c in field)
    return str(sum(value * _WEIGHTS[i % 3] for i, value in enumerate(values)) % 10)


def read_zone(text: str) -> Zone | None:
    """Return what a zone says, None where the text is none.

    The second line of a passport, or the first of a card, is enough: the number stands there.
    Raise Invalid `mrz` where a check digit does not fit.
    """
    zone = "".join(narrow(text).translate(_FILLERS).upper().split())
    if FILLER not in zone or not _ZONE.fullmatch(zone):
        return None
    match len(zone):
        case 88:
            return _passport(zone[TD3_LINE:], zone[:5])
        case 44:
            return _passport(zone, "P<" + zone[10:13])
        case 90 | 60 | 30:
            return _card(zone)
    return None


def _passport(line: str, head: str) -> Zone:
    checked = [line[0:10], line[13:20], line[21:28]]
    # Where there is nothing in the optional data its check digit may be a filler.
    personal = line[28:43] if line[42] != FILLER else line[28:42] + "0"
    fits = all(field[-1] == check_digit(field[:-1]) for field in (*checked, personal))
    if not fits or line[43] != check_digit(line[0:10] + line[13:20] + line[21:43]):
        raise Invalid("mrz")
    return Zone(head[:2].strip(FILLER), head[2:].strip(FILLER), line[:9].strip(FILLER))


def _card(zone: str) -> Zone:
    first, second = zone[:TD1_LINE], zone[TD1_LINE : 2 * TD1_LINE]
    number, check = first[5:14], first[14]
    if check == FILLER:
        # A longer number goes on in the optional data, and ends with its check digit.
        rest = first[15:].partition(FILLER)[0]
        number, check = number + rest[:-1], rest[-1:]
    if check != check_digit(number):
        raise Invalid("mrz")
    if second:
        fits = all(field[-1] == check_digit(field[:-1]) for field in (second[0:7], second[8:15]))
        composite = first[5:30] + second[0:7] + second[8:15] + second[18:29]
        if not fits or second[29] != check_digit(composite):
            raise Invalid("mrz")
    return Zone(first[:2].strip(FILLER), first[2:5].strip(FILLER), number.strip(FILLER))
