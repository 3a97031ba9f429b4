"""Which colour a person gets, and why.

The colours are those of the Hong Kong Health Code, which follow Guangdong's. Red comes before
amber and amber before green. Windows are Hong Kong calendar days, as `core.days.counts` has them:
of 21 days, the day itself is the first and the colour changes at the midnight after the 21st.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Self

import msgspec

from core.address import HighRiskPlace
from core.colour import Colour
from core.dates import ARRIVAL_WINDOW, DISCHARGE_WINDOW
from core.days import counts, first_day_after, hong_kong_day
from core.declaration import Condition, Declaration
from core.exposure import SHORTEST, Match
from core.visits import VisitKind

Days = Annotated[int, msgspec.Meta(ge=1, le=366)]


class CaseKind(StrEnum):
    """What the health authority's list says of a person."""

    CONFIRMED = "confirmed"
    SUSPECTED = "suspected"
    CLOSE_CONTACT = "close_contact"
    HOUSEHOLD_CONTACT = "household_contact"
    QUARANTINE = "quarantine"
    DISCHARGED = "discharged"


class Case(msgspec.Struct, frozen=True):
    """An entry of that list about one person, of Hong Kong days.

    `until` is the last day on which it holds, None where that is open. Of a discharge only
    `since`, the day of it, counts.
    """

    kind: CaseKind
    since: date
    until: date | None = None


class Windows(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many Hong Kong days something counts, its own day being the first.

    Nobody is asked for discharges and arrivals that are longer ago than these two can reach.
    """

    symptom_days: Days = 14
    discharge_days: Annotated[int, msgspec.Meta(ge=1, le=DISCHARGE_WINDOW)] = DISCHARGE_WINDOW
    arrival_days: Annotated[int, msgspec.Meta(ge=1, le=ARRIVAL_WINDOW)] = ARRIVAL_WINDOW
    exposure_days: Days = 21


DEFAULT_WINDOWS = Windows()


class ReasonCode(StrEnum):
    """Why a colour is given, in the order in which reasons are told: red, amber, green."""

    LISTED_CONFIRMED = "listed_confirmed"
    LISTED_SUSPECTED = "listed_suspected"
    LISTED_CLOSE_CONTACT = "listed_close_contact"
    LISTED_HOUSEHOLD_CONTACT = "listed_household_contact"
    LISTED_QUARANTINE = "listed_quarantine"
    LISTED_DISCHARGED = "listed_discharged"
    POSITIVE = "positive"
    CONTACT = "contact"
    HOUSEHOLD_CONTACT = "household_contact"
    QUARANTINE = "quarantine"
    DISCHARGED = "discharged"
    SYMPTOMS = "symptoms"
    VISITED = "visited"
    RODE = "rode"
    LIVES_AT = "lives_at"
    ARRIVED = "arrived"
    CLEAR = "clear"
    ARRIVED_EXEMPT = "arrived_exempt"


class Reason(msgspec.Struct, frozen=True):
    """One reason for a colour.

    `until` is the first Hong Kong day on which it no longer holds, None where nobody knows.
    `params` are plain: days as ISO dates in `day`, names in `place_en` and `place_zh`.
    """

    code: ReasonCode
    colour: Colour
    params: dict[str, str] = {}
    until: date | None = None

    def values(self, language: str) -> dict[str, str | date]:
        """Return what fills the text of the reason: `day`, `place`, `scheme`, `until`, if known."""
        values: dict[str, str | date] = {**self.params}
        if "day" in self.params:
            values["day"] = date.fromisoformat(self.params["day"])
        names = [self.params.get(f"place_{name}", "").strip() for name in ("en", "zh")]
        first, second = names if language == "en" else reversed(names)
        if place := first or second:
            values["place"] = place
        if self.until is not None:
            values["until"] = self.until
        return values


class Assessment(msgspec.Struct, frozen=True):
    """A colour with its reasons, the weightiest first. There is always at least one."""

    colour: Colour
    reasons: list[Reason]

    def to_bytes(self) -> bytes:
        """Return the assessment as MessagePack, to be sealed."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Return what `to_bytes` wrote, or raise msgspec.DecodeError."""
        return msgspec.msgpack.decode(data, type=cls)


def assess(
    declaration: Declaration,
    matches: Sequence[Match],
    lives_at: Sequence[HighRiskPlace],
    cases: Sequence[Case],
    *,
    today: date,
    windows: Windows = DEFAULT_WINDOWS,
) -> Assessment:
    """Return the colour of a person on a Hong Kong day, with every reason for it.

    `matches` are the visits that met an exposure, `lives_at` the high-risk places of the address,
    `cases` the authority's entries about the person. What no longer counts, or not yet, is passed
    over here, so that all that is known may be handed in.
    """
    reasons = [
        *_listed(cases, today, windows),
        *_declared(declaration, today, windows),
        *_visited(matches, today, windows),
        *_homes(lives_at, today, windows),
        *_arrived(declaration, today, windows),
    ]
    colour = max((reason.colour for reason in reasons), key=_WEIGHT.index, default=Colour.GREEN)
    if colour == Colour.GREEN:
        reasons.append(Reason(ReasonCode.CLEAR, Colour.GREEN))
    order = list(ReasonCode)
    reasons.sort(key=lambda reason: order.index(reason.code))
    return Assessment(colour, reasons)


_WEIGHT = [Colour.GREEN, Colour.AMBER, Colour.RED]


def worse(colour: Colour, *, than: Colour) -> bool:
    """Tell whether a colour is worse than another: red than amber, and amber than green."""
    return _WEIGHT.index(colour) > _WEIGHT.index(than)


def _listed(cases: Sequence[Case], today: date, windows: Windows) -> Iterator[Reason]:
    """Give a reason for each kind of entry that holds today: of several, the one to end last."""
    discharges = (case.since for case in cases if case.kind == CaseKind.DISCHARGED)
    discharged = max((day for day in discharges if day <= today), default=None)
    holding: dict[CaseKind, Case] = {}
    for case in cases:
        over = case.until is not None and case.until < today
        # Whoever was discharged has recovered from what he had until then.
        ill = case.kind in (CaseKind.CONFIRMED, CaseKind.SUSPECTED)
        recovered = ill and discharged is not None and case.since <= discharged
        if case.kind == CaseKind.DISCHARGED or case.since > today or over or recovered:
            continue
        known = holding.get(case.kind)
        if known is None or (case.until or date.max) > (known.until or date.max):
            holding[case.kind] = case
    for kind, case in holding.items():
        until = None if case.until is None else first_day_after(case.until, 1)
        yield _dated(ReasonCode(f"listed_{kind}"), Colour.RED, case.since, until)
    if discharged is not None and counts(discharged, today, windows.discharge_days):
        until = first_day_after(discharged, windows.discharge_days)
        yield _dated(ReasonCode.LISTED_DISCHARGED, Colour.RED, discharged, until)


def _declared(declaration: Declaration, today: date, windows: Windows) -> Iterator[Reason]:
    for condition in declaration.conditions - {Condition.DISCHARGED, Condition.ARRIVED}:
        yield Reason(ReasonCode(str(condition)), Colour.RED)
    day = declaration.discharged_on
    if day is not None and counts(day, today, windows.discharge_days):
        until = first_day_after(day, windows.discharge_days)
        yield _dated(ReasonCode.DISCHARGED, Colour.RED, day, until)


def _visited(matches: Iterable[Match], today: date, windows: Windows) -> Iterator[Reason]:
    """Give a reason for each place, for the last day on which the person was exposed there."""
    last: dict[tuple[str, str], tuple[date, Match]] = {}
    for match in matches:
        # As much as does not count by itself lies in a day at its end, that day is not exposed.
        end = min(match.visit.left, match.exposure.ends) - SHORTEST - timedelta.resolution
        day = hong_kong_day(end)
        place = (match.visit.kind, match.visit.place)
        if counts(day, today, windows.exposure_days) and (
            place not in last or day > last[place][0]
        ):
            last[place] = (day, match)
    for day, match in sorted(last.values(), key=lambda found: found[0], reverse=True):
        visit = match.visit
        yield Reason(
            ReasonCode.RODE if visit.kind == VisitKind.TAXI else ReasonCode.VISITED,
            Colour.AMBER,
            {
                "place": visit.place,
                "place_en": visit.name_en,
                "place_zh": visit.name_zh,
                "day": day.isoformat(),
            },
            first_day_after(day, windows.exposure_days),
        )


def _homes(places: Iterable[HighRiskPlace], today: date, windows: Windows) -> Iterator[Reason]:
    """Give a reason for each name, though it may be listed for several spells."""
    until: dict[tuple[str, str], date] = {}
    for place in places:
        over = first_day_after(place.last_day, windows.exposure_days)
        if place.first_day <= today < over:
            name = (place.name_en, place.name_zh)
            until[name] = max(over, until.get(name, over))
    for (name_en, name_zh), over in until.items():
        names = {"place_en": name_en, "place_zh": name_zh}
        yield Reason(ReasonCode.LIVES_AT, Colour.AMBER, names, over)


def _arrived(declaration: Declaration, today: date, windows: Windows) -> Iterator[Reason]:
    arrival = declaration.arrival
    if arrival is None or not counts(arrival.day, today, windows.arrival_days):
        return
    if arrival.exempt:
        params = {"day": arrival.day.isoformat(), "scheme": str(arrival.scheme)}
        yield Reason(ReasonCode.ARRIVED_EXEMPT, Colour.GREEN, params)
    else:
        until = first_day_after(arrival.day, windows.arrival_days)
        yield _dated(ReasonCode.ARRIVED, Colour.AMBER, arrival.day, until)


def _dated(code: ReasonCode, colour: Colour, day: date, until: date | None) -> Reason:
    return Reason(code, colour, {"day": day.isoformat()}, until)
