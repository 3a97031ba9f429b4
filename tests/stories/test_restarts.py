"""The program is stopped and started again between every two messages of a journey."""

from __future__ import annotations

from pathlib import Path

from handlers.health_code import HealthCode
from handlers.registration import Registration
from handlers.welcome import Welcome
from tests.reading import expect, expect_question
from tests.stories.everywhere import EVERYWHERE
from tests.stories.script import Tenant, expect_code, export_for, gives
from tests.world import World


@EVERYWHERE
async def test_a_restart_at_every_question(tmp_path: Path, channel: str, language: str) -> None:
    async with World(tmp_path) as world:
        person, tenant = await world.person(channel, language), Tenant(language)
        await person.starts()
        expect_question(await person.hears(), Welcome.consent, language)
        await world.restart()
        await person.presses("agree")
        for question, given in tenant.steps():
            expect_question(await person.hears(), question, language)
            await world.restart()
            await gives(world, person, given, tenant.mobile)
        heard = expect(await person.hears(), "registration.done", language)
        expect_question(heard, HealthCode.conditions, language)
        await world.restart()
        await person.presses("symptoms")
        await person.hears()
        await world.restart()
        await person.presses("done")
        expect_question(await person.hears(), HealthCode.visits, language)
        await world.restart()
        await person.sends("visits.json", export_for(world))
        expect_code(world, await person.hears(), "red", language)
        await world.restart()
        await person.presses("why_colour")
        expect(await person.hears(), "why.reason.symptoms", language)


@EVERYWHERE
async def test_after_a_week_and_a_restart_all_is_as_it_was(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path) as world:
        person, tenant = await world.person(channel, language), Tenant(language)
        await person.starts()
        await person.hears()
        await person.presses("agree")
        for question, given in tenant.steps():
            heard = await person.hears()
            if question is Registration.mobile:
                break
            await gives(world, person, given)
        world.clock.jump(days=7)
        await world.restart()
        await person.starts()
        expect(await person.hears(), "engine.welcome_back", language)
        await person.presses("yes")
        heard = expect_question(await person.hears(), Registration.mobile, language)
        assert "_back" in heard.buttons or channel == "telegram"
        await person.says(tenant.mobile)
        expect_question(await person.hears(), Registration.passcode, language)
        await person.says(await world.sms("+852" + tenant.mobile))
        expect_question(await person.hears(), Registration.truth, language)
