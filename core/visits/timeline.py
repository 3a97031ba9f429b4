"""From rows as written to visits that can all be true at once."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right, insort
from datetime import UTC, date, datetime, timedelta

from core.answer import Invalid
from core.days import HONG_KONG, clock_time, hong_kong_day, start_of_day
from core.visits.policy import VisitPolicy
from core.visits.record import Export, Visit, VisitKind
from core.visits.venue import VENUE_ID, parse_qr
from core.visits.written import MAX_SHOWN, Row, Written, visible

PLATE = re.compile(r"[A-Z0-9]{1,8}", re.ASCII)
"""A registration mark has up to eight letters and digits (Cap. 374E, Schedule 4)."""
_SHORTEST_TIME = len("2021-12-10T08:00")
INSTALLATION = range(8, 65)
"""Characters of the name of an installation: enough to be nobody else's, and no essay."""


def judge(written: Written, *, now: datetime, policy: VisitPolicy) -> Export:
    """Return the visits in order of entry, or raise Invalid at the first contradiction."""
    if len(written.rows) > policy.max_visits:
        raise Invalid("too_many", limit=policy.max_visits)
    latest = now + timedelta(minutes=policy.skew_minutes)
    exported = _time_of(written.exported, "exported")
    if exported > latest:
        raise Invalid("exported_future")
    if now - exported > timedelta(hours=policy.export_hours):
        when = clock_time(exported)
        raise Invalid("stale", limit_hours=policy.export_hours, exported=when)
    installed = _day_of(written.installed)
    if installed > hong_kong_day(exported):
        raise Invalid("installed_after")
    installation = _installation(written.installation)
    today = hong_kong_day(now)
    oldest = start_of_day(today - timedelta(days=policy.accept_days - 1))
    last = min(latest, exported + timedelta(minutes=policy.skew_minutes))
    stays = []
    for row in written.rows:
        stay = _Stay(row)
        stay.check(latest, last)
        stays.append(stay)
    stays.sort(key=lambda stay: stay.entered)
    # Before any is dropped: one that was left open lasts longer than it looks.
    _close(stays, exported, policy)
    kept = [stay for stay in stays if stay.left >= oldest]
    _check_rides(kept)
    return Export(
        visits=[stay.visit() for stay in kept],
        installed=installed,
        covered_from=installed + timedelta(days=policy.assess_days),
        exported_at=exported,
        dropped=len(written.rows) - len(kept),
        notifications=written.notifications,
        overlaps=_count_overlaps(kept),
        installation=installation,
    )


def read_time(text: str) -> datetime:
    """Return the instant in UTC; a time without a zone is Hong Kong time. Raise ValueError."""
    text = text.strip()
    if len(text) < _SHORTEST_TIME:
        raise ValueError("no time of day")
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=HONG_KONG)
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("outside of the calendar") from error


def read_plate(text: str) -> str:
    """Return a taxi's registration mark as it is compared, or raise Invalid `plate`."""
    # To normalise takes the square of the length, where somebody means it to.
    if len(text) > MAX_SHOWN:
        raise Invalid("plate")
    plate = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()
    if not PLATE.fullmatch(plate):
        raise Invalid("plate")
    return plate


class _Stay:
    """A row while it is being judged."""

    def __init__(self, row: Row) -> None:
        self.row = row.number
        self.kind = VisitKind.TAXI if row.kind == "taxi" else VisitKind.VENUE
        self.name_en, self.name_zh = visible(row.name_en), visible(row.name_zh)
        self.place = self._place(row)
        self.entered = self._time(row.entered, "in")
        self.open = not row.left.strip()
        self.left = self.entered if self.open else self._time(row.left, "out")

    def check(self, latest: datetime, last: datetime) -> None:
        """Refuse a visit that ends before it begins, or that nobody can have made yet."""
        if self.left < self.entered:
            raise self.wrong("backwards")
        if self.left > latest:
            raise self.wrong("future")
        if self.left > last:
            raise self.wrong("after_export")

    def wrong(self, code: str, **params: str | int) -> Invalid:
        """Return what is wrong, with the row's number and the place as its visitor knows it."""
        return Invalid(code, row=self.row, place=self.label, **params)

    @property
    def label(self) -> str:
        # In both languages, as at the door: which one he reads is not known here.
        return f"{self.name_en} {self.name_zh}".strip() or self.place

    def visit(self) -> Visit:
        return Visit(self.kind, self.place, self.entered, self.left, self.name_en, self.name_zh)

    def _place(self, row: Row) -> str:
        try:
            if row.kind == "taxi":
                return read_plate(row.place)
            if row.kind == "qr":
                venue = parse_qr(row.place.strip())
                self.name_en, self.name_zh = visible(venue.name_en), visible(venue.name_zh)
                return venue.id
        except Invalid as error:
            raise Invalid(error.code, row=row.number) from error
        if VENUE_ID.fullmatch(row.place):
            return row.place
        place = row.place.strip()
        if not VENUE_ID.fullmatch(place):
            raise Invalid("venue", row=row.number)
        return place

    def _time(self, text: str, field: str) -> datetime:
        try:
            return read_time(text)
        except ValueError as error:
            raise self.wrong("time", field=field, found=visible(text)) from error


def _close(stays: list[_Stay], exported: datetime, policy: VisitPolicy) -> None:
    """End each visit that was left open: at the next ride, at the export, or after `open_hours`.

    Another venue ends none, as a restaurant is in a mall; of a ride, whatever follows is the end.
    """
    longest = timedelta(hours=policy.open_hours)
    following = next_ride = exported
    for stay in reversed(stays):
        is_ride = stay.kind is VisitKind.TAXI
        if stay.open:
            end = following if is_ride else next_ride
            stay.left = max(stay.entered, min(stay.entered + longest, end, exported))
        following = stay.entered
        if is_ride:
            next_ride = stay.entered


def _check_rides(stays: list[_Stay]) -> None:
    """Refuse two taxis at one time: a ride is ended on getting out.

    Of the rides before, only the one that lasts longest needs to be looked at: any other that
    reaches so far overlaps with it, and so is in the same taxi.
    """
    longest: _Stay | None = None
    for ride in stays:
        if ride.kind is not VisitKind.TAXI:
            continue
        if longest and ride.place != longest.place and ride.entered < longest.left:
            raise ride.wrong("overlap", other_row=longest.row, other_place=longest.label)
        if longest is None or ride.left > longest.left:
            longest = ride


def _count_overlaps(stays: list[_Stay]) -> int:
    """Count the stays that began before one elsewhere had ended.

    The app ends a visit hours later where nobody presses Leave, so that such times are honest,
    and rather too long than too short. A place scanned again within its time is one place. A
    venue within the time of another is in it, as a restaurant is in a mall, and not counted.
    """
    count = 0
    riding_until = datetime.min.replace(tzinfo=UTC)
    # Of each venue the latest end, in order, to find one that lies within a stay.
    latest: dict[str, datetime] = {}
    ends: list[datetime] = []
    for stay in sorted(stays, key=lambda stay: (stay.entered, stay.entered - stay.left)):
        if stay.kind is VisitKind.TAXI:
            count += bool(ends) and stay.entered < ends[-1]
            riding_until = max(riding_until, stay.left)
            continue
        known = latest.get(stay.place)
        if known is not None and stay.left <= known:
            continue
        if known is not None:
            del ends[bisect_left(ends, known)]
        ended = bisect_right(ends, stay.entered)
        count += stay.entered < riding_until or ended < bisect_left(ends, stay.left)
        latest[stay.place] = stay.left
        insort(ends, stay.left)
    return count


def _time_of(text: str, field: str) -> datetime:
    try:
        return read_time(text)
    except ValueError as error:
        raise Invalid("field", field=field) from error


def _installation(text: str) -> str:
    name = text.strip()
    if name and (len(name) not in INSTALLATION or not name.isprintable()):
        raise Invalid("field", field="app.installation")
    return name


def _day_of(text: str) -> date:
    if len(text.strip()) >= _SHORTEST_TIME:
        return hong_kong_day(_time_of(text, "installed"))
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise Invalid("field", field="installed") from error
