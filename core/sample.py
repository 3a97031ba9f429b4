"""Plausible exports to try things with."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import random
import string
import zipfile
from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any

from core.days import HONG_KONG, hong_kong_day
from core.visits.csv_form import COLUMNS
from core.visits.venue import Venue, make_qr
from core.visits.written import FORMAT, VERSION

APP_VERSION = "3.1.0"
INSTALLED_DAYS = 40
"""How many days before today the app was installed, or the day before the first visit."""
TAXI_SHARE = 0.1
PLATE_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
"""Those on Hong Kong's registration marks: never I, O or Q."""
QR_SHARE = 0.3
"""How many of the visits carry the text of the QR code rather than what was read from it."""
SHORTEST_SLOT = 5
"""Minutes that a visit and the way to it need at least."""
LONGEST_STAY = timedelta(hours=3)
LONGEST_RIDE = timedelta(minutes=50)
OUTDOORS = (time(7), time(22))
"""Between which hours of Hong Kong time people are out."""

_PLACES = """
Leung Tin Sports Centre|良田體育館|SPORTSCULTURALRECREATIONAL|7|23
Hong Kong Central Library|香港中央圖書館|SPORTSCULTURALRECREATIONAL|10|21
Kowloon Public Library|九龍公共圖書館|SPORTSCULTURALRECREATIONAL|9|20
Sha Tin Public Library|沙田公共圖書館|SPORTSCULTURALRECREATIONAL|9|20
Tuen Mun Public Library|屯門公共圖書館|SPORTSCULTURALRECREATIONAL|9|20
Victoria Park Swimming Pool|維多利亞公園游泳池|SPORTSCULTURALRECREATIONAL|7|22
Kowloon Park Swimming Pool|九龍公園游泳池|SPORTSCULTURALRECREATIONAL|7|22
Hong Kong Museum of History|香港歷史博物館|SPORTSCULTURALRECREATIONAL|10|18
Hong Kong Heritage Museum|香港文化博物館|SPORTSCULTURALRECREATIONAL|10|18
Hong Kong Science Museum|香港科學館|SPORTSCULTURALRECREATIONAL|10|19
Hong Kong Space Museum|香港太空館|SPORTSCULTURALRECREATIONAL|10|19
Hong Kong Museum of Art|香港藝術館|SPORTSCULTURALRECREATIONAL|10|18
Hong Kong Cultural Centre|香港文化中心|SPORTSCULTURALRECREATIONAL|9|23
Hong Kong City Hall|香港大會堂|SPORTSCULTURALRECREATIONAL|9|23
Sha Tin Town Hall|沙田大會堂|SPORTSCULTURALRECREATIONAL|9|23
Tsuen Wan Town Hall|荃灣大會堂|SPORTSCULTURALRECREATIONAL|9|23
Yuen Long Theatre|元朗劇院|SPORTSCULTURALRECREATIONAL|9|23
Queen Elizabeth Stadium|伊利沙伯體育館|SPORTSCULTURALRECREATIONAL|7|23
Smithfield Sports Centre|士美非路體育館|SPORTSCULTURALRECREATIONAL|7|23
Tai Po Hui Market|大埔墟街市|MARKET|6|20
Bowrington Road Market|鵝頸街市|MARKET|6|20
Sheung Wan Market|上環街市|MARKET|6|20
Yeung Uk Road Market|楊屋道街市|MARKET|6|20
Java Road Market|渣華道街市|MARKET|6|20
Fa Yuen Street Market|花園街街市|MARKET|6|20
Immigration Tower|入境事務大樓|GOVERNMENT|8|18
Revenue Tower|稅務大樓|GOVERNMENT|8|18
Queensway Government Offices|金鐘道政府合署|GOVERNMENT|8|18
Trade and Industry Tower|工業貿易大樓|GOVERNMENT|8|18
Sha Tin Government Offices|沙田政府合署|GOVERNMENT|8|18
General Post Office|郵政總局|GOVERNMENT|8|18
Queen Mary Hospital|瑪麗醫院|HOSPITAL|7|20
Prince of Wales Hospital|威爾斯親王醫院|HOSPITAL|7|20
Kwong Wah Hospital|廣華醫院|HOSPITAL|7|20
Langham Place|朗豪坊|SHOPPINGMALL|10|23
New Town Plaza|新城市廣場|SHOPPINGMALL|10|22
"""
_ALPHABET = string.ascii_letters + string.digits
_KNOWN_IDS = {"Leung Tin Sports Centre": "gxr8l5A6"}


def _venue_id(name: str) -> str:
    """Return the same made-up id for a place in every sample, a real one where it is public."""
    digest = hashlib.sha256(name.encode()).digest()
    return _KNOWN_IDS.get(name) or "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:8])


def _read_places() -> list[tuple[Venue, int, int]]:
    lines = (line.split("|") for line in _PLACES.split("\n") if line)
    return [
        (Venue(_venue_id(en), en, zh, kind), int(opens), int(closes))
        for en, zh, kind, opens, closes in lines
    ]


PLACES = _read_places()
"""Public places of Hong Kong with the hours between which they are open (Hong Kong time)."""


def sample_installation(seed: int) -> str:
    """Return what the app calls itself on the phone of the samples of a seed."""
    return hashlib.sha256(f"installation {seed}".encode()).hexdigest()[:32]


def sample_export(
    days: int,
    visits: int,
    seed: int,
    now: datetime,
    *,
    name: str = "visits.json",
    installation: str = "",
) -> bytes:
    """Return an export with that many visits over the last `days` days, today being one.

    The same arguments give the same bytes. With an `installation`, the app's own name on the phone
    stands in it. The form follows the end of the file's name: .json,
    .csv, or .zip with the JSON form in it. Raise ValueError for more visits than the
    days have room for.
    """
    # The same seed must give the same sample: nothing here is to be secret.
    chance = random.Random(seed)  # noqa: S311
    today = hong_kong_day(now)
    exported = now.astimezone(HONG_KONG).replace(microsecond=0)
    stays = sorted(_stays(chance, days, visits, today, exported), key=lambda stay: stay["in"])
    head = {
        "format": FORMAT,
        "version": VERSION,
        "app": {
            "version": APP_VERSION,
            "installed": str(today - timedelta(days=max(days, INSTALLED_DAYS))),
            **({"installation": installation} if installation else {}),
        },
        "exported": exported.isoformat(),
    }
    if name.lower().endswith(".csv"):
        return _as_csv(head, stays)
    content = _as_json(head, stays)
    return _zipped(content, now) if name.lower().endswith(".zip") else content


def _stays(
    chance: random.Random, days: int, visits: int, today: date, exported: datetime
) -> list[dict[str, Any]]:
    """Return the visits and rides as the JSON form writes them, with no two at the same time."""
    spans = [
        (
            datetime.combine(day, OUTDOORS[0], HONG_KONG),
            min(datetime.combine(day, OUTDOORS[1], HONG_KONG), exported),
        )
        for day in (today - timedelta(days=back) for back in range(days))
    ]
    slots = [
        index
        for index, (begins, ends) in enumerate(spans)
        for _ in range(int((ends - begins) / timedelta(minutes=SHORTEST_SLOT)))
    ]
    if visits > len(slots):
        raise ValueError(f"{days} days have room for {len(slots)} visits, not for {visits}")
    counts = Counter(chance.sample(slots, visits))
    stays = []
    for index, count in counts.items():
        begins, ends = spans[index]
        slot = (ends - begins) / count
        for number in range(count):
            entered = begins + slot * (number + chance.uniform(0.05, 0.35))
            left = entered + min(slot * chance.uniform(0.3, 0.6), LONGEST_STAY)
            stays.append(_stay(chance, entered.replace(microsecond=0), left.replace(microsecond=0)))
    return stays


def _stay(chance: random.Random, entered: datetime, left: datetime) -> dict[str, Any]:
    if chance.random() < TAXI_SHARE:
        letters = "".join(chance.choices(PLATE_LETTERS, k=2))
        plate = f"{letters}{chance.randrange(100, 10_000)}"
        return {"plate": plate, **_times(entered, min(left, entered + LONGEST_RIDE))}
    day = datetime.combine(entered.date(), time(), HONG_KONG)
    venue = chance.choice(
        [
            venue
            for venue, opens, closes in PLACES
            if day + timedelta(hours=opens) <= entered and left <= day + timedelta(hours=closes)
        ]
    )
    if chance.random() < QR_SHARE:
        return {"qr": make_qr(venue), **_times(entered, left)}
    names = {"type": venue.type, "name_en": venue.name_en, "name_zh": venue.name_zh}
    return {"venue": venue.id, **names, **_times(entered, left)}


def _times(entered: datetime, left: datetime) -> dict[str, str]:
    return {"in": entered.isoformat(timespec="seconds"), "out": left.isoformat(timespec="seconds")}


def _as_json(head: dict[str, Any], stays: list[dict[str, Any]]) -> bytes:
    document = {
        **head,
        "visits": [stay for stay in stays if "plate" not in stay],
        "taxis": [stay for stay in stays if "plate" in stay],
        "notifications": [],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _as_csv(head: dict[str, Any], stays: list[dict[str, Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([head["format"], head["version"]])
    writer.writerow(["app", *head["app"].values()])
    writer.writerow(["exported", head["exported"]])
    writer.writerow(COLUMNS)
    kinds = {"venue": "venue", "qr": "qr", "plate": "taxi"}
    for stay in stays:
        kind, place = next((kinds[key], stay[key]) for key in kinds if key in stay)
        writer.writerow([kind, place, *(stay.get(column, "") for column in COLUMNS[2:])])
    return text.getvalue().encode()


def _zipped(content: bytes, now: datetime) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        member = zipfile.ZipInfo("visits.json", now.astimezone(HONG_KONG).timetuple()[:6])
        archive.writestr(member, content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()
