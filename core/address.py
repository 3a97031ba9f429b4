"""Where a person lives or stays, and whether that is a high-risk place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

import msgspec

from core.answer import UNLIKELY, AsWritten, Context, Found, Invalid
from core.days import hong_kong_day
from core.district import District as District
from core.gazetteer import district_in as district_in
from core.gazetteer import is_wide
from core.words.characters import in_figures, is_han, narrow, tidy
from core.words.misplaced import is_misplaced
from core.words.place_names import fold_place
from core.words.spoken import PLEASE, THANKS
from core.words.stays import FOR_LONG, LEAVES, UNTIL
from core.words.talk import talks
from core.words.written_addresses import (
    ADDRESS_IS,
    AT,
    HOTEL,
    HOTEL_IN_CHINESE,
    LIVES,
    NAMED,
    NOW,
    UNIT,
    address_in,
)

LEAST_ADDRESS, MOST_ADDRESS = 5, 200
LEAST_HOTEL, MOST_HOTEL = 2, 100
MOST_ROOM = 20

NAMES_KEPT = 16_384
"""Names of listed places whose parts are kept."""
_PARTED = re.compile(r"[,，、;；()（）\n]")
_NAMED_BLOCK = re.compile(r"\b(?:(?:block|tower|phase) [a-z0-9]{1,3}|house \d+[a-z]?)\b")
"""A numbered part of an estate, as `fold_place` writes it."""
_LEAD_IN = re.compile(
    r"^(?:(?:(?:唔該|你好|您好)[,，\s]*"
    r"|(?:i|we|he|she|they|my \w+)(?: am|['’]m| are|['’]re| is|['’]s)? (?:now |currently )?"
    r"(?:(?:lives?|living|stays?|staying) )?(?:at|in|on)\b"
    r"|(?:(?:my|our|his|her|the|full|home) )*address\b(?: is\b)?"
    r"|(?:it|(?:my|the) hotel)(?: is|['’]s)\b"
    rf"|{LIVES}[咗緊]?{AT}?|住[咗緊]?(?:{AT}|(?![宅址]))"
    rf"|[我佢他她阿][^\W\d_a-z前舊旧]{{1,12}}?住(?:{AT}|(?![宅址]))"
    rf"|[我佢他她]?(?:[哋们們])?{NOW}(?:隔離|隔离|入住)(?:喺|緊|紧|在|於)*"
    rf"|(?:(?:[我佢他她]|本人)(?:[哋们們])?[個嘅的]?)?(?:屋企|家庭)?{ADDRESS_IS}"
    r"|[間间]?酒店(?:名[字稱称]?)?[叫係是]|[係系是]"
    r")[\s:,，：-]*)+",
    re.IGNORECASE,
)
_ENDING = re.compile(
    r"(?:[呀啊喇啦囉嘅㗎]|(?<!酒)吧|唔該[晒你]?"
    rf"|{THANKS}|[\s,]{PLEASE}|[^\w.)\]）】])+$",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"\d|[〇一二三四五六七八九十百A-Za-z甲乙丙丁東西南北前後后高中低]\s*[號号樓楼座室層层期]"
)
_UNITS = re.compile(
    r"\b(?:flat|flt|room|rm|floor|fl|f|block|blk|tower|twr|unit|house|level|no|p\.?o\.? ?box)\b"
    r"|\d+(?:st|nd|rd|th|f)\b"
    r"|[一二三四五六七八九十百零〇]+(?=[號号樓楼座室層层期])|[號号樓楼座室層层期房]|地下",
    re.IGNORECASE,
)
"""What is numbered in an address: without a name beside it nobody knows where that is."""
_WORD = re.compile(r"[^\W\d_]{2,}")
"""More than a letter, which is a flat's or a block's."""
_UNNUMBERED = re.compile(
    r"(?:冇|沒有|没有|無|无)(?:門牌|门牌|號碼|号码)|\bno (?:\w+ )?numbers?\b"
    r"|[村艇船]|避風塘|避风塘|(?:老|養|养|護理|护理|安|療養|疗养)院|宿舍|之家|[軍军][營营]"
    r"|\b(?:village|tsuen|boat|junk|typhoon shelter|home|hostel|hall|shelter|camp)\b",
    re.IGNORECASE,
)
"""Where people live in homes without a number: a village, a boat, a home for the aged."""
_TOKEN = re.compile(r"\d+[a-z]?|[a-z]{3,}", re.ASCII)
_PAIR = re.compile(r"(?=([一-鿿])([一-鿿]))")
_IN_CHINESE = re.compile(r"(?<=[一-鿿])\n(?=[一-鿿\d])")
"""The end of a line in an address where Chinese, written in one line, has no sign."""
_ANY_HOTEL = re.compile(
    rf"(?:(?:an?|the|my|our|quarantine|designated) )*{HOTEL}"
    rf"|[我嘅的一這这嗰間间個个家]*(?:檢疫|检疫|隔離|隔离)?{HOTEL_IN_CHINESE}",
    re.IGNORECASE,
)
_NO_HOTEL = re.compile(
    r"[我你您佢他她冇嗰唔沒没還还未哪邊边咩咪乜吗嗎呢咗了啦喇㗎不幾几怎什要]|[嘅的]$|朋友|[親亲][戚友]|屋企"
    r"|(?:家|住[宅家])$|民宿|宿舍|劏房|https?:|\b(?:airbnb|friend|my|our)\b",
    re.IGNORECASE,
)
"""Where somebody stays who stays in no hotel, and words of a sentence."""
_ROOM_WORDS = re.compile(
    r"^(?:(?:(?:MY|ROOM|RM|NO|NUMBER|IS)\b|[我嘅的][間间個个]?|房[間间]?[號号]?碼?|[係是])[\s.:#]*)+"
    r"|[號号]?[房室][間间]?$"
)
_ROOM = re.compile(
    r"(?:\b(?:room|rm)(?![a-z])\.?(?: ?(?:no|number)\b\.?)?(?: is\b)?[\s:#]*"
    r"|房[間间]?(?:[號号]碼?)?[\s:是係系]*)(?P<named>(?=[A-Z]{0,2}\d)[A-Z\d-]+)"
    r"|(?:\d{1,2}\s*[樓楼]\s*)?(?P<number>(?<![A-Z\d])[A-Z]?\d[A-Z\d-]*)\s*[號号]?[房室]"
    rf"|(?:[,\n](?!\s*(?:19|20)\d\d)|(?<={HOTEL_IN_CHINESE}))\s*(?P<bare>\d{{3,4}})(?![^,，\s])",
    re.ASCII | re.IGNORECASE,
)
"""A room, by what it is called, or by a bare number behind the hotel, if it is no year: Hotel 1936
is called so."""
_STAY = re.compile(rf"{LEAVES}|{UNTIL}|{FOR_LONG}", re.IGNORECASE)
"""What is said of a stay beside the hotel and the room: until when."""
_UNKNOWN = re.compile(
    r"\b(?:don['’]?t|do not|can['’]?t|cannot|not sure|forgot)\b|[唔不](?:記得|记得|知|識|清楚|肯定)"
    r"|忘[記记了]|未(?:訂|订|定|知)",
    re.IGNORECASE,
)
"""Said where he has no answer."""


_IN_A_SENTENCE = re.compile(rf"{_UNKNOWN.pattern}|\b(?:and|or|in|is|wife|husband)\b", re.IGNORECASE)
"""What stands beside a room that is not his, or not his alone."""


class Housing(StrEnum):
    """How a person is housed; it decides what must be proved."""

    PUBLIC = "public"
    OTHER = "other"
    HOTEL = "hotel"


class Address(AsWritten):
    """A residential address in free text, in English or Chinese."""

    between = ", "
    errors: tuple[str, ...] = (
        "hidden",
        "private_use",
        "no_number",
        "no_name",
        "only_address",
        "too_short",
        "too_long",
        UNLIKELY,
    )

    @staticmethod
    def parse(text: str, context: Context) -> str:
        """Return the address in one line, without the words that lead to it.

        Raise Invalid: `hidden`, `private_use` (see `tidy`), `no_number` (of a flat, block, …),
        `no_name` (of an estate, street, …), `only_address` (see `is_misplaced`), `too_short`
        (least), `too_long` (most), `unlikely` where nothing is numbered that has to be, as in a
        village, or where it is more likely a sentence.
        """
        lines = filter(None, (part.strip(" ,，") for part in text.splitlines()))
        address = _introduced(_IN_CHINESE.sub("", "\n".join(lines)).replace("\n", ", "))
        numbered = _NUMBERED.search(address)
        if not numbered and not _UNNUMBERED.search(address):
            raise Invalid("no_number")
        name = " ".join(_WORD.findall(_UNITS.sub(" ", address)))
        if not name or is_wide(name):
            raise Invalid("no_name")
        if is_misplaced(address, context):
            raise Invalid("only_address")
        address = _bounded(address, LEAST_ADDRESS, MOST_ADDRESS)
        full = UNIT.search(address) or NAMED.search(address) or district_in(address)
        if not context.sure and not (numbered and (full or not talks(address))):
            raise Invalid(UNLIKELY)
        return address

    @staticmethod
    def find(text: str, context: Context) -> Found | None:
        """Return the first full address in a message (see `address_in`)."""
        if place := address_in(narrow(text)):
            with suppress(Invalid):
                return Found(Address.parse(text[slice(*place)], context), *place)
        return None

    @staticmethod
    def lacks(answer: str, piece: str, context: Context) -> bool:
        """Tell whether an address lacks what was said just before it: a flat, or the name of where
        it is. Who writes all of it once more says some of that again, or another district."""
        if not (UNIT.search(piece) or NAMED.search(piece) or district_in(piece)):
            return False
        if district_in(piece) and district_in(answer):
            return False
        return _tokens(piece).isdisjoint(_tokens(answer))


class Hotel(AsWritten):
    """The name of a hotel."""

    errors: tuple[str, ...] = (
        "hidden",
        "private_use",
        "no_name",
        "too_short",
        "too_long",
        UNLIKELY,
    )

    @staticmethod
    def parse(text: str, context: Context) -> str:
        """Return the name.

        Raise Invalid: `hidden`, `private_use` (see `tidy`), `no_name` (a room, until when, that
        he does not know, a question, a day, or just any hotel, is no name), `too_short` (least),
        `too_long` (most), `unlikely` for a sentence, or somebody's home.
        """
        said, hotel = narrow(text).strip(), _introduced(text)
        if any(words.search(said) for words in (_ROOM, _STAY, _UNKNOWN)) or said.endswith("?"):
            raise Invalid("no_name")
        if _ANY_HOTEL.fullmatch(hotel) or is_misplaced(hotel, context):
            raise Invalid("no_name")
        hotel = _bounded(hotel, LEAST_HOTEL, MOST_HOTEL)
        if not any(map(str.isalpha, hotel)):
            raise Invalid("too_short", least=LEAST_HOTEL)
        if not context.sure and (talks(hotel) or _NO_HOTEL.search(hotel)):
            raise Invalid(UNLIKELY)
        return hotel

    @staticmethod
    def find(text: str, context: Context) -> Found | None:
        """Return what stands before a room and before until when, where the hotel is asked."""
        end = _before(narrow(text), _ROOM, _STAY)
        if context.asked:
            with suppress(Invalid):
                return Found(Hotel.parse(text[:end], context), 0, end)
        return None


class Room(AsWritten):
    """The number or name of a hotel room."""

    errors: tuple[str, ...] = ("hidden", "private_use", "format", "too_long", UNLIKELY)

    @staticmethod
    def parse(text: str, context: Context) -> str:
        """Return the room without the word for it, in capitals.

        Raise Invalid: `hidden`, `private_use` (see `tidy`), `format`, `too_long` (most),
        `unlikely` for one without a figure, or that he does not know.
        """
        if _STAY.search(text):
            raise Invalid("format")
        room = _introduced(text).upper()
        room = _ROOM_WORDS.sub("", room).strip(" .:#")
        if in_figures(room).isdecimal():
            room = in_figures(room)
        if len(room) > MOST_ROOM:
            raise Invalid("too_long", most=MOST_ROOM)
        if not any(map(str.isalnum, room)):
            raise Invalid("format")
        known = re.search(r"[\d十]", in_figures(room)) and not _IN_A_SENTENCE.search(text)
        if not (known or context.sure):
            raise Invalid(UNLIKELY)
        if known and is_misplaced(room, context):
            raise Invalid("format")
        return room

    @staticmethod
    def find(text: str, context: Context) -> Found | None:
        """Return the number that is called a room; where it is asked, what stands before until
        when."""
        folded = narrow(text)
        if match := _ROOM.search(folded):
            [number] = filter(None, match.groups())
            return Found(number.upper(), *match.span())
        if context.asked:
            end = _before(folded, _STAY)
            with suppress(Invalid):
                return Found(Room.parse(text[:end], context), 0, end)
        return None


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


def _tokens(text: str) -> set[str]:
    """Return the numbers and words of a text of places, and each two Chinese characters."""
    folded = _UNITS.sub(" ", fold_place(text))
    return set(_TOKEN.findall(folded)) | {pair[1] + pair[2] for pair in _PAIR.finditer(folded)}


def stays_at(hotel: str) -> str:
    """Return the address of a guest: the name of his hotel, and that name with the word for a hotel
    behind it, which people leave out."""
    return f"{hotel} Hotel, {hotel}酒店"


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
    is not Block 12. The parts of a name may stand in any order: "Laguna City Block 12" is in
    "Flat A, Block 12, Laguna City". An unknown district (empty) is in no place's way.
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
    parts = _parts(name)
    return bool(parts) and all(_has(folded, part) for part in parts)


@lru_cache(maxsize=NAMES_KEPT)
def _parts(name: str) -> tuple[str, ...]:
    """Return what an address holds that holds a name: each block of it, and what stands between
    blocks and commas. In English the small comes before the large, or after it."""
    parts: list[str] = []
    for folded in map(fold_place, _PARTED.split(name)):
        parts += [block[0] for block in _NAMED_BLOCK.finditer(folded)]
        rest = map(str.strip, _NAMED_BLOCK.split(folded))
        parts += [part.removeprefix("of ").removeprefix("the ") for part in rest]
    return tuple(filter(None, parts))


def _has(folded: str, part: str) -> bool:
    """Tell whether a part stands by itself in an address."""
    # Not by a pattern: to build one for each of thousands of names would take seconds.
    start = folded.find(part)
    while start >= 0:
        end = start + len(part)
        before, after = folded[start - 1 : start], folded[end : end + 1]
        if not (_goes_on(part[0], before) or _goes_on(part[-1], after)):
            return True
        start = folded.find(part, start + 1)
    return False


def _goes_on(edge: str, beside: str) -> bool:
    """Tell whether a word goes on beyond its edge. Chinese runs without spaces, so that only Latin
    words and numbers have one."""
    return edge.isascii() and beside.isalnum() and not is_han(beside)


def _before(text: str, *patterns: re.Pattern[str]) -> int:
    """Return where the first match of any of the patterns begins, or the end of the text."""
    return min((m.start() for p in patterns for m in p.finditer(text)), default=len(text))


def _introduced(text: str) -> str:
    """Return what follows the words that lead to it, tidy, without the signs at its end."""
    return _ENDING.sub("", _LEAD_IN.sub("", tidy(text)))


def _bounded(text: str, least: int, most: int) -> str:
    if len(text) < least:
        raise Invalid("too_short", least=least)
    if len(text) > most:
        raise Invalid("too_long", most=most)
    return text
