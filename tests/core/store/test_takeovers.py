"""Chats that wait to become a holder's own."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from core.conversation.messages import Incoming, LinkNews, TakeoverDue
from core.family import Way
from core.store.inbox import Inbox
from core.store.people import SELF, Known
from core.store.store import Store, Transaction
from core.store.tables import chats, holders, takeovers
from core.store.takeovers import Takeover, link_own, tell
from tests.core.store.erasing import erase_what_is_old
from tests.core.store.people import NOON, register

NEW = "+85298765432"
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


async def asks(tx: Transaction, known: Known | None, chat: str = "web:9") -> tuple[str, bool]:
    until, hopeful = await tx.takeovers.ask(chat, known, NEW, NOON)
    assert until == NOON + 24 * HOUR
    newest = select(takeovers.c.id).where(takeovers.c.chat == chat)
    return (await tx.connection.scalars(newest)).all()[-1], hopeful


async def heard(store: Store, now: datetime) -> list[Incoming]:
    async with store.writing() as tx:
        return [w.incoming for w in await Inbox(tx.connection, tx.ring).heads(9, now)]


async def test_who_waits_has_no_link(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        assert (await asks(tx, known))[1]
        assert await tx.family.link("web:9", known.id) is None
        assert await tx.people.of_chat("web:9") is None
        assert await tx.family.person("web:9", known.id, NOON + 48 * HOUR) is None
        assert await tx.takeovers.waits("web:9") == NOON + 24 * HOUR
        assert await tx.takeovers.waits("web:1") is None


async def test_the_new_number_is_sealed_with_the_holders_own_key(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        name, _ = await asks(tx, known)
        mobile = await tx.connection.scalar(select(takeovers.c.mobile))
        assert mobile is not None
        assert known.sealer.open(mobile, f"takeovers|mobile|{name}") == NEW.encode()
        assert NEW[4:].encode() not in mobile


async def test_a_wait_that_is_over_is_announced_once_and_taken_once(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        name, _ = await asks(tx, known)
        assert await tx.takeovers.over(NOON + 24 * HOUR - SECOND) == []
        await tx.takeovers.announce(NOON)
        due = NOON + 24 * HOUR
        assert await tx.takeovers.over(due) == [(name, "web:9")]
        await tx.takeovers.announce(due)
        await tx.takeovers.announce(due + SECOND)
        assert await tx.connection.scalar(select(func.count()).select_from(chats)) == 1
    [incoming] = await heard(store, due)
    assert (incoming.chat, incoming.body) == ("web:9", TakeoverDue(name))
    async with store.writing() as tx:
        taken = await tx.takeovers.take(name, due)
        assert taken is not None
        assert taken.known is not None
        assert (taken.known.id, taken.mobile) == (known.id, NEW)
        assert await tx.takeovers.take(name, due) is None
        assert await tx.takeovers.over(due) == []
        assert await tx.takeovers.waits("web:9") is None


async def test_what_is_stopped_waits_on_and_comes_to_nothing(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        name, _ = await asks(tx, known)
        assert await tx.takeovers.stop("another") == 0
        assert await tx.takeovers.stop(known.id) == 1
        assert await tx.takeovers.stop(known.id) == 0
        assert await tx.takeovers.waits("web:9") is not None
        assert await tx.takeovers.take(name, NOON) == Takeover(None, "")


async def test_details_of_nobody_wait_too(store: Store) -> None:
    async with store.writing() as tx:
        name, hopeful = await asks(tx, None)
        assert not hopeful
        assert await tx.takeovers.over(NOON + 24 * HOUR) == [(name, "web:9")]
        assert await tx.takeovers.take(name, NOON) == Takeover(None, "")


async def test_of_who_is_erased_meanwhile_nothing_is_left(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        name, _ = await asks(tx, known)
        await tx.people.erase(known)
        row = (await tx.connection.execute(select(takeovers))).one()
        assert (row.holder, row.mobile) == ("", None)
        assert await tx.takeovers.take(name, NOON) == Takeover(None, "")


async def test_who_was_unused_too_long_is_taken_over_by_nobody(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        name, _ = await asks(tx, known)
        await tx.connection.execute(update(holders).values(seen_at=0.0))
        await erase_what_is_old(tx.connection, store.policy.retention, NOON)
        assert await tx.takeovers.take(name, NOON) == Takeover(None, "")


async def test_a_chat_may_ask_three_times_a_day(store: Store) -> None:
    async with store.writing() as tx:
        for _ in range(3):
            assert await tx.takeovers.may_ask("web:9", NOON)
            await asks(tx, None)
        assert not await tx.takeovers.may_ask("web:9", NOON)
        assert not await tx.takeovers.may_ask("web:9", NOON + 24 * HOUR - SECOND)
        assert await tx.takeovers.may_ask("web:9", NOON + 24 * HOUR)
        assert await tx.takeovers.may_ask("web:8", NOON)


async def test_for_one_holder_chats_may_ask_three_times_a_day(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        hopes = [(await asks(tx, known, f"web:{n}"))[1] for n in range(5, 9)]
        assert hopes == [True, True, True, False]
        assert await tx.takeovers.stop(known.id) == 3


async def test_what_has_ended_is_erased_after_a_day(store: Store) -> None:
    async def left(now: datetime) -> int:
        async with store.writing() as tx:
            await erase_what_is_old(tx.connection, store.policy.retention, now)
            count = select(func.count()).select_from(takeovers)
            return await tx.connection.scalar(count) or 0

    async with store.writing() as tx:
        name, _ = await asks(tx, None)
        await tx.takeovers.take(name, NOON + 24 * HOUR)
        await asks(tx, None, "web:8")
    assert await left(NOON + 48 * HOUR) == 2
    assert await left(NOON + 48 * HOUR + SECOND) == 1
    assert await left(NOON + 31 * 24 * HOUR) == 1
    assert await left(NOON + 31 * 24 * HOUR + SECOND) == 0


async def test_a_guardians_chat_becomes_the_holders_own(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        await tx.family.look_after(
            "web:5", known.id, relation=None, way=Way.PHONE, starts_at=NOON, now=NOON
        )
        await link_own(tx, known, "web:5", "linked", NOON + HOUR)
        link = await tx.family.link("web:5", known.id)
        assert link is not None
        assert (link.role, link.way, link.starts_at) == (SELF, "", NOON + HOUR)
        assert await tx.people.of_chat("web:1") is not None


async def test_others_who_speak_for_him_hear_of_a_link_and_who_waits_does_not(
    store: Store,
) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        for chat, starts_at in (("web:5", NOON), ("web:6", None)):
            await tx.family.look_after(
                chat, known.id, relation=None, way=Way.PHONE, starts_at=starts_at, now=NOON
            )
        everybody = [
            Incoming(chat=f"web:{n}", id="0", body=TakeoverDue(""), sent_at=NOON)
            for n in (1, 5, 6, 9)
        ]
        rows = Inbox(tx.connection, tx.ring)
        await rows.put(everybody, [each.chat for each in everybody], NOON)
        await rows.finish(await rows.heads(9, NOON), NOON)
        await link_own(tx, known, "web:9", "linked", NOON)
        await tell(tx, [], known, "left", NOON)
    news = LinkNews(known.id, "CHAN Tai Man", "linked", chinese_name="陳大文")
    assert [(i.chat, i.body) for i in await heard(store, NOON)] == [
        ("web:1", news),
        ("web:5", news),
    ]
