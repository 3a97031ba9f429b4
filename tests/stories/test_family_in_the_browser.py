"""A daughter who looks after her mother at the page, in a real browser, from hello to codes."""

from __future__ import annotations

from typing import cast

import pytest
from playwright.async_api import Browser

from core.conversation.texts import Language
from core.sample import sample_export
from handlers.family import Dependant
from handlers.health_code import HealthCode
from handlers.registration import Registration
from tests.reading import expect, expect_question, says
from tests.stories.at_the_page import AtThePage, Program
from tests.stories.questions import FromSms
from tests.stories.script import Resident, consents, gets_code, gives, verdict
from tests.stories.test_browser import DESK, PHONE, SMALL_PHONE, program
from tests.stories.test_everyone import hears_until
from tests.stories.test_families import mother, person_named
from tests.world import TEXTS, World

__all__ = ["program"]

pytestmark = pytest.mark.asyncio(loop_scope="session")


def export_of(world: World, seed: int) -> bytes:
    """Return the visit records of just now from one of two phones."""
    return sample_export(31, 40, seed, world.clock(), installation=f"phone number {seed}")


@pytest.mark.parametrize(
    ("language", "size"),
    [(Language.ENGLISH, PHONE), (Language.TRADITIONAL, SMALL_PHONE), (Language.SIMPLIFIED, DESK)],
)
async def test_a_daughter_gets_her_mothers_code_and_the_day_after_both_at_once(
    browser: Browser, program: Program, language: str, size: tuple[int, int]
) -> None:
    world = cast(World, program)
    person = await AtThePage.sit_down(browser, program, language, size)
    failures: list[str] = []
    person.page.on("pageerror", lambda error: failures.append(str(error)))

    heard = await consents(person, language)
    for question, given in Resident(language).steps():
        expect_question(heard, question, language)
        if isinstance(given, FromSms):
            assert question is Registration.passcode
            await person.says(await person.reads_sms())
        else:
            await gives(world, person, given)
        heard = await person.hears()
    await gets_code(world, person, language, export_of(world, 1))

    await person.presses("register_other")
    heard = await person.hears()
    her = mother(language)
    for question, given in her.steps():
        expect_question(heard, question, language)
        person_named(heard, her, question)
        if isinstance(given, FromSms):
            assert question is Dependant.passcode
            await person.says(await person.reads_sms())
        else:
            await gives(world, person, given)
        heard = await person.hears()
    expect(heard, "dependant.done.phone", language)
    heard = await gets_code(world, person, language, export_of(world, 2))
    assert TEXTS.say(language, "engine.concerns", name=her.called) in heard.text
    heard.picture = await person.shows_code()
    assert verdict(world, heard).accepted

    program.clock.jump(days=1)
    pictures = await person.page.locator("#log figure img").count()
    await person.says(TEXTS.say(language, "menu.option.everyone"))
    for _ in range(2):
        expect_question(await person.hears(), HealthCode.conditions, language)
        await person.presses("none")
    expect(await person.hears(), "health_code.visits.ask_all", language)
    await person.sends_all(("hers.json", export_of(world, 2)), ("mine.json", export_of(world, 1)))
    said = await hears_until(person, "everyone.done.other", language)
    codes = [each for each in said if says(each, "health_code.caption.green", language)]
    for_her = TEXTS.say(language, "engine.concerns", name=her.called)
    assert [for_her in each.text for each in codes] == [False, True]
    heard.picture = await person.shows_code()
    assert verdict(world, heard).accepted
    assert await person.page.locator("#log figure img").count() == pictures + 2
    assert failures == []
    await person.leave()
