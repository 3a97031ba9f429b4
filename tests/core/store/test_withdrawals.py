"""Two members of staff withdraw a code; its holder's chat hears of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, insert, select

from core.conversation.messages import Incoming, Start, Withdrawn
from core.family import Way
from core.store.codes import Why
from core.store.inbox import Inbox
from core.store.staff import Role
from core.store.store import Store, Transaction
from core.store.tables import codes, links, withdrawals
from core.store.withdrawals import LIFE, Outcome, Pending, Request, tell
from tests.core.store.erasing import erase_what_is_old
from tests.core.store.people import NOON, holder, index_of, register

NOTED, SAME, CARRIED = Outcome
SECOND = timedelta(seconds=1)
REQUEST = Request("holder", b"\1" * 8, Why.HEALTH, "Called by Ward 7")


async def staffed(tx: Transaction, *names: str, **code: object) -> None:
    """Put people on the staff, and keep the code of REQUEST, or one that differs from it."""
    row = {"id": b"\1" * 8, "holder": "holder", "chat": "web:1", "body": b""}
    times = {"issued_at": NOON.timestamp(), "expires_at": (NOON + 2 * LIFE).timestamp()}
    await tx.connection.execute(insert(codes), {**row, **times, **code})
    for name in names:
        await tx.staff.add(name, Role.STAFF, NOON)


async def test_two_people_carry_it(store: Store) -> None:
    async with store.writing() as tx:
        await staffed(tx, "chan", "lee")
        assert await tx.withdrawals.ask(REQUEST, by="chan", now=NOON) is NOTED
        assert await tx.withdrawals.pending(NOON) == [Pending(REQUEST, "chan", NOON + LIFE)]
        assert await tx.withdrawals.ask(REQUEST, by="chan", now=NOON) is SAME
        assert await tx.withdrawals.ask(REQUEST, by="lee", now=NOON) is CARRIED
        assert await tx.withdrawals.pending(NOON) == []
        row = (await tx.connection.execute(select(withdrawals))).one()
        assert (row.first, row.second, row.done_at) == ("chan", "lee", NOON.timestamp())


async def test_what_is_carried_is_no_request_any_more(store: Store) -> None:
    async with store.writing() as tx:
        await staffed(tx, "chan", "lee", "wong")
        await tx.withdrawals.ask(REQUEST, by="chan", now=NOON)
        await tx.withdrawals.ask(REQUEST, by="lee", now=NOON)
        assert await tx.withdrawals.ask(REQUEST, by="wong", now=NOON) is NOTED


@pytest.mark.parametrize(("age", "outcome"), [(LIFE - SECOND, CARRIED), (LIFE, NOTED)])
async def test_a_request_is_good_for_a_day(store: Store, age: timedelta, outcome: Outcome) -> None:
    async with store.writing() as tx:
        await staffed(tx, "chan", "lee")
        await tx.withdrawals.ask(REQUEST, by="chan", now=NOON)
        assert len(await tx.withdrawals.pending(NOON + age)) == (outcome is CARRIED)
        assert await tx.withdrawals.ask(REQUEST, by="lee", now=NOON + age) is outcome


@pytest.mark.parametrize("asked", [REQUEST, replace(REQUEST, code=None)], ids=["code", "all"])
@pytest.mark.parametrize(
    ("code", "waits"),
    [
        ({}, True),
        ({"expires_at": NOON.timestamp()}, True),
        ({"expires_at": NOON.timestamp() - 1}, False),
        ({"withdrawn_at": NOON.timestamp()}, False),
        ({"holder": "another"}, False),
    ],
    ids=str,
)
async def test_a_request_that_could_withdraw_nothing_waits_no_more(
    store: Store, asked: Request, code: dict[str, object], waits: bool
) -> None:
    async with store.writing() as tx:
        await staffed(tx, "chan", **code)
        await tx.withdrawals.ask(asked, by="chan", now=NOON)
        assert len(await tx.withdrawals.pending(NOON)) == waits


@pytest.mark.parametrize(
    ("other", "outcome"),
    [
        (Request("holder", b"\1" * 8, Why.HEALTH, " called  by WARD 7 "), CARRIED),
        (Request("holder", b"\1" * 8, Why.HEALTH, "Called by Ward 8"), NOTED),
        (Request("holder", b"\1" * 8, Why.OTHER, "Called by Ward 7"), NOTED),
        (Request("holder", b"\2" * 8, Why.HEALTH, "Called by Ward 7"), NOTED),
        (Request("holder", None, Why.HEALTH, "Called by Ward 7"), NOTED),
        (Request("another", b"\1" * 8, Why.HEALTH, "Called by Ward 7"), NOTED),
    ],
    ids=["spaced", "reason", "why", "code", "all codes", "holder"],
)
async def test_a_changed_request_is_another(store: Store, other: Request, outcome: Outcome) -> None:
    async with store.writing() as tx:
        await staffed(tx, "chan", "lee")
        await tx.withdrawals.ask(REQUEST, by="chan", now=NOON)
        assert await tx.withdrawals.ask(other, by="lee", now=NOON) is outcome


async def test_a_request_falls_with_who_made_it(store: Store) -> None:
    async with store.writing() as tx:
        await staffed(tx, "chan", "lee", "wong")
        await tx.withdrawals.ask(REQUEST, by="chan", now=NOON)
        await tx.staff.remove("chan", NOON)
        assert await tx.withdrawals.pending(NOON) == []
        assert await tx.withdrawals.ask(REQUEST, by="lee", now=NOON) is NOTED
        assert await tx.withdrawals.ask(REQUEST, by="wong", now=NOON) is CARRIED


async def test_the_reason_is_sealed_and_goes_in_time(store: Store) -> None:
    days = store.policy.retention.code_days
    async with store.writing() as tx:
        await staffed(tx, "chan")
        known = await register(tx)
        await tx.withdrawals.ask(REQUEST, by="chan", now=NOON)
        mine = Request(known.id, None, Why.OTHER, "Because")
        await tx.withdrawals.ask(mine, by="chan", now=NOON)
        reasons = (await tx.connection.scalars(select(withdrawals.c.reason))).all()
        assert b"Ward" not in b"".join(reasons)
        await tx.people.erase(known)
        count = select(func.count()).select_from(withdrawals)
        assert await tx.connection.scalar(count) == 1, "who is erased takes his along"
        for left, at in (
            (1, NOON + timedelta(days=days)),
            (0, NOON + timedelta(days=days, seconds=1)),
        ):
            await erase_what_is_old(tx.connection, store.policy.retention, at)
            assert await tx.connection.scalar(count) == left


# Who hears of it


async def make_chats(tx: Transaction, *chats: str) -> None:
    """Let these chats have written before."""
    rows = Inbox(tx.connection, tx.ring)
    items = [Incoming(chat, f"first in {chat}", Start(), NOON) for chat in chats]
    await rows.put(items, chats, NOON)
    await rows.finish(await rows.heads(10, NOON), NOON)


@pytest.mark.parametrize(
    ("code_in", "told"), [("web:1", "web:1"), ("web:2", "web:2"), ("web:lost", "web:3")]
)
async def test_he_hears_it_once_where_he_got_the_code_or_else_where_he_was_last(
    store: Store, code_in: str, told: str
) -> None:
    async with store.writing() as tx:
        known = await register(tx, "web:1")
        for minutes, chat in enumerate(("web:2", "web:3"), 1):
            await tx.people.link(known.id, chat=chat, now=NOON + timedelta(minutes=minutes))
        await make_chats(tx, "web:1", "web:2", "web:3")
        later = NOON + timedelta(minutes=5)
        for _ in range(2):
            await tell(tx, known.id, b"\1" * 8, code_in, Why.OTHER, later)
        (waiting,) = await Inbox(tx.connection, tx.ring).heads(10, later)
        assert waiting.chat == told
        assert waiting.incoming.body == Withdrawn("01" * 8, "other", known.id)


@pytest.mark.parametrize(
    ("code_in", "own", "told"),
    [
        ("web:guardian", "web:own", "web:guardian"),
        ("web:own", "web:own", "web:own"),
        ("web:lost", "web:own", "web:own"),
        ("web:lost", None, "web:guardian"),
        ("web:waiting", None, "web:guardian"),
    ],
)
async def test_who_looks_after_him_hears_it_where_he_got_the_code_or_has_no_chat(
    store: Store, code_in: str, own: str | None, told: str
) -> None:
    async with store.writing() as tx:
        known = await tx.people.register(
            holder(), index_of(tx, holder()), chat=own, now=NOON - SECOND
        )
        for chat, starts_at in (("web:guardian", NOON), ("web:waiting", None)):
            await tx.family.look_after(
                chat, known.id, relation=None, way=Way.PHONE, starts_at=starts_at, now=NOON
            )
        await make_chats(tx, "web:guardian", "web:own", "web:waiting")
        await tell(tx, known.id, b"\1" * 8, code_in, Why.OTHER, NOON)
        (waiting,) = await Inbox(tx.connection, tx.ring).heads(10, NOON)
        assert waiting.chat == told


async def test_who_has_no_chat_any_more_hears_nothing(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx, "web:1")
        await make_chats(tx, "web:1")
        await tx.connection.execute(delete(links))
        await tell(tx, known.id, b"\1" * 8, "web:1", Why.OTHER, NOON)
        assert await Inbox(tx.connection, tx.ring).heads(10, NOON) == []
