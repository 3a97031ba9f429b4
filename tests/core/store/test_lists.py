"""The operator's lists."""

from __future__ import annotations

import re
from datetime import date, timedelta

from sqlalchemy import text

from core.address import Estate, HighRiskPlace
from core.assessment import Case, CaseKind
from core.exposure import Exposure
from core.store import lists
from core.store.store import Store
from core.visits import VisitKind
from tests.core.store.people import NOON

HOUR = timedelta(hours=1)


def exposure(place: str, hours: int = 1) -> Exposure:
    return Exposure(VisitKind.VENUE, place, NOON, NOON + hours * HOUR, "CHP 1")


def home(district: str, name: str) -> HighRiskPlace:
    return HighRiskPlace(district, name, "某邨", NOON, NOON + HOUR)


async def test_a_list_of_exposures_takes_the_place_of_the_one_before(store: Store) -> None:
    async with store.writing() as tx:
        await tx.lists.replace_exposures([exposure("AAAAAAAA"), exposure("BBBBBBBB")])
        await tx.lists.replace_exposures([exposure("BBBBBBBB", 2), exposure("CCCCCCCC")])
    async with store.reading() as tx:
        found = await tx.lists.exposures_at(["AAAAAAAA", "BBBBBBBB"], NOON)
    assert found == [exposure("BBBBBBBB", 2)]


async def test_exposures_that_ended_before_are_left_out(store: Store) -> None:
    async with store.writing() as tx:
        await tx.lists.replace_exposures([exposure("AAAAAAAA")])
        assert await tx.lists.exposures_at(["AAAAAAAA"], NOON + HOUR)
        assert not await tx.lists.exposures_at(["AAAAAAAA"], NOON + HOUR + timedelta(seconds=1))
        assert not await tx.lists.exposures_at([], NOON)


async def test_any_number_of_places_can_be_asked_for(store: Store) -> None:
    names = [f"{n:08}" for n in range(40_000)]  # beyond what either database lets be bound
    async with store.writing() as tx:
        await tx.lists.replace_exposures([exposure(name) for name in names])
        found = await tx.lists.exposures_at([*names, *names], NOON)
    assert sorted(e.place for e in found) == names


async def test_places_to_live_are_found_by_district(store: Store) -> None:
    async with store.writing() as tx:
        await tx.lists.replace_places([home("ST", "Old Estate")])
        await tx.lists.replace_places([home("ST", "Mei Lam Estate"), home("WTS", "Fu Shan")])
    async with store.reading() as tx:
        assert await tx.lists.places_in("ST") == [home("ST", "Mei Lam Estate")]
        assert await tx.lists.places_in("YL") == []
        assert len(await tx.lists.places_in("")) == 2


async def test_cases_are_found_by_the_blind_index(store: Store) -> None:
    open_case = Case(CaseKind.CONFIRMED, date(2021, 12, 1))
    over = Case(CaseKind.QUARANTINE, date(2021, 11, 1), date(2021, 11, 14))
    async with store.writing() as tx:
        await tx.lists.replace_cases([(b"old", over)])
        await tx.lists.replace_cases([(b"one", open_case), (b"one", over), (b"two", over)])
    async with store.reading() as tx:
        assert await tx.lists.cases_of(b"one") == [open_case, over]
        assert await tx.lists.cases_of(b"two") == [over]
        assert await tx.lists.cases_of(b"old") == []


async def test_tenants_are_found_by_the_blind_index_and_decide_no_colour(store: Store) -> None:
    first, second = Estate("Mei Lam Estate", "美林邨"), Estate("", "彩虹邨")
    async with store.writing() as tx:
        await tx.lists.replace_tenants([(b"old", second)])
        await tx.lists.replace_tenants([(b"one", first), (b"one", second), (b"two", second)])
    async with store.reading() as tx:
        assert await tx.lists.estates_of(b"one") == [first, second]
        assert await tx.lists.estates_of(b"old") == []
        assert await tx.lists.version() == 0


async def test_an_empty_list_is_a_list(store: Store) -> None:
    async with store.writing() as tx:
        await tx.lists.replace_exposures([exposure("AAAAAAAA")])
        await tx.lists.replace_places([home("ST", "A")])
        await tx.lists.replace_cases([(b"one", Case(CaseKind.CONFIRMED, date(2021, 12, 1)))])
        await tx.lists.replace_tenants([(b"one", Estate("A", ""))])
        await tx.lists.replace_exposures([])
        await tx.lists.replace_places([])
        await tx.lists.replace_cases([])
        await tx.lists.replace_tenants([])
        assert await tx.lists.exposures_at(["AAAAAAAA"], NOON) == []
        assert await tx.lists.places_in("ST") == []
        assert await tx.lists.cases_of(b"one") == []
        assert await tx.lists.estates_of(b"one") == []


async def test_places_are_found_by_the_index_however_long_the_list(store: Store) -> None:
    wanted = lists._EXPOSURES.params(wanted=["AAAAAAAA", "BBBBBBBB"], since=0.0)
    async with store.writing() as tx:
        query = wanted.compile(
            dialect=tx.connection.dialect, compile_kwargs={"literal_binds": True}
        )
        if store.shared:
            # So small a table it would rather read whole.
            await tx.connection.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN" if store.shared else "EXPLAIN QUERY PLAN"
        rows = (await tx.connection.execute(text(f"{explain} {query}".replace(":", "\\:")))).all()
    plan = " ".join(str(row[-1]) for row in rows)
    assert re.search("Index.* on exposures|SEARCH exposures USING INDEX", plan), plan
