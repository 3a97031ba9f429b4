"""Staff answer guardians who wait, on the command line; the running program tells them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.app import opened
from bot.operator import guardians
from bot.operator.guardians import GuardianError
from bot.operator.reason import ReasonError
from bot.settings import Settings
from bot.upkeep.retention import end_waiting
from core.family import Way
from core.policy import Policy
from core.store.people import Known
from core.store.staff import Role, StaffError
from core.store.store import Store
from core.store.tables import audit
from tests.clock import TestClock
from tests.core.store.people import register
from tests.core.store.waits import waits

POLICY = Policy()
NOBODY_WAITS = "Nobody waits."


@dataclass
class Desk:
    """A command line on a data folder."""

    settings: Settings
    clock: TestClock
    store: Store

    async def lists(self) -> list[str]:
        return (await guardians.listed(self.settings, POLICY, self.clock)).splitlines()

    async def confirms(self, reference: str, by: str = "chan") -> str:
        return await guardians.confirm(self.settings, POLICY, self.clock, reference, by)

    async def refuses(self, reference: str, by: str = "chan", reason: str = "No proof") -> str:
        return await guardians.refuse(self.settings, POLICY, self.clock, reference, by, reason)

    async def waits(self, way: Way = Way.STAFF, chat: str = "web:1", **changes: str) -> Known:
        async with self.store.writing() as tx:
            return await waits(tx, way, chat=chat, at=self.clock(), **changes)

    async def acts(self) -> list[tuple[str, str]]:
        async with self.store.reading() as tx:
            rows = await tx.connection.execute(
                select(audit.c.act, audit.c.actor).order_by(audit.c.number)
            )
            return [(act, actor) for act, actor in rows]


@pytest.fixture
async def desk(tmp_path: Path, clock: TestClock) -> AsyncIterator[Desk]:
    settings = Settings.load({"HEALTHCODE_DATA": str(tmp_path)}, tmp_path / "none")
    async with opened(settings, POLICY, clock) as store:
        async with store.writing() as tx:
            await register(tx)
            await tx.staff.add("chan", Role.STAFF, clock())
            await tx.staff.add("gate", Role.OFFICER, clock())
            await tx.staff.add("gone", Role.STAFF, clock())
            await tx.staff.remove("gone", clock())
        yield Desk(settings, clock, store)


async def test_who_waits_is_listed_with_masked_names(desk: Desk) -> None:
    assert await desk.lists() == [NOBODY_WAITS]
    mother = await desk.waits()
    other = await desk.waits(Way.LETTER, "web:2", number="E364912(5)", chinese_name="")
    assert await desk.lists() == [
        f"{mother.reference}  C*** T** M** 陳*文 for W*** M** 王* (parent)  "
        "waits for staff, since 2021-12-10 12:00",
        f"{other.reference}  somebody who is not registered for W*** M**  "
        "waits for a letter, since 2021-12-10 12:00",
    ]


async def test_a_letter_that_is_written_is_listed_with_its_end(desk: Desk) -> None:
    await desk.waits(Way.LETTER)
    async with desk.store.writing() as tx:
        [wait] = await tx.waiting.by(Way.LETTER)
        assert await tx.letters.keep(wait.link, "HC7", again=False, now=desk.clock())
    [line] = await desk.lists()
    assert "has until 2022-01-10 00:00 to bring the code of the letter" in line


@pytest.mark.parametrize("way", [Way.STAFF, Way.LETTER])
async def test_confirming_lets_the_guardian_begin(desk: Desk, way: Way) -> None:
    mother = await desk.waits(way)
    said = await desk.confirms(mother.reference.lower().replace("-", ""), " CHAN ")
    assert said == "Confirmed: C*** T** M** 陳*文 looks after W*** M** 王*, and is told."
    async with desk.store.reading() as tx:
        assert await tx.family.person("web:1", mother.id, desk.clock()) is not None
    assert await desk.lists() == [NOBODY_WAITS]
    assert await desk.acts() == [("guardian confirmed", "chan")]


async def test_refusing_erases_who_has_nobody_else_and_keeps_the_reason(desk: Desk) -> None:
    mother = await desk.waits()
    said = await desk.refuses(mother.reference, reason=" No  proof\nof it ")
    assert said == (
        "Refused: C*** T** M** 陳*文 does not look after W*** M** 王*, and is told. The "
        f"registration {mother.reference} is erased: nobody else speaks for it."
    )
    assert await desk.lists() == [
        NOBODY_WAITS,
        "Refused in the last 31 days:",
        f"{mother.reference}  by chan, 2021-12-10 12:00: No proof of it",
    ]
    assert await desk.acts() == [("guardian refused", "chan"), ("erased", "chan")]


async def test_several_guardians_of_one_person_are_named_apart(desk: Desk) -> None:
    mother = await desk.waits()
    await desk.waits(chat="web:2")
    first, second = (line.split()[0] for line in await desk.lists())
    assert first != second
    assert {first[:14], second[:14]} == {mother.reference}
    with pytest.raises(GuardianError, match=rf"^Several .* write {first} or {second}\.$"):
        await desk.confirms(mother.reference)
    with pytest.raises(GuardianError, match=r"^No guardian waits for "):
        await desk.confirms(f"{mother.reference}/0000")
    said = await desk.refuses(second.lower())
    assert said.startswith("Refused: somebody who is not registered does not look after ")
    assert "erased" not in said
    [line, *_] = await desk.lists()
    assert line.startswith(f"{mother.reference}  C*** ")
    await desk.confirms(first)
    async with desk.store.reading() as tx:
        assert await tx.family.person("web:1", mother.id, desk.clock()) is not None
        assert await tx.family.link("web:2", mother.id) is None


@pytest.mark.parametrize(
    ("by", "why"),
    [
        ("stranger", r"^stranger is not on the staff: "),
        ("gone", r"^gone is not on the staff: "),
        ("gate", r"^gate is an officer: this is for those with the role staff\.$"),
        ("Chan Tai Man", "is no name"),
    ],
)
async def test_only_staff_may_answer(desk: Desk, by: str, why: str) -> None:
    mother = await desk.waits()
    with pytest.raises(StaffError, match=why):
        await desk.confirms(mother.reference, by)
    with pytest.raises(StaffError, match=why):
        await desk.refuses(mother.reference, by)
    assert await desk.acts() == []
    assert len(await desk.lists()) == 1


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("HC-AAAAA-AAAAA", r"^Nobody has the reference number HC-AAAAA-AAAAA\.$"),
        (
            "HC-AAAAA-AAAA0",
            r"^'HC-AAAAA-AAAA0' is no reference number: `guardians list` shows them\.$",
        ),
        ("", r"^'' is no reference number: `guardians list` shows them\.$"),
        ("x" * 500, r"^'x{80}' is no reference number: `guardians list` shows them\.$"),
    ],
)
async def test_an_unknown_reference_is_one_sentence(desk: Desk, reference: str, why: str) -> None:
    await desk.waits()
    with pytest.raises(GuardianError, match=why):
        await desk.confirms(reference)
    with pytest.raises(GuardianError, match=why):
        await desk.refuses(reference)
    assert await desk.acts() == []


async def test_twice_is_once(desk: Desk) -> None:
    mother = await desk.waits()
    await desk.confirms(mother.reference)
    for again in (desk.confirms, desk.refuses):
        with pytest.raises(GuardianError, match=f"^No guardian waits for {mother.reference}"):
            await again(mother.reference)
    async with desk.store.reading() as tx:
        own = await tx.people.of_chat("web:1")
    assert own is not None
    with pytest.raises(GuardianError, match=r"^No guardian waits for "):
        await desk.confirms(own.reference)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "a\x07b"])
async def test_a_reason_is_wanted(desk: Desk, reason: str) -> None:
    mother = await desk.waits()
    with pytest.raises(ReasonError, match=r"^--reason must be"):
        await desk.refuses(mother.reference, reason=reason)
    assert len(await desk.lists()) == 1


async def test_what_waits_too_long_ends_within_the_hour(desk: Desk) -> None:
    mother = await desk.waits()
    desk.clock.jump(seconds=timedelta(days=POLICY.family.waits_days).total_seconds())
    await end_waiting(desk.store, desk.clock)
    assert len(await desk.lists()) == 1
    desk.clock.jump(seconds=1)
    await end_waiting(desk.store, desk.clock)
    assert await desk.lists() == [NOBODY_WAITS]
    async with desk.store.reading() as tx:
        assert await tx.people.of_id(mother.id) is None
