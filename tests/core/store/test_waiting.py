"""Guardians who wait: confirmed or refused by staff, or nobody answers."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import func, select

from core.conversation.messages import Answered, Incoming
from core.family import Way
from core.policy import Policy
from core.store.people import Known
from core.store.store import Store, Transaction
from core.store.tables import audit, inbox, refusals
from core.store.waiting import RETENTION, Answer, Wait
from tests.core.store.erasing import erase_what_is_old
from tests.core.store.people import NOON, register
from tests.core.store.waits import waits

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
FAMILY = Policy().family


async def wait_of(tx: Transaction, way: Way = Way.STAFF) -> Wait:
    [wait] = await tx.waiting.by(way)
    return wait


async def heard(tx: Transaction) -> list[tuple[str, Answered]]:
    """Return what chats are to hear."""
    rows = await tx.connection.execute(
        select(inbox.c.chat, inbox.c.message, inbox.c.body).order_by(inbox.c.number)
    )
    transit = tx.ring.transit()
    opened = [
        (
            row.chat,
            msgspec.json.decode(
                transit.open(row.body, f"inbox|body|{row.message}"), type=Incoming
            ).body,
        )
        for row in rows
    ]
    return [(chat, body) for chat, body in opened if isinstance(body, Answered)]


async def acts(tx: Transaction) -> list[tuple[str, str, str]]:
    rows = await tx.connection.execute(
        select(audit.c.act, audit.c.actor, audit.c.object).order_by(audit.c.number)
    )
    return [(row.act, row.actor, row.object) for row in rows]


def answer(known: Known, what: Answer) -> Answered:
    return Answered(known.id, "WONG Mei", known.reference, str(what), "王美")


async def test_whoever_waits_is_found_with_who_asks(store: Store) -> None:
    async with store.writing() as tx:
        guardian = await register(tx)
        known = await waits(tx)
        letter = await waits(tx, Way.LETTER, chat="web:2", number="E364912(5)")
        wait = await wait_of(tx)
        assert (wait.known.id, wait.link.chat) == (known.id, "web:1")
        assert wait.guardian is not None
        assert wait.guardian.id == guardian.id
        other = await wait_of(tx, Way.LETTER)
        assert (other.known.id, other.guardian) == (letter.id, None)


async def test_guardians_of_one_person_are_told_apart(store: Store) -> None:
    async with store.writing() as tx:
        for number in range(8):
            await waits(tx, chat=f"web:{number}")
        marks = [wait.mark for wait in await tx.waiting.by(Way.STAFF)]
        assert len(set(marks)) == 8
        assert all(len(mark) == 4 for mark in marks)
        assert marks == [wait.mark for wait in await tx.waiting.by(Way.STAFF)]


@pytest.mark.parametrize("way", [Way.STAFF, Way.LETTER])
async def test_a_guardian_who_is_confirmed_begins_and_hears_of_it_once(
    store: Store, way: Way
) -> None:
    async with store.writing() as tx:
        known = await waits(tx, way)
        wait = await wait_of(tx, way)
        assert await tx.family.person("web:1", known.id, NOON) is None
        assert await tx.waiting.confirm(wait, by="chan", now=NOON)
        assert await tx.family.person("web:1", known.id, NOON) is not None
        assert not await tx.waiting.confirm(wait, by="chan", now=NOON)
        assert not await tx.waiting.refuse(wait, by="chan", reason="No", now=NOON)
        assert await heard(tx) == [("web:1", answer(known, Answer.CONFIRMED))]
        assert await acts(tx) == [("guardian confirmed", "chan", f"{known.id}/{wait.mark}")]
        assert await tx.waiting.by(way) == []
        assert await tx.waiting.refused() == []


async def test_who_was_registered_by_the_refused_alone_is_erased(store: Store) -> None:
    async with store.writing() as tx:
        guardian = await register(tx)
        await tx.people.consent("web:1", "2021-12", NOON)
        known = await waits(tx)
        wait = await wait_of(tx)
        assert await tx.waiting.refuse(wait, by="chan", reason="No proof", now=NOON)
        assert await tx.people.of_id(known.id) is None
        assert await tx.family.link("web:1", known.id) is None
        assert await heard(tx) == [("web:1", answer(known, Answer.REFUSED))]
        assert await acts(tx) == [
            ("guardian refused", "chan", f"{known.id}/{wait.mark}"),
            ("erased", "chan", known.id),
        ]
        assert not await tx.waiting.refuse(wait, by="chan", reason="No proof", now=NOON)
        assert not await tx.waiting.confirm(wait, by="chan", now=NOON)
        # The guardian himself stays as he was.
        assert await tx.people.of_id(guardian.id) is not None
        assert await tx.people.consented("web:1", "2021-12")


@pytest.mark.parametrize("who", ["himself", "another guardian"])
async def test_who_has_somebody_else_to_speak_for_him_stays(store: Store, who: str) -> None:
    async with store.writing() as tx:
        known = await waits(tx)
        wait = await wait_of(tx)
        if who == "himself":
            await tx.people.link(known.id, chat="web:2", now=NOON)
        else:
            await waits(tx, chat="web:2", at=NOON + SECOND)
        assert await tx.waiting.refuse(wait, by="chan", reason="No proof", now=NOON)
        assert await tx.people.of_id(known.id) is not None
        assert [link.chat for link in await tx.family.chats_of(known.id)] == ["web:2"]


async def test_a_reason_is_kept_sealed_for_colleagues_and_for_a_time(store: Store) -> None:
    reason = "The birth certificate names another mother"
    async with store.writing() as tx:
        known = await waits(tx)
        assert await tx.waiting.refuse(await wait_of(tx), by="chan", reason=reason, now=NOON)
        [refusal] = await tx.waiting.refused()
        assert (refusal.reference, refusal.staff) == (known.reference, "chan")
        assert (refusal.reason, refusal.made_at) == (reason, NOON)
        sealed = await tx.connection.scalar(select(refusals.c.reason))
        assert sealed is not None
        assert b"mother" not in sealed
        keep = store.policy.retention
        day = timedelta(days=keep.code_days)
        await erase_what_is_old(tx.connection, keep, NOON + day)
        assert len(await tx.waiting.refused()) == 1
        await erase_what_is_old(tx.connection, keep, NOON + day + SECOND)
        assert await tx.waiting.refused() == []


WAIT = timedelta(days=FAMILY.waits_days)


@pytest.mark.parametrize("way", [Way.STAFF, Way.LETTER])
async def test_the_wait_has_an_end_and_the_guardian_is_told(store: Store, way: Way) -> None:
    async with store.writing() as tx:
        known = await waits(tx, way)
        mark = (await wait_of(tx, way)).mark
        assert await tx.waiting.lapse(NOON + WAIT) == 0
        assert await heard(tx) == []
        assert await tx.waiting.lapse(NOON + WAIT + SECOND) == 1
        assert await tx.waiting.lapse(NOON + WAIT + SECOND) == 0
        assert await tx.people.of_id(known.id) is None
        assert await heard(tx) == [("web:1", answer(known, Answer.LAPSED))]
        assert await acts(tx) == [
            ("guardian lapsed", RETENTION, f"{known.id}/{mark}"),
            ("erased", RETENTION, known.id),
        ]


async def test_a_letter_on_its_way_is_waited_for(store: Store) -> None:
    async with store.writing() as tx:
        known = await waits(tx, Way.LETTER)
        link = (await wait_of(tx, Way.LETTER)).link
        written = NOON + 20 * DAY
        assert await tx.letters.keep(link, "HC7 K7MX 4XPA 9TWD", again=False, now=written)
        until = (await wait_of(tx, Way.LETTER)).link.letter_until
        assert until is not None
        assert await tx.waiting.lapse(NOON + WAIT + DAY) == 0
        assert await tx.waiting.lapse(until) == 0
        assert await tx.waiting.lapse(until + SECOND) == 1
        assert await tx.people.of_id(known.id) is None


async def test_who_waits_for_nobody_is_left_alone(store: Store) -> None:
    async with store.writing() as tx:
        own = await register(tx)
        known = await waits(tx)
        assert await tx.family.confirm("web:1", known.id, NOON)
        assert await tx.waiting.lapse(NOON + 10 * WAIT) == 0
        for each in (own, known):
            assert await tx.people.of_id(each.id) is not None
        assert await tx.connection.scalar(select(func.count()).select_from(inbox)) == 0
