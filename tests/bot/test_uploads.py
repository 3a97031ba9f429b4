"""What becomes of an uploaded file: read, and then erased with the news of what it held."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.channels import Stopping, TryAgain
from bot.channels.web import WebChannel
from bot.channels.web_transcript import Transcript
from bot.inbox import Keep
from bot.work import Work
from core.conversation.messages import Finished, Incoming, Text
from core.conversation.turn import Job
from core.sample import sample_export
from core.store.inbox import Inbox
from core.store.store import Store, Transaction
from core.store.tables import uploads
from handlers.registration import Registration
from tests.bot.channels.transcript import draw
from tests.clock import TestClock
from tests.reading import expect, expect_question
from tests.stories.script import Tenant, consents, gets_code, gives
from tests.world import WORKERS, World

CHAT = "web:0"


class Web(WebChannel):
    """A web channel whose machine fails while it erases, if it is told to."""

    fails = False

    async def forget(self, tx: Transaction, ref: str) -> None:
        """Erase, and then fail."""
        await super().forget(tx, ref)
        if self.fails:
            raise ConnectionError


@pytest.fixture
def web(store: Store, clock: TestClock) -> Web:
    """A web channel on the store, which nobody needs to listen on."""
    return Web("127.0.0.1", 0, Transcript(store, clock), draw)


@pytest.fixture
def work(store: Store, clock: TestClock, web: Web) -> Work:
    """The background work for it."""

    async def receive(items: Sequence[Incoming], keep: Keep) -> None:
        async with store.writing() as tx:
            await Inbox(tx.connection, tx.ring).put(items, [], clock())
            await keep(tx)

    return Work(store, {"web": web}, clock, WORKERS, receive)


async def kinds(store: Store) -> list[str]:
    """Return the kinds of the uploads in the store."""
    async with store.reading() as tx:
        return sorted(await tx.connection.scalars(select(uploads.c.kind)))


async def news(store: Store, clock: TestClock) -> list[object]:
    """Return what has come into the inbox."""
    async with store.writing() as tx:
        return [w.incoming.body for w in await Inbox(tx.connection, tx.ring).heads(9, clock())]


@pytest.fixture
async def job(store: Store, clock: TestClock) -> Job:
    """The job of reading an export that was uploaded."""
    async with store.writing() as tx:
        inbox = Inbox(tx.connection, tx.ring)
        await inbox.put([Incoming(CHAT, "1", Text("hello"), clock())], [CHAT], clock())
        await inbox.finish(await inbox.heads(9, clock()), clock())
    ref = await Transcript(store, clock).keep(CHAT, sample_export(31, 9, 7, clock()), "1")
    return Job(id="job", kind="visits", ref=ref, name="visits.json")


async def test_the_file_goes_when_it_is_read_and_a_second_time_adds_nothing(
    store: Store, clock: TestClock, work: Work, job: Job
) -> None:
    for _ in range(2):
        await work.deliver(CHAT, job)
        assert await kinds(store) == ["visits"]
        (body,) = await news(store, clock)
        assert isinstance(body, Finished)
        assert (body.error, bool(body.upload)) == ("", True)


async def test_a_machine_that_fails_in_between_finds_the_file_again(
    store: Store, clock: TestClock, web: Web, work: Work, job: Job
) -> None:
    web.fails = True
    with pytest.raises(ConnectionError):
        await work.deliver(CHAT, job)
    assert await kinds(store) == ["file"]
    assert await news(store, clock) == []
    web.fails = False
    await work.deliver(CHAT, job)
    assert await kinds(store) == ["visits"]
    assert len(await news(store, clock)) == 1


async def test_a_program_that_stops_finds_the_file_again(
    store: Store, work: Work, job: Job
) -> None:
    receive = work.receive

    async def stopped(items: Sequence[Incoming], keep: Keep) -> None:
        raise Stopping

    work.receive = stopped
    with pytest.raises(TryAgain):
        await work.deliver(CHAT, job)
    assert await kinds(store) == ["file"]
    work.receive = receive
    await work.deliver(CHAT, job)
    assert await kinds(store) == ["visits"]


async def test_a_file_that_nobody_asked_for_is_not_kept(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        person = await world.on_web()
        await person.starts()
        await person.hears()
        await person.sends("card.jpg", b"\xff\xd8\xff of an identity card")
        await person.hears()
        assert await kinds(world.app.store) == []


async def test_a_file_that_is_sent_twice_is_kept_once(store: Store, clock: TestClock) -> None:
    transcript = Transcript(store, clock)
    refs = {await transcript.keep(CHAT, data, "file-1") for data in (b"first", b"second")}
    (ref,) = refs
    assert await transcript.read(ref, 9) == b"second"
    assert await kinds(store) == ["file"]
    assert await transcript.keep("web:9", b"another", "file-1") not in refs


async def test_nothing_of_an_uploaded_file_is_left_at_the_end_of_a_journey(tmp_path: Path) -> None:
    tenant = Tenant()
    async with World(tmp_path) as world:
        person = await world.on_web()
        heard = await consents(person, "en")
        steps = tenant.steps()
        for question, given in steps:
            if question is Registration.proof:
                await person.sends("bill.pdf", b"%PDF-1.4 broken")
                expect(await person.hears(), "registration.proof.error.unreadable")
                assert await kinds(world.app.store) == []
            expect_question(heard, question)
            await gives(world, person, given, tenant.mobile)
            heard = await person.hears()
            if question is Registration.proof:
                assert await kinds(world.app.store) == ["proof"]
        expect(heard, "registration.done")
        assert await kinds(world.app.store) == []
        expect(await gets_code(world, person, "en"), "health_code.caption.green")
        assert await kinds(world.app.store) == []
