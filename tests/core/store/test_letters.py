"""The codes of letters: good once, until their day, in one chat, and within few guesses."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.days import start_of_day
from core.family import Way
from core.store.family import Link
from core.store.letters import GROUP, GROUPS, LETTERS, PREFIX, REFUSED, new_code
from core.store.people import Known
from core.store.store import Store, Transaction
from core.store.tables import links
from tests.core.store.people import NOON
from tests.core.store.waits import waits

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
CODE = "HC7 K7MX 4XPA 9TWD"
OTHER = "HC7 K7MX 4XPA 9TWE"


async def link_of(tx: Transaction, known: Known, chat: str = "web:1") -> Link:
    link = await tx.family.link(chat, known.id)
    assert link is not None
    return link


async def gets_letter(tx: Transaction, chat: str = "web:1", code: str = CODE) -> Known:
    known = await waits(tx, Way.LETTER, chat=chat)
    link = await link_of(tx, known, chat)
    assert await tx.letters.keep(link, code, again=False, now=NOON)
    return known


def test_a_code_has_letters_that_are_read_for_no_other_and_bits_enough() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    for code in codes:
        first, *groups = code.split(" ")
        assert first == PREFIX
        assert [len(group) for group in groups] == [GROUP] * GROUPS
        assert set("".join(groups)) <= set(LETTERS)
    for alike in ("B8", "S5", "Z2", "G6", "UV", "OQD0", "IL1"):
        assert len(set(LETTERS) & set(alike)) == 1, alike
    assert len(LETTERS) ** (GROUP * GROUPS) >= 2**50


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        "hc7k7mx4xpa9twd",
        " HC7-K7MX-4XPA-9TWD. ",
        "ＨＣ７　Ｋ７ＭＸ　４ＸＰＡ　９ＴＷＤ",
        "HC7 K7MX 4XPA 9TWO",
        "HC7 K7MX 4XPA 9TW0",
    ],
)
async def test_a_code_is_taken_however_it_is_typed(store: Store, typed: str) -> None:
    async with store.writing() as tx:
        known = await gets_letter(tx)
        assert await tx.letters.redeem(typed, chat="web:1", now=NOON) == known.id
        assert (await link_of(tx, known)).holds(NOON)


async def test_a_code_is_good_once(store: Store) -> None:
    async with store.writing() as tx:
        known = await gets_letter(tx)
        assert await tx.letters.redeem(CODE, chat="web:1", now=NOON) == known.id
        assert await tx.letters.redeem(CODE, chat="web:1", now=NOON) is None
        link = await link_of(tx, known)
        assert (link.starts_at, link.letter_until) == (NOON, None)


async def test_two_at_once_are_one(store: Store) -> None:
    async with store.writing() as tx:
        await gets_letter(tx)

    async def brings() -> str | None:
        async with store.writing() as tx:
            return await tx.letters.redeem(CODE, chat="web:1", now=NOON)

    begun = await asyncio.gather(*(brings() for _ in range(8)))
    assert len([each for each in begun if each]) == 1


@pytest.mark.parametrize(
    ("typed", "chat", "after"),
    [
        (OTHER, "web:1", timedelta()),
        ("HC7", "web:1", timedelta()),
        (CODE, "web:2", timedelta()),
        (CODE, "web:1", timedelta(days=30, hours=12)),
    ],
    ids=["wrong", "empty", "another chat", "over"],
)
async def test_any_other_is_nothing(store: Store, typed: str, chat: str, after: timedelta) -> None:
    async with store.writing() as tx:
        known = await gets_letter(tx)
        assert await tx.letters.redeem(typed, chat=chat, now=NOON + after) is None
        assert not (await link_of(tx, known)).holds(NOON + after)


async def test_a_code_is_good_through_its_last_day(store: Store) -> None:
    async with store.writing() as tx:
        known = await gets_letter(tx)
        last = start_of_day(tx.letters.last_day(NOON) + DAY) - SECOND
        assert last - NOON > timedelta(days=30)
        assert (await link_of(tx, known)).letter_until == last + SECOND
        assert await tx.letters.redeem(CODE, chat="web:1", now=last) == known.id


async def test_guesses_are_limited_by_chat_and_day(store: Store) -> None:
    async with store.writing() as tx:
        known = await gets_letter(tx)
        other = await waits(tx, Way.LETTER, chat="web:2", number="E364912(5)")
        link = await link_of(tx, other, "web:2")
        assert await tx.letters.keep(link, OTHER, again=False, now=NOON)
        for _ in range(store.policy.family.letter_attempts):
            await tx.people.record(REFUSED, actor="web:1", object="", now=NOON)
        assert await tx.letters.redeem(CODE, chat="web:1", now=NOON + DAY - SECOND) is None
        assert await tx.letters.redeem(OTHER, chat="web:2", now=NOON) == other.id
        assert await tx.letters.redeem(CODE, chat="web:1", now=NOON + DAY) == known.id


async def test_only_one_letter_is_written_unless_another_is_asked_for(store: Store) -> None:
    async with store.writing() as tx:
        known = await gets_letter(tx)
        link = await link_of(tx, known)
        assert not await tx.letters.keep(link, OTHER, again=False, now=NOON)
        assert await tx.letters.keep(link, OTHER, again=True, now=NOON)
        assert await tx.letters.redeem(CODE, chat="web:1", now=NOON) is None
        assert await tx.letters.redeem(OTHER, chat="web:1", now=NOON) == known.id


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("way", [Way.STAFF, Way.LETTER])
async def test_no_letter_is_kept_for_who_does_not_wait_for_one(
    store: Store, way: Way, again: bool
) -> None:
    async with store.writing() as tx:
        known = await waits(tx, way)
        link = await link_of(tx, known)
        if way is Way.LETTER:
            assert await tx.family.confirm("web:1", known.id, NOON)
        assert not await tx.letters.keep(link, CODE, again=again, now=NOON)


async def test_a_link_that_is_asked_for_anew_has_no_letter(store: Store) -> None:
    async with store.writing() as tx:
        known = await gets_letter(tx)
        assert await tx.family.end("web:1", known.id)
        await waits(tx, Way.LETTER)
        assert await tx.letters.redeem(CODE, chat="web:1", now=NOON) is None


async def test_nothing_that_is_kept_tells_the_code(store: Store) -> None:
    async with store.writing() as tx:
        await gets_letter(tx)
        row = (await tx.connection.execute(select(links))).one()
    letters = CODE.replace(" ", "")
    assert row.letter is not None
    assert letters[3:].encode() not in row.letter
    assert letters[3:] not in repr(row)
