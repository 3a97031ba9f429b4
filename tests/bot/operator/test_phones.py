"""A number that is locked takes codes again once a member of staff has looked."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from bot.app import opened
from bot.operator import phones
from bot.operator.phones import PhoneError
from bot.settings import Settings
from core.policy import PasscodePolicy, Policy
from core.store.staff import Role, StaffError
from core.store.store import Store
from core.store.tables import audit
from tests.clock import TestClock

POLICY = Policy(passcode=PasscodePolicy(phone_failures_in_a_row=1))
PHONE = "+85291234567"


async def asks(store: Store, clock: TestClock) -> str:
    """Ask for a code, and try a wrong one; return why none was sent."""
    clock.jump(minutes=20)
    async with store.writing() as tx:
        more = {"chat": "web:1", "phone": PHONE, "purpose": "registration"}
        sent = await tx.challenges.send(**more, challenge="", now=clock())
        if sent.code:
            wrong = f"{(int(sent.code) + 1) % 1_000_000:06}"
            more["challenge"] = sent.challenge
            assert not await tx.challenges.check(**more, code=wrong, now=clock())
    return sent.refused


async def test_a_member_of_staff_unlocks_it(tmp_path: Path, clock: TestClock) -> None:
    settings = Settings.load({"HEALTHCODE_DATA": str(tmp_path)}, tmp_path / "none")
    async with opened(settings, POLICY, clock) as store:
        async with store.writing() as tx:
            await tx.staff.add("chan", Role.STAFF, clock())
        assert [await asks(store, clock) for _ in range(2)] == ["", "locked"]

        with pytest.raises(StaffError):
            await phones.unlock(settings, POLICY, clock, PHONE, "lee")
        with pytest.raises(
            PhoneError, match=r"^That is not a Hong Kong mobile number: give its eight digits\.$"
        ):
            await phones.unlock(settings, POLICY, clock, "2123 4567", "chan")
        assert await asks(store, clock) == "locked"

        said = await phones.unlock(settings, POLICY, clock, "9123 4567", "Chan")
        assert said == "9••• •567 takes codes again."
        with pytest.raises(PhoneError, match=r"^9••• •567 is not locked, so nothing is changed"):
            await phones.unlock(settings, POLICY, clock, "9123 4567", "Chan")
        assert await asks(store, clock) == ""
        async with store.reading() as tx:
            rows = (await tx.connection.execute(select(audit.c.actor, audit.c.object))).all()
    assert [row for row in rows if "1234567" in row.object] == []
    assert rows[-1].actor == "chan"
