"""What is to be sent: rows in lanes, each leased to one sender at a time."""

from __future__ import annotations

from datetime import timedelta

from core.conversation.messages import Reply
from core.conversation.turn import Sms
from core.store.outbox import Outbox, Outgoing
from core.store.store import Store
from tests.core.store.people import NOON

ROWS: list[tuple[str, str, Outgoing]] = [
    ("web", "web:1", Reply("one")),
    ("sms", "web:1", Sms("+85291234567", "two")),
    ("web", "web:2", Reply("three")),
]
LEASE = 60.0
LATER = NOON + timedelta(seconds=LEASE)


async def test_rows_that_are_leased_as_they_are_written_are_told_by_their_numbers(
    store: Store,
) -> None:
    async with store.writing() as tx:
        rows = Outbox(tx.connection, tx.ring)
        await rows.put(ROWS[:1], NOON)
        numbers = await rows.put(ROWS[1:], NOON, lease=LEASE)
        # Nobody else takes them before the lease ends.
        (first,) = await rows.take(9, NOON, LEASE)
        await rows.sent([first.number], [])
        assert await rows.take(9, LATER - timedelta(seconds=1), LEASE) == []
        taken = await rows.take(9, LATER, LEASE)
    assert (first.route, first.chat, first.body) == ROWS[0]
    assert [(due.number, due.route, due.chat, due.body) for due in taken] == [
        (number, *row) for number, row in zip(numbers, ROWS[1:], strict=True)
    ]


async def test_rows_that_anybody_may_take_have_no_numbers_yet(store: Store) -> None:
    async with store.writing() as tx:
        rows = Outbox(tx.connection, tx.ring)
        assert await rows.put(ROWS, NOON) == []
        taken = await rows.take(9, NOON, LEASE)
    assert [(due.route, due.chat, due.body) for due in taken] == ROWS
