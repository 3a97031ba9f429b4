"""The colour table, its precedence, and its edges at Hong Kong midnight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.address import HighRiskPlace
from core.assessment import (
    DEFAULT_WINDOWS,
    Assessment,
    Case,
    CaseKind,
    Colour,
    Reason,
    ReasonCode,
    Windows,
    assess,
)
from core.days import end_of_day, hong_kong_day, start_of_day
from core.declaration import Arrival, Condition, Declaration, Origin, Scheme
from core.exposure import Exposure, Match
from core.visits import Visit, VisitKind

TODAY = date(2021, 12, 10)
NOTHING = Declaration()
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def declared(
    *conditions: Condition, discharged_on: date | None = None, arrival: Arrival | None = None
) -> Declaration:
    return Declaration(frozenset(conditions), discharged_on, arrival)


def arrived(
    day: date, origin: Origin = Origin.ELSEWHERE, scheme: Scheme = Scheme.OTHER
) -> Declaration:
    return declared(Condition.ARRIVED, arrival=Arrival(day, origin, scheme))


def match(
    entered: datetime,
    left: datetime,
    place: str = "gxr8l5A6",
    kind: VisitKind = VisitKind.VENUE,
    names: tuple[str, str] = ("Leung Tin Sports Centre", "良田體育館"),
) -> Match:
    exposure = Exposure(kind, place, entered - MINUTE, left + MINUTE)
    return Match(Visit(kind, place, entered, left, *names), exposure)


def visit_on(day: date, place: str = "gxr8l5A6") -> Match:
    noon = start_of_day(day) + timedelta(hours=12)
    return match(noon, noon + timedelta(hours=1), place)


def home(ends: date, name: str = "Amoy Gardens", starts: date | None = None) -> HighRiskPlace:
    return HighRiskPlace("KT", name, "淘大花園", start_of_day(starts or ends), end_of_day(ends))


def judged(
    declaration: Declaration = NOTHING,
    matches: Sequence[Match] = (),
    lives_at: Sequence[HighRiskPlace] = (),
    cases: Sequence[Case] = (),
    today: date = TODAY,
    windows: Windows = DEFAULT_WINDOWS,
) -> Assessment:
    return assess(declaration, matches, lives_at, cases, today=today, windows=windows)


def codes(assessment: Assessment) -> list[str]:
    return [str(reason.code) for reason in assessment.reasons]


def test_who_has_nothing_against_him_is_green_and_told_so() -> None:
    assert judged() == Assessment(Colour.GREEN, [Reason(ReasonCode.CLEAR, Colour.GREEN)])


@pytest.mark.parametrize(
    "condition",
    [
        Condition.SYMPTOMS,
        Condition.POSITIVE,
        Condition.CONTACT,
        Condition.HOUSEHOLD_CONTACT,
        Condition.QUARANTINE,
    ],
)
def test_each_declared_condition_is_red(condition: Condition) -> None:
    assessment = judged(declared(condition))
    assert assessment.colour == Colour.RED
    assert assessment.reasons == [Reason(ReasonCode(str(condition)), Colour.RED)]


@pytest.mark.parametrize("kind", [k for k in CaseKind if k != CaseKind.DISCHARGED])
def test_each_listed_kind_is_red_from_its_day_to_its_last(kind: CaseKind) -> None:
    case = Case(kind, days_ago(3), TODAY)
    assert codes(judged(cases=[case])) == [f"listed_{kind}"]
    assert judged(cases=[case]).reasons[0].until == TODAY + timedelta(days=1)
    assert judged(cases=[case], today=days_ago(3)).colour == Colour.RED
    assert judged(cases=[case], today=days_ago(4)).colour == Colour.GREEN
    assert judged(cases=[case], today=TODAY + timedelta(days=1)).colour == Colour.GREEN
    open_end = Case(kind, days_ago(300))
    assert judged(cases=[open_end]).colour == Colour.RED
    assert judged(cases=[open_end]).reasons[0].until is None


def test_of_several_entries_of_a_kind_the_one_that_ends_last_is_told() -> None:
    def entry(until: date | None) -> Case:
        return Case(CaseKind.QUARANTINE, days_ago(3), until)

    soon, late = entry(TODAY), entry(TODAY + timedelta(days=5))
    for cases in ([soon, late], [late, soon]):
        (reason,) = judged(cases=cases).reasons
        assert reason.until == TODAY + timedelta(days=6)
    for cases in ([late, entry(None)], [entry(None), late]):
        (reason,) = judged(cases=cases).reasons
        assert reason.until is None


@pytest.mark.parametrize("kind", [CaseKind.CONFIRMED, CaseKind.SUSPECTED])
def test_whoever_was_discharged_has_recovered(kind: CaseKind) -> None:
    ill = Case(kind, days_ago(40))
    lately, long_ago = (Case(CaseKind.DISCHARGED, days_ago(days)) for days in (13, 14))
    assert codes(judged(cases=[ill, lately])) == ["listed_discharged"]
    assert codes(judged(cases=[ill, long_ago])) == ["clear"]
    tomorrow = Case(CaseKind.DISCHARGED, TODAY + timedelta(days=1))
    assert codes(judged(cases=[ill, tomorrow])) == [f"listed_{kind}"]
    again = Case(kind, days_ago(12))
    assert codes(judged(cases=[ill, lately, again])) == [f"listed_{kind}", "listed_discharged"]


def test_a_discharge_ends_neither_contact_nor_quarantine() -> None:
    cases = [
        Case(CaseKind.QUARANTINE, days_ago(40)),
        Case(CaseKind.CLOSE_CONTACT, days_ago(40)),
        Case(CaseKind.DISCHARGED, days_ago(30)),
    ]
    assert codes(judged(cases=cases)) == ["listed_close_contact", "listed_quarantine"]


def test_the_last_discharge_counts() -> None:
    cases = [Case(CaseKind.DISCHARGED, days_ago(days)) for days in (2, 30)]
    (reason,) = judged(cases=cases).reasons
    assert reason.until == TODAY + timedelta(days=12)


# For each code: its window, its colour, and what happened on a day as it is judged on another.
EVIDENCE: dict[str, tuple[int, Colour, Callable[[date, date], Assessment]]] = {
    "discharged": (
        14,
        Colour.RED,
        lambda day, today: judged(declared(Condition.DISCHARGED, discharged_on=day), today=today),
    ),
    "listed_discharged": (
        14,
        Colour.RED,
        lambda day, today: judged(cases=[Case(CaseKind.DISCHARGED, day)], today=today),
    ),
    "arrived": (21, Colour.AMBER, lambda day, today: judged(arrived(day), today=today)),
    "visited": (
        21,
        Colour.AMBER,
        lambda day, today: judged(matches=[visit_on(day)], today=today),
    ),
    "lives_at": (21, Colour.AMBER, lambda day, today: judged(lives_at=[home(day)], today=today)),
}
AROUND_MIDNIGHT = [timedelta(seconds=s) for s in (-120, -1, 0, 1, 120)]


@pytest.mark.parametrize(
    "offset", AROUND_MIDNIGHT, ids=lambda offset: f"{offset.total_seconds():+}s"
)
@pytest.mark.parametrize("edge", ["begins", "ends"])
@pytest.mark.parametrize("code", EVIDENCE)
@pytest.mark.parametrize("day", [days_ago(3), date(2024, 2, 29), date(2021, 12, 31)])
def test_a_window_opens_and_closes_at_hong_kong_midnight(
    code: str, edge: str, offset: timedelta, day: date
) -> None:
    window, colour, judge = EVIDENCE[code]
    last = timedelta(days=0 if edge == "begins" else window)
    now = start_of_day(day + last) + offset
    before = offset < timedelta()
    holds = before if edge == "ends" else not before
    assessment = judge(day, hong_kong_day(now))
    assert assessment.colour == (colour if holds else Colour.GREEN)
    assert codes(assessment) == ([code] if holds else ["clear"])
    if holds:
        assert assessment.reasons[0].until == day + timedelta(days=window)


@pytest.mark.parametrize(
    ("after_midnight", "last_day"),
    [
        (-SECOND, days_ago(20)),
        (timedelta(), days_ago(20)),
        (SECOND, days_ago(20)),
        (MINUTE, days_ago(20)),
        (MINUTE + SECOND, days_ago(19)),
        (timedelta(hours=2), days_ago(19)),
    ],
)
def test_a_night_out_counts_for_the_day_in_which_more_than_a_minute_of_it_lies(
    after_midnight: timedelta, last_day: date
) -> None:
    midnight = start_of_day(days_ago(19))
    (reason,) = judged(
        matches=[match(midnight - timedelta(hours=3), midnight + after_midnight)]
    ).reasons
    assert reason.params["day"] == last_day.isoformat()
    assert reason.until == last_day + timedelta(days=21)


def test_an_exposure_that_ended_earlier_than_the_visit_decides_the_day() -> None:
    evening = start_of_day(TODAY) - timedelta(hours=3)
    visit = Visit(VisitKind.VENUE, "gxr8l5A6", evening, start_of_day(TODAY) + timedelta(hours=3))
    exposure = Exposure(VisitKind.VENUE, "gxr8l5A6", evening, evening + timedelta(hours=1))
    (reason,) = judged(matches=[Match(visit, exposure)]).reasons
    assert reason.params["day"] == days_ago(1).isoformat()


def test_a_place_is_told_once_with_its_last_day_the_latest_place_first() -> None:
    matches = [
        visit_on(days_ago(9)),
        visit_on(days_ago(3)),
        visit_on(days_ago(5)),
        visit_on(days_ago(2), "AbCdEf12"),
        visit_on(days_ago(2), "AaAaAa11"),
        visit_on(days_ago(21), "ZzZzZz99"),
    ]
    told = [(r.params["place"], r.params["day"]) for r in judged(matches=matches).reasons]
    assert told == [
        ("AbCdEf12", days_ago(2).isoformat()),
        ("AaAaAa11", days_ago(2).isoformat()),
        ("gxr8l5A6", days_ago(3).isoformat()),
    ]


def test_a_ride_is_told_by_the_taxis_mark() -> None:
    noon = start_of_day(days_ago(1)) + timedelta(hours=12)
    ride = match(noon, noon + 9 * MINUTE, "KB4484", VisitKind.TAXI, ("", ""))
    (reason,) = judged(matches=[ride]).reasons
    assert reason.code == ReasonCode.RODE
    assert reason.values("zh_Hant_HK")["place"] == "KB4484"


def test_a_home_is_told_once_while_its_last_spell_counts() -> None:
    spells = [home(days_ago(4)), home(days_ago(2)), home(days_ago(9)), home(days_ago(21))]
    (reason,) = judged(lives_at=spells).reasons
    assert reason.until == days_ago(2) + timedelta(days=21)
    assert reason.values("zh_Hans") == {
        "place_en": "Amoy Gardens",
        "place_zh": "淘大花園",
        "place": "淘大花園",
        "until": reason.until,
    }
    lasting = home(TODAY + timedelta(days=30), starts=TODAY)
    assert judged(lives_at=[lasting]).colour == Colour.AMBER
    assert judged(lives_at=[lasting], today=days_ago(1)).colour == Colour.GREEN


@pytest.mark.parametrize(("origin", "scheme"), list(product(Origin, Scheme)))
def test_return2hk_and_come2hk_from_near_are_no_reason_for_yellow(
    origin: Origin, scheme: Scheme
) -> None:
    assessment = judged(arrived(days_ago(1), origin, scheme))
    if scheme != Scheme.OTHER and origin != Origin.ELSEWHERE:
        assert assessment.colour == Colour.GREEN
        assert codes(assessment) == ["clear", "arrived_exempt"]
        assert assessment.reasons[1].values("en") == {"day": days_ago(1), "scheme": scheme}
    else:
        assert assessment.colour == Colour.AMBER
        assert codes(assessment) == ["arrived"]


def test_an_exempt_arrival_spares_nothing_else_and_is_no_longer_told_after_its_window() -> None:
    exempt = arrived(days_ago(1), Origin.MACAO, Scheme.COME2HK)
    assert codes(judged(exempt, [visit_on(TODAY)])) == ["visited", "arrived_exempt"]
    old = arrived(days_ago(21), Origin.MACAO, Scheme.COME2HK)
    assert codes(judged(old)) == ["clear"]


def test_red_comes_before_amber_before_green_and_every_reason_is_told() -> None:
    assessment = judged(
        declared(
            *(set(Condition) - {Condition.DISCHARGED}),
            arrival=Arrival(days_ago(1), Origin.MACAO, Scheme.RETURN2HK),
            discharged_on=days_ago(1),
        ),
        [visit_on(TODAY)],
        [home(TODAY)],
        [Case(kind, days_ago(1)) for kind in CaseKind],
    )
    assert assessment.colour == Colour.RED
    told = [reason.colour for reason in assessment.reasons]
    assert told == sorted(told, key=[Colour.RED, Colour.AMBER, Colour.GREEN].index)
    assert codes(assessment) == [
        "listed_close_contact",
        "listed_household_contact",
        "listed_quarantine",
        "listed_discharged",
        "positive",
        "contact",
        "household_contact",
        "quarantine",
        "discharged",
        "symptoms",
        "visited",
        "lives_at",
        "arrived_exempt",
    ]


@given(
    st.frozensets(st.sampled_from([c for c in Condition if c not in ("discharged", "arrived")])),
    st.none() | st.integers(0, 40),
    st.none() | st.integers(0, 40),
    st.lists(st.integers(0, 40), max_size=3),
    st.lists(st.integers(0, 40), max_size=3),
    st.lists(st.tuples(st.sampled_from(CaseKind), st.integers(-2, 40)), max_size=3),
)
def test_the_colour_is_that_of_the_weightiest_reason(
    conditions: frozenset[Condition],
    discharged: int | None,
    arrival: int | None,
    visits: list[int],
    homes: list[int],
    cases: list[tuple[CaseKind, int]],
) -> None:
    assessment = judged(
        Declaration(
            conditions,
            None if discharged is None else days_ago(discharged),
            None if arrival is None else Arrival(days_ago(arrival)),
        ),
        [visit_on(days_ago(days)) for days in visits],
        [home(days_ago(days)) for days in homes],
        [Case(kind, days_ago(days)) for kind, days in cases],
    )
    assert assessment.reasons
    assert assessment.colour == assessment.reasons[0].colour
    amber = arrival is not None and arrival < 21
    amber |= any(days < 21 for days in visits + homes)
    red = bool(conditions) or (discharged is not None and discharged < 14)
    red |= any(kind == CaseKind.DISCHARGED and 0 <= days < 14 for kind, days in cases)
    contact = (CaseKind.CLOSE_CONTACT, CaseKind.HOUSEHOLD_CONTACT, CaseKind.QUARANTINE)
    red |= any(kind in contact and days >= 0 for kind, days in cases)
    if red:
        assert assessment.colour == Colour.RED
    elif all(kind in contact or kind == CaseKind.DISCHARGED for kind, _ in cases):
        assert assessment.colour == (Colour.AMBER if amber else Colour.GREEN)
    for reason in assessment.reasons:
        assert reason.until is None or reason.until > TODAY
    assert Assessment.from_bytes(assessment.to_bytes()) == assessment


def test_other_windows_can_be_decided() -> None:
    windows = Windows(discharge_days=7, arrival_days=7, exposure_days=7)
    for day, colour in ((days_ago(6), Colour.AMBER), (days_ago(7), Colour.GREEN)):
        assert judged(arrived(day), windows=windows).colour == colour
        assert judged(matches=[visit_on(day)], windows=windows).colour == colour
        assert judged(lives_at=[home(day)], windows=windows).colour == colour
    week = declared(Condition.DISCHARGED, discharged_on=days_ago(7))
    assert judged(week, windows=windows).colour == Colour.GREEN


@pytest.mark.parametrize(
    ("names", "language", "place"),
    [
        (("Leung Tin Sports Centre", "良田體育館"), "en", "Leung Tin Sports Centre"),
        (("Leung Tin Sports Centre", "良田體育館"), "zh_Hant_HK", "良田體育館"),
        (("Leung Tin Sports Centre", " "), "zh_Hans", "Leung Tin Sports Centre"),
        (("", "良田體育館"), "en", "良田體育館"),
        (("", ""), "en", "gxr8l5A6"),
    ],
)
def test_a_reason_names_the_place_in_the_language_if_it_can(
    names: tuple[str, str], language: str, place: str
) -> None:
    noon = start_of_day(TODAY) + timedelta(hours=12)
    (reason,) = judged(matches=[match(noon, noon + 5 * MINUTE, names=names)]).reasons
    values = reason.values(language)
    assert (values["place"], values["day"]) == (place, TODAY)
    assert values["until"] == TODAY + timedelta(days=21)


def test_the_day_is_hong_kongs_whatever_the_hour_in_utc() -> None:
    late = datetime(2021, 12, 9, 17, tzinfo=UTC)
    (reason,) = judged(matches=[match(late, late + 5 * MINUTE)]).reasons
    assert reason.params["day"] == "2021-12-10"
