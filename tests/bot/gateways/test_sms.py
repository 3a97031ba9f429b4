"""SMS, by console and through a loopback Twilio."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import stat
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from bot.channels import Refused, TryAgain
from bot.gateways import sms as module
from bot.gateways.sms import ConsoleSms, TwilioSms
from tests.loopback.faults import Fault, flood
from tests.loopback.twilio import ACCOUNT, FROM, TOKEN, LoopbackTwilio

PHONE = "+85291234567"
TEXT = "健康碼：驗證碼 012345，切勿告訴他人。"
NOW = datetime(2021, 12, 10, 1, 2, 3, tzinfo=UTC)


@pytest.fixture
async def server() -> AsyncIterator[LoopbackTwilio]:
    async with LoopbackTwilio() as server:
        yield server


@pytest.fixture
async def gateway(server: LoopbackTwilio) -> AsyncIterator[TwilioSms]:
    async with aiohttp.ClientSession() as session:
        yield TwilioSms(server.url + "/", ACCOUNT, TOKEN, FROM, session)


async def test_twilio_takes_an_sms(server: LoopbackTwilio, gateway: TwilioSms) -> None:
    await gateway.send("web:1", PHONE, TEXT, "17")
    sms = await server.sms(PHONE)
    assert (sms.to, sms.from_, sms.text, sms.code) == (PHONE, FROM, TEXT, "012345")


@pytest.mark.parametrize(
    ("fault", "error", "told"),
    [
        (flood(30), TryAgain, "429"),
        (Fault(status=429), TryAgain, "429"),
        (Fault(status=503), TryAgain, "503"),
        (Fault(reset=True), TryAgain, "cannot be reached"),
        (Fault(status=400, description=f"{PHONE} is wrong"), Refused, "400, code 40000"),
        (Fault(status=302), Refused, "302"),
    ],
)
async def test_what_goes_wrong_is_told_without_number_and_text(
    server: LoopbackTwilio,
    gateway: TwilioSms,
    fault: Fault,
    error: type[Exception],
    told: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    server.faults.add(fault)
    with pytest.raises(error, match=told) as caught:
        await gateway.send("web:1", PHONE, TEXT, "17")
    if isinstance(caught.value, TryAgain):
        assert caught.value.after == (fault.retry_after or None)
    shown = caplog.text + str(caught.value) + repr(caught.value.__context__)
    assert not any(secret in shown for secret in (PHONE[1:], "012345", TOKEN))
    await gateway.send("web:1", PHONE, TEXT, "17")


async def test_twilio_refuses_a_number_and_a_wrong_token(server: LoopbackTwilio) -> None:
    async with aiohttp.ClientSession() as session:
        good = TwilioSms(server.url, ACCOUNT, TOKEN, FROM, session)
        with pytest.raises(Refused, match="400, code 21211"):
            await good.send("web:1", "12", TEXT, "17")
        bad = TwilioSms(server.url, ACCOUNT, "wrong", FROM, session)
        with pytest.raises(Refused, match="401, code 20003"):
            await bad.send("web:1", PHONE, TEXT, "17")
    assert server.sent == []


async def test_an_error_that_is_not_twilios_has_no_code(gateway: TwilioSms) -> None:
    gateway._url = gateway._url.replace("Messages.json", "Nowhere.json")
    with pytest.raises(Refused, match="404, code unknown"):
        await gateway.send("web:1", PHONE, TEXT, "17")


async def test_a_twilio_that_is_away_or_hangs(
    server: LoopbackTwilio, gateway: TwilioSms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TIMEOUT", aiohttp.ClientTimeout(total=0.05))
    server.faults.add(Fault(hang=0.5))
    with pytest.raises(TryAgain, match="TimeoutError"):
        await gateway.send("web:1", PHONE, TEXT, "17")
    await server.stop()
    with pytest.raises(TryAgain, match="cannot be reached"):
        await gateway.send("web:1", PHONE, TEXT, "17")


async def test_the_console_shows_and_files_an_sms(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    shown: list[tuple[str, str, str]] = []

    async def show(chat: str, to: str, text: str) -> None:
        shown.append((chat, to, text))

    file = tmp_path / "sms.jsonl"
    file.touch(0o644)
    gateway = ConsoleSms(file, show, lambda: NOW)
    await asyncio.gather(*(gateway.send("web:1", PHONE, TEXT, key) for key in "12"))
    assert shown == [("web:1", PHONE, TEXT)] * 2
    first, second = map(json.loads, file.read_text().splitlines())
    assert first == {
        "at": "2021-12-10T01:02:03Z",
        "chat": "web:1",
        "to": PHONE,
        "text": TEXT,
        "key": "1",
    }
    assert second["key"] == "2"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "012345" not in caplog.text


async def test_the_consoles_file_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CONSOLE_FILE_LIMIT", 1000)

    async def show(chat: str, to: str, text: str) -> None:
        pass

    gateway = ConsoleSms(tmp_path / "sms.jsonl", show)
    for number in range(100):
        await gateway.send("web:1", PHONE, TEXT, str(number))
    files = [file for file in (tmp_path / "sms.jsonl", tmp_path / "sms.jsonl.old") if file.exists()]
    assert len(os.listdir(tmp_path)) == len(files)
    assert all(file.stat().st_size < 1500 for file in files)
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)


async def test_a_console_that_cannot_write_tries_again(tmp_path: Path) -> None:
    async def show(chat: str, to: str, text: str) -> None:
        raise AssertionError("it was not written")

    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for file in (tmp_path / "nowhere" / "sms", tmp_path / "link"):
        with pytest.raises(TryAgain):
            await ConsoleSms(file, show).send("web:1", PHONE, TEXT, "17")
    assert not (tmp_path / "elsewhere").exists()
