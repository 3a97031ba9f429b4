"""Answers to another question, where any words would do: a day is no hotel, and neither is yes."""

from __future__ import annotations

import re
from contextlib import suppress

from core.answer import Context, Invalid, fold
from core.contact import HongKongMobile
from core.words.spoken import REPLIES
from core.words.written_dates import Sense, read_day

_NUMBER = re.compile(r"[A-Z]{1,3} ?\d{6,}(?: ?\(?[0-9A]\)?)?", re.ASCII | re.IGNORECASE)
"""The number of a document."""


def is_misplaced(text: str, context: Context) -> bool:
    """Tell whether a text is, as a whole, a reply, a document's number, a full day or his name once
    more, or whether it holds a mobile number."""
    folded = fold(text)
    if folded in (context.answers.get("english_name"), context.answers.get("chinese_name")):
        return True
    if folded.strip(" .!,").casefold() in REPLIES or _NUMBER.fullmatch(folded):
        return True
    with suppress(Invalid):
        return bool(read_day(folded, Sense(context.today)))
    return HongKongMobile.find(folded, context) is not None
