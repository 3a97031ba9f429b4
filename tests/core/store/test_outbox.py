"""What is to be sent: rows in lanes, each leased to one sender at a time."""

from __future__ import annotations

from datetime import timedelta

from core.conversation.messages import Reply
from core.conversation.turn import Sms
from core.store.outbox import Outbox, Outgoing
from core.store.store import Store
from tests.core.store.people import NOON, ROOM

ROWS: list[tuple[str, str, Outgoing]] = [
    ("web", "web:1", Reply("one")),
    ("sms", "web:1", Sms("+85291234567", "two")),
    ("web", "web:2", Reply("three")),
]
LEASE = 60.0
SECOND = timedelta(seconds=1)
LATER = NOON + timedelta(seconds=LEASE)


async def test_rows_that_are_leased_as_they_are_written_are_told_by_their_numbers(
    store: Store,
) -> None:
    async with store.writing() as tx:
        rows = Outbox(tx.connection, tx.ring)
        await rows.put(ROWS[:1], NOON)
        numbers = await rows.put(ROWS[1:], NOON, lease=LEASE)
        # Nobody else takes them before the lease ends.
        (first,) = await rows.take(ROOM, NOON, LEASE)
        await rows.sent([first.number], [])
        assert await rows.take(ROOM, LATER - timedelta(seconds=1), LEASE) == []
        taken = await rows.take(ROOM, LATER, LEASE)
    assert (first.route, first.chat, first.body) == ROWS[0]
    assert [(due.number, due.route, due.chat, due.body) for due in taken] == [
        (number, *row) for number, row in zip(numbers, ROWS[1:], strict=True)
    ]


async def test_what_another_has_sent_meanwhile_is_not_sent_again_later(store: Store) -> None:
    async with store.writing() as tx:
        rows = Outbox(tx.connection, tx.ring)
        sent, waits, gone = await rows.put(ROWS, NOON, lease=LEASE)
        await rows.sent([sent], [])
        assert not await rows.postpone(sent, NOON)
        assert await rows.postpone(waits, NOON)
        assert await rows.postpone(gone, NOON, parked=True)
        assert not await rows.postpone(gone, NOON)
        assert [due.number for due in await rows.take(ROOM, NOON, LEASE)] == [waits]


async def test_leases_are_given_back_by_when_they_end(store: Store) -> None:
    async with store.writing() as tx:
        rows = Outbox(tx.connection, tx.ring)
        await rows.put(ROWS, NOON)
        await rows.take({"web": 1}, NOON, LEASE)
        await rows.take({"web": 1}, NOON + SECOND, LEASE)
        (sms,) = await rows.take({"sms": 1}, NOON, LEASE)
        await rows.sent([sms.number], [])
        await rows.give_back([])
        assert await rows.take(ROOM, NOON, LEASE) == []
        await rows.give_back([LATER, LATER + 2 * SECOND])
        taken = await rows.take(ROOM, NOON, LEASE)
    assert [(due.route, due.chat, due.body) for due in taken] == ROWS[:1]


async def test_rows_that_anybody_may_take_have_no_numbers_yet(store: Store) -> None:
    async with store.writing() as tx:
        rows = Outbox(tx.connection, tx.ring)
        assert await rows.put(ROWS, NOON) == []
        taken = await rows.take(ROOM, NOON, LEASE)
    assert [(due.route, due.chat, due.body) for due in taken] == ROWS


async def test_each_route_gives_as_many_as_it_has_room_for_its_oldest_first(store: Store) -> None:
    crowd: list[tuple[str, str, Outgoing]] = [
        (route, f"web:{number}", Reply(f"{route} {number}"))
        for route in ("proof", "web")
        for number in range(5)
    ]
    async with store.writing() as tx:
        rows = Outbox(tx.connection, tx.ring)
        await rows.put(crowd, NOON)
        first = await rows.take({"web": 3, "proof": 1}, NOON, LEASE)
        second = await rows.take({"web": 3, "proof": 0}, NOON, LEASE)
        third = await rows.take({"web": 3, "proof": 9}, NOON, LEASE)
    assert [[(due.route, due.chat) for due in taken] for taken in (first, second, third)] == [
        [("proof", "web:0"), ("web", "web:0"), ("web", "web:1"), ("web", "web:2")],
        [("web", "web:3"), ("web", "web:4")],
        [("proof", f"web:{number}") for number in range(1, 5)],
    ]


async def test_what_waits_for_a_route_that_is_not_there_is_left_where_it_is(store: Store) -> None:
    async with store.writing() as tx:
        rows = Outbox(tx.connection, tx.ring)
        await rows.put(ROWS, NOON)
        assert [due.route for due in await rows.take({"sms": 9}, NOON, LEASE)] == ["sms"]
        (web, _) = await rows.take({"web": 9}, NOON, LEASE)
        await rows.postpone(web.number, LATER)
        assert await rows.next_due() == {"web": LATER, "sms": LATER}
