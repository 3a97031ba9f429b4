"""Twilio's Messages API on the loopback, with a ledger of the SMS that reached it.

In a process of its own: python -m tests.loopback.twilio --port 8082
"""

from __future__ import annotations

import argparse
import asyncio
import re
import secrets
import signal
import sys
import time
from base64 import b64encode
from typing import Self

import msgspec
from aiohttp import web

from tests.loopback.faults import Faults, break_off

ACCOUNT, TOKEN, FROM = "AC00000000000000000000000000000001", "twilio-token", "+85230000000"
PATIENCE = 5.0


class Sms(msgspec.Struct):
    """One SMS: `at` in seconds since the epoch."""

    at: float
    to: str
    from_: str
    text: str

    @property
    def code(self) -> str:
        """The six digits in it, empty for none."""
        found = re.search(r"(?<!\d)\d{6}(?!\d)", self.text)
        return found.group() if found else ""


class LoopbackTwilio:
    """The server; `sent` is the ledger. Faults are those of method `Messages`."""

    def __init__(self, account: str = ACCOUNT, token: str = TOKEN, delay: float = 0.0) -> None:
        self.account = account
        self.delay = delay
        self.faults = Faults()
        self.sent: list[Sms] = []
        self.url = ""
        self._auth = "Basic " + b64encode(f"{account}:{token}".encode()).decode()
        self._arrived = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1 at `port`, 0 for any; `url` then says where."""
        app = web.Application()
        app.router.add_post("/2010-04-01/Accounts/{account}/Messages.json", self._message)
        app.router.add_get("/control/ledger", self._ledger)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def sms(self, to: str, number: int = 0, within: float = PATIENCE) -> Sms:
        """Return the SMS to a phone number, the first for 0; AssertionError if none comes."""
        try:
            async with asyncio.timeout(within), self._arrived:
                await self._arrived.wait_for(lambda: len(self._to(to)) > number)
        except TimeoutError:
            raise AssertionError(f"no SMS reached that phone in {within} s") from None
        return self._to(to)[number]

    def _to(self, phone: str) -> list[Sms]:
        return [sms for sms in self.sent if sms.to == phone]

    async def _message(self, request: web.Request) -> web.Response:
        fault = self.faults.take("Messages")
        if fault and fault.hang:
            await asyncio.sleep(fault.hang)
        if request.headers.get("Authorization") != self._auth:
            return _error(401, 20003, "Authenticate")
        if fault and fault.status:
            refusal = _error(fault.status, fault.status * 100, fault.description)
            if fault.retry_after:
                refusal.headers["Retry-After"] = str(fault.retry_after)
            return refusal
        form = await request.post()
        to, from_, text = (str(form.get(key, "")) for key in ("To", "From", "Body"))
        if not re.fullmatch(r"\+\d{8,15}", to):
            return _error(400, 21211, f"The 'To' number {to} is not a valid phone number.")
        if not text:
            return _error(400, 21602, "Message body is required.")
        async with self._arrived:
            self.sent.append(Sms(time.time(), to, from_, text))
            self._arrived.notify_all()
        if fault and fault.reset:
            return await break_off(request)
        await asyncio.sleep(self.delay)
        sid = f"SM{secrets.token_hex(16)}"
        answer = {"sid": sid, "status": "queued", "to": to, "from": from_, "body": text}
        return web.json_response(answer, status=201)

    async def _ledger(self, request: web.Request) -> web.Response:
        start = int(request.query.get("from", 0))
        return web.Response(
            body=msgspec.json.encode(self.sent[start:]), content_type="application/json"
        )


def _error(status: int, code: int, message: str) -> web.Response:
    return web.json_response({"code": code, "message": message, "status": status}, status=status)


async def _serve(port: int, delay: float) -> None:
    server = LoopbackTwilio(delay=delay)
    done = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, done.set)
    await server.start(port)
    sys.stdout.write(f"ready {server.url}\n")
    sys.stdout.flush()
    await done.wait()
    await server.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A loopback Twilio.")
    parser.add_argument("--port", type=int, default=8082)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    options = parser.parse_args()
    asyncio.run(_serve(options.port, options.delay))
