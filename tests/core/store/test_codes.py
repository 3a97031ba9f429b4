"""Codes that were issued, and those that are withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from core.assessment import Assessment, Reason, ReasonCode
from core.colour import Colour
from core.credential import CLOCK_TOLERANCE
from core.declaration import Arrival, Condition, Declaration
from core.store.codes import NEVER, Assessed, Live, Why
from core.store.people import Known
from core.store.store import Store, Transaction
from core.store.tables import codes
from tests.core.store.erasing import erase_what_is_old
from tests.core.store.people import NOON, register

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
GREEN, AMBER, RED = Colour
CODE = {GREEN: ReasonCode.CLEAR, AMBER: ReasonCode.ARRIVED, RED: ReasonCode.SYMPTOMS}


def assessed(colour: Colour, declaration: Declaration | None = None) -> Assessed:
    """Return an assessment under the lists of version 3."""
    assessment = Assessment(colour, [Reason(CODE[colour], colour)])
    return Assessed(assessment, declaration or Declaration(), lists=3)


async def keep(
    tx: Transaction,
    known: Known,
    number: int,
    colour: Colour = GREEN,
    *,
    at: datetime = NOON,
    ends: datetime = NOON + HOUR,
    declaration: Declaration | None = None,
) -> bytes:
    """Keep a code; return its id."""
    code_id = bytes([number] * 8)
    await tx.codes.keep(
        known,
        assessed(colour, declaration),
        code_id=code_id,
        kid=b"kid",
        chat="web:1",
        issued_at=at,
        expires_at=ends,
    )
    return code_id


async def why(tx: Transaction, ids: Sequence[bytes]) -> list[str | None]:
    """Return why each code was withdrawn."""
    rows = (await tx.connection.execute(select(codes.c.id, codes.c.withdrawn_why))).all()
    given = {row.id: row.withdrawn_why for row in rows}
    return [given.get(code_id) for code_id in ids]


async def test_the_newest_code_is_found_with_its_reasons(store: Store) -> None:
    declared = Declaration(frozenset({Condition.ARRIVED}), arrival=Arrival(date(2021, 12, 1)))
    async with store.writing() as tx:
        known = await register(tx)
        other = await register(tx, "web:2", number="G123456(A)")
        assert await tx.codes.newest(known) is None
        newest = await keep(tx, known, 0, RED, declaration=declared)
        earlier = await keep(tx, known, 1, GREEN, at=NOON - HOUR)
        foreign = await keep(tx, other, 2, GREEN, at=NOON + HOUR)
    async with store.reading() as tx:
        found = await tx.codes.newest(known)
        assert found is not None
        assert (found.id, found.holder, found.chat) == (newest, known.id, "web:1")
        assert found.assessed == assessed(RED, declared)
        assert (found.issued_at, found.expires_at, found.withdrawn_at) == (NOON, NOON + HOUR, None)
        again = await tx.codes.of(known, earlier)
        assert again is not None
        assert again.assessed == assessed(GREEN)
        assert await tx.codes.of(known, foreign) is None


async def test_why_is_sealed_and_so_is_what_was_declared(store: Store) -> None:
    declared = Declaration(frozenset({Condition.SYMPTOMS}))
    async with store.writing() as tx:
        await keep(tx, await register(tx), 1, RED, declaration=declared)
        row = (await tx.connection.execute(select(codes.c.body, codes.c.declaration))).one()
    assert b"symptoms" not in row.body + row.declaration


async def test_a_code_from_before_declarations_were_kept_has_an_empty_one(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        await keep(tx, known, 1)
        await tx.connection.execute(update(codes).values(declaration=None, lists=NEVER))
        found = await tx.codes.newest(known)
    assert found is not None
    assert found.assessed == Assessed(assessed(GREEN).assessment, Declaration(), NEVER)


@pytest.mark.parametrize(("left", "lives"), [(SECOND, True), (0 * SECOND, True), (-SECOND, False)])
async def test_a_code_lives_until_it_ends(store: Store, left: timedelta, lives: bool) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        code = await keep(tx, known, 1, at=NOON - HOUR, ends=NOON + left)
        found = await tx.codes.live(known, NOON)
        assert (found is not None) == lives
        assert await tx.codes.withdraw([code], Why.OTHER, NOON) == [code] * lives


async def test_a_code_lives_until_it_is_withdrawn(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        earlier = await keep(tx, known, 1, at=NOON - HOUR)
        newer = await keep(tx, known, 2)
        assert await tx.codes.withdraw([newer], Why.HEALTH, NOON) == [newer]
        assert await tx.codes.withdraw([newer], Why.OTHER, NOON) == [], "once is enough"
        live, newest = await tx.codes.live(known, NOON), await tx.codes.newest(known)
        assert live is not None and live.id == earlier
        assert newest is not None and newest.withdrawn_at == NOON
        assert await why(tx, [earlier, newer]) == [None, "health"]
        assert await tx.codes.withdraw_all(known.id, Why.DETAILS, NOON) == [earlier]
        assert await tx.codes.live(known, NOON) is None


@pytest.mark.parametrize(("colour", "gone"), [(GREEN, []), (AMBER, [GREEN]), (RED, [GREEN, AMBER])])
async def test_a_worse_code_withdraws_better_ones_of_the_same_holder(
    store: Store, colour: Colour, gone: list[Colour]
) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        other = await register(tx, "web:2", number="G123456(A)")
        ids = {each: await keep(tx, known, number, each) for number, each in enumerate(Colour)}
        foreign = await keep(tx, other, 8, GREEN)
        over = await keep(tx, known, 9, GREEN, ends=NOON - SECOND)
        withdrawn = await tx.codes.withdraw_better(known, colour, NOON)
        assert sorted(withdrawn) == sorted(ids[each] for each in gone)
        assert await why(tx, withdrawn) == ["worse"] * len(gone)
        assert await why(tx, [foreign, over]) == [None, None]


@pytest.mark.parametrize("colour", Colour)
async def test_the_colour_of_a_code_stands_nowhere_in_clear(store: Store, colour: Colour) -> None:
    async with store.writing() as tx:
        await keep(tx, await register(tx), 1, colour)
        [row] = await tx.connection.execute(select(codes))
        assert str(colour).encode() not in repr(tuple(row)).encode()


async def test_verifiers_learn_what_is_withdrawn_until_it_ends(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        good = await keep(tx, known, 1)
        ids = [await keep(tx, known, number) for number in (3, 2)]
        await tx.codes.withdraw(ids, Why.OTHER, NOON)
        for at, revoked in (
            (NOON, [b"\2\2\2\2", b"\3\3\3\3"]),
            (NOON + HOUR + CLOCK_TOLERANCE, [b"\2\2\2\2", b"\3\3\3\3"]),
            (NOON + HOUR + CLOCK_TOLERANCE + SECOND, []),
        ):
            assert await tx.codes.revoked(at) == revoked
        assert good[:4] not in await tx.codes.revoked(NOON)


async def test_of_who_is_erased_only_the_ids_of_live_codes_stay_until_they_end(
    store: Store,
) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        other = await register(tx, "web:2", number="G123456(A)")
        live = await keep(tx, known, 1, declaration=Declaration(frozenset({Condition.SYMPTOMS})))
        await keep(tx, known, 2, ends=NOON - HOUR)
        foreign = await keep(tx, other, 3)
        await tx.codes.forget(known, NOON)
        await tx.people.erase(known)
        rows = (await tx.connection.execute(select(codes).order_by(codes.c.id))).all()
        assert [row.id for row in rows] == [live, foreign]
        row = rows[0]
        assert (row.holder, row.chat, row.body) == ("", "", b"")
        assert (row.kid, row.declaration, row.lists) == (None, None, None)
        assert row.issued_at == row.expires_at, "nor when he got it"
        assert await tx.codes.revoked(NOON) == [live[:4]]
        keep_for = store.policy.retention
        await erase_what_is_old(tx.connection, keep_for, NOON + HOUR + CLOCK_TOLERANCE)
        assert await tx.codes.revoked(NOON) == [live[:4]]
        await erase_what_is_old(tx.connection, keep_for, NOON + HOUR + CLOCK_TOLERANCE + SECOND)
        ids = (await tx.connection.scalars(select(codes.c.id))).all()
        assert ids == [foreign]


async def test_codes_are_assessed_again_unless_they_are_withdrawn(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        other = await register(tx, "web:2", number="G123456(A)")
        ids = [await keep(tx, known, 1), await keep(tx, known, 2), await keep(tx, other, 3)]
        await tx.codes.withdraw(ids[:1], Why.OTHER, NOON)
        await tx.codes.assess_again(known)
        rows = (await tx.connection.execute(select(codes.c.id, codes.c.lists))).all()
        assert dict(map(tuple, rows)) == dict(zip(ids, (None, NEVER, 3), strict=True))


async def test_what_is_alive_is_found_by_its_id_and_by_its_holder(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        other = await register(tx, "web:2", number="G123456(A)")
        first = await keep(tx, known, 1, at=NOON - HOUR)
        second = await keep(tx, known, 2)
        over = await keep(tx, known, 3, ends=NOON - SECOND)
        gone = await keep(tx, known, 4)
        await keep(tx, other, 5)
        await tx.codes.withdraw([gone], Why.OTHER, NOON)
        alive = await tx.codes.all_alive(known.id, NOON)
        assert alive == [Live(code, known.id, "web:1") for code in (second, first)]
        assert await tx.codes.one_alive(first, NOON) == alive[1:]
        for code in (over, gone):
            assert await tx.codes.one_alive(code, NOON) == []
