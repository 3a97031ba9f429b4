"""A thousand ways to falsify the log behind the program's back, and each is found."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, cast

import pytest
from sqlalchemy import Row, delete, insert, select, text, update
from sqlalchemy.exc import OperationalError

from core.signing.checkpoint import Checkpoint, sign_checkpoint
from core.store import audit as audits
from core.store.audit_check import Broken, TooOld, Whole, check
from core.store.store import Store, Transaction
from core.store.tables import audit, audit_chain, checkpoints
from tests.clock import NOON
from tests.core.store.chains import (
    chained,
    drop_triggers,
    write,
    write_chain_anew,
)

MINUTES = timedelta(minutes=10)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
ENTRIES, SIGNED, WAITING = 12, 3, 2
"""Entries in the chain, every how many there is a check-point, and entries that wait."""


class Seen:
    """The store as one open transaction sees it."""

    def __init__(self, tx: Transaction) -> None:
        self.ring = tx.ring
        self.tx = tx

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        yield self.tx


class Attacker:
    """Somebody with the database: may read and write all rows, and has time to think."""

    def __init__(self, tx: Transaction, rng: random.Random) -> None:
        self.tx = tx
        self.rng = rng

    async def entry(self, *, waiting: bool = True) -> Row[Any]:
        """Choose an entry."""
        most = ENTRIES + (WAITING if waiting else 0)
        chosen = select(audit).where(audit.c.number == self.rng.randint(1, most))
        return (await self.tx.connection.execute(chosen)).one()

    async def run(self, statement: Any) -> None:
        await self.tx.connection.execute(statement)

    async def perhaps_anew(self) -> None:
        """Make the chain fit again, or leave it."""
        if self.rng.random() < 0.5:
            await write_chain_anew(self.tx)

    async def shift(self, first: int, by: int) -> None:
        """Move the places from one on: by way of numbers that are free, as each must be."""
        place = audit_chain.c.place
        await self.run(update(audit_chain).where(place >= first).values(place=-place - by))
        await self.run(update(audit_chain).where(place < 0).values(place=-place))

    async def edit(self) -> None:
        entry = await self.entry()
        column = self.rng.choice(("at", "actor", "act", "object", "mark"))
        other: Any = {
            "at": entry.at + self.rng.choice((-3600.0, 1e-6, 1.0)),
            "mark": self.rng.choice((None, self.rng.randbytes(48), entry.mark[:-1])),
        }.get(column, self.rng.choice(("", "web:9", "code withdrawn")))
        await self.run(update(audit).where(audit.c.number == entry.number).values({column: other}))
        await self.perhaps_anew()

    async def remove(self) -> None:
        gone = (await self.entry(waiting=False)).number
        await self.run(delete(audit).where(audit.c.number == gone))
        if self.rng.random() < 0.7:
            await self.run(delete(audit_chain).where(audit_chain.c.number == gone))
            if self.rng.random() < 0.7:
                await self.shift(gone + 1, -1)
                await self.perhaps_anew()

    async def put_in(self) -> None:
        like = await self.entry()
        mark = self.rng.choice((None, like.mark, self.rng.randbytes(48)))
        number = self.rng.choice((-5, 0, 99))
        row = {**like._mapping, "number": number, "mark": mark}
        if self.rng.random() < 0.5:
            row["object"] = "made up"
        await self.run(insert(audit).values(row))
        if self.rng.random() < 0.7:
            place = self.rng.randint(1, ENTRIES + 1)
            await self.shift(place, 1)
            await self.run(insert(audit_chain).values(place=place, number=number, hash=b"h" * 32))
            await self.perhaps_anew()

    async def move(self) -> None:
        """Let two entries change places: their contents, or their places in the chain."""
        one, two = self.rng.sample(range(1, ENTRIES + 1), 2)
        if self.rng.random() < 0.5:
            rows = (
                await self.tx.connection.execute(
                    select(audit).where(audit.c.number.in_((one, two))).order_by(audit.c.number)
                )
            ).all()
            for row, number in zip(rows, (max(one, two), min(one, two)), strict=True):
                contents = {k: v for k, v in row._mapping.items() if k != "number"}
                await self.run(update(audit).where(audit.c.number == number).values(contents))
        else:
            for place, number in ((one, -1), (two, one), (one, two)):
                await self.run(
                    update(audit_chain).where(audit_chain.c.place == place).values(number=number)
                )
        await self.perhaps_anew()

    async def cut(self) -> None:
        """Cut the end off, with everything that tells of it."""
        left = self.rng.randrange(0, ENTRIES, SIGNED)
        await self.run(delete(audit).where(audit.c.number > left))
        await self.run(delete(audit_chain).where(audit_chain.c.place > left))
        await self.run(delete(checkpoints).where(checkpoints.c.place > left))

    async def behead(self) -> None:
        """Take the beginning away."""
        gone = self.rng.choice((self.rng.randint(1, ENTRIES), SIGNED, ENTRIES))
        await self.run(delete(audit).where(audit.c.number <= gone))
        await self.run(delete(audit_chain).where(audit_chain.c.place <= gone))
        if self.rng.random() < 0.5:
            await self.run(delete(checkpoints).where(checkpoints.c.place < gone))
            await self.run(update(checkpoints).where(checkpoints.c.place == gone).values(begins=1))

    async def forge(self) -> None:
        """Change the chain itself, or a check-point."""
        place = self.rng.randint(1, ENTRIES)
        match self.rng.randrange(4):
            case 0:
                other = self.rng.randbytes(32)
                await self.run(
                    update(audit_chain).where(audit_chain.c.place == place).values(hash=other)
                )
            case 1:
                await self.run(
                    update(checkpoints)
                    .where(checkpoints.c.place == self.rng.randrange(SIGNED, ENTRIES + 1, SIGNED))
                    .values(body=self.rng.randbytes(130))
                )
            case 2:
                await self.run(delete(checkpoints).where(checkpoints.c.place == ENTRIES))
            case 3:
                await self.run(update(checkpoints).values(place=checkpoints.c.place + 100))


ATTACKS: list[Callable[[Attacker], Awaitable[None]]] = [
    Attacker.edit,
    Attacker.remove,
    Attacker.put_in,
    Attacker.move,
    Attacker.cut,
    Attacker.behead,
    Attacker.forge,
]


async def log_of_twelve(store: Store) -> Checkpoint:
    """Leave a log with a check-point at each third entry, some waiting, and no triggers."""
    for number in range(0, ENTRIES, SIGNED):
        newest = await chained(store, NOON + number * MINUTES, *"a" * SIGNED)
    async with store.writing() as tx:
        await write(tx, NOON + DAY, *"a" * WAITING)
    await drop_triggers(store)
    return newest


@pytest.mark.no_cover
async def test_a_thousand_attacks_are_found(store: Store) -> None:
    outside = await log_of_twelve(store)
    rng = random.Random(20211210)
    async with store.writing() as tx:
        seen = cast(Store, Seen(tx))
        for number in range(1_000):
            attack = ATTACKS[number % len(ATTACKS)]
            await tx.connection.execute(text("SAVEPOINT before"))
            await attack(Attacker(tx, rng))
            if attack is Attacker.cut:
                # Nothing in the database can tell.
                assert (await check(seen)).entries < ENTRIES
            with pytest.raises(Broken):
                await check(seen, outside)
            await tx.connection.execute(text("ROLLBACK TO SAVEPOINT before"))
        assert (await check(seen, outside)).entries == ENTRIES + WAITING


async def falsified(store: Store, *statements: Any, anew: bool = False) -> str:
    """Return what is found where somebody ran statements."""
    async with store.writing() as tx:
        for statement in statements:
            await tx.connection.execute(statement)
        if anew:
            await write_chain_anew(tx)
    with pytest.raises(Broken) as broken:
        await check(store)
    return str(broken.value)


def at(place: int) -> Any:
    return audit_chain.c.place == place


@pytest.mark.parametrize("anew", [False, True])
async def test_the_first_that_was_changed_is_named(store: Store, anew: bool) -> None:
    await log_of_twelve(store)
    edit = update(audit).where(audit.c.number.in_((5, 9))).values(act="nothing")
    assert await falsified(store, edit, anew=anew) == "entry 5 was changed or put in"


async def test_the_first_that_was_removed_is_named(store: Store) -> None:
    await log_of_twelve(store)
    gone = delete(audit).where(audit.c.number == 7)
    assert await falsified(store, gone) == "entry 7 was removed"
    gone = delete(audit_chain).where(at(7))
    assert await falsified(store, gone) == "entry 7 was removed"


async def test_a_copy_is_named(store: Store) -> None:
    await log_of_twelve(store)
    columns = [column for column in audit.columns if column.name != "number"]
    copied = select(*columns).where(audit.c.number == 3)
    copy = insert(audit).from_select([column.name for column in columns], copied)
    assert await falsified(store, copy) == "entry 3 is there twice"


async def test_one_that_was_put_in_beside_the_chain_is_named_by_its_row(store: Store) -> None:
    await log_of_twelve(store)
    row = {"number": 99, "at": 1.0, "actor": "web:1", "act": "erased", "object": "", "mark": b""}
    found = await falsified(store, insert(audit).values(row))
    assert found == "row 99, which has no place yet, was changed or put in"


async def test_where_the_chain_was_written_anew_the_check_points_say_between_which(
    store: Store,
) -> None:
    for minute in range(6):
        await chained(store, NOON + minute * MINUTES, *"abc")
    await drop_triggers(store)
    async with store.writing() as tx:
        for place, number in ((8, -1), (9, 8), (8, 9)):
            await tx.connection.execute(update(audit_chain).where(at(place)).values(number=number))
    async with store.writing() as tx:
        await write_chain_anew(tx)
    with pytest.raises(Broken, match=r"^from entry 7 to 9 one was removed, put in or moved$"):
        await check(store)


async def test_what_stands_behind_the_last_check_point_is_not_the_programs(store: Store) -> None:
    await log_of_twelve(store)
    more = insert(audit_chain).values(place=13, number=13, hash=b"h" * 32)
    assert await falsified(store, more) == "entry 13 was put in, or its check-point removed"


async def test_an_end_that_is_missing_is_found_by_the_check_point(store: Store) -> None:
    await log_of_twelve(store)
    gone = [delete(audit_chain).where(audit_chain.c.place > 9)]
    assert await falsified(store, *gone) == "the entries from 10 to 12 were removed"


async def test_check_points_of_others_and_of_other_places_are_named(store: Store) -> None:
    outside = await log_of_twelve(store)
    async with store.reading() as tx:
        body = await tx.audit.newest_signed()
    of_six = checkpoints.c.place == 6
    found = await falsified(store, update(checkpoints).where(of_six).values(body=body))
    assert found == "the check-point of entry 6 is another's"
    found = await falsified(store, update(checkpoints).where(of_six).values(body=b"?"))
    assert found.startswith("the check-point of entry 6 is damaged, or is none")
    row = {"place": 3, "begins": 1, "at": 0.0, "body": b"?"}
    found = await falsified(store, insert(checkpoints).values(row))
    assert found.startswith("the check-point of its beginning is damaged, or is none")
    found = await falsified(
        store, update(checkpoints).where(checkpoints.c.begins == 1).values(body=body)
    )
    assert found.startswith("the check-point of its beginning is of another kind")
    begin = sign_checkpoint(store.ring, Checkpoint(12, outside.hash, NOON, begins=True))
    found = await falsified(
        store,
        delete(checkpoints).where(checkpoints.c.begins == 1),
        update(checkpoints).where(of_six).values(body=begin),
    )
    assert found == "the check-point of entry 6 is another's"


async def test_values_that_no_program_of_ours_writes_are_a_break(store: Store) -> None:
    if store.shared:
        return  # PostgreSQL takes only values of a column's type.
    await log_of_twelve(store)
    no_mark = text("UPDATE audit SET mark = 'none' WHERE number = 4")
    assert await falsified(store, no_mark) == "entry 4 was changed or put in"
    found = "it holds values that are none of this program's"
    no_text = text("UPDATE audit SET act = CAST(x'ff' AS TEXT) WHERE number = 4")
    assert await falsified(store, no_text) == found
    no_number = text("UPDATE checkpoints SET place = 'last' WHERE place = 12")
    assert await falsified(store, no_number) == found


async def test_a_database_that_does_not_answer_is_no_break(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise OperationalError("", {}, OSError())

    monkeypatch.setattr(store, "reading", fails)
    with pytest.raises(OperationalError):
        await check(store)


async def test_long_logs_are_read_in_pieces_while_the_program_goes_on(store: Store) -> None:
    async with store.writing() as tx:
        await write(tx, NOON, *(str(number) for number in range(audits.PIECE * 2 + 5)))
        for _ in range(3):
            await tx.audit.extend(NOON)
    reading, pieces = store.reading, 0

    @asynccontextmanager
    async def busy() -> AsyncIterator[Transaction]:
        nonlocal pieces
        pieces += 1
        if pieces > 1:
            async with store.writing() as tx:
                await write(tx, NOON + pieces * SECOND, "more")
                await tx.audit.extend(NOON + pieces * SECOND)
        async with reading() as tx:
            yield tx

    store.reading = busy  # type: ignore[method-assign]
    assert (await check(store)).entries == audits.PIECE * 2 + 5
    assert pieces > 5


async def test_when_entries_are_let_go_of_meanwhile_it_begins_again(store: Store) -> None:
    for number in range(4):
        await chained(store, NOON + number * SECOND, "a")
    reading, looks = store.reading, 0

    @asynccontextmanager
    async def slow() -> AsyncIterator[Transaction]:
        nonlocal looks
        looks += 1
        if looks == 2:
            async with store.writing() as tx:
                assert await tx.audit.forget(NOON + 2 * SECOND, NOON + DAY) == 2
        async with reading() as tx:
            yield tx

    store.reading = slow  # type: ignore[method-assign]
    assert (await check(store)).entries == 2


async def test_a_check_point_of_what_is_no_longer_kept_says_nothing(store: Store) -> None:
    first = await chained(store, NOON, "a")
    second = await chained(store, NOON + SECOND, "b")
    async with store.writing() as tx:
        await tx.audit.forget(NOON + DAY, NOON + DAY)
    assert await check(store, second) == Whole()
    with pytest.raises(TooOld, match="is of entry 1, which is no longer kept"):
        await check(store, first)
    other = Checkpoint(2, b"h" * 32, NOON)
    with pytest.raises(Broken, match=r"^from entry 2 to 2 one was removed"):
        await check(store, other)


async def test_an_empty_log_is_whole_unless_somebody_knows_better(store: Store) -> None:
    assert await check(store) == Whole()
    with pytest.raises(Broken, match=r"^the entries from 1 to 3 were removed$"):
        await check(store, Checkpoint(3, b"h" * 32, NOON))


async def test_who_erases_a_person_leaves_the_log_whole(store: Store) -> None:
    from tests.core.store.people import register

    async with store.writing() as tx:
        known = await register(tx)
        await tx.people.record("registered", actor="web:1", object=known.id, now=NOON)
        await tx.audit.extend(NOON)
    async with store.writing() as tx:
        await tx.people.erase(known)
        await tx.people.record("erased", actor="web:1", object=known.id, now=NOON)
        await tx.audit.extend(NOON)
    assert (await check(store)).entries == 2
