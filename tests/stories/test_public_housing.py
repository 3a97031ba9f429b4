"""A resident in public housing, from hello to the code, and the day after."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from core.conversation.texts import Language
from core.credential import check
from core.issuer_keys import PublicKeys
from handlers.health_code import HealthCode
from tests.reading import expect, expect_question
from tests.stories.script import Resident, export_for, gets_code, registers
from tests.world import World

CHANNELS = ("telegram", "web")


def read(picture: bytes) -> str:
    """Read a picture with a scanner that is not ours."""
    (found,) = zxingcpp.read_barcodes(Image.open(BytesIO(picture)))
    return str(found.text)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("channel", CHANNELS)
async def test_from_hello_to_a_green_code_and_the_day_after(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path) as world:
        person = await world.person(channel, language)
        await registers(world, person, Resident(language))
        heard = await gets_code(world, person, language)
        expect(heard, "health_code.caption.green", language)
        expect(heard, "health_code.read", language)
        keys = PublicKeys.load(tmp_path / "issuer-keys.json")
        verdict = check(read(heard.picture), keys, world.clock())
        assert verdict.accepted
        assert verdict.claims is not None
        assert verdict.claims.colour == "green"

        world.clock.jump(days=1)
        await person.presses("today")
        expect_question(await person.hears(), HealthCode.conditions, language)
        await person.presses("none")
        expect_question(await person.hears(), HealthCode.visits, language)
        await person.sends("visits.json", export_for(world, seed=8))
        heard = expect(await person.hears(), "health_code.caption.green", language)
        assert check(read(heard.picture), keys, world.clock()).accepted
