"""Who is on the staff, and how a chat becomes his."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.store.staff import GUESSES, LIFE, REFUSED, Member, Role, StaffError, staff_name
from core.store.store import Store
from core.store.tables import staff
from tests.core.store.people import NOON

SECOND = timedelta(seconds=1)


async def test_an_enrolment_is_good_once(store: Store) -> None:
    async with store.writing() as tx:
        word = await tx.staff.add("chan", Role.OFFICER, NOON)
        assert await tx.staff.role("web:1") is None
        member = await tx.staff.enrol(word, chat="web:1", now=NOON)
        assert member == Member("chan", Role.OFFICER, "web:1", None)
        assert await tx.staff.enrol(word, chat="web:2", now=NOON) is None
        assert await tx.staff.role("web:1") is Role.OFFICER
        assert await tx.staff.role("web:2") is None


async def test_an_enrolment_may_be_written_in_any_way(store: Store) -> None:
    async with store.writing() as tx:
        word = await tx.staff.add("chan", Role.STAFF, NOON)
        written = f"staff-{word.removeprefix('staff-').replace('-', ' ').lower()}"
        assert await tx.staff.enrol(written, chat="web:1", now=NOON) is not None
        assert await tx.staff.role("web:1") is Role.STAFF


@pytest.mark.parametrize(("age", "good"), [(LIFE - SECOND, True), (LIFE, False)])
async def test_an_enrolment_is_good_for_a_day(store: Store, age: timedelta, good: bool) -> None:
    async with store.writing() as tx:
        word = await tx.staff.add("chan", Role.OFFICER, NOON)
        member = await tx.staff.enrol(word, chat="web:1", now=NOON + age)
        assert (member is not None) == good


async def test_only_its_keyed_index_is_kept(store: Store) -> None:
    async with store.writing() as tx:
        word = await tx.staff.add("chan", Role.OFFICER, NOON)
        row = (await tx.connection.execute(select(staff))).one()
    letters = word.removeprefix("staff-").replace("-", "")
    assert len(letters) == 12
    assert letters not in str(tuple(row)).upper()
    assert len(row.enrolment) == 32


async def test_who_guesses_is_refused_even_the_right_word_for_a_day(store: Store) -> None:
    async with store.writing() as tx:
        word = await tx.staff.add("chan", Role.OFFICER, NOON)
        for guess in range(GUESSES):
            await tx.people.record(REFUSED, actor="web:1", object="", now=NOON)
            if guess < GUESSES - 1:
                assert await tx.staff.enrol("staff-nothing", chat="web:1", now=NOON) is None
        assert await tx.staff.enrol(word, chat="web:1", now=NOON) is None
        assert await tx.staff.enrol(word, chat="web:2", now=NOON) is not None
        again = await tx.staff.add("lee", Role.OFFICER, NOON + LIFE)
        assert await tx.staff.enrol(again, chat="web:1", now=NOON + LIFE) is not None


async def test_who_is_removed_has_no_role_and_no_enrolment(store: Store) -> None:
    async with store.writing() as tx:
        word = await tx.staff.add("chan", Role.OFFICER, NOON)
        assert await tx.staff.remove("chan", NOON)
        assert await tx.staff.enrol(word, chat="web:1", now=NOON) is None
        word = await tx.staff.add("chan", Role.OFFICER, NOON)
        await tx.staff.enrol(word, chat="web:1", now=NOON)
        assert await tx.staff.remove("chan", NOON)
        assert await tx.staff.role("web:1") is None
        assert not await tx.staff.remove("chan", NOON)
        assert await tx.staff.members() == []
        assert await tx.staff.named("chan") is None


async def test_who_is_enrolled_anew_has_only_the_new_chat(store: Store) -> None:
    async with store.writing() as tx:
        await tx.staff.enrol(await tx.staff.add("chan", Role.OFFICER, NOON), chat="web:1", now=NOON)
        word = await tx.staff.add("chan", Role.STAFF, NOON)
        assert await tx.staff.role("web:1") is None
        assert await tx.staff.named("chan") == Member("chan", Role.STAFF, "", NOON + LIFE)
        await tx.staff.enrol(word, chat="web:2", now=NOON)
        assert await tx.staff.role("web:2") is Role.STAFF


async def test_a_chat_is_that_of_one_person(store: Store) -> None:
    async with store.writing() as tx:
        for name in ("lee", "chan"):
            word = await tx.staff.add(name, Role.STAFF, NOON)
            await tx.staff.enrol(word, chat="web:1", now=NOON)
        assert [(member.name, member.chat) for member in await tx.staff.members()] == [
            ("chan", "web:1"),
            ("lee", ""),
        ]


@pytest.mark.parametrize(
    ("given", "kept"),
    [("Chan.TM", "chan.tm"), (" 陳大文 ", "陳大文"), ("ＬＥＥ-2", "lee-2"), ("x" * 40, "x" * 40)],
)
def test_names_are_compared_as_people_mean_them(given: str, kept: str) -> None:
    assert staff_name(given) == kept


@pytest.mark.parametrize("given", ["", "two words", "-chan", "x" * 41, "a\nb"])
def test_what_is_no_name_is_refused(given: str) -> None:
    with pytest.raises(StaffError, match="is no name"):
        staff_name(given)
