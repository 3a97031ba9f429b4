"""One-time codes: their limits, one by one, and what many at once can do against them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, func, select

from core.days import hong_kong_day, start_of_day
from core.policy import PasscodePolicy
from core.store.challenge_limits import FAILED, SENT
from core.store.challenges import Sent
from core.store.store import Store
from core.store.strain import Strain, current_strain
from core.store.tables import challenges, dispatches, tallies
from tests.core.store.erasing import erase_what_is_old

NOON = datetime(2021, 12, 10, 4, tzinfo=UTC)
PHONE, OTHER_PHONE = "+85291234567", "+85261234599"


@dataclass
class Sms:
    """Somebody who asks for codes and tries them, at an hour of his choice."""

    store: Store
    now: datetime = NOON
    last: Sent = field(default_factory=lambda: Sent(""))

    def waits(self, **by: float) -> None:
        self.now += timedelta(**by)

    async def asks(
        self,
        phone: str = PHONE,
        *,
        chat: str = "web:1",
        purpose: str = "registration",
        again: bool = False,
    ) -> Sent:
        async with self.store.writing() as tx:
            sent = await tx.challenges.send(
                chat=chat,
                phone=phone,
                purpose=purpose,
                challenge=self.last.challenge if again else "",
                now=self.now,
            )
        if not sent.refused:
            self.last = sent
        return sent

    async def tries(
        self,
        code: str = "",
        *,
        challenge: str = "",
        chat: str = "web:1",
        phone: str = PHONE,
        purpose: str = "registration",
    ) -> bool:
        async with self.store.writing() as tx:
            return await tx.challenges.check(
                challenge=challenge or self.last.challenge,
                chat=chat,
                phone=phone,
                purpose=purpose,
                code=code or self.last.code,
                now=self.now,
            )

    async def tries_wrong(self) -> bool:
        return await self.tries(wrong(self.last.code))

    async def count(self, table: Table) -> int:
        async with self.store.reading() as tx:
            return await tx.connection.scalar(select(func.count()).select_from(table)) or 0


def wrong(code: str) -> str:
    """Return another code."""
    return f"{(int(code) + 1) % 1_000_000:06}"


def limited(store: Store, **limits: object) -> Store:
    """Return the same store under other limits."""
    passcode = msgspec.structs.replace(PasscodePolicy(), **limits)
    policy = msgspec.structs.replace(store.policy, passcode=passcode)
    return Store(store.writer, store.reader, store.ring, policy)


@pytest.fixture
async def sms(store: Store) -> AsyncIterator[Sms]:
    """Somebody who asks for codes under the usual limits."""
    yield Sms(store)


async def test_the_right_code_is_accepted_once(sms: Sms) -> None:
    sent = await sms.asks()
    assert len(sent.code) == 6
    assert sent.code.isdigit()
    assert await sms.tries()
    assert not await sms.tries()


async def test_neither_the_code_nor_the_phone_is_in_the_database(sms: Sms) -> None:
    sent = await sms.asks()
    async with sms.store.reading() as tx:
        for table in (challenges, dispatches, tallies):
            for row in await tx.connection.execute(select(table)):
                for value in row:
                    assert sent.code not in str(value)
                    assert PHONE[1:] not in str(value)


async def test_the_same_code_is_sent_again_after_each_delay_and_then_no_more(sms: Sms) -> None:
    sms.store = limited(sms.store, resend_after=(60, 120, 200), phone_per_day=9)
    first = await sms.asks()
    for delay in (60, 120, 200):
        sms.waits(seconds=delay - 1)
        refused = await sms.asks(again=True)
        assert (refused.refused, refused.again_at) == ("wait", sms.now + timedelta(seconds=1))
        assert (refused.challenge, refused.code) == (first.challenge, "")
        sms.waits(seconds=1)
        assert await sms.asks(again=True) == first
    sms.waits(seconds=100)
    refused = await sms.asks(again=True)
    end = NOON + timedelta(minutes=10)
    assert refused == Sent(first.challenge, refused="phone", again_at=end, good_until=end)
    assert await sms.tries()


async def test_a_clock_that_is_set_back_lengthens_no_code_s_life(sms: Sms) -> None:
    """It was wrong by a day: the code would live for a day, and no other be sent meanwhile."""
    early = await sms.asks()
    sms.waits(days=-1)
    assert not await sms.tries()
    async with sms.store.reading() as tx:
        assert await tx.challenges.ready_at(early.challenge, sms.now) is None, "not in a day either"
    sent = await sms.asks(again=True)
    assert sent.challenge != early.challenge
    assert await sms.tries()


async def test_the_clocks_of_two_processes_may_differ_a_little(sms: Sms) -> None:
    sent = await sms.asks()
    sms.waits(seconds=-120)
    assert await sms.asks(again=True) == Sent(
        sent.challenge,
        refused="wait",
        again_at=NOON + timedelta(minutes=1),
        good_until=NOON + timedelta(minutes=10),
    )
    sms.waits(seconds=119)
    async with sms.store.reading() as tx:
        assert await tx.challenges.ready_at(sent.challenge, sms.now) == NOON
    sms.waits(seconds=1)
    assert await sms.tries()


async def test_by_default_the_waits_grow(sms: Sms) -> None:
    assert PasscodePolicy().resend_after == (60, 120, 300, 600)
    await sms.asks()
    for delay in (60, 120, 300):
        assert (await sms.asks(again=True)).refused == "wait"
        sms.waits(seconds=delay)
        assert not (await sms.asks(again=True)).refused


async def test_a_code_lives_ten_minutes_from_when_it_was_first_sent(sms: Sms) -> None:
    first = await sms.asks()
    sms.waits(minutes=9)
    assert (await sms.asks(again=True)).code == first.code
    sms.waits(seconds=59.9)
    assert not await sms.tries_wrong()
    sms.waits(seconds=0.1)
    assert not await sms.tries()
    sms.waits(minutes=2)
    renewed = await sms.asks(again=True)
    assert renewed.challenge != first.challenge
    assert await sms.tries()


@pytest.mark.parametrize("seconds", [0, 1, 299, 599.9])
async def test_a_code_is_good_as_long_as_it_lives(sms: Sms, seconds: float) -> None:
    await sms.asks()
    sms.waits(seconds=seconds)
    assert await sms.tries()


async def test_a_used_code_is_not_sent_again(sms: Sms) -> None:
    first = await sms.asks()
    assert await sms.tries()
    sms.waits(minutes=1)
    assert (await sms.asks(again=True)).challenge != first.challenge


async def test_between_attempts_one_waits(sms: Sms) -> None:
    await sms.asks()
    for delay in (0, 60, 120, 120):
        assert not await sms.tries_wrong()
        if delay:
            sms.waits(seconds=delay - 1)
            assert not await sms.tries(), "too early, and not even looked at"
            sms.waits(seconds=1)
    assert await sms.tries()


async def test_five_wrong_codes_end_a_challenge_and_a_new_code_ends_that(sms: Sms) -> None:
    first = await sms.asks()
    for delay in (0, 60, 120, 120, 120):
        assert not await sms.tries_wrong()
        sms.waits(seconds=delay)
    assert not await sms.tries(), "the right one, but the sixth"
    renewed = await sms.asks(again=True)
    assert renewed.challenge != first.challenge
    assert not await sms.tries(first.code, challenge=first.challenge)
    assert await sms.tries()


async def test_ten_failures_lock_a_number_for_a_day(sms: Sms) -> None:
    sms.store = limited(sms.store, attempt_delays=(0,))
    for _ in range(2):
        await sms.asks()
        for _ in range(5):
            assert not await sms.tries_wrong()
        sms.waits(minutes=2)
    # So many failures are in one day until the first of them is a day old.
    forgiven = NOON + timedelta(days=1)
    assert await sms.asks(chat="web:2") == Sent("", refused="failures", again_at=forgiven)
    await sms.asks(OTHER_PHONE, chat="web:3")
    assert await sms.tries(chat="web:3", phone=OTHER_PHONE)
    sms.now = forgiven - timedelta(seconds=1)
    assert (await sms.asks(chat="web:2")).refused == "failures"
    sms.now = forgiven
    assert not (await sms.asks(chat="web:2")).refused
    assert await sms.tries(chat="web:2")


async def fails(sms: Sms, times: int) -> None:
    """Type so many wrong codes, and have new ones sent in between."""
    for number in range(times):
        if number % 5 == 0:
            sms.waits(minutes=2)
            assert not (await sms.asks()).refused
        assert not await sms.tries_wrong()


UNHURRIED = {
    "attempt_delays": (0,),
    "phone_per_day": 99,
    "chat_per_day": 99,
    "block_per_hour": 99,
    "phone_failures_per_day": 99,
}
"""Limits under which many codes can be tried one after the other."""


async def test_fifty_failures_in_a_row_lock_a_number_until_a_person_has_looked(sms: Sms) -> None:
    assert PasscodePolicy().phone_failures_in_a_row == 50
    sms.store = limited(sms.store, **UNHURRIED)
    await fails(sms, 50)
    sms.waits(days=400)
    async with sms.store.writing() as tx:
        await erase_what_is_old(tx.connection, sms.store.policy.retention, sms.now)
    for chat in ("web:1", "web:2"):
        assert await sms.asks(chat=chat) == Sent("", refused="locked")
    assert not (await sms.asks(OTHER_PHONE, chat="web:3")).refused
    async with sms.store.writing() as tx:
        assert await tx.challenges.locked(PHONE)
        await tx.challenges.unlock(PHONE)
        assert not await tx.challenges.locked(PHONE)
    assert not (await sms.asks()).refused
    assert await sms.tries()


async def test_fewer_failures_in_a_row_are_forgotten_after_some_months(sms: Sms) -> None:
    sms.store = limited(sms.store, **UNHURRIED)
    await fails(sms, 49)
    sms.waits(days=200)
    async with sms.store.writing() as tx:
        await erase_what_is_old(tx.connection, sms.store.policy.retention, sms.now)
    await fails(sms, 49)
    assert (await sms.asks(chat="web:2")).refused == "wait"
    assert not await sms.tries_wrong()
    assert (await sms.asks(chat="web:2")).refused == "locked"


@pytest.mark.parametrize(
    ("limit", "why"),
    [("phone_failures_in_a_row", "locked"), ("phone_failures_per_day", "failures")],
)
async def test_a_code_that_was_sent_is_not_looked_at_once_the_number_is_locked(
    sms: Sms, limit: str, why: str
) -> None:
    sms.store = limited(sms.store, **{**UNHURRIED, limit: 7})
    await fails(sms, 6)
    sent = await sms.asks(chat="web:2")
    assert sent.refused == "wait"
    sms.waits(minutes=2)
    right = await sms.asks(chat="web:2")
    assert not await sms.tries(wrong(right.code), chat="web:2")
    assert not await sms.tries(right.code, chat="web:2")
    refused = await sms.asks(chat="web:2")
    assert (refused.refused, refused.challenge, refused.good_until) == (why, "", None)


async def test_a_right_code_ends_the_row(sms: Sms) -> None:
    sms.store = limited(sms.store, **UNHURRIED, phone_failures_in_a_row=7)
    for _ in range(3):
        await fails(sms, 6)
        sms.waits(minutes=2)
        await sms.asks()
        assert await sms.tries()


async def test_nobody_locks_a_number_with_codes_that_are_not_looked_at(sms: Sms) -> None:
    sms.store = limited(sms.store, attempt_delays=(0,), phone_failures_in_a_row=6)
    await sms.asks()
    for _ in range(9):
        await sms.tries("123456", challenge="unheard of")
        await sms.tries("123456", chat="web:2")
        await sms.tries_wrong()
    sms.waits(minutes=2)
    assert not (await sms.asks()).refused
    assert await sms.tries()


async def test_who_is_refused_may_use_the_code_that_he_had_before(sms: Sms) -> None:
    first = await sms.asks()
    sms.waits(seconds=30)
    until = NOON + timedelta(minutes=10)
    wait = NOON + timedelta(minutes=1)
    for chat, purpose, challenge, good in (
        ("web:1", "registration", first.challenge, until),
        ("web:1", "transfer", "", None),
        ("web:2", "registration", "", None),
    ):
        refused = await sms.asks(chat=chat, purpose=purpose)
        assert refused == Sent(challenge, refused="wait", again_at=wait, good_until=good)
    sms.now = wait
    newest = await sms.asks()
    assert newest.challenge != first.challenge
    assert (await sms.asks()).challenge == newest.challenge, "of two that are good"
    sms.now = until
    for number in range(4):
        await sms.asks(chat=f"web:{3 + number}")
        sms.waits(minutes=1)
    assert (await sms.asks()).good_until is None, "it has run out since"


async def test_a_success_is_no_failure(sms: Sms) -> None:
    sms.store = limited(sms.store, attempt_delays=(0,), phone_per_day=99, chat_per_day=99)
    for _ in range(12):
        await sms.asks()
        assert await sms.tries()
        sms.waits(minutes=1)


async def test_a_phone_gets_five_codes_a_day_whoever_asks(sms: Sms) -> None:
    for chat in range(5):
        assert not (await sms.asks(chat=f"web:{chat}")).refused
        sms.waits(seconds=59)
        assert (await sms.asks(chat="web:9")).refused == ("wait" if chat < 4 else "phone")
        sms.waits(seconds=1)
    tomorrow = NOON + timedelta(days=1)
    assert await sms.asks(chat="web:9") == Sent("", refused="phone", again_at=tomorrow)
    sms.now = tomorrow - timedelta(seconds=1)
    assert (await sms.asks(chat="web:9")).refused == "phone"
    sms.now = tomorrow
    assert not (await sms.asks(chat="web:9")).refused
    assert (await sms.asks(chat="web:9")).again_at == tomorrow + timedelta(minutes=1)


async def test_a_chat_asks_for_three_numbers_a_day(sms: Sms) -> None:
    phones = [f"+8529{n}000000" for n in range(4)]
    for phone in phones[:3]:
        assert not (await sms.asks(phone)).refused
    refused = await sms.asks(phones[3])
    assert (refused.refused, refused.again_at) == ("numbers", sms.now + timedelta(days=1))
    sms.waits(minutes=1)
    assert not (await sms.asks(phones[0])).refused, "those it had already are no new ones"
    free = (await sms.asks(phones[3])).again_at
    assert free == NOON + timedelta(days=1), "when the last code for the second is a day old"
    assert not (await sms.asks(phones[3], chat="web:2")).refused
    sms.waits(days=1)
    assert not (await sms.asks(phones[3])).refused


async def test_a_chat_gets_eight_codes_a_day(sms: Sms) -> None:
    for number in range(8):
        sms.waits(minutes=1)
        assert not (await sms.asks(f"+8529{number % 3}000000")).refused
    sms.waits(minutes=1)
    refused = await sms.asks("+85290000000")
    first = NOON + timedelta(minutes=1)
    assert (refused.refused, refused.again_at) == ("chat", first + timedelta(days=1))


async def test_a_hundred_neighbours_get_twenty_codes_an_hour(sms: Sms) -> None:
    for number in range(20):
        assert not (await sms.asks(f"+852912345{number:02}", chat=f"web:{number}")).refused
    refused = await sms.asks("+85291234599", chat="web:99")
    assert (refused.refused, refused.again_at) == ("busy", sms.now + timedelta(hours=1))
    assert not (await sms.asks("+85291234600", chat="web:98")).refused
    sms.waits(hours=1)
    assert not (await sms.asks("+85291234599", chat="web:99")).refused


async def test_a_day_has_its_cap_until_hong_kong_midnight(sms: Sms) -> None:
    sms.store = limited(sms.store, per_day_at_least=2)
    for number in range(2):
        assert not (await sms.asks(f"+8529{number}000000", chat=f"web:{number}")).refused
    refused = await sms.asks("+85292000000", chat="web:9")
    tomorrow = start_of_day(hong_kong_day(sms.now) + timedelta(days=1))
    assert (refused.refused, refused.again_at) == ("busy", tomorrow)
    sms.now = tomorrow - timedelta(seconds=1)
    assert (await sms.asks("+85292000000", chat="web:9")).refused == "busy"
    sms.now = tomorrow
    assert not (await sms.asks("+85292000000", chat="web:9")).refused


async def test_the_cap_grows_with_what_was_usual(sms: Sms) -> None:
    sms.store = limited(sms.store, per_day_at_least=2)
    async with sms.store.writing() as tx:
        # On most days none were sent: those count too.
        for days in (1, *[14] * 13, 15, 15, 15, 15):
            day: date = hong_kong_day(sms.now) - timedelta(days=days)
            await tx.challenges.tallies.add(SENT, day.isoformat())
    for number in range(3):
        assert not (await sms.asks(f"+8529{number}000000", chat=f"web:{number}")).refused
    assert (await sms.asks("+85294000000", chat="web:9")).refused == "busy"


async def test_where_many_checks_fail_each_code_is_tried_once_for_the_hour(sms: Sms) -> None:
    sms.store = limited(sms.store, failures_per_hour=3)
    await sms.asks(OTHER_PHONE, chat="web:2")
    victim = sms.last
    await sms.asks()
    first = sms.last
    for _ in range(3):
        assert not await sms.tries_wrong()
        sms.waits(minutes=2)
    assert not await sms.tries(first.code)
    of_victim = {"challenge": victim.challenge, "chat": "web:2", "phone": OTHER_PHONE}
    assert await sms.tries(victim.code, **of_victim), "who types his code right is served"
    again = await sms.asks(again=True)
    assert again.challenge != first.challenge
    assert not await sms.tries_wrong()
    sms.waits(minutes=2)
    assert not await sms.tries(again.code)
    async with sms.store.reading() as tx:
        assert await tx.challenges.ready_at(again.challenge, sms.now) is None
    sms.now = datetime(2021, 12, 10, 5, tzinfo=UTC)
    assert await sms.asks(OTHER_PHONE, chat="web:2")
    assert not await sms.tries(wrong(sms.last.code), chat="web:2", phone=OTHER_PHONE)
    assert await sms.tries(chat="web:2", phone=OTHER_PHONE)


async def test_it_can_be_told_how_the_codes_fare(sms: Sms) -> None:
    async def strain() -> Strain:
        async with sms.store.reading() as tx:
            return await current_strain(tx, sms.now)

    sms.store = limited(sms.store, failures_per_hour=1, per_day_at_least=3)
    assert await strain() == Strain(failing=False, full=False, sent=0, typed=0)
    await sms.asks(OTHER_PHONE, chat="web:2")
    await sms.asks()
    assert await sms.tries()
    assert await strain() == Strain(failing=False, full=False, sent=0, typed=0), "just now"
    sms.waits(minutes=2)
    assert await strain() == Strain(failing=False, full=False, sent=2, typed=1)
    await sms.asks()
    await sms.tries_wrong()
    assert await strain() == Strain(failing=True, full=True, sent=2, typed=1)
    sms.waits(hours=1)
    assert await strain() == Strain(failing=False, full=True, sent=1, typed=0)
    sms.now = start_of_day(hong_kong_day(sms.now) + timedelta(days=1))
    assert await strain() == Strain(failing=False, full=False, sent=0, typed=0)


async def test_nobody_slows_the_others_down_with_codes_that_are_not_looked_at(sms: Sms) -> None:
    await sms.asks()
    for _ in range(20):
        await sms.tries_wrong()
        await sms.tries("123456", challenge="unheard of")
    async with sms.store.reading() as tx:
        hour = str(int(sms.now.timestamp()) // 3600)
        counted = await tx.challenges.tallies.of(FAILED, [hour])
    assert counted == {hour: 2}, "the third is not looked at before a minute has passed"


@given(
    chat=st.sampled_from(["web:1", "web:2", "telegram:1", ""]),
    phone=st.sampled_from([PHONE, OTHER_PHONE, "91234567", ""]),
    purpose=st.sampled_from(["registration", "transfer", ""]),
    challenge=st.sampled_from(["own", "other", ""]),
)
@settings(
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_a_code_serves_only_the_chat_the_number_and_the_purpose_it_was_sent_for(
    store: Store, chat: str, phone: str, purpose: str, challenge: str
) -> None:
    generous = {
        "phone_per_day": 10_000,
        "chat_per_day": 10_000,
        "block_per_hour": 10_000,
        "per_day_at_least": 10_000,
        "failures_per_hour": 10_000,
        "phone_failures_per_day": 10_000,
    }
    sms = Sms(limited(store, **generous))
    sms.waits(minutes=2 * await sms.count(challenges))
    other = await sms.asks(OTHER_PHONE, chat="web:2")
    own = await sms.asks()
    name = {"own": own.challenge, "other": other.challenge, "": "0" * 32}[challenge]
    fits = (challenge, chat, phone, purpose) == ("own", "web:1", PHONE, "registration")
    assert (
        await sms.tries(own.code, challenge=name, chat=chat, phone=phone, purpose=purpose) == fits
    )
    assert await sms.tries() == (not fits), "a stranger's try costs the right person nothing"


async def test_of_fifty_right_codes_at_once_one_is_accepted(sms: Sms) -> None:
    await sms.asks()
    answers = await asyncio.gather(*(sms.tries() for _ in range(50)))
    assert answers.count(True) == 1


async def test_of_two_hundred_guesses_at_once_five_are_looked_at(sms: Sms) -> None:
    sms.store = limited(sms.store, attempt_delays=(0,))
    sent = await sms.asks()
    guesses = [f"{(int(sent.code) + n) % 1_000_000:06}" for n in range(1, 201)]
    answers = await asyncio.gather(*map(sms.tries, guesses))
    assert not any(answers)
    async with sms.store.reading() as tx:
        assert await tx.connection.scalar(select(challenges.c.attempts)) == 5
    assert not await sms.tries()


async def test_of_many_sends_at_once_one_goes_out(sms: Sms) -> None:
    sent = await asyncio.gather(*(sms.asks(chat=f"web:{n}") for n in range(20)))
    assert [each.refused for each in sent].count("") == 1
    assert await sms.count(dispatches) == 1


async def test_the_limits_hold_when_the_store_is_opened_again(sms: Sms, store: Store) -> None:
    await sms.asks()
    reopened = Store.open(
        store.writer.url.render_as_string(hide_password=False), store.ring, store.policy
    )
    try:
        sms.store = reopened
        assert (await sms.asks(chat="web:2")).refused == "wait"
        assert await sms.tries()
    finally:
        await reopened.close()
