"""An address in the middle of a message: where it begins, and where it ends."""

from __future__ import annotations

import re

from core.contact import PHONE, PHONE_IN_CHINESE
from core.gazetteer import district_in, is_region

_FIGURES = "〇一二三四五六七八九十百"
_COUNTED = "[號号座樓楼層层室期]"
_NAMES = (
    r"(?:estate|est|court|gardens?|road|rd|street|st|avenue|ave|lane|path|drive|terrace|village"
    r"|tsuen|chuen|mansions?|building|bldg|house|plaza|cent(?:re|er)|villas?|lodge|heights)\b"
)
UNIT = re.compile(
    r"\b(?:flat|flt|room|rm|unit|block|blk|tower|twr|house|floor|phase|no)\b\.? ?(?:no\.? ?)?"
    r"(?:\d+[A-Z]?|[A-Z]\d*)\b"
    r"|\b(?:\d+|[GLU]{1,2})(?:st|nd|rd|th)? ?(?:/ ?F|floor)\b"
    rf"|\b\d+[A-Z]?(?:-\d+[A-Z]?)? (?=(?:[\w'’.]+ ){{1,4}}{_NAMES})"
    rf"|(?<![月\dA-Z])[A-Z\d]+ ?{_COUNTED}"
    rf"|(?<![月{_FIGURES}])[{_FIGURES}]+ ?{_COUNTED}|地下",
    re.IGNORECASE,
)
"""What is numbered in an address."""

NAMED = re.compile(
    rf"\b{_NAMES}"
    r"|[一-鿿][邨村苑街道路徑径廈厦]|[一-鿿](?:花園|花园|大樓|大楼|廣場|广场|中心|新城|樓(?=\d))",
    re.IGNORECASE,
)
"""The name of an estate, a building, a street or a village."""

HOTEL, HOTEL_IN_CHINESE = r"(?:hotel|hostel|guest ?house)", "(?:酒店|[賓宾旅][館馆]|旅店)"
NOW, AT = "(?:而家|依家|現在|现在)?", "[喺係系在於]"
LIVES = f"[我佢他她家](?:[哋们們])?{NOW}住(?!址)"
ADDRESS_IS = "[住地]址[係系是為为喺在]?"
"""What people call where they live or stay, and how they begin to say it, as patterns."""

_HOTEL = re.compile(rf"\b{HOTEL}\b|{HOTEL_IN_CHINESE}", re.IGNORECASE)

_ANOTHER = re.compile(
    r"[\n;；。,，、]|\.(?=\s|$)(?<!no\.)(?<!st\.)(?<!rd\.)(?<!blk\.)"
    r"|(?<!\d)(?:\(?\+?852\)?[ -]?)?[2-9]\d{3}[ -]?\d{4}(?!\d)"
    r"|\b(?:and|but)\b(?= (?:my|i|his|her|our|the)\b)"
    rf"|[我佢他她]?[嘅的]?(?:{PHONE_IN_CHINESE}|手提)"
    rf"|\b{PHONE}(?: ?(?:no|number|is)\b)*[ .:]*(?=[+\d])",
    re.IGNORECASE,
)
"""What parts of a message, or of an address, are set apart by."""

_LEAD = re.compile(
    r".*(?:\b(?:liv(?:e|es|ing)|stay(?:s|ing)?) (?:at|in|on)\b|\baddress\b(?: is\b)?"
    rf"|住{AT}|{LIVES}|{ADDRESS_IS})[\s:：,-]*",
    re.IGNORECASE,
)

_NUMBER = re.compile(r"\d{1,4}[A-Z]?|[A-Z]\d{0,4}", re.IGNORECASE)
"""The number of a flat, with nothing to say so."""

_HAN_WORD = re.compile(r"[一-鿿]+ +")
_TALK = re.compile(
    r"\b(?:i|he|she|we|they|you|it|to|from|at|is|was|been|my|that|the)\b|[我佢他她去過过]"
)


def address_in(text: str) -> tuple[int, int] | None:
    """Return the place of the first full address in a narrow text (see `narrow`), None for none.

    It is full where something in it is numbered and an estate, a building or a street is named. A
    hotel is where visitors stay, and no address.
    """
    if _HOTEL.search(text):
        return None
    run: list[tuple[int, int]] = []
    for start, end in [*_parts(text), (len(text), len(text))]:
        start = _beginning(text, start, end) if not run else start
        part = text[start:end]
        if _belongs(part) or (_NUMBER.fullmatch(part) and run):
            run.append((start, end))
            continue
        whole = text[run[0][0] : run[-1][1]] if run else ""
        if UNIT.search(whole) and NAMED.search(whole):
            return run[0][0], run[-1][1]
        run = [(start, end)] if _NUMBER.fullmatch(part) else []
    return None


def _parts(text: str) -> list[tuple[int, int]]:
    """Return where the parts of a message begin and end, without the spaces around them."""
    parts, start = [], 0
    for match in [*_ANOTHER.finditer(text), None]:
        end = match.start() if match else len(text)
        part = text[start:end]
        if part.strip():
            parts.append((start + len(part) - len(part.lstrip()), start + len(part.rstrip())))
        start = match.end() if match else end
    return parts


def _beginning(text: str, start: int, end: int) -> int:
    """Return where an address begins in a part, its end where it does not."""
    if lead := _LEAD.match(text, start, end):
        return lead.end()
    # A name may stand before it, without a sign between them.
    while (name := _HAN_WORD.match(text, start, end)) and not _belongs(name[0]):
        start = name.end()
    sign = min((m.start() for p in (UNIT, NAMED) if (m := p.search(text, start, end))), default=0)
    before = text[start:sign].strip()
    # Other words lead to something else: I have been to 5 Nathan Road.
    return end if _TALK.search(before) else start


def _belongs(part: str) -> bool:
    signs = UNIT.search(part) or NAMED.search(part) or is_region(part)
    return bool(signs or (part and district_in(part)))
