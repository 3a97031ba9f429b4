"""The whole program in the ways that the other stories do not start it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import msgspec
import pytest

from bot.app import App
from bot.settings import SettingError, Settings
from core.conversation.messages import Incoming, Undelivered
from core.policy import Policy
from core.store.outbox import Outbox
from handlers.registration import Registration
from handlers.welcome import Welcome
from tests.bot.machine import until
from tests.clock import TestClock
from tests.empty_store import write_empty_store
from tests.loopback.faults import Fault
from tests.loopback.telegram import TOKEN, LoopbackTelegram
from tests.reading import expect, expect_question
from tests.stories.questions import FromSms, Option
from tests.stories.script import Resident, consents
from tests.world import STORE, WORKERS, OnTelegram, OnWeb, Person, World


@asynccontextmanager
async def app(folder: Path, bot_api: LoopbackTelegram, **given: str) -> AsyncIterator[App]:
    """Run the program on Telegram and on the web; names of settings without prefix."""
    environ = {
        "DATA": str(folder),
        "WEB": "127.0.0.1:0",
        "TELEGRAM_TOKEN": TOKEN,
        "TELEGRAM_API": bot_api.url,
        **given,
    }
    settings = Settings.load({f"HEALTHCODE_{k}": v for k, v in environ.items()}, folder / "none")
    if "DATABASE" not in given:
        write_empty_store(folder / STORE)
    made = App(settings, Policy(telegram_per_second=0), TestClock(), WORKERS)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


async def comes_to_the_code(person: Person, resident: Resident) -> None:
    """Answer all questions before the one for the code of the SMS."""
    heard = await consents(person, "en")
    for question, given in resident.steps():
        expect_question(heard, question)
        match given:
            case FromSms():
                return
            case Option(name):
                await person.presses(name)
            case _:
                await person.says(str(given))
        heard = await person.hears()


def free_port() -> int:
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        return int(some.getsockname()[1])


async def test_by_webhook_whoever_writes_while_it_restarts_is_answered_too(tmp_path: Path) -> None:
    public = f"127.0.0.1:{free_port()}"
    given = {
        "WEB": public,
        "TELEGRAM_WEBHOOK": f"http://{public}",
        "TELEGRAM_SECRET": "a-secret-word",
    }
    async with LoopbackTelegram() as bot_api:
        person = OnTelegram(bot_api.person(1001))
        async with app(tmp_path, bot_api, **given):
            await until(lambda: bot_api.webhook.url)
            await person.starts()
            expect_question(await person.hears(), Welcome.consent)
            async with aiohttp.ClientSession() as session:
                headers = {"X-Telegram-Bot-Api-Secret-Token": "a-secret-world"}
                async with session.post(bot_api.webhook.url, json={}, headers=headers) as answer:
                    assert answer.status == 403
        await person.presses("agree")
        await asyncio.sleep(0.1)
        assert bot_api.updates.pending, "nobody was there to take it"
        async with app(tmp_path, bot_api, **given):
            expect_question(await person.hears(), Registration.document)
            await bot_api.updates.all_acknowledged()


@pytest.mark.errors_expected
async def test_news_for_a_channel_that_is_off_come_when_it_is_on_again(tmp_path: Path) -> None:
    async with LoopbackTelegram() as bot_api:
        person = OnTelegram(bot_api.person(1001))
        async with app(tmp_path, bot_api):
            await person.starts()
            expect_question(await person.hears(), Welcome.consent)
        async with app(tmp_path, bot_api, TELEGRAM_TOKEN="") as web_only:
            body = Undelivered("sms")
            news = Incoming("telegram:1001", "1", body, sent_at=web_only.clock(), language="en")
            await web_only.inbox.receive([news])
            waiting = {}
            async with asyncio.timeout(10):
                while not waiting:
                    async with web_only.store.reading() as tx:
                        waiting = await Outbox(tx.connection, tx.ring).unsent()
            assert waiting == {("telegram", "telegram:1001"): 1}
        async with app(tmp_path, bot_api):
            expect(await person.hears(), "engine.undelivered.sms")


async def test_a_secret_is_replaced_while_people_write(tmp_path: Path) -> None:
    """What Telegram sends with the secret before, until it has heard the new one, is taken too."""
    public = f"127.0.0.1:{free_port()}"
    given = {"WEB": public, "TELEGRAM_WEBHOOK": f"http://{public}"}
    hook = f"http://{public}/telegram"
    async with LoopbackTelegram() as bot_api:
        person = OnTelegram(bot_api.person(1001))
        async with app(tmp_path, bot_api, **given, TELEGRAM_SECRET="old"):
            await until(lambda: bot_api.webhook.url)
            await person.starts()
            expect_question(await person.hears(), Welcome.consent)
        await person.presses("agree")
        away = Fault(status=500, method="setWebhook")
        bot_api.faults.add(away)
        async with app(tmp_path, bot_api, **given, TELEGRAM_SECRET="new,old"):
            expect_question(await person.hears(), Registration.document)
            assert bot_api.webhook.secret == "old", "Telegram does not know the new one yet"
            await until(lambda: bot_api.webhook.secret == "new")
            async with aiohttp.ClientSession() as session:
                for secret, status in (("third", 403), ("new,old", 403), ("old", 200)):
                    headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
                    async with session.post(hook, json={}, headers=headers) as answer:
                        assert answer.status == status, secret
            await person.presses("hkid")
            expect_question(await person.hears(), Registration.number)
            await bot_api.updates.all_acknowledged()
        async with app(tmp_path, bot_api, **given, TELEGRAM_SECRET="new"):
            await person.says("A123456(3)")
            expect_question(await person.hears(), Registration.issued_on)
            headers = {"X-Telegram-Bot-Api-Secret-Token": "old"}
            async with (
                aiohttp.ClientSession() as session,
                session.post(hook, json={}, headers=headers) as answer,
            ):
                assert answer.status == 403
            await bot_api.updates.all_acknowledged()


async def test_on_the_console_a_code_is_for_the_owners_eyes_and_the_pane_of_its_own_chat(
    tmp_path: Path,
) -> None:
    async with LoopbackTelegram() as bot_api, app(tmp_path, bot_api) as running:
        assert running.web
        file = tmp_path / "sms.txt"
        watcher = OnWeb(f"http://127.0.0.1:{running.web.port}", "en")
        await watcher.open()
        await consents(watcher, "en")
        person, resident = OnTelegram(bot_api.person(1001)), Resident()
        await comes_to_the_code(person, resident)
        await until(file.exists)
        (sms,) = [msgspec.json.decode(line) for line in file.read_bytes().splitlines()]
        assert sms["to"] == f"+852{resident.mobile}"
        assert sms["chat"] == "telegram:1001"
        assert file.stat().st_mode & 0o777 == 0o600
        assert all(not chat.sms for chat in running.web._chats), "it is not for who watches"
        await person.says("".join(char for char in sms["text"] if char.isdigit())[:6])
        expect_question(await person.hears(), Registration.truth)
        await watcher.close()


async def test_a_start_that_fails_leaves_nothing_running(tmp_path: Path) -> None:
    async with LoopbackTelegram() as bot_api:
        before = asyncio.all_tasks()
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            taken = f"127.0.0.1:{other.getsockname()[1]}"
            with pytest.raises(SettingError, match="HEALTHCODE_WEB"):
                async with app(tmp_path, bot_api, WEB=taken):
                    pass
        await asyncio.sleep(0)
        ours = {task for task in asyncio.all_tasks() - before if "aiohttp" not in repr(task)}
        assert not ours


@pytest.mark.errors_expected
async def test_an_sms_that_cannot_be_sent_is_told_and_can_be_asked_for_again(
    tmp_path: Path,
) -> None:
    async with World(tmp_path) as world:
        world.phones.faults.add(Fault(status=400, description="The 'To' number is no number"))
        person, resident = world.on_telegram(), Resident()
        await comes_to_the_code(person, resident)
        expect(await person.hears(), "engine.undelivered.sms")
        world.clock.jump(minutes=2)
        await person.presses("again")
        expect(await person.hears(), "registration.passcode.sent_again")
        await person.says(await world.sms(f"+852{resident.mobile}"))
        expect_question(await person.hears(), Registration.truth)
