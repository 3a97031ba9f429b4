"""Two members of staff withdraw codes on the command line; the running program tells the holder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select, update

from bot.app import opened
from bot.operator import codes
from bot.operator.codes import Asked, CodeError
from bot.operator.reason import ReasonError
from bot.settings import Settings
from core.credential import Reason, check
from core.picture import draw
from core.policy import Policy
from core.signing.issuer_keys import PublicKeys
from core.store.codes import Why
from core.store.staff import LIFE, Role, StaffError
from core.store.tables import audit, withdrawals
from core.store.tables import codes as issued
from handlers.commands import conversation
from tests.clock import TestClock
from tests.handlers.people import is_registered
from tests.handlers.test_withdrawal import gets_code, known, newest
from tests.reading import expect
from tests.stories.everywhere import EVERYWHERE
from tests.stories.script import Resident, expect_code, export_for, read, registers
from tests.talk import Talk
from tests.world import World

POLICY = Policy()


class Desk:
    """A command line on the data folder of somebody with a code."""

    def __init__(self, settings: Settings, clock: TestClock, talk: Talk, code: str) -> None:
        self.settings = settings
        self.clock = clock
        self.talk = talk
        self.code = code

    async def asks(
        self, by: str, code: str = "", why: Why = Why.HEALTH, reason: str = "Ward 7 called"
    ) -> str:
        asked = Asked(code or self.code, by, why, reason)
        return await codes.withdraw(self.settings, POLICY, self.clock, asked)

    async def pending(self) -> str:
        return await codes.pending(self.settings, POLICY, self.clock)

    async def acts(self) -> list[tuple[str, str]]:
        async with self.talk.store.reading() as tx:
            rows = await tx.connection.execute(select(audit.c.act, audit.c.actor))
            return [(act, actor) for act, actor in rows if act.startswith(("code w", "withd"))]

    async def withdrawn(self) -> list[str]:
        """Return why codes are withdrawn."""
        async with self.talk.store.reading() as tx:
            why = await tx.connection.scalars(select(issued.c.withdrawn_why))
            return [each for each in why if each]


@pytest.fixture
async def desk(tmp_path: Path, clock: TestClock) -> AsyncIterator[Desk]:
    settings = Settings.load({"HEALTHCODE_DATA": str(tmp_path)}, tmp_path / "none")
    async with opened(settings, POLICY, clock) as store:
        talk = Talk(store, conversation(), clock)
        await is_registered(talk)
        code = await gets_code(talk)
        async with store.writing() as tx:
            for name in ("chan", "lee", "wong"):
                await tx.staff.add(name, Role.STAFF, clock())
        yield Desk(settings, clock, talk, code)


async def test_the_first_only_asks_and_the_second_withdraws(desk: Desk) -> None:
    assert await desk.pending() == "No request waits for a second person."
    said = await desk.asks("Chan")
    assert said.startswith("The request is noted; nothing is withdrawn yet (1 code). ")
    assert await desk.withdrawn() == []
    line = await desk.pending()
    code = await newest(desk.talk)
    assert line.startswith(
        f"code {code.id.hex()}  --why health  asked by chan, good until 2021-12-11"
    )
    assert line.endswith(": Ward 7 called")
    said = await desk.asks("lee")
    assert said == ("Withdrawn: 1 code. Verifiers learn it from the next list; the holder is told.")
    assert await desk.withdrawn() == ["health"]
    assert await desk.pending() == "No request waits for a second person."
    assert await desk.acts() == [
        ("withdrawal asked", "chan"),
        ("withdrawal agreed", "lee"),
        ("code withdrawn", "lee"),
    ]


async def test_one_person_is_not_two(desk: Desk) -> None:
    await desk.asks("chan")
    for name in ("chan", " CHAN", "ｃｈａｎ"):
        with pytest.raises(CodeError, match="another member of staff must ask for the same"):
            await desk.asks(name)
    assert await desk.withdrawn() == []
    assert await desk.acts() == [("withdrawal asked", "chan")]


async def test_an_officer_may_not_ask(desk: Desk) -> None:
    async with desk.talk.store.writing() as tx:
        await tx.staff.add("gate", Role.OFFICER, desk.clock())
    with pytest.raises(StaffError, match=r"^gate is an officer"):
        await desk.asks("gate")


@pytest.mark.parametrize("name", ["stranger", "gone"])
async def test_only_staff_may_ask(desk: Desk, name: str) -> None:
    async with desk.talk.store.writing() as tx:
        await tx.staff.add("gone", Role.STAFF, desk.clock())
        await tx.staff.remove("gone", desk.clock())
    with pytest.raises(
        StaffError, match=rf"^{name} is not on the staff: `staff list` shows who is\.$"
    ):
        await desk.asks(name)
    await desk.asks("chan")
    with pytest.raises(StaffError):
        await desk.asks(name)
    assert await desk.withdrawn() == []


@pytest.mark.parametrize(
    "changed", [{"reason": "Ward 8 called"}, {"why": Why.OTHER}, {"code": "reference"}], ids=str
)
async def test_a_changed_request_is_another(desk: Desk, changed: dict[str, Any]) -> None:
    await desk.asks("chan")
    if "code" in changed:
        changed = {"code": (await known(desk.talk)).reference}
    assert (await desk.asks("lee", **changed)).startswith("The request is noted")
    assert await desk.withdrawn() == []
    assert len((await desk.pending()).splitlines()) == 2
    assert (await desk.asks("wong", **changed)).startswith("Withdrawn")


async def test_a_request_is_forgotten_after_a_day(desk: Desk, clock: TestClock) -> None:
    # The code must outlive the request: it was asked for at the beginning of the day before.
    await desk.asks("chan")
    async with desk.talk.store.writing() as tx:
        await tx.connection.execute(
            update(withdrawals).values(made_at=(clock() - LIFE).timestamp())
        )
    assert await desk.pending() == "No request waits for a second person."
    assert (await desk.asks("lee")).startswith("The request is noted")
    assert await desk.withdrawn() == []


async def test_a_request_for_what_is_over_or_withdrawn_waits_no_more(
    desk: Desk, clock: TestClock
) -> None:
    nothing = "No request waits for a second person."
    holder = await known(desk.talk)
    await desk.asks("chan")
    await desk.asks("chan", holder.reference)
    assert len((await desk.pending()).splitlines()) == 2
    await desk.asks("lee", holder.reference)
    assert await desk.pending() == nothing
    await gets_code(desk.talk)
    await desk.asks("chan", holder.reference)
    clock.jump(hours=12)
    assert await desk.pending() == nothing


async def test_a_request_about_somebody_who_is_erased_waits_no_more(desk: Desk) -> None:
    holder = await known(desk.talk)
    await desk.asks("chan")
    await desk.asks("chan", holder.reference)
    async with desk.talk.store.writing() as tx:
        await tx.codes.forget(holder, desk.clock())
        await tx.people.erase(holder)
    assert await desk.pending() == "No request waits for a second person."


async def test_a_code_is_named_by_its_text_its_picture_its_id_or_all_by_the_reference(
    desk: Desk, tmp_path: Path
) -> None:
    card = desk.talk.replies[-1].card
    assert card is not None
    picture = tmp_path / "code.png"
    picture.write_bytes(draw(card))
    code_id = (await newest(desk.talk)).id.hex()
    await desk.asks("chan", code_id.upper())
    for same in (str(picture), desk.code):
        with pytest.raises(CodeError, match="another member of staff"):
            await desk.asks("chan", same)
    await gets_code(desk.talk)
    reference = (await known(desk.talk)).reference
    assert "(2 codes)" in await desk.asks("chan", reference)
    assert f"all codes of {reference}  --why" in await desk.pending()
    assert "Withdrawn: 2 codes" in await desk.asks("lee", reference.lower().replace("-", ""))
    assert await desk.withdrawn() == ["health", "health"]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("nothing.png", "neither a code, a picture"),
        ("x" * 5000, "neither a code, a picture"),
        ("empty.png", "There must be one code in the picture"),
        ("HK1:NCFOXN", "not a code of ours"),
        ("0" * 16, "There is nothing to withdraw"),
        ("HC-AAAAA-AAAAA", "Nobody has the reference number HC-AAAAA-AAAAA"),
    ],
)
async def test_what_names_no_live_code_is_one_sentence(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Image.new("L", (400, 400), 255).save("empty.png")
    with pytest.raises(CodeError, match=why):
        await desk.asks("chan", code)
    assert await desk.pending() == "No request waits for a second person."


async def test_what_is_over_or_withdrawn_cannot_be_withdrawn(desk: Desk) -> None:
    await desk.asks("chan")
    await desk.asks("lee")
    with pytest.raises(CodeError, match="nothing to withdraw"):
        await desk.asks("wong")
    await gets_code(desk.talk)
    desk.clock.jump(days=1)
    with pytest.raises(CodeError, match="nothing to withdraw"):
        await desk.asks("wong", (await known(desk.talk)).reference)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "a\x07b"])
async def test_a_reason_is_wanted(desk: Desk, reason: str) -> None:
    with pytest.raises(ReasonError, match=r"^--reason must be"):
        await desk.asks("chan", reason=reason)


@EVERYWHERE
async def test_the_holder_is_told_within_seconds_and_the_gate_refuses_the_code(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path) as world:
        person = await world.person(channel, language)
        await registers(world, person, Resident(language))
        await person.presses("none")
        await person.hears()
        await person.sends("visits.json", export_for(world))
        text = read(expect_code(world, await person.hears(), "green", language).picture)
        app = world.app
        async with app.store.writing() as tx:
            for name in ("chan", "lee"):
                await tx.staff.add(name, Role.STAFF, world.clock())
        for by in ("chan", "lee"):
            asked = Asked(text, by, Why.ADDRESS, "The proof shows another address")
            await codes.withdraw(app.settings, app.policy, world.clock, asked)
        expect(await person.hears(), "withdrawn.address", language)
        assert (await gate(world, text)) is Reason.REVOKED


async def gate(world: World, text: str) -> Reason | None:
    """Return why a verifier with a fresh list refuses a code."""
    store = world.app.store
    published = PublicKeys.published(store.ring, world.clock())
    async with store.reading() as tx:
        revoked = frozenset(await tx.codes.revoked(world.clock()))
    keys = PublicKeys(published.keys, published.issued_at, revoked)
    return check(text, keys, world.clock()).reason
