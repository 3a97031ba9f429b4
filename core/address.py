"""Where a person lives or stays, and whether that is a high-risk place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum

import msgspec

from core.answer import AsWritten, Context, Invalid
from core.characters import tidy
from core.days import hong_kong_day
from core.district import District as District
from core.gazetteer import district_in as district_in
from core.place_names import fold_place

LEAST_ADDRESS, MOST_ADDRESS = 6, 200
LEAST_HOTEL, MOST_HOTEL = 2, 100
MOST_ROOM = 20

_NUMBERED = re.compile(r"\d|[〇一二三四五六七八九十百]+\s*[號号樓楼座室層层期]|[號号樓楼座室]")
_ROOM_WORDS = re.compile(r"^(?:(?:ROOM|RM|NO)\b[\s.:#]*|房[間间]?[\s.:#]*)+|[號号]?[房室]$")


class Housing(StrEnum):
    """How a person is housed; it decides what must be proved."""

    PUBLIC = "public"
    OTHER = "other"
    HOTEL = "hotel"


class Address(AsWritten):
    """A residential address in free text, in English or Chinese."""

    errors: tuple[str, ...] = ("hidden", "private_use", "too_short", "too_long", "incomplete")

    @staticmethod
    def parse(text: str, context: Context) -> str:
        """Return the address in one line.

        Raise Invalid: `hidden`, `private_use` (see `tidy`), `too_short` (least), `too_long`
        (most), `incomplete` where there is no number or no name.
        """
        lines = (part.strip(" ,，") for part in text.splitlines())
        address = _bounded(", ".join(filter(None, lines)), LEAST_ADDRESS, MOST_ADDRESS)
        if not _NUMBERED.search(address) or sum(map(str.isalpha, address)) < 2:
            raise Invalid("incomplete")
        return address


class Hotel(AsWritten):
    """The name of a hotel."""

    errors: tuple[str, ...] = ("hidden", "private_use", "too_short", "too_long")

    @staticmethod
    def parse(text: str, context: Context) -> str:
        """Return the name.

        Raise Invalid: `hidden`, `private_use` (see `tidy`), `too_short` (least), `too_long` (most).
        """
        hotel = _bounded(text, LEAST_HOTEL, MOST_HOTEL)
        if not any(map(str.isalpha, hotel)):
            raise Invalid("too_short", least=LEAST_HOTEL)
        return hotel


class Room(AsWritten):
    """The number or name of a hotel room."""

    errors: tuple[str, ...] = ("hidden", "private_use", "format", "too_long")

    @staticmethod
    def parse(text: str, context: Context) -> str:
        """Return the room without the word for it, in capitals.

        Raise Invalid: `hidden`, `private_use` (see `tidy`), `format`, `too_long` (most).
        """
        room = tidy(text).upper()
        room = _ROOM_WORDS.sub("", room).strip(" .:#")
        if len(room) > MOST_ROOM:
            raise Invalid("too_long", most=MOST_ROOM)
        if not any(map(str.isalnum, room)):
            raise Invalid("format")
        return room


class HighRiskPlace(msgspec.Struct, frozen=True):
    """An estate or building where living counts, from `starts` to `ends` (both UTC).

    One of the names may be empty. `district` is the code of a District, or empty for any.
    """

    district: str
    name_en: str
    name_zh: str
    starts: datetime
    ends: datetime

    @property
    def first_day(self) -> date:
        """The first Hong Kong day on which the place was one of high risk."""
        return hong_kong_day(self.starts)

    @property
    def last_day(self) -> date:
        """The last such day; an end at midnight belongs to the day before."""
        return hong_kong_day(self.ends - timedelta(microseconds=1))


class Estate(msgspec.Struct, frozen=True):
    """An estate of public rental housing, or a building of it. One of the names may be empty."""

    name_en: str
    name_zh: str


def lives_in(address: str, estates: Iterable[Estate]) -> bool:
    """Tell whether the address holds the name of one of the estates, as `lives_at` compares."""
    folded = fold_place(address)
    return any(_holds(folded, each.name_en) or _holds(folded, each.name_zh) for each in estates)


def lives_at(
    address: str, district: str, places: Iterable[HighRiskPlace], today: date
) -> list[HighRiskPlace]:
    """Return the places, listed up to today, whose name the address holds.

    Names are compared as `fold_place` writes them, whole words and whole numbers only: Block 1
    is not Block 12. An unknown district (empty) is in no place's way.
    """
    folded = fold_place(address)
    return [
        place
        for place in places
        if place.first_day <= today
        and (not district or not place.district or place.district == district)
        and (_holds(folded, place.name_en) or _holds(folded, place.name_zh))
    ]


def _holds(folded: str, name: str) -> bool:
    wanted = fold_place(name)
    if not wanted:
        return False
    # Chinese runs without spaces, so that only Latin words and numbers have an edge.
    before = r"(?<![^\W一-鿿])" if wanted[0].isascii() else ""
    after = r"(?![^\W一-鿿])" if wanted[-1].isascii() else ""
    return re.search(f"{before}{re.escape(wanted)}{after}", folded) is not None


def _bounded(text: str, least: int, most: int) -> str:
    folded = tidy(text)
    if len(folded) < least:
        raise Invalid("too_short", least=least)
    if len(folded) > most:
        raise Invalid("too_long", most=most)
    return folded
