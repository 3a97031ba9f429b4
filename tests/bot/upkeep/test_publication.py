"""What is published, by one process or by several: always the newest, never a step back."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import aiohttp
import cbor2
import pytest
from aiohttp import web
from sqlalchemy import select

from bot.channels.published import FILES, TYPES, routes
from bot.logs import Discreet
from bot.settings import SettingError
from bot.upkeep import publication
from bot.upkeep.publication import OLDER, STRANGE, Publication
from core.policy import KeyPolicy, Policy
from core.signing.bundle import open_bundle
from core.signing.issuer_keys import IssuerKey, KeysError, PublicKeys, Realm
from core.signing.rotation import NOTICE, rotate, withdraw
from core.store.bundles import Bundles
from core.store.codes import Why
from core.store.schema import migrate
from core.store.store import Store
from core.store.tables import audit
from core.vault import KeyRing, Purpose
from tests.bot.machine import until
from tests.clock import TestClock
from tests.core.store.people import register
from tests.core.store.test_codes import keep

POLICY = Policy()
LIFE = POLICY.keys.life
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def opened(url: str, folder: Path, clock: TestClock, policy: Policy = POLICY) -> Store:
    """Open the store with the ring of a folder, as a process does."""
    return Store.open(url, KeyRing.open(folder / "keys.json", clock(), LIFE), policy)


@pytest.fixture
async def store(sqlite_url: str, tmp_path: Path, clock: TestClock) -> AsyncIterator[Store]:
    opened_store = opened(sqlite_url, tmp_path, clock)
    yield opened_store
    await opened_store.close()


@pytest.fixture
def process(store: Store, tmp_path: Path, clock: TestClock) -> Publication:
    """A process that publishes."""
    return Publication(store, tmp_path, clock)


def says(process: Publication, clock: TestClock) -> PublicKeys:
    """Return what a verifier learns that has the keys of now."""
    jwks = process.folder / "jwks-of-now.json"
    jwks.write_bytes(process.newest.documents["jwks.json"])
    trusted = PublicKeys.load(jwks)
    return open_bundle(process.newest.documents["bundle.cbor"], trusted, clock())


def drafts(folder: Path) -> list[Path]:
    return list(folder.glob(".*"))


def logged(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    """Return the messages of a level, as the operator can read them."""
    lines = [Discreet().format(r) for r in caplog.get_records("call") if r.levelno == level]
    return [line.partition(": ")[2] for line in lines]


# One process


async def test_the_first_look_publishes_all_that_is_needed(
    process: Publication, tmp_path: Path, clock: TestClock
) -> None:
    await process.first_look()
    held = says(process, clock)
    own = PublicKeys.published(process.store.ring, clock())
    assert held.keys == own.keys
    assert held.bundle_keys == own.bundle_keys
    assert held.issued_at is not None
    assert held.expires_at is not None
    assert held.expires_at - held.issued_at == 48 * HOUR
    for name, content in process.newest.documents.items():
        assert (tmp_path / FILES[name]).read_bytes() == content
    loaded = PublicKeys.load(tmp_path / "issuer-keys.json")
    assert (loaded.keys, loaded.bundle_keys) == (own.keys, own.bundle_keys)
    kids = [item[2] for item in cbor2.loads(process.newest.documents["keys.cbor"])]
    assert kids == [*own.keys, *own.bundle_keys]
    assert drafts(tmp_path) == []


async def test_where_nothing_changes_a_bundle_serves_for_an_hour(
    process: Publication, clock: TestClock
) -> None:
    await process.look()
    first = process.newest
    clock.jump(minutes=59)
    await process.look()
    assert process.newest is first
    clock.jump(minutes=1)
    await process.look()
    assert process.newest.sequence > first.sequence


async def test_a_shorter_life_is_the_policys(
    sqlite_url: str, tmp_path: Path, clock: TestClock
) -> None:
    policy = Policy(keys=KeyPolicy(bundle_hours=6), realm=Realm.TEST)
    store = opened(sqlite_url, tmp_path, clock, policy)
    process = Publication(store, tmp_path, clock)
    await process.look()
    held = says(process, clock)
    assert held.issued_at is not None
    assert held.expires_at == held.issued_at + 6 * HOUR
    assert held.realms == {Realm.TEST}
    await store.close()


async def test_another_realm_begins_with_a_bundle_of_its_own(
    process: Publication, sqlite_url: str, tmp_path: Path, clock: TestClock
) -> None:
    await process.look()
    store = opened(sqlite_url, tmp_path, clock, Policy(realm=Realm.TEST))
    other = Publication(store, tmp_path, clock)
    await other.look()
    assert other.newest.sequence > process.newest.sequence
    assert says(other, clock).realms == {Realm.TEST}
    await store.close()


async def test_a_code_is_in_the_bundle_from_its_withdrawal_to_its_end(
    process: Publication, clock: TestClock
) -> None:
    await process.look()
    async with process.store.writing() as tx:
        known = await register(tx)
        code_id = await keep(tx, known, 1, ends=clock() + 2 * HOUR)
        await tx.codes.withdraw([code_id], Why.HEALTH, clock())
    await process.look()
    assert says(process, clock).revoked == {code_id[:4]}
    assert PublicKeys.load(process.folder / "issuer-keys.json").revoked == {code_id[:4]}
    clock.jump(hours=3)
    await process.look()
    assert says(process, clock).revoked == frozenset()


async def test_a_changed_ring_is_noticed_and_a_damaged_one_is_not_taken(
    process: Publication, tmp_path: Path, clock: TestClock, caplog: pytest.LogCaptureFixture
) -> None:
    await process.look()
    new = IssuerKey.of(rotate(KeyRing.open(tmp_path / "keys.json", clock()), clock(), NOTICE, LIFE))
    await process.look()
    assert new.kid in says(process, clock).keys
    whole = (tmp_path / "keys.json").read_bytes()
    (tmp_path / "keys.json").write_bytes(whole[:-9])
    sequence = process.newest.sequence
    for _ in range(3):
        await process.look()
    (said,) = logged(caplog, logging.ERROR)
    assert said.startswith("the keys stay as they are: ")
    assert process.newest.sequence == sequence
    caplog.clear()


async def test_a_year_goes_by_and_the_next_key_always_signs_in_time(
    process: Publication, clock: TestClock, caplog: pytest.LogCaptureFixture
) -> None:
    await process.look()
    keys = set(says(process, clock).keys)
    for _ in range(365):
        clock.jump(days=1)
        await process.look()
        kid = IssuerKey.current(process.store.ring, clock()).kid
        assert kid in keys, "a key signs that no verifier was told of the day before"
        keys |= set(says(process, clock).keys)
    assert 10 <= len(keys) <= 15
    made = logged(caplog, logging.WARNING)
    assert len(made) == len(keys) - 1
    assert all("is made and published" in said for said in made)
    assert "signs codes from 11 January 2022, 12:00, Hong Kong time on" in made[0]
    async with process.store.reading() as tx:
        rows = (await tx.connection.execute(select(audit.c.act, audit.c.actor))).all()
    assert rows == [("key made", "program")] * len(made)


async def test_a_program_that_slept_past_the_end_of_its_key_makes_one_that_signs_at_once(
    process: Publication, clock: TestClock
) -> None:
    await process.look()
    clock.jump(days=90)
    await process.look()
    assert clock() - IssuerKey.current(process.store.ring, clock()).not_before < 2 * SECOND


@pytest.fixture
async def shared(postgres_url: str, tmp_path: Path, clock: TestClock) -> AsyncIterator[Publication]:
    """A process beside others on the same database."""
    opened_store = opened(postgres_url, tmp_path, clock)
    await migrate(opened_store)
    yield Publication(opened_store, tmp_path, clock)
    await opened_store.close()


async def test_before_the_last_key_ends_the_operator_of_many_is_told_once_a_day(
    shared: Publication, clock: TestClock, caplog: pytest.LogCaptureFixture
) -> None:
    process = shared
    clock.jump(days=30, hours=23)
    await process.look()
    assert logged(caplog, logging.WARNING) == []
    clock.jump(hours=2)
    for _ in range(3):
        await process.look()
    (said,) = logged(caplog, logging.WARNING)
    assert "ends on 24 January 2022, 12:00, Hong Kong time: run `python -m bot keys rotate`" in said
    clock.jump(hours=24)
    await process.look()
    assert len(logged(caplog, logging.WARNING)) == 2
    rotate(process.store.ring, clock(), NOTICE, LIFE)
    clock.jump(hours=25)
    await process.look()
    assert len(logged(caplog, logging.WARNING)) == 2


@pytest.mark.errors_expected
async def test_that_no_key_may_sign_codes_is_an_error(
    shared: Publication, clock: TestClock, caplog: pytest.LogCaptureFixture
) -> None:
    clock.jump(days=45)
    await shared.look()
    assert logged(caplog, logging.ERROR) == [
        "no key may sign codes: run `python -m bot keys rotate`"
    ]


@pytest.mark.errors_expected
async def test_without_a_key_for_bundles_it_does_not_start(
    process: Publication, clock: TestClock
) -> None:
    clock.jump(days=3654)
    with pytest.raises(KeysError):
        await process.first_look()


async def test_a_folder_that_cannot_be_written_is_said(
    process: Publication, tmp_path: Path
) -> None:
    (tmp_path / "keys.cbor").mkdir()
    with pytest.raises(SettingError, match=r"keys\.cbor cannot be written: Is a directory\."):
        await process.first_look()
    assert drafts(tmp_path) == []
    process.folder = tmp_path / "none"
    with pytest.raises(SettingError, match=r"issuer-keys\.json cannot be written"):
        await process.first_look()


@asynccontextmanager
async def running(process: Publication, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Let a process look all the time."""
    monkeypatch.setattr(publication, "EVERY", 0.01)
    task = asyncio.create_task(process.keep_publishing())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.errors_expected
async def test_what_fails_is_logged_once_and_tried_until_it_works(
    process: Publication,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "keys.cbor").mkdir()
    async with running(process, monkeypatch):
        await until(lambda: logged(caplog, logging.ERROR))
        await asyncio.sleep(0.2)
        assert len(logged(caplog, logging.ERROR)) == 1
        (tmp_path / "keys.cbor").rmdir()
        await until(lambda: process.newest.sequence > 0)
        (tmp_path / "keys.cbor").unlink()
        (tmp_path / "keys.cbor").mkdir()
        rotate(process.store.ring, process.clock(), NOTICE, LIFE)
        await until(lambda: len(logged(caplog, logging.ERROR)) == 2)


# Several processes


async def test_two_processes_publish_one_sequence_that_never_steps_back(
    postgres_url: str, tmp_path: Path, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores = [opened(postgres_url, tmp_path, clock) for _ in range(2)]
    processes = [Publication(store, tmp_path, clock) for store in stores]
    await asyncio.gather(*(process.look() for process in processes))
    seen: list[list[int]] = [[process.newest.sequence] for process in processes]
    operator = KeyRing.open(tmp_path / "keys.json", clock())

    def ahead(sequence: int) -> bool:
        return all(process.newest.sequence > sequence for process in processes)

    async def watch() -> None:
        while True:
            for process, sequences in zip(processes, seen, strict=True):
                if process.newest.sequence != sequences[-1]:
                    sequences.append(process.newest.sequence)
            await asyncio.sleep(0)

    watching = asyncio.create_task(watch())
    async with running(processes[0], monkeypatch), running(processes[1], monkeypatch):
        for number in range(12):
            before = max(process.newest.sequence for process in processes)
            if number % 3 == 0:
                async with stores[number % 2].writing() as tx:
                    known = await register(tx, f"web:{number}", number=f"passport{number}")
                    code_id = await keep(tx, known, number, ends=clock() + 24 * HOUR)
                    await tx.codes.withdraw([code_id], Why.HEALTH, clock())
            elif number % 3 == 1:
                old = IssuerKey.current(operator, clock()).kid.hex()
                withdraw(operator, old, clock(), LIFE)
            else:
                clock.jump(hours=1)
            await until(partial(ahead, before))
        wanted = {key.kid for key in PublicKeys.published(operator, clock()).keys.values()}

        def agreed() -> bool:
            same = processes[0].newest.sequence == processes[1].newest.sequence
            held = says(processes[0], clock)
            return same and set(held.keys) == wanted and len(held.revoked) == 4

        await until(agreed)
    watching.cancel()
    for sequences in seen:
        assert sequences == sorted(set(sequences))
        assert len(sequences) > 12
    async with stores[0].reading() as tx:
        newest = await Bundles(tx.connection).newest()
    assert newest is not None
    assert newest.sequence == processes[0].newest.sequence
    assert newest.body == (tmp_path / "bundle.cbor").read_bytes()
    for store in stores:
        await store.close()


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize(
    "when", ["signed, not committed", "committed, not written", "half written"]
)
async def test_where_one_is_killed_in_between_another_goes_on(
    postgres_url: str,
    tmp_path: Path,
    clock: TestClock,
    monkeypatch: pytest.MonkeyPatch,
    when: str,
) -> None:
    stores = [opened(postgres_url, tmp_path, clock) for _ in range(2)]
    first, second = (Publication(store, tmp_path, clock) for store in stores)
    await first.look()
    before = first.newest
    new = IssuerKey.of(rotate(stores[1].ring, clock(), NOTICE, LIFE))

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        if when == "signed, not committed":
            real = Bundles.keep

            async def keep_and_die(*args: object, **more: object) -> None:
                await real(*args, **more)  # type: ignore[arg-type]
                raise Killed

            patch.setattr(Bundles, "keep", keep_and_die)
        elif when == "committed, not written":
            patch.setattr("bot.channels.published.Published.save", die)
        else:
            patch.setattr(Path, "replace", die)
        with pytest.raises(Killed):
            await first.look()
    PublicKeys.load(tmp_path / "issuer-keys.json")
    await second.look()
    assert second.newest.sequence > before.sequence
    assert new.kid in says(second, clock).keys
    again = Publication(stores[0], tmp_path, clock)
    await again.look()
    assert again.newest == second.newest
    for store in stores:
        await store.close()


@pytest.mark.errors_expected
async def test_a_process_with_an_old_copy_of_the_ring_takes_nothing_back(
    sqlite_url: str, tmp_path: Path, clock: TestClock, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("here", "there"):
        (tmp_path / name).mkdir(mode=0o700)
    here = opened(sqlite_url, tmp_path / "here", clock)
    copy = tmp_path / "there" / "keys.json"
    copy.write_bytes((tmp_path / "here" / "keys.json").read_bytes())
    copy.chmod(0o600)
    there = opened(sqlite_url, tmp_path / "there", clock)
    mine = Publication(here, tmp_path / "here", clock)
    theirs = Publication(there, tmp_path / "there", clock)
    await mine.look()
    await theirs.look()
    gone = IssuerKey.current(here.ring, clock())
    _, new = withdraw(here.ring, gone.kid.hex(), clock(), LIFE)
    assert new is not None
    await mine.look()
    newest = mine.newest
    for _ in range(3):
        await theirs.look()
        await mine.look()
    assert mine.newest is newest, "they do not undo each other's work by turns"
    assert theirs.newest.sequence == newest.sequence
    assert logged(caplog, logging.ERROR) == [OLDER]
    clock.jump(hours=2)
    await theirs.look()
    held = says(theirs, clock)
    assert held.keys[gone.kid].withdrawn
    assert IssuerKey.of(new).kid in held.keys
    for store in (here, there):
        await store.close()


@pytest.mark.errors_expected
async def test_a_process_with_another_ring_is_noticed_and_does_not_fight(
    process: Publication,
    sqlite_url: str,
    tmp_path: Path,
    clock: TestClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await process.look()
    (tmp_path / "other").mkdir(mode=0o700)
    store = opened(sqlite_url, tmp_path / "other", clock)
    stranger = Publication(store, tmp_path / "other", clock)
    await stranger.look()
    assert logged(caplog, logging.ERROR) == [STRANGE]
    served = stranger.newest
    for _ in range(3):
        clock.jump(minutes=5)
        await process.look()
        await stranger.look()
    assert stranger.newest is served
    assert process.newest.sequence < served.sequence
    clock.jump(minutes=50)
    await process.look()
    assert process.newest.sequence > served.sequence
    await store.close()


async def test_after_the_key_for_bundles_was_withdrawn_the_next_signs(
    process: Publication, clock: TestClock, caplog: pytest.LogCaptureFixture
) -> None:
    await process.look()
    before = says(process, clock)
    (old,) = process.store.ring.of(Purpose.BUNDLE)
    withdraw(process.store.ring, old.id, clock(), LIFE)
    await process.look()
    held = says(process, clock)
    assert held.sequence is not None
    assert before.sequence is not None
    assert held.sequence > before.sequence
    assert held.bundle_keys[IssuerKey.of(old).kid].withdrawn
    assert logged(caplog, logging.WARNING) == [
        "the newest bundle is signed by a key that was withdrawn: the next is signed"
    ]


async def test_a_clock_that_was_wrong_by_a_day_does_not_stop_it(
    process: Publication, clock: TestClock, caplog: pytest.LogCaptureFixture
) -> None:
    for each in (process, Publication(process.store, process.folder, clock)):
        clock.jump(days=1)
        await process.look()
        ahead = process.newest.sequence
        clock.jump(days=-1)
        await each.look()
        assert each.newest.sequence == ahead + 1
        issued_at = says(each, clock).issued_at
        assert issued_at is not None
        assert abs(clock() - issued_at) < timedelta(minutes=1)
    assert logged(caplog, logging.WARNING) == [
        "the newest bundle was issued in the future: check this device's clock: the next is signed"
    ]


# On the web


async def test_the_web_serves_the_newest_to_pages_of_any_origin(
    process: Publication, clock: TestClock
) -> None:
    await process.look()
    app = web.Application()
    app.add_routes(routes(lambda: process.newest))
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/.well-known/health-code"
    async with aiohttp.ClientSession() as session:
        for _ in range(2):
            for name, kind in TYPES.items():
                async with session.get(f"{url}/{name}") as response:
                    assert response.status == 200
                    assert response.headers["Content-Type"] == kind
                    assert response.headers["Access-Control-Allow-Origin"] == "*"
                    assert response.headers["Cache-Control"] == "max-age=300"
                    assert await response.read() == process.newest.documents[name]
            clock.jump(hours=1)
            await process.look()
        async with session.head(f"{url}/jwks.json") as response:
            assert response.status == 200
        async with session.get(f"{url}/keys.json") as response:
            assert response.status == 404
        async with session.get(f"{url}/jwks.json") as response:
            jwks = json.loads(await response.read())
    await runner.cleanup()
    assert [key.get("signs") for key in jwks["keys"]] == [None, "bundles"]
    assert not any("d" in key for key in jwks["keys"])
