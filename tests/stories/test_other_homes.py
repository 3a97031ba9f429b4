"""Those who do not live in public housing: with a proof of address, or in a hotel."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.store.tables import proofs
from tests.stories.everywhere import EVERYWHERE
from tests.stories.script import Guest, Resident, Tenant, expect_code, gets_code, registers
from tests.world import World


@EVERYWHERE
@pytest.mark.parametrize(("kind", "count"), [(Tenant, 1), (Guest, 0)])
async def test_from_hello_to_a_green_code(
    tmp_path: Path, channel: str, language: str, kind: type[Resident], count: int
) -> None:
    async with World(tmp_path) as world:
        person = await world.person(channel, language)
        await registers(world, person, kind(language))
        expect_code(world, await gets_code(world, person, language), "green", language)
        async with world.app.store.reading() as tx:
            assert await tx.connection.scalar(select(func.count()).select_from(proofs)) == count
