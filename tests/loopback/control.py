"""A loopback server in a process of its own, steered and read over HTTP.

POST /control/updates   a JSON list of updates without update_id → a JSON list of their numbers
POST /control/faults    a JSON list of faults
GET  /control/ledger    ?from=N&timeout=S → a JSON list of the calls from the Nth on; waits for one
GET  /control/updates   → a JSON object: for each update_id queued, delivered, acknowledged
"""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from tests.loopback.delivery import chat_of
from tests.loopback.faults import Fault

if TYPE_CHECKING:
    from tests.loopback.telegram import LoopbackTelegram


def routes(server: LoopbackTelegram) -> list[web.RouteDef]:
    """Return the control routes of a server."""

    async def push(request: web.Request) -> web.Response:
        numbers = []
        for update in msgspec.json.decode(await request.read()):
            server.person(chat_of(update))
            numbers.append(server.push(**update))
        return web.json_response(numbers)

    async def fault(request: web.Request) -> web.Response:
        for each in msgspec.json.decode(await request.read(), type=list[Fault]):
            server.faults.add(each)
        return web.Response()

    async def ledger(request: web.Request) -> web.Response:
        start = int(request.query.get("from", 0))
        try:
            async with asyncio.timeout(float(request.query.get("timeout", 0))):
                while len(server.sent) <= start:
                    server.arrived.clear()
                    await server.arrived.wait()
        except TimeoutError:
            pass  # An empty list says so.
        return _json(server.sent[start:])

    async def updates(_: web.Request) -> web.Response:
        return _json(server.updates.passed)

    return [
        web.post("/control/updates", push),
        web.post("/control/faults", fault),
        web.get("/control/ledger", ledger),
        web.get("/control/updates", updates),
    ]


async def serve(server: LoopbackTelegram, port: int) -> None:
    """Serve until SIGTERM or SIGINT, having printed `ready` and the address."""
    done = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, done.set)
    await server.start(port, routes(server))
    sys.stdout.write(f"ready {server.url}\n")
    sys.stdout.flush()
    await done.wait()
    await server.stop()


def _json(content: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(content), content_type="application/json")
