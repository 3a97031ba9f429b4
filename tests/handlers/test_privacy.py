"""A person has his data erased."""

from __future__ import annotations

from sqlalchemy import func, select

from core.store.tables import audit, codes, consents, exports, holders, links, proofs
from handlers.privacy import Erasure
from handlers.welcome import Welcome
from tests.handlers.people import agrees, is_registered, records
from tests.reading import expect, expect_question
from tests.talk import Talk

HELD = (codes, consents, exports, holders, links)


async def counts(talk: Talk) -> list[int]:
    async with talk.store.reading() as tx:
        return [
            await tx.connection.scalar(select(func.count()).select_from(table)) or 0
            for table in (*HELD, proofs)
        ]


async def test_all_of_a_person_is_erased_after_one_more_question(talk: Talk) -> None:
    await is_registered(talk)
    await talk.presses_menu("today")
    await talk.presses("none")
    await talk.sends(records(talk))
    assert await counts(talk) == [1, 1, 1, 1, 1, 0]
    await talk.commands("details")
    expect_question(await talk.presses("erase"), Erasure.sure)
    expect(await talk.presses("keep"), "erasure.kept")
    assert await counts(talk) == [1, 1, 1, 1, 1, 0]
    await talk.presses_menu("erase")
    heard = expect(await talk.presses("erase"), "erasure.done")
    assert "register" in heard.buttons
    assert await counts(talk) == [1, 0, 0, 0, 0, 0], "of his code the id, until it ends"
    async with talk.store.reading() as tx:
        row = (await tx.connection.execute(select(codes))).one()
        assert (row.holder, row.chat, row.body) == ("", "", b"")
        assert await tx.codes.revoked(talk.clock()) == [row.id[:4]]
        assert "erased" in (await tx.connection.scalars(select(audit.c.act))).all()
    expect_question(await talk.says("hello"), Welcome.consent)


async def test_who_is_not_registered_has_nothing_to_erase(talk: Talk) -> None:
    await agrees(talk)
    expect(await talk.presses_menu("erase"), "details.none")


async def test_who_was_erased_meanwhile_is_told_that_nothing_was_done(talk: Talk) -> None:
    await talk.reach(Erasure, "sure", {})
    expect(await talk.presses("erase"), "erasure.kept")
