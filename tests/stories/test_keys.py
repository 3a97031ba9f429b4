"""Keys come and go while people get their codes; verifiers hear of it by what is published."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import aiohttp
import pytest

from bot.operator.keys import distrusted, listed, revoked, rotated
from bot.upkeep import publication, withdrawn_keys
from core.credential import Reason, check
from core.signing.bundle import open_bundle
from core.signing.issuer_keys import IssuerKey, PublicKeys
from handlers.health_code import HealthCode
from tests.reading import expect, expect_question
from tests.stories.script import Resident, declares, export_for, gets_code, read, registers
from tests.world import Heard, Person, World


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the program look twenty times a second."""
    for module in (publication, withdrawn_keys):
        monkeypatch.setattr(module, "EVERY", 0.05)


async def fetch(world: World, name: str) -> bytes:
    """Fetch what is published, as a verifier does."""
    url = f"http://127.0.0.1:{world.port}/.well-known/health-code/{name}"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert response.status == 200
        return await response.read()


async def verifier(world: World) -> PublicKeys:
    """Return what a verifier holds that has just fetched the bundle; its keys it knew before."""
    pinned = world.folder / "pinned.json"
    if not pinned.exists():
        pinned.write_bytes(await fetch(world, "jwks.json"))
    trusted = PublicKeys.load(pinned)
    return open_bundle(await fetch(world, "bundle.cbor"), trusted, world.clock())


async def until(world: World, true: Callable[[PublicKeys], bool]) -> PublicKeys:
    """Wait until a verifier hears that something is so."""
    for _ in range(200):
        if true(held := await verifier(world)):
            return held
        await asyncio.sleep(0.05)
    raise AssertionError(held)


def signing(world: World, now: datetime | None = None) -> str:
    """Return the kid of the key that signs."""
    return IssuerKey.current(world.app.store.ring, now or world.clock()).kid.hex()


async def command(world: World, act: Callable[..., Awaitable[str]], *arguments: object) -> str:
    """Run a command of the operator beside the running program."""
    return await act(world.app.settings, world.policy, world.clock, *arguments)


async def again(person: Person) -> Heard:
    """Ask for another code while the records of before are fresh."""
    await person.presses("today")
    expect_question(await person.hears(), HealthCode.conditions)
    return await declares(person, "en")


async def next_day(world: World, person: Person) -> Heard:
    """Ask for a code when they are no longer."""
    expect_question(await again(person), HealthCode.visits)
    await person.sends("visits.json", export_for(world))
    return await person.hears()


async def test_a_rotation_loses_no_code(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        person = world.on_telegram()
        await registers(world, person, Resident())
        old = read((await gets_code(world, person, "en")).picture)
        before, first = await verifier(world), signing(world)
        said = await command(world, rotated, 24)
        assert "It signs from 2021-12-11 12:00, Hong Kong time" in said
        held = await until(world, lambda held: len(held.keys) == 2)
        assert before.sequence is not None
        assert held.sequence is not None
        assert held.sequence > before.sequence
        assert check(old, held, world.clock()).accepted
        assert signing(world) == first

        world.clock.jump(hours=23, minutes=50)
        late = read((await next_day(world, person)).picture)
        world.clock.jump(minutes=20)
        new = read((await again(person)).picture)
        assert signing(world) != first
        held = await verifier(world)
        for code in (late, new):
            assert check(code, held, world.clock()).accepted
        assert check(old, held, world.clock()).expired
        world.clock.jump(hours=11)
        held = await until(world, lambda now: now.issued_at != held.issued_at)
        assert check(late, held, world.clock()).accepted, "until the end of its day"
        world.clock.jump(hours=2)
        assert check(late, await verifier(world), world.clock()).expired
        await until(world, lambda held: len(held.keys) == 1)


async def test_a_withdrawn_key_takes_its_codes_along_and_their_holders_get_new_ones(
    tmp_path: Path,
) -> None:
    async with World(tmp_path) as world:
        people = [world.on_telegram() for _ in range(3)]
        codes = []
        for person in people:
            await registers(world, person, Resident())
            codes.append(read((await gets_code(world, person, "en")).picture))
        first = signing(world)
        said = await command(world, revoked, first, "Chan", "the laptop is lost")
        assert "3 live codes are affected" in said
        assert "No other key may sign now" in said
        held = await until(world, lambda held: held.keys[bytes.fromhex(first)].withdrawn)
        for code in codes:
            assert check(code, held, world.clock()).reason is Reason.WITHDRAWN_KEY
        assert held.revoked == frozenset(), "that the key is withdrawn says it of all"
        for person in people:
            expect(await person.hears(), "withdrawn.key")
            new = read((await person.hears()).picture)
            assert check(new, held, world.clock()).accepted
        assert "withdrawn on 2021-12-10 12:" in listed(
            world.app.settings, world.policy, world.clock
        )


async def test_what_a_key_signed_before_a_time_is_replaced_with_the_same_key(
    tmp_path: Path,
) -> None:
    async with World(tmp_path) as world:
        wrong, right = world.on_telegram(), world.on_telegram()
        await registers(world, wrong, Resident())
        old = read((await gets_code(world, wrong, "en")).picture)
        world.clock.jump(hours=1)
        mended = world.clock().replace(microsecond=0)
        await registers(world, right, Resident())
        good = read((await gets_code(world, right, "en")).picture)
        first, asked = signing(world), (mended.isoformat(), "Chan", "wrong colours")
        said = await command(world, distrusted, first, *asked)
        assert "1 live code is affected" in said
        held = await until(world, lambda held: held.keys[bytes.fromhex(first)].iat_min is not None)
        assert check(old, held, world.clock()).reason is Reason.REVOKED
        assert check(good, held, world.clock()).accepted
        assert held.revoked == frozenset(), "that the key is distrusted says it"
        expect(await wrong.hears(), "withdrawn.key")
        new = read((await wrong.hears()).picture)
        assert new != old
        assert check(new, await verifier(world), world.clock()).accepted
        assert signing(world) == first
        await asyncio.sleep(0.3)
        await right.says("menu")
        expect(await right.hears(), "menu.ask")


async def test_a_key_withdrawn_while_the_program_is_down_is_told_when_it_is_back(
    tmp_path: Path,
) -> None:
    async with World(tmp_path) as world:
        person = world.on_telegram()
        await registers(world, person, Resident())
        code = read((await gets_code(world, person, "en")).picture)
        await world.app.stop()
        await command(world, revoked, signing(world), "Chan", "lost")
        await world.begin()
        expect(await person.hears(), "withdrawn.key")
        new = read((await person.hears()).picture)
        held = await verifier(world)
        assert check(new, held, world.clock()).accepted
        assert check(code, held, world.clock()).reason is Reason.WITHDRAWN_KEY


async def test_a_code_that_is_withdrawn_is_in_the_next_bundle_within_seconds(
    tmp_path: Path,
) -> None:
    async with World(tmp_path) as world:
        person = world.on_telegram()
        await registers(world, person, Resident())
        green = read((await gets_code(world, person, "en")).picture)
        await person.presses("today")
        await person.hears()
        heard = await declares(person, "en", "symptoms")
        held = await until(world, lambda held: bool(held.revoked))
        assert check(green, held, world.clock()).reason is Reason.REVOKED
        assert check(read(heard.picture), held, world.clock()).accepted
