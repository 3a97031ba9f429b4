"""The whole journey in a real browser, from hello to the code at the gate and the day after."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from core.conversation.texts import Language
from handlers.health_code import HealthCode
from handlers.registration import Registration
from tests import reading
from tests.reading import expect_question
from tests.stories.at_the_page import AtThePage, Program
from tests.stories.questions import FromSms
from tests.stories.script import Resident, asks_why, consents, gets_code, gives, verdict
from tests.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE, SMALL_PHONE, DESK = (390, 844), (320, 640), (1280, 800)


@pytest_asyncio.fixture(loop_scope="session")
async def program(tmp_path: Path) -> AsyncIterator[Program]:
    """Run the program."""
    program = Program(tmp_path)
    await program.start()
    yield program
    await program.stop()


async def away(program: Program) -> None:
    """Stop the program, and start it again a little later."""
    await program.stop()
    await asyncio.sleep(0.2)
    await program.start()


@pytest.mark.parametrize(
    ("language", "size", "keyboard"),
    [
        (Language.ENGLISH, DESK, True),
        (Language.TRADITIONAL, PHONE, False),
        (Language.SIMPLIFIED, SMALL_PHONE, False),
    ],
    ids=["en by keyboard", "zh_Hant_HK on a phone", "zh_Hans on a small phone"],
)
async def test_from_hello_to_a_green_code_at_the_gate_and_the_day_after(
    browser: Browser, program: Program, language: str, size: tuple[int, int], keyboard: bool
) -> None:
    world = cast(World, program)
    resident = Resident(language)
    person = await AtThePage.sit_down(browser, program, language, size, keyboard=keyboard)
    page = person.page
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))

    heard = await consents(person, language)
    for question, given in resident.steps():
        expect_question(heard, question, language)
        if question is Registration.english_name:
            await page.reload()
            assert await person.sees() == heard
        if question is Registration.housing:
            await away(program)
        if question is Registration.passcode:
            assert isinstance(given, FromSms)
            await person.says(await person.reads_sms())
        else:
            await gives(world, person, given)
        heard = await person.hears()
    reading.expect(heard, "registration.done", language)

    heard = await gets_code(world, person, language)
    reading.expect(heard, "health_code.caption.green", language)
    heard.picture = await person.shows_code()
    checked = verdict(world, heard)
    assert checked.accepted
    assert checked.claims is not None
    assert checked.claims.colour == "green"

    await asks_why(person, "clear", language)
    await person.presses("details")
    heard = reading.expect(await person.hears(), "details.registered", language)
    assert resident.mobile not in heard.text

    program.clock.jump(days=1)
    await page.reload()
    before = await page.locator("#log .mine").count()
    await person.presses("today")
    expect_question(await person.hears(), HealthCode.conditions, language)
    heard = await gets_code(world, person, language)
    reading.expect(heard, "health_code.caption.green", language)
    assert await page.locator("#log .mine").count() == before + 3
    heard.picture = await person.shows_code()
    assert verdict(world, heard).accepted
    await expect(page.get_by_role("status")).to_be_empty()
    assert failures == []
    await person.leave()
