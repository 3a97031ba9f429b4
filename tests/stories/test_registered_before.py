"""The same document from another chat; details changed; consent declined; too early."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from core.days import HONG_KONG
from handlers.health_code import HealthCode
from handlers.registration import Registration
from handlers.welcome import Welcome
from tests.clock import TestClock
from tests.reading import expect, expect_question
from tests.stories.everywhere import EVERYWHERE
from tests.stories.script import (
    Resident,
    answers,
    consents,
    expect_code,
    gets_code,
    new_mobile,
    registers,
)
from tests.world import Person, World


async def details(person: Person, language: str) -> str:
    """Return what is registered for a person, with the reference number."""
    await person.says("/details")
    return expect(await person.hears(), "details.registered", language).text


@EVERYWHERE
async def test_somebody_elses_document_is_refused_and_ones_own_is_linked(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path) as world:
        resident = Resident(language)
        first = world.on_telegram(language)
        await registers(world, first, resident)

        stranger = await world.person(channel, language)
        thief = Resident(language, number=resident.number)
        heard = await answers(world, stranger, thief, await consents(stranger, language))
        expect(heard, "registration.refused", language)
        await stranger.presses("register")
        expect_question(await stranger.hears(), Registration.document, language)

        half = await world.person(channel, language)
        guess = Resident(language, resident.number, new_mobile(), resident.birthday)
        heard = await answers(world, half, guess, await consents(half, language))
        expect(heard, "registration.refused", language)

        second = await world.person(channel, language)
        world.clock.jump(minutes=2)
        heard = await answers(world, second, resident, await consents(second, language), sms=1)
        expect(heard, "registration.done", language)
        expect(await first.hears(), "links.linked", language)
        expect_question(await first.hears(), HealthCode.conditions, language)
        assert await details(second, language) == await details(first, language)


@EVERYWHERE
async def test_a_detail_is_changed_from_my_details(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path) as world:
        person = await world.person(channel, language)
        await registers(world, person, Resident(language))
        await gets_code(world, person, language)
        before = await details(person, language)
        await person.presses("change")
        expect_question(await person.hears(), Registration.truth, language)
        await person.presses("edit")
        expect(await person.hears(), "engine.aside.edit", language)
        await person.presses("english_name")
        expect_question(await person.hears(), Registration.english_name, language)
        await person.says("WONG Siu Ming")
        heard = expect_question(await person.hears(), Registration.truth, language)
        assert "WONG Siu Ming" in heard.text
        await person.presses("yes")
        heard = expect(await person.hears(), "registration.changed", language)
        expect_question(heard, HealthCode.conditions, language)
        after = await details(person, language)
        assert "W*** S** M***" in after
        assert before != after


@EVERYWHERE
async def test_who_declines_is_let_go_and_may_come_back(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path) as world:
        person = await world.person(channel, language)
        heard = await consents(person, language, "decline")
        expect(heard, "welcome.declined", language)
        await person.presses("help")
        expect(await person.hears(), "help.ask", language)
        await person.presses("help_privacy")
        expect(await person.hears(), "help.privacy", language)
        await person.says("hello")
        expect_question(await person.hears(), Welcome.consent, language)
        await person.presses("agree")
        heard = await answers(world, person, Resident(language), await person.hears())
        expect(heard, "registration.done", language)
        expect_code(world, await gets_code(world, person, language), "green", language)


@EVERYWHERE
async def test_before_opening_questions_are_answered(
    tmp_path: Path, channel: str, language: str
) -> None:
    clock = TestClock(datetime(2021, 12, 10, 8, 50, tzinfo=HONG_KONG))
    async with World(tmp_path, clock=clock) as world:
        person = await world.person(channel, language)
        heard = expect(await consents(person, language), "registration.not_open", language)
        assert "10" in heard.text
        await person.presses("help")
        expect(await person.hears(), "help.ask", language)
        await person.presses("help_steps")
        expect(await person.hears(), "help.steps", language)
        world.clock.jump(minutes=10)
        await person.presses("register")
        heard = await answers(world, person, Resident(language), await person.hears())
        expect(heard, "registration.done", language)


async def test_opening_time_is_the_policys(tmp_path: Path) -> None:
    later = datetime(2022, 1, 3, 9, tzinfo=HONG_KONG)
    async with World(tmp_path) as world:
        world.app.store.policy = msgspec.structs.replace(world.policy, opens_at=later)
        person = world.on_telegram()
        heard = expect(await consents(person, "en"), "registration.not_open")
        assert "3 January 2022, 09:00" in heard.text
