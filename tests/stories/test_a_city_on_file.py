"""However many people are on file, what one of them does costs the same.

Counted are the steps of SQLite's virtual machine, which are the same on every machine: a statement
that looks at every row shows itself, however fast it is on the few rows of a test.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bot import app
from bot.upkeep import retention
from bot.upkeep.chaining import chain_all
from core.policy import Policy
from core.store import lists, loading
from core.store import store as stores
from core.store.reassessment import AT_ONCE, Pass, reassess
from core.store.schema import migrate
from core.store.store import Store
from core.store.tables import codes
from core.vault import KeyRing
from handlers.registration import Registration
from tests.clock import TestClock
from tests.crowd import settle
from tests.reading import expect
from tests.stories.script import Resident, consents, declares, export_for, gets_code, registers
from tests.world import Person, World

FEW, MANY = 200, 1_200
GRAIN = 20
"""Steps between two counts."""

EACH = 2
"""Steps for each person more that are no matter: a fuller index is a little deeper. Whatever looks
at a row of each costs more."""

GONE_THROUGH = 90
"""Every hour the program goes through the chats, a few rows at a time: that is so much. To look
once at all messages would be more than twice as much."""

Scene = Callable[[World, Person], Awaitable[object]]


class Steps:
    """Counts what all connections do."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        real = stores._on_sqlite

        def connected(connection: Any, record: Any) -> None:
            real(connection, record)
            connection.set_progress_handler(self._more, GRAIN)

        monkeypatch.setattr(stores, "_on_sqlite", connected)

    def _more(self) -> int:
        self.count += GRAIN
        return 0


async def in_an_hour(*_: object) -> None:
    """Stand for what goes through all that is there, in its time, beside any scene."""
    await asyncio.sleep(3600)


async def cost(folder: Path, people: int, monkeypatch: pytest.MonkeyPatch, scene: Scene) -> int:
    """Return the steps of a scene with somebody who has his code, beside so many others."""
    steps = Steps(monkeypatch)
    monkeypatch.setattr(app, "keep_erasing", in_an_hour)
    monkeypatch.setattr(app.Chaining, "keep_checking", in_an_hour)
    async with World(folder) as world:
        await settle(world.app.store, world.clock(), people)
        await chain_all(world.app.store, world.clock)
        person = world.on_telegram()
        await first_code(world, person)
        before = steps.count
        await scene(world, person)
        return steps.count - before


async def first_code(world: World, person: Person) -> None:
    """Go from hello to the first code."""
    await registers(world, person, Resident())
    seed = int(person.chat.partition(":")[2])
    heard = await gets_code(world, person, "en", export_for(world, seed=seed))
    expect(heard, "health_code.caption.green", "en")


async def somebody_else(world: World, _: Person) -> None:
    await first_code(world, world.on_telegram())


async def the_same_day_again(world: World, person: Person) -> None:
    await person.presses("today")
    await person.hears()
    expect(await declares(person, "en"), "health_code.caption.green", "en")


async def ten_messages_at_once(_: World, person: Person) -> None:
    for _ in range(10):
        await person.says("help")
    for _ in range(10):
        expect(await person.hears(), "help.ask", "en")


async def a_restart_with_a_message_waiting(world: World, person: Person) -> None:
    await world.app.stop()
    await person.says("help")
    await world.begin()
    expect(await person.hears(), "help.ask", "en")


async def no_sms_came(world: World, _: Person) -> None:
    person, resident = world.on_telegram(), Resident()
    await consents(person, "en")
    for question, given in resident.steps():
        if question is Registration.passcode:
            break
        await (person.presses(given.name) if hasattr(given, "name") else person.says(str(given)))
        await person.hears()
    world.clock.jump(minutes=2)
    await person.presses("again")
    await person.hears()
    await person.says("000000")
    await person.hears()


async def erasure(_: World, person: Person) -> None:
    await person.says("/details")
    await person.hears()
    await person.presses("erase")
    await person.hears()
    await person.presses("erase")
    expect(await person.hears(), "erasure.done", "en")


async def the_hour(world: World, _: Person) -> None:
    await retention.end_waiting(world.app.store, world.clock)
    await retention.erase_rows(world.app.store, world.clock)
    await retention.erase_entries(world.app.store, world.clock)
    await world.app.chaining.look()


SCENES: dict[Scene, int] = {
    somebody_else: EACH,
    the_same_day_again: EACH,
    ten_messages_at_once: EACH,
    a_restart_with_a_message_waiting: EACH,
    no_sms_came: EACH,
    erasure: EACH,
    the_hour: GONE_THROUGH,
}


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
async def test_it_costs_the_same_beside_many_as_beside_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scene: Scene
) -> None:
    few = await cost(tmp_path / "few", FEW, monkeypatch, scene)
    many = await cost(tmp_path / "many", MANY, monkeypatch, scene)
    assert few > 0
    assert (many - few) / (MANY - FEW) < SCENES[scene], f"{few} and {many} steps"


async def some_assessed_again(folder: Path, people: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return the steps of assessing some codes again, of so many that are still good."""
    now = TestClock()()
    steps = Steps(monkeypatch)
    store = Store.open(f"sqlite:///{folder}/store.sqlite3", KeyRing.generate(now), Policy())
    await migrate(store)
    await settle(store, now, people)
    later = (now + timedelta(hours=1)).timestamp()
    async with store.writing() as tx:
        await tx.connection.execute(update(codes).values(expires_at=later))
    await loading.replace(store, lists.places([]), now)
    before = steps.count
    async with store.writing() as tx:
        assert await reassess(tx, now) == Pass(looked_at=AT_ONCE)
    counted = steps.count - before
    await store.close()
    return counted


async def test_codes_are_assessed_again_beside_many_as_beside_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = await some_assessed_again(tmp_path / "few", FEW, monkeypatch)
    many = await some_assessed_again(tmp_path / "many", MANY, monkeypatch)
    assert few > 0
    assert (many - few) / (MANY - FEW) < EACH, f"{few} and {many} steps"
