"""Codes are assessed again under new lists: each once, a few at a time, whoever does it."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from core.assessment import Case, CaseKind
from core.colour import Colour
from core.declaration import Condition, Declaration
from core.exposure import Exposure
from core.policy import Policy
from core.store import lists, loading
from core.store.assessing import assess_holder
from core.store.people import Known
from core.store.reassessment import AT_ONCE, CLOSED_AT_ONCE, Pass, is_due, reassess
from core.store.store import Store, Transaction
from core.store.tables import codes, holders, inbox
from core.visits import Export, VisitKind
from core.visits.reading import read_export
from tests.core.store.people import NOON, holder, index_of, register
from tests.core.store.test_codes import keep, why
from tests.corpus import as_json, export

HOUR = timedelta(hours=1)
VENUE = "gxr8l5A6"


def records() -> Export:
    """Return records of one visit."""
    return read_export(as_json(export()), name="visits.json", now=NOON, policy=Policy().visits)


async def authority_lists(store: Store, *known: Known) -> None:
    """Let the authority list these people, and nobody else."""
    case = Case(CaseKind.CLOSE_CONTACT, date(2021, 12, 9))
    numbers = [each.holder.number for each in known]
    async with store.reading() as tx:
        indexes = [index_of(tx, holder(number=number)) for number in numbers]
    await loading.replace(store, lists.cases((index, case) for index in indexes), NOON)


async def again(store: Store, at: datetime = NOON) -> Pass:
    async with store.writing() as tx:
        return await reassess(tx, at)


async def test_a_load_makes_a_version_and_codes_of_older_ones_are_due(store: Store) -> None:
    async with store.writing() as tx:
        assert await tx.lists.version() == 0
        known = await register(tx)
        code = await keep(tx, known, 1)
        assert not await is_due(tx)
    for number in range(4):
        await loading.replace(store, lists.exposures([]), NOON)
        async with store.reading() as tx:
            assert await tx.lists.version() == number + 1
    async with store.writing() as tx:
        assert await is_due(tx), "the code was assessed under version 3"
        assessed = await assess_holder(tx, known, None, Declaration(), NOON)
        assert assessed.lists == 4
    assert await again(store) == Pass(looked_at=1)
    assert await again(store) == Pass()
    async with store.writing() as tx:
        assert not await is_due(tx)
        live = await tx.codes.live(known, NOON)
        assert live is not None
        assert (live.id, live.assessed.lists) == (code, 4)


async def old(tx: Transaction) -> None:
    """Let all codes be of the version before any load."""
    await tx.connection.execute(update(codes).where(codes.c.lists.is_not(None)).values(lists=0))


async def test_whoever_is_worse_now_has_his_code_withdrawn_and_hears_of_it(store: Store) -> None:
    async with store.writing() as tx:
        ill = await register(tx)
        well = await register(tx, "web:2", number="G123456(A)")
        ids = [await keep(tx, ill, 1), await keep(tx, well, 2), await keep(tx, ill, 3, Colour.RED)]
        await old(tx)
    await authority_lists(store, ill)
    assert await again(store) == Pass(looked_at=2, withdrawn=1), "whom the list names comes first"
    assert await again(store) == Pass(looked_at=1)
    async with store.reading() as tx:
        assert await why(tx, ids) == ["lists", None, None], "red is no better than red"
        assert await tx.codes.revoked(NOON) == [ids[0][:4]]
        messages = (await tx.connection.scalars(select(inbox.c.chat))).all()
        assert messages == ["web:1"]


async def test_visits_are_compared_with_the_new_exposures(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        await tx.people.keep_export(known, records(), NOON)
        code = await keep(tx, known, 1)
        await old(tx)
    exposure = Exposure(VisitKind.VENUE, VENUE, NOON - timedelta(days=2), NOON, "CHP")
    await loading.replace(store, lists.exposures([exposure]), NOON)
    assert await again(store) == Pass(looked_at=1, withdrawn=1)
    async with store.reading() as tx:
        assert await why(tx, [code]) == ["lists"]


async def test_what_was_declared_today_still_counts(store: Store) -> None:
    declared = Declaration(frozenset({Condition.SYMPTOMS}))
    async with store.writing() as tx:
        await keep(tx, await register(tx), 1, Colour.AMBER, declaration=declared)
        await old(tx)
    await loading.replace(store, lists.places([]), NOON)
    assert await again(store) == Pass(looked_at=1, withdrawn=1)


async def test_what_is_over_is_put_away_unseen(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        over = await keep(tx, known, 1, ends=NOON - timedelta(seconds=1))
        last = await keep(tx, known, 2, ends=NOON)
        await old(tx)
    await authority_lists(store, known)
    assert await again(store) == Pass(looked_at=2, withdrawn=1)
    async with store.reading() as tx:
        assert await why(tx, [over, last]) == [None, "lists"]
        assert not await is_due(tx)
    assert CLOSED_AT_ONCE > AT_ONCE


async def test_whom_the_cases_name_comes_first(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "ROWS", 2)
    async with store.writing() as tx:
        early = await register(tx)
        for number in range(2 * AT_ONCE):
            await keep(tx, early, number)
        late = [
            await register(tx, f"web:{number}", number=hkid)
            for number, hkid in enumerate(("G123456(A)", "L555555(0)", "AB987654(3)"), 2)
        ]
        ids = [await keep(tx, known, 100 + number) for number, known in enumerate(late)]
        await old(tx)
    await authority_lists(store, *late)
    assert await again(store) == Pass(looked_at=3, withdrawn=3)
    async with store.reading() as tx:
        assert await why(tx, ids) == ["lists"] * 3
    assert await again(store) == Pass(looked_at=AT_ONCE)


async def test_a_few_at_a_time_until_all_are_done(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        for number in range(2 * AT_ONCE + 1):
            await keep(tx, known, number)
        await old(tx)
    await authority_lists(store, known)
    assert [(await again(store)).withdrawn for _ in range(4)] == [AT_ONCE, AT_ONCE, 1, 0]


async def test_what_was_done_before_a_kill_is_done(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        for number in range(AT_ONCE + 1):
            await keep(tx, known, number)
        await old(tx)
    await authority_lists(store, known)
    await again(store)
    with pytest.raises(ZeroDivisionError):
        async with store.writing() as tx:
            assert (await reassess(tx, NOON)).withdrawn == 1
            raise ZeroDivisionError
    assert (await again(store)).withdrawn == 1
    async with store.reading() as tx:
        count = select(func.count()).select_from(inbox)
        assert await tx.connection.scalar(count) == AT_ONCE + 1, "each is told once"


async def test_a_damaged_row_stops_no_other(store: Store) -> None:
    async with store.writing() as tx:
        ids = []
        for number, hkid in enumerate(("A123456(3)", "G123456(A)"), 1):
            known = await register(tx, f"web:{number}", number=hkid)
            ids.append(await keep(tx, known, number))
            if number == 1:
                await tx.connection.execute(update(codes).values(body=b"damaged"))
        await old(tx)
    await authority_lists(store, known)
    assert await again(store) == Pass(looked_at=1, withdrawn=1)
    assert await again(store) == Pass(looked_at=1, damaged=1)
    assert await again(store) == Pass()
    async with store.reading() as tx:
        assert await why(tx, ids) == [None, "lists"]


async def test_a_code_without_a_holder_is_passed_over(store: Store) -> None:
    async with store.writing() as tx:
        await keep(tx, await register(tx), 1)
        await old(tx)
        await tx.connection.execute(holders.delete())
    await loading.replace(store, lists.cases([]), NOON)
    assert await again(store) == Pass(looked_at=1)


async def test_two_share_the_codes_where_the_store_is_shared(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        for number in range(AT_ONCE + 5):
            await keep(tx, known, number)
        await old(tx)
    await authority_lists(store, known)

    async def works() -> int:
        withdrawn = 0
        while (done := await again(store)).looked_at:
            withdrawn += done.withdrawn
        return withdrawn

    assert sum(await asyncio.gather(works(), works())) == AT_ONCE + 5
    if store.shared:
        async with store.writing() as tx:
            await old(tx)
            await tx.connection.execute(
                update(codes).values(lists=0, withdrawn_at=None, withdrawn_why=None)
            )
        async with store.writing() as first, store.writing() as second:
            assert (await reassess(first, NOON)).looked_at == AT_ONCE
            assert (await reassess(second, NOON)).looked_at == 5, "what the first holds is passed"
