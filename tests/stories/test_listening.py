"""Somebody who cannot read the caption has it read aloud."""

from __future__ import annotations

from pathlib import Path

from tests.reading import expect
from tests.stories.everywhere import EVERYWHERE
from tests.stories.script import Resident, expect_code, gets_code, registers
from tests.world import World


@EVERYWHERE
async def test_the_caption_of_a_code_is_read_aloud(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path) as world:
        person = await world.person(channel, language)
        await registers(world, person, Resident(language))
        code = expect_code(world, await gets_code(world, person, language), "green", language)
        assert not code.voice
        await person.presses("listen")
        heard = expect(await person.hears(), "health_code.caption.green", language)
        assert code.text.startswith(heard.text)
        assert heard.voice[:1] == b"\xff", "no MPEG frame"
        assert len(heard.voice) > 20_000, "shorter than the words"
