"""An installation of the app belongs to one holder, and to no other while he uses it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from core.store.store import Store
from core.store.tables import installations
from core.visits import Export
from tests.core.store.people import NOON, register

LATER = NOON + timedelta(days=3)


def export(installation: str) -> Export:
    day = NOON.date()
    return Export([], day, day, NOON, installation=installation)


PHONE, NAMELESS = export("phone-of-chan"), export("")


async def test_it_belongs_to_whoever_comes_first(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        assert await tx.installations.holder_of(PHONE) is None
        assert await tx.installations.claim(PHONE, known.id, NOON)
        assert not await tx.installations.claim(PHONE, "another", NOON)
        assert await tx.installations.holder_of(PHONE) == known.id
        assert await tx.installations.claim(export("another-phone"), known.id, NOON)


async def test_using_it_keeps_it(store: Store) -> None:
    async with store.writing() as tx:
        for now in (NOON, LATER):
            assert await tx.installations.claim(PHONE, "holder", now)
        assert not await tx.installations.claim(PHONE, "another", LATER + timedelta(days=1))
    async with store.reading() as tx:
        assert await tx.connection.scalar(select(installations.c.made_at)) == LATER.timestamp()


async def test_an_export_without_a_name_is_nobodys(store: Store) -> None:
    async with store.writing() as tx:
        assert await tx.installations.claim(NAMELESS, "holder", NOON)
        assert await tx.installations.claim(NAMELESS, "another", NOON)
        assert await tx.installations.holder_of(NAMELESS) is None
        assert (await tx.connection.execute(select(installations))).all() == []


async def test_its_name_is_not_kept_and_goes_with_the_holder(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        await tx.installations.claim(PHONE, known.id, NOON)
        [row] = (await tx.connection.execute(select(installations))).all()
        assert row.holder == known.id
        assert b"chan" not in row.installation
        await tx.people.erase(known)
    async with store.writing() as tx:
        assert await tx.installations.claim(PHONE, "another", NOON)
