"""The loopback servers as processes of their own."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import aiohttp

from tests.loopback.telegram import TOKEN
from tests.loopback.twilio import ACCOUNT
from tests.loopback.twilio import TOKEN as TWILIO_TOKEN


async def started(*command: str) -> tuple[asyncio.subprocess.Process, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *command, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    word, url = (await process.stdout.readline()).decode().split()
    assert word == "ready"
    return process, url


async def ended(process: asyncio.subprocess.Process) -> None:
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0


async def test_a_bot_api_in_its_own_process_is_steered_and_read(tmp_path: Path) -> None:
    file = tmp_path / "ledger"
    process, url = await started(
        "tests.loopback.telegram", "--port", "0", "--ledger", str(file), "--delay", "0.01"
    )
    async with aiohttp.ClientSession() as client:

        async def call(path: str, body: Any = None) -> Any:
            async with client.request("POST" if body else "GET", url + path, json=body) as answer:
                return await answer.json()

        message = {"message_id": 1, "date": 1, "chat": {"id": 7, "type": "private"}, "text": "hi"}
        (number,) = await call("/control/updates", [{"message": message}])
        fault = [{"method": "sendMessage", "status": 500, "description": "down"}]
        async with client.post(url + "/control/faults", json=fault) as answer:
            assert answer.status == 200
        assert (await call(f"/bot{TOKEN}/getUpdates", {"timeout": 5}))["result"] == [
            {"update_id": number, "message": message}
        ]
        assert (await call(f"/bot{TOKEN}/getUpdates", {"offset": number + 1}))["result"] == []
        waiting = asyncio.create_task(call("/control/ledger?from=1&timeout=5"))
        reply = {"chat_id": 7, "text": "hello"}
        assert (await call(f"/bot{TOKEN}/sendMessage", reply))["error_code"] == 500
        assert (await call(f"/bot{TOKEN}/sendMessage", reply))["ok"]
        (entry,) = await waiting
        assert (entry["method"], entry["outcome"]) == ("sendMessage", 200)
        assert entry["params"] == reply
        assert await call("/control/ledger?from=2&timeout=0.01") == []
        passed = await call("/control/updates")
        assert passed[str(number)]["acknowledged"] > passed[str(number)]["delivered"][0] > 0
    await ended(process)
    events = [json.loads(line)["event"] for line in file.read_text().splitlines()]
    assert events == ["queued", "delivered", "acknowledged", "sent", "sent"]


async def test_a_twilio_in_its_own_process() -> None:
    process, url = await started("tests.loopback.twilio", "--port", "0")
    headers = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT, TWILIO_TOKEN)}
    async with aiohttp.ClientSession(headers=headers) as client:
        form = {"To": "+85291234567", "From": "+85230000000", "Body": "123456"}
        messages = f"{url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        async with client.post(messages, data=form) as answer:
            assert answer.status == 201
        async with client.get(url + "/control/ledger") as answer:
            assert [sms["text"] for sms in await answer.json()] == ["123456"]
    await ended(process)
