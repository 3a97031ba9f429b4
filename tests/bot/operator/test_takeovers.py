"""Staff stop a chat that asks for somebody's registration, for who cannot do it himself."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from bot.app import opened
from bot.operator import takeovers
from bot.operator.takeovers import TakeoverError
from bot.settings import Settings
from core.conversation.messages import Incoming, LinkNews, Text
from core.policy import Policy
from core.store.inbox import Inbox
from core.store.staff import Role, StaffError
from core.store.tables import audit
from tests.clock import TestClock
from tests.core.store.people import register

POLICY = Policy()


async def test_a_member_of_staff_stops_it(tmp_path: Path, clock: TestClock) -> None:
    settings = Settings.load({"HEALTHCODE_DATA": str(tmp_path)}, tmp_path / "none")

    async def stops(reference: str, by: str = "Chan") -> str:
        return await takeovers.stop(settings, POLICY, clock, reference, by)

    async with opened(settings, POLICY, clock) as store:
        async with store.writing() as tx:
            await tx.staff.add("chan", Role.STAFF, clock())
            known = await register(tx, "web:1")
            inbox = Inbox(tx.connection, tx.ring)
            await inbox.put([Incoming("web:1", "1", Text("hello"), clock())], ["web:1"], clock())
            await inbox.finish(await inbox.heads(9, clock()), clock())
        for given, why in (
            ("12", "'12' is no reference number, such as HC-ABCDE-23456."),
            ("HC-ABCDE-23456", "Nobody has the reference number HC-ABCDE-23456."),
            (known.reference, f"No other chat asks for {known.reference}, so nothing is changed."),
        ):
            with pytest.raises(TakeoverError) as error:
                await stops(given)
            assert str(error.value) == why
        async with store.writing() as tx:
            await tx.takeovers.ask("web:9", known, "+85298765432", clock())
        with pytest.raises(StaffError):
            await stops(known.reference, "lee")
        said = await stops(known.reference.lower())
        assert said.startswith(f"Stopped: no other chat is linked to {known.reference}.")
        clock.jump(hours=24)
        async with store.writing() as tx:
            [(name, _)] = await tx.takeovers.over(clock())
            ended = await tx.takeovers.take(name, clock())
            assert ended is not None and ended.known is None
            [told] = await Inbox(tx.connection, tx.ring).heads(9, clock())
            assert isinstance(told.incoming.body, LinkNews)
            assert (told.chat, told.incoming.body.what) == ("web:1", "stopped")
            rows = (await tx.connection.execute(select(audit.c.actor, audit.c.act))).all()
    assert rows[-1] == ("chan", "takeover stopped")
