"""A resident in public housing, from hello to the code, and the day after."""

from __future__ import annotations

from pathlib import Path

from handlers.health_code import HealthCode
from tests.reading import expect, expect_question
from tests.stories.everywhere import EVERYWHERE
from tests.stories.script import Resident, expect_code, export_for, gets_code, registers
from tests.world import World


@EVERYWHERE
async def test_from_hello_to_a_green_code_and_the_day_after(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path) as world:
        person = await world.person(channel, language)
        await registers(world, person, Resident(language))
        heard = await gets_code(world, person, language)
        expect_code(world, heard, "green", language)
        expect(heard, "health_code.read", language)

        world.clock.jump(days=1)
        await person.presses("today")
        expect_question(await person.hears(), HealthCode.conditions, language)
        heard = await gets_code(world, person, language, export_for(world, seed=8))
        expect_code(world, heard, "green", language)
