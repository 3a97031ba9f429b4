"""The operator's lists."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import Table, func, select, text

from core.address import Estate, HighRiskPlace
from core.assessment import Case, CaseKind
from core.exposure import Exposure
from core.store import lists, loading, tables
from core.store.loading import replace
from core.store.store import Store
from core.visits import VisitKind
from tests.core.store.people import NOON

HOUR = timedelta(hours=1)
CONFIRMED = Case(CaseKind.CONFIRMED, date(2021, 12, 1))
CLOSE_CONTACT = Case(CaseKind.CLOSE_CONTACT, date(2021, 12, 1))


def exposure(place: str, hours: int = 1) -> Exposure:
    return Exposure(VisitKind.VENUE, place, NOON, NOON + hours * HOUR, "CHP 1")


def home(district: str, name: str) -> HighRiskPlace:
    return HighRiskPlace(district, name, "某邨", NOON, NOON + HOUR)


async def count(store: Store, table: Table) -> int:
    async with store.reading() as tx:
        return int(await tx.connection.scalar(select(func.count()).select_from(table)))


async def test_a_list_of_exposures_takes_the_place_of_the_one_before(store: Store) -> None:
    before = [exposure("AAAAAAAA"), exposure("BBBBBBBB")]
    await replace(store, lists.exposures(before), NOON)
    after = [exposure("BBBBBBBB", 2), exposure("CCCCCCCC")]
    assert await replace(store, lists.exposures(after), NOON) == 2
    async with store.reading() as tx:
        found = await tx.lists.exposures_at(["AAAAAAAA", "BBBBBBBB"], NOON)
        assert await tx.lists.version() == 2
    assert found == [exposure("BBBBBBBB", 2)]
    assert await count(store, tables.exposures) == 2, "nothing of the one before is kept"


async def test_exposures_that_ended_before_are_left_out(store: Store) -> None:
    await replace(store, lists.exposures([exposure("AAAAAAAA")]), NOON)
    async with store.reading() as tx:
        assert await tx.lists.exposures_at(["AAAAAAAA"], NOON + HOUR)
        assert not await tx.lists.exposures_at(["AAAAAAAA"], NOON + HOUR + timedelta(seconds=1))
        assert not await tx.lists.exposures_at([], NOON)


async def test_any_number_of_places_can_be_asked_for(store: Store) -> None:
    names = [f"{n:08}" for n in range(40_000)]  # beyond what either database lets be bound
    await replace(store, lists.exposures(map(exposure, names)), NOON)
    async with store.reading() as tx:
        found = await tx.lists.exposures_at([*names, *names], NOON)
    assert sorted(e.place for e in found) == names


async def test_places_to_live_are_found_by_district(store: Store) -> None:
    await replace(store, lists.places([home("ST", "Old Estate")]), NOON)
    after = [home("ST", "Mei Lam Estate"), home("WTS", "Fu Shan")]
    await replace(store, lists.places(after), NOON)
    async with store.reading() as tx:
        assert await tx.lists.places_in("ST") == [home("ST", "Mei Lam Estate")]
        assert await tx.lists.places_in("YL") == []
        assert await tx.lists.places_in("") == after


async def test_cases_are_found_by_the_blind_index(store: Store) -> None:
    open_case = Case(CaseKind.CONFIRMED, date(2021, 12, 1))
    over = Case(CaseKind.QUARANTINE, date(2021, 11, 1), date(2021, 11, 14))
    await replace(store, lists.cases([(b"old", over)]), NOON)
    after = [(b"one", open_case), (b"one", over), (b"two", over)]
    await replace(store, lists.cases(after), NOON)
    async with store.reading() as tx:
        assert await tx.lists.cases_of(b"one") == [open_case, over]
        assert await tx.lists.cases_of(b"two") == [over]
        assert await tx.lists.cases_of(b"old") == []


async def test_tenants_are_found_by_the_blind_index_and_decide_no_colour(store: Store) -> None:
    first, second = Estate("Mei Lam Estate", "美林邨"), Estate("", "彩虹邨")
    await replace(store, lists.tenants([(b"old", second)]), NOON)
    after = [(b"one", first), (b"one", second), (b"two", second)]
    await replace(store, lists.tenants(after), NOON)
    async with store.reading() as tx:
        assert await tx.lists.estates_of(b"one") == [first, second]
        assert await tx.lists.estates_of(b"old") == []
        assert await tx.lists.version() == 0


async def test_an_empty_list_is_a_list(store: Store) -> None:
    for listed in (
        lists.exposures([exposure("AAAAAAAA")]),
        lists.places([home("ST", "A")]),
        lists.cases([(b"one", Case(CaseKind.CONFIRMED, date(2021, 12, 1)))]),
        lists.tenants([(b"one", Estate("A", ""))]),
        lists.exposures([]),
        lists.places([]),
        lists.cases([]),
        lists.tenants([]),
    ):
        await replace(store, listed, NOON)
    async with store.reading() as tx:
        assert await tx.lists.exposures_at(["AAAAAAAA"], NOON) == []
        assert await tx.lists.places_in("ST") == []
        assert await tx.lists.cases_of(b"one") == []
        assert await tx.lists.estates_of(b"one") == []


async def test_others_write_and_find_the_list_before_until_the_whole_new_one_is_there(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "ROWS", 10)
    await replace(store, lists.cases([(b"of both", CONFIRMED)] * 25), NOON)
    replacing = asyncio.create_task(
        replace(store, lists.cases([(b"of both", CLOSE_CONTACT)] * 35), NOON)
    )
    kept, in_force = set(), set()
    while not replacing.done():
        async with store.writing() as tx:
            in_force.add(tuple(await tx.lists.cases_of(b"of both")))
            kept.add(await tx.connection.scalar(select(func.count()).select_from(tables.cases)))
        await asyncio.sleep(0)
    await replacing
    assert kept >= {25, 35, 45, 55, 60, 50, 40}, "ten rows at a time come in and go"
    assert in_force == {(CONFIRMED,) * 25, (CLOSE_CONTACT,) * 35}


async def test_what_a_load_that_was_killed_has_left_counts_for_nothing_and_goes(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "ROWS", 1)

    def killed() -> Iterator[tuple[bytes, Case]]:
        yield b"one", CLOSE_CONTACT
        raise ZeroDivisionError

    await replace(store, lists.cases([(b"one", CONFIRMED)]), NOON)
    with pytest.raises(ZeroDivisionError):
        await replace(store, lists.cases(killed()), NOON)
    assert await count(store, tables.cases) == 2
    async with store.reading() as tx:
        assert await tx.lists.cases_of(b"one") == [CONFIRMED]
        assert await tx.lists.version() == 1
    await replace(store, lists.cases([(b"two", CONFIRMED)]), NOON)
    assert await count(store, tables.cases) == 1


@pytest.mark.parametrize("rows", [3, 2], ids=["between its rows", "before it is in force"])
async def test_of_two_loads_at_once_the_later_counts(
    store: Store, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(loading, "ROWS", 2)
    later: list[asyncio.Task[int]] = []

    def overtaken() -> Iterator[tuple[bytes, Case]]:
        meanwhile = replace(store, lists.cases([(b"one", CONFIRMED)]), NOON)
        later.append(asyncio.create_task(meanwhile))
        yield from [(b"one", CLOSE_CONTACT)] * rows

    with pytest.raises(loading.Superseded, match="another list of cases"):
        await replace(store, lists.cases(overtaken()), NOON)
    await later[0]
    async with store.reading() as tx:
        assert await tx.lists.cases_of(b"one") == [CONFIRMED]
        assert await tx.lists.version() == 1


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
