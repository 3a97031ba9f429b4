"""What makes a code red or yellow, and when it no longer does."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from core.address import HighRiskPlace
from core.assessment import Case, CaseKind
from core.days import HONG_KONG, start_of_day
from core.exposure import Exposure
from core.identity import DocumentType, normalise
from core.store import lists, loading
from core.visits import VisitKind
from handlers.health_code import HealthCode
from tests.corpus import as_json, export, visit
from tests.reading import expect, expect_question
from tests.stories.everywhere import EVERYWHERE
from tests.stories.script import (
    Resident,
    asks_why,
    declares,
    expect_code,
    export_for,
    gets_code,
    registers,
)
from tests.world import Heard, Person, World

TODAY = date(2021, 12, 10)
VENUE = "gxr8l5A6"


def hour(day: date, text: str) -> datetime:
    """Return an instant in Hong Kong, such as 23:30 on that day."""
    return datetime.combine(day, time.fromisoformat(text), HONG_KONG)


def visited(entered: datetime, left: datetime) -> bytes:
    """Return visit records with one visit."""
    times = {"in": entered.isoformat(), "out": left.isoformat()}
    exported = {"exported": hour(TODAY, "08:00").isoformat()}
    app = {"version": "3.1.0", "installed": "2021-10-01"}
    return as_json(export(visits=[visit(**times)], app=app, **exported))


async def exposed(world: World, starts: datetime, ends: datetime, place: str = VENUE) -> None:
    """List an exposure."""
    kind = VisitKind.VENUE if len(place) == 8 else VisitKind.TAXI
    listed = [Exposure(kind, place, starts, ends, "CHP")]
    await loading.replace(world.app.store, lists.exposures(listed), world.clock())


async def again(world: World, person: Person, language: str, data: bytes, **later: float) -> Heard:
    """Come back later for a code with these records."""
    world.clock.jump(**later)
    await person.presses("today")
    expect_question(await person.hears(), HealthCode.conditions, language)
    return await gets_code(world, person, language, data)


@EVERYWHERE
async def test_symptoms_are_red(tmp_path: Path, channel: str, language: str) -> None:
    async with World(tmp_path) as world:
        person = await world.person(channel, language)
        await registers(world, person, Resident(language))
        heard = await gets_code(world, person, language, b"", "symptoms")
        expect_code(world, heard, "red", language)
        expect(await asks_why(person, "symptoms", language), "why.advice.red", language)


@EVERYWHERE
async def test_an_exposure_is_yellow_for_21_days_to_hong_kong_midnight(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path) as world:
        person = await world.person(channel, language)
        await registers(world, person, Resident(language))
        first = TODAY - timedelta(days=20)
        await exposed(world, hour(first, "09:00"), hour(first, "21:00"))
        records = visited(hour(first, "18:00"), hour(first, "19:30"))
        heard = await gets_code(world, person, language, records)
        expect_code(world, heard, "amber", language)
        heard = expect(await asks_why(person, "visited", language), "why.until", language)

        world.clock.set(start_of_day(TODAY + timedelta(days=1)) - timedelta(seconds=20))
        heard = await again(world, person, language, records)
        expect_code(world, heard, "amber", language)
        heard = await again(world, person, language, records, seconds=20)
        expect_code(world, heard, "green", language)


DAY_21, DAY_22 = TODAY - timedelta(days=20), TODAY - timedelta(days=21)


@pytest.mark.parametrize(
    ("entered", "left", "colour"),
    [
        (hour(DAY_21, "00:00"), hour(DAY_21, "01:00"), "amber"),
        (hour(DAY_22, "22:00"), hour(DAY_22, "23:59"), "green"),
        (hour(DAY_22, "23:00"), hour(DAY_21, "00:30"), "amber"),
        (hour(DAY_22, "23:00"), hour(DAY_21, "00:00"), "green"),
        (hour(DAY_22, "23:00"), hour(DAY_21, "00:01"), "green"),
        (hour(TODAY, "07:00"), hour(TODAY, "07:30"), "amber"),
        (hour(TODAY, "07:00"), hour(TODAY, "07:01"), "green"),
    ],
)
async def test_the_edges_of_the_window(
    tmp_path: Path, entered: datetime, left: datetime, colour: str
) -> None:
    async with World(tmp_path) as world:
        person = world.on_telegram()
        await registers(world, person, Resident())
        await exposed(world, hour(DAY_22, "00:00"), hour(TODAY, "12:00"))
        heard = await gets_code(world, person, "en", visited(entered, left))
        expect_code(world, heard, colour, "en")


@EVERYWHERE
@pytest.mark.parametrize("kind", [CaseKind.CONFIRMED, CaseKind.CLOSE_CONTACT])
async def test_who_is_listed_is_red(
    tmp_path: Path, channel: str, language: str, kind: CaseKind
) -> None:
    async with World(tmp_path) as world:
        person, resident = await world.person(channel, language), Resident(language)
        async with world.app.store.reading() as tx:
            number = normalise(DocumentType.HKID, resident.number)
            index = tx.people.document_index("hkid", number)
        cases = lists.cases([(index, Case(kind, TODAY))])
        await loading.replace(world.app.store, cases, world.clock())
        await registers(world, person, resident)
        expect_code(world, await gets_code(world, person, language), "red", language)
        await asks_why(person, f"listed_{kind}", language)


@EVERYWHERE
async def test_who_lives_where_there_is_an_outbreak_is_yellow(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path) as world:
        person = await world.person(channel, language)
        place = HighRiskPlace(
            "ST", "Mei Lam Estate", "美林邨", hour(TODAY, "00:00"), hour(TODAY, "23:00")
        )
        await loading.replace(world.app.store, lists.places([place]), world.clock())
        await registers(world, person, Resident(language))
        expect_code(world, await gets_code(world, person, language), "amber", language)
        await asks_why(person, "lives_at", language)


@EVERYWHERE
@pytest.mark.parametrize(
    ("scheme", "colour", "reason"),
    [("return2hk", "green", "arrived_exempt"), ("other", "amber", "arrived")],
)
async def test_an_arrival_is_yellow_but_under_return2hk(
    tmp_path: Path, channel: str, language: str, scheme: str, colour: str, reason: str
) -> None:
    async with World(tmp_path) as world:
        person = await world.person(channel, language)
        await registers(world, person, Resident(language))
        heard = await declares(person, language, "arrived")
        expect_question(heard, HealthCode.arrived_on, language)
        await person.says("2/12/2021")
        expect_question(await person.hears(), HealthCode.arrived_from, language)
        await person.presses("mainland")
        expect_question(await person.hears(), HealthCode.scheme, language)
        await person.presses(scheme)
        expect_question(await person.hears(), HealthCode.visits, language)
        await person.sends("visits.json", export_for(world))
        expect_code(world, await person.hears(), colour, language)
        await asks_why(person, reason, language)


@EVERYWHERE
async def test_there_is_no_code_before_the_app_was_there_for_21_days(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path) as world:
        person = await world.person(channel, language)
        await registers(world, person, Resident(language))
        installed = (TODAY - timedelta(days=20)).isoformat()
        app = {"version": "3.1.0", "installed": installed}
        young = as_json(export(visits=[], app=app))
        heard = expect(
            await gets_code(world, person, language, young), "health_code.too_new", language
        )
        assert not heard.picture
        exported = hour(TODAY + timedelta(days=1), "08:00").isoformat()
        old_enough = as_json(export(visits=[], app=app, exported=exported))
        heard = await again(world, person, language, old_enough, days=1)
        expect_code(world, heard, "green", language)


async def test_a_taxi_counts_like_a_place(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        person = world.on_telegram()
        await registers(world, person, Resident())
        ride = {"plate": "AB 123", "in": "2021-12-09T10:00", "out": "2021-12-09T10:30"}
        await exposed(
            world, hour(TODAY - timedelta(days=1), "08:00"), hour(TODAY, "08:00"), "AB123"
        )
        heard = await gets_code(world, person, "en", as_json(export(visits=[], taxis=[ride])))
        expect_code(world, heard, "amber", "en")
        await asks_why(person, "rode", "en")
