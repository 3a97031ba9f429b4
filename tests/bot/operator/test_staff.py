"""The operator's commands about staff, and what they do in the chats."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.operator import staff
from bot.settings import Settings
from core.policy import Policy
from core.store.staff import Role, StaffError
from tests.clock import TestClock
from tests.reading import expect
from tests.stories.everywhere import EVERYWHERE
from tests.world import Person, World


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load({"HEALTHCODE_DATA": str(tmp_path)}, tmp_path / "none")


def enrolment(printed: str) -> str:
    """Return the word in what `staff add` printed."""
    return printed.partition("/start ")[2].split()[0]


async def test_add_list_remove(settings: Settings, clock: TestClock) -> None:
    policy = Policy()
    assert await staff.listed(settings, policy, clock) == "There is no staff."
    printed = await staff.add(settings, policy, clock, "Chan.TM", "officer")
    assert printed.count(enrolment(printed)) == 2
    assert "within 24 hours" in printed
    await staff.add(settings, policy, clock, "lee", "staff")
    listed = await staff.listed(settings, policy, clock)
    assert listed.startswith(
        "chan.tm  officer  not enrolled; the enrolment is good until 2021-12-11"
    )
    assert "\nlee  staff  " in listed
    assert "no longer on the staff" in await staff.remove(settings, policy, clock, "CHAN.tm")
    assert "chan" not in await staff.listed(settings, policy, clock)
    with pytest.raises(
        StaffError, match=r"^chan.tm is not on the staff: `staff list` shows who is\.$"
    ):
        await staff.remove(settings, policy, clock, "chan.tm")
    with pytest.raises(StaffError, match="is no name"):
        await staff.add(settings, policy, clock, "Chan Tai Man", "officer")


@EVERYWHERE
async def test_an_officer_enrols_on_every_channel_and_is_removed_at_once(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path) as world:
        app = world.app
        person: Person = await world.person(channel, language)
        word = enrolment(await staff.add(app.settings, app.policy, world.clock, "chan", "officer"))
        if channel == "web":
            await person.starts()
            await person.hears()
            await person.says(word)
        else:
            await person.starts(word)
        expect(await person.hears(), "staff.enrolled.officer", language)

        async with app.store.reading() as tx:
            (member,) = await tx.staff.members()
            assert await tx.staff.role(member.chat) is Role.OFFICER
        assert member.chat.startswith(f"{channel}:")
        assert f"enrolled in {member.chat}" in await staff.listed(
            app.settings, app.policy, world.clock
        )
        word = enrolment(await staff.add(app.settings, app.policy, world.clock, "lee", "officer"))
        await person.says(word)
        expect(await person.hears(), "staff.enrolled.officer", language)
        listed = await staff.listed(app.settings, app.policy, world.clock)
        assert listed.startswith("chan  officer  has no chat\n"), "a chat is one person's"
        await staff.remove(app.settings, app.policy, world.clock, "lee")
        async with app.store.reading() as tx:
            assert await tx.staff.role(member.chat) is None
