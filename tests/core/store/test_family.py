"""Which chats look after which holders, and from when to when."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core.family import Relation, Way
from core.store.family import GUARDIAN, Link
from core.store.people import SELF, Known
from core.store.store import Store, Transaction
from tests.core.store.people import NOON, holder, index_of, register

SECOND = timedelta(seconds=1)
MOTHER = {"number": "G123456(A)", "english_name": "WONG Mei"}


async def mother(tx: Transaction, starts_at: datetime | None = NOON, way: Way = Way.PHONE) -> Known:
    who = holder(**MOTHER)
    known = await tx.people.register(who, index_of(tx, who), chat=None, now=NOON)
    await tx.family.look_after(
        "web:1", known.id, relation=Relation.PARENT, way=way, starts_at=starts_at, now=NOON
    )
    return known


async def test_a_guardian_speaks_for_others_beside_himself(store: Store) -> None:
    async with store.writing() as tx:
        own, known = await register(tx), await mother(tx)
    async with store.reading() as tx:
        found = await tx.family.person("web:1", known.id, NOON)
        assert found is not None
        assert found.holder.english_name == "WONG Mei"
        assert await tx.family.person("web:1", own.id, NOON) is not None
        of_chat = await tx.people.of_chat("web:1")
        assert of_chat is not None
        assert of_chat.id == own.id
        [link] = await tx.family.in_care("web:1")
        assert link == Link("web:1", known.id, GUARDIAN, "parent", "phone", NOON, NOON)
        assert [link.role for link in await tx.family.chats_of(own.id)] == [SELF]


async def test_nobody_else_speaks_for_him(store: Store) -> None:
    async with store.writing() as tx:
        known = await mother(tx)
        await register(tx, "web:2")
        for chat in ("web:2", "web:3"):
            assert await tx.family.person(chat, known.id, NOON) is None
            assert await tx.family.link(chat, known.id) is None
            assert await tx.family.in_care(chat) == []
        assert await tx.family.person("web:1", "nobody", NOON) is None


@pytest.mark.parametrize(
    ("starts_at", "holds"),
    [(NOON, True), (NOON - SECOND, True), (NOON + SECOND, False), (None, False)],
)
async def test_a_link_holds_from_its_start(
    store: Store, starts_at: datetime | None, holds: bool
) -> None:
    async with store.writing() as tx:
        known = await mother(tx, starts_at)
        assert (await tx.family.person("web:1", known.id, NOON) is not None) is holds
        [link] = await tx.family.in_care("web:1")
        assert link.holds(NOON) is holds


async def test_what_waits_is_listed_by_its_kind_and_confirmed_once(store: Store) -> None:
    async with store.writing() as tx:
        known = await mother(tx, None, Way.STAFF)
        assert [link.holder for link in await tx.family.pending(Way.STAFF)] == [known.id]
        assert await tx.family.pending(Way.LETTER) == []
        assert await tx.family.confirm("web:1", known.id, NOON)
        assert not await tx.family.confirm("web:1", known.id, NOON + SECOND)
        assert not await tx.family.confirm("web:9", known.id, NOON)
        assert await tx.family.pending(Way.STAFF) == []
        [link] = await tx.family.in_care("web:1")
        assert link.starts_at == NOON


async def test_what_is_ended_gives_nothing(store: Store) -> None:
    async with store.writing() as tx:
        known = await mother(tx)
        assert await tx.family.end("web:1", known.id)
        assert not await tx.family.end("web:1", known.id)
        assert await tx.family.person("web:1", known.id, NOON) is None
        assert await tx.people.of_id(known.id) is not None


async def test_registering_oneself_ends_no_care(store: Store) -> None:
    async with store.writing() as tx:
        known = await mother(tx)
        await register(tx)
        assert await tx.family.person("web:1", known.id, NOON) is not None


async def test_everyone_is_himself_first_and_whoever_needs_no_confirmation(store: Store) -> None:
    async with store.writing() as tx:
        assert await tx.family.everyone("web:1", NOON) == []
        known = await mother(tx)
        assert [each.id for each in await tx.family.everyone("web:1", NOON)] == [known.id]
        own = await register(tx)
        assert [each.id for each in await tx.family.everyone("web:1", NOON)] == [own.id, known.id]
        assert len(await tx.family.everyone("web:1", NOON - SECOND)) == 1
        assert await tx.family.everyone("web:2", NOON) == []
