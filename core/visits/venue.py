"""The QR text at a venue's door: `HKEN:0`, eight characters, and JSON in base64.

Layout as read by https://github.com/Victorlauni/LeaveHomeSafe-QR-decoder and checked on its sample.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache

import msgspec

from core.answer import Invalid

PREFIX = "HKEN:0"
VENUE_ID = re.compile(r"[A-Za-z0-9]{8}", re.ASCII)
MAX_QR_TEXT = 2_953
"""Bytes in the largest QR code (version 40, level L; ISO/IEC 18004)."""


class Venue(msgspec.Struct, frozen=True):
    """A place with a QR code at its door. A name that it does not have is empty."""

    id: str
    name_en: str = ""
    name_zh: str = ""
    type: str = ""


class _Payload(msgspec.Struct):
    hash: str
    nameZh: str | None = None
    nameEn: str | None = None
    type: str | None = None


def venue_hash(venue: str) -> str:
    """Return the digest that stands in the QR code of this venue id.

    Its salt is public: it shows a damaged code, not a forged one.
    """
    return hashlib.sha256(f"HKEN{venue}2020".encode()).hexdigest()


@lru_cache(maxsize=4096)
def parse_qr(text: str) -> Venue:
    """Return the venue, or raise Invalid: `qr` for no such text, `qr_hash` for a wrong digest.

    Remembered: it is the same text for all who came through a door, again and again.
    """
    venue = text[len(PREFIX) : len(PREFIX) + 8]
    if not text.startswith(PREFIX) or not VENUE_ID.fullmatch(venue) or len(text) > MAX_QR_TEXT:
        raise Invalid("qr")
    encoded = text[len(PREFIX) + 8 :].rstrip("=")
    try:
        raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
        payload = msgspec.json.decode(raw, type=_Payload)
    except (ValueError, RecursionError) as error:
        raise Invalid("qr") from error
    if payload.hash.lower() != venue_hash(venue):
        raise Invalid("qr_hash")
    return Venue(venue, payload.nameEn or "", payload.nameZh or "", payload.type or "")


def make_qr(venue: Venue) -> str:
    """Return the QR text of a venue."""
    payload = {
        "metadata": None,
        "nameZh": venue.name_zh,
        "nameEn": venue.name_en,
        "type": venue.type,
        "hash": venue_hash(venue.id),
    }
    return f"{PREFIX}{venue.id}{base64.b64encode(msgspec.json.encode(payload)).decode()}"
