"""The inbox and the outbox as rows: once each, in order, sealed, and gone when done."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.conversation.messages import Button, Incoming, Press, Reply, Text
from core.conversation.turn import Job, Sms
from core.store.inbox import Inbox, Waiting
from core.store.lanes import be_due_sooner
from core.store.outbox import Outbox, Outgoing
from core.store.store import Store, Transaction
from core.store.tables import DONE, PARKED, WAITING, chats, inbox, outbox
from tests.core.store.people import NOON, ROOM

SECOND = timedelta(seconds=1)


def text(number: int, words: str = "hello", chat: str = "web:1") -> Incoming:
    return Incoming(chat=chat, id=str(number), body=Text(words), sent_at=NOON, message="m")


async def receive(tx: Transaction, *items: Incoming) -> None:
    chats = sorted({item.chat for item in items})
    await Inbox(tx.connection, tx.ring).put(items, chats, NOON)


async def heads(store: Store, after: timedelta = timedelta(), limit: int = 64) -> list[Waiting]:
    async with store.writing() as tx:
        return await Inbox(tx.connection, tx.ring).heads(limit, NOON + after)


async def test_a_message_counts_once_on_its_channel(store: Store) -> None:
    async with store.writing() as tx:
        await receive(tx, text(1), text(1, "again"))
    async with store.writing() as tx:
        await receive(tx, text(1, "once more"), text(1, "another", chat="telegram:1"))
    found = await heads(store)
    assert [w.incoming.body for w in found] == [Text("hello"), Text("another")]


async def test_the_oldest_of_each_chat_comes_with_the_chats_session(store: Store) -> None:
    async with store.writing() as tx:
        await receive(tx, text(1), text(2, "later"), text(3, "other", chat="web:2"))
    first, other = await heads(store)
    assert (first.incoming, first.tries, other.incoming.chat) == (text(1), 0, "web:2")
    first.session.language = "zh_Hans"
    async with store.writing() as tx:
        await Inbox(tx.connection, tx.ring).finish([first, other], NOON)
    (second,) = await heads(store)
    assert (second.incoming.id, second.session.language) == ("2", "zh_Hans")
    assert len(await heads(store, limit=1)) == 1


async def test_what_is_answered_is_erased_and_what_waits_is_sealed(store: Store) -> None:
    async with store.writing() as tx:
        await receive(tx, text(1, "A123456(3)"), text(2, "A123456(3)"))
    (first,) = await heads(store)
    first.session.answers["number"] = "A123456(3)"
    async with store.writing() as tx:
        await Inbox(tx.connection, tx.ring).finish([first], NOON)
        rows = (await tx.connection.execute(select(inbox).order_by(inbox.c.number))).all()
        (chat,) = (await tx.connection.execute(select(chats))).all()
    assert [(row.state, row.body is None) for row in rows] == [(DONE, True), (WAITING, False)]
    assert b"A123456" not in rows[1].body + chat.session


async def test_what_has_just_come_is_taken_as_it_is(store: Store) -> None:
    one, later, other, third = (
        text(1),
        text(2, "later"),
        text(3, "other", chat="web:2"),
        text(4, chat="web:3"),
    )
    async with store.writing() as tx:
        rows = Inbox(tx.connection, tx.ring)
        assert not await rows.waits()
        taken = await rows.take(
            [one, later, text(1, "again"), other, third], ["web:1", "web:2", "web:3"], NOON, 2
        )
        assert [w.incoming for w in taken] == [one, other]
        taken[0].session.language = "zh_Hans"
        await rows.finish(taken, NOON)
        # Behind them wait the next of a chat, and those of more chats than were wanted.
        assert await rows.waits()
    found = await heads(store)
    assert [w.incoming for w in found] == [later, third]
    assert [w.session.language for w in found] == ["zh_Hans", ""]
    async with store.writing() as tx:
        rows = Inbox(tx.connection, tx.ring)
        await rows.finish(found, NOON)
        assert await rows.take([one, third, later], [], NOON, 9) == []
        assert not await rows.waits()
        states = (await tx.connection.execute(select(inbox.c.state, inbox.c.body))).all()
    assert [tuple(row) for row in states] == [(DONE, None)] * 4


async def test_what_was_taken_in_a_transaction_that_failed_comes_again(store: Store) -> None:
    with suppress(ZeroDivisionError):
        async with store.writing() as tx:
            await Inbox(tx.connection, tx.ring).take([text(1)], ["web:1"], NOON, 9)
            raise ZeroDivisionError
    async with store.writing() as tx:
        (taken,) = await Inbox(tx.connection, tx.ring).take([text(1)], ["web:1"], NOON, 9)
        assert taken.incoming == text(1)


async def test_a_message_is_tried_again_when_it_is_due_and_those_behind_it_wait(
    store: Store,
) -> None:
    async with store.writing() as tx:
        await receive(tx, text(1), text(2))
        rows = Inbox(tx.connection, tx.ring)
        (first,) = await rows.heads(64, NOON)
        await rows.postpone(first.number, NOON + SECOND)
        assert await rows.next_due() == NOON + SECOND
    assert await heads(store) == []
    (again,) = await heads(store, SECOND)
    assert (again.incoming.id, again.tries) == ("1", 1)


async def test_a_message_that_is_given_up_lets_the_others_go_on(store: Store) -> None:
    async with store.writing() as tx:
        await receive(tx, text(1), text(2))
        rows = Inbox(tx.connection, tx.ring)
        (first,) = await rows.heads(64, NOON)
        await rows.park(first.number)
        (second,) = await rows.heads(64, NOON)
        await rows.finish([second], NOON)
        assert await rows.next_due() is None
        parked = select(inbox.c.body).where(inbox.c.state == PARKED)
        assert await tx.connection.scalar(parked), "kept for people to see"


async def send(store: Store, *items: tuple[str, str, Outgoing]) -> None:
    async with store.writing() as tx:
        await Outbox(tx.connection, tx.ring).put(items, NOON)


def reply(words: str) -> Reply:
    return Reply(words, [[Button("1.yes", "Yes")]])


async def test_lanes_go_side_by_side_each_in_its_order(store: Store) -> None:
    sms, job = Sms("+85291234567", "123456"), Job("j", "visits", "ref")
    await send(
        store,
        ("web", "web:1", reply("one")),
        ("web", "web:1", reply("two")),
        ("sms", "web:1", sms),
        ("work", "web:1", job),
        ("web", "web:2", reply("other")),
    )
    async with store.writing() as tx:
        rows = Outbox(tx.connection, tx.ring)
        taken = await rows.take(ROOM, NOON, lease=60)
        assert [due.body for due in taken] == [reply("one"), sms, job, reply("other")]
        lanes = {("web", "web:1"): 2, ("sms", "web:1"): 1, ("work", "web:1"): 1}
        assert await rows.unsent() == {**lanes, ("web", "web:2"): 1}
        assert [(due.route, due.chat, due.tries) for due in taken][1] == ("sms", "web:1", 0)
        assert await rows.take(ROOM, NOON, lease=60) == [], "they are leased"
        await rows.sent([taken[0].number], [])
        (second,) = await rows.take(ROOM, NOON, lease=60)
        assert second.body == reply("two")


async def test_a_lease_ends_by_itself_or_is_taken_back(store: Store) -> None:
    await send(store, ("web", "web:1", reply("one")))
    async with store.writing() as tx:
        rows = Outbox(tx.connection, tx.ring)
        for later in (0, 60):
            (due,) = await rows.take(ROOM, NOON + later * SECOND, lease=60)
        await rows.release()
        assert await rows.take(ROOM, NOON, lease=60) == [due]
        assert await rows.next_due() == {"web": NOON + 60 * SECOND}


async def test_a_row_is_tried_again_or_given_up(store: Store) -> None:
    await send(store, ("web", "web:1", reply("one")), ("web", "web:1", reply("two")))
    async with store.writing() as tx:
        rows = Outbox(tx.connection, tx.ring)
        (due,) = await rows.take(ROOM, NOON, lease=60)
        await rows.postpone(due.number, NOON + 5 * SECOND)
        assert await rows.take(ROOM, NOON, lease=60) == [], "the one behind it waits"
        (again,) = await rows.take(ROOM, NOON + 5 * SECOND, lease=60)
        assert (again.number, again.tries) == (due.number, 1)
        await rows.postpone(due.number, NOON, parked=True)
        (other,) = await rows.take(ROOM, NOON, lease=60)
        assert other.body == reply("two")


async def test_what_was_sent_is_erased_but_for_a_chats_transcript(store: Store) -> None:
    await send(
        store,
        ("web", "web:1", reply("one")),
        ("sms", "web:1", Sms("+85291234567", "123456")),
        ("web", "web:2", reply("other")),
        ("web", "web:1", reply("two")),
        ("telegram", "telegram:1", reply("far")),
    )
    async with store.writing() as tx:
        rows = Outbox(tx.connection, tx.ring)
        taken = await rows.take(ROOM, NOON, lease=60)
        kept = [due.number for due in taken if due.route == "web"]
        await rows.sent([due.number for due in taken if due.route != "web"], kept)
        await rows.sent([], [])
        bodies = dict((await tx.connection.execute(select(outbox.c.number, outbox.c.body))).all())
        assert [bool(bodies[due.number]) for due in taken] == [due.route == "web" for due in taken]
        assert b"123456" not in b"".join(filter(None, bodies.values()))
        transcript = await rows.since("web:1", 0, 9)
        assert [r.text for _, r in transcript] == ["one", "two"]
        first = transcript[0][0]
        assert await rows.since("web:1", first, 9) == transcript[1:]
        assert await rows.since("web:1", 0, 1) == transcript[:1]
        assert await rows.since("telegram:1", 0, 9) == []


async def test_presses_and_all_they_carry_come_back_as_they_were(store: Store) -> None:
    press = Incoming("telegram:5", "9", Press("3.yes", "callback"), NOON, "77", "zh-hant")
    async with store.writing() as tx:
        await receive(tx, press)
    (found,) = await heads(store)
    assert found.incoming == press


@pytest.mark.parametrize("damaged", [b"damaged", None])
async def test_a_damaged_row_is_taken_without_its_body_and_stops_no_other(
    store: Store, damaged: bytes | None
) -> None:
    await send(store, ("web", "web:1", reply("one")), ("web", "web:2", reply("other")))
    async with store.writing() as tx:
        await tx.connection.execute(
            update(outbox).where(outbox.c.chat == "web:1").values(body=damaged)
        )
        taken = await Outbox(tx.connection, tx.ring).take(ROOM, NOON, lease=60)
    assert [due.body for due in taken] == [None, reply("other")]


async def test_a_chat_that_is_known_already_needs_not_be_named(store: Store) -> None:
    async with store.writing() as tx:
        await receive(tx, text(1))
        await Inbox(tx.connection, tx.ring).put([text(2)], [], NOON)
    (first,) = await heads(store)
    assert first.incoming == text(1)


async def test_the_newest_of_each_transcript_is_found(store: Store) -> None:
    async with store.writing() as tx:
        rows = Outbox(tx.connection, tx.ring)
        reply, job = Reply("hello"), Job(id="1", kind="visits", ref="r")
        await rows.put([("web", "web:1", reply), ("web", "web:2", reply)], NOON)
        await rows.put([("web", "web:1", reply), ("work", "web:1", job)], NOON)
        [(first, _), (second, _)] = await rows.since("web:1", 0, 9)
        assert first < second
        newest = await rows.newest("web", ["web:1", "web:3"])
    assert newest == {"web:1": second, "web:3": 0}


async def test_what_waits_is_due_sooner_by_as_much_as_the_clock_was_set_back(store: Store) -> None:
    after, by = NOON + 60 * SECOND, timedelta(hours=8)
    waits = {"web:1": 0 * SECOND, "web:2": 60 * SECOND, "web:3": by + 90 * SECOND}
    async with store.writing() as tx:
        await receive(tx, *(text(n, chat=chat) for n, chat in enumerate(waits)))
    for waiting in await heads(store):
        async with store.writing() as tx:
            rows = Inbox(tx.connection, tx.ring)
            await rows.postpone(waiting.number, NOON + waits[waiting.chat])
    async with store.writing() as tx:
        await be_due_sooner(tx.connection, inbox, after, by)
    due = [[w.chat for w in await heads(store, n * SECOND)] for n in (0, 59, 60, 89, 90)]
    one, two, three = waits
    assert due == [[one], [one], [one, two], [one, two], [one, two, three]]
