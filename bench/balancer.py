"""A load balancer on the loopback, as it stands before several processes of one bot."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Self

import aiohttp
from aiohttp import web

KEPT = ("Content-Type", "X-Telegram-Bot-Api-Secret-Token")
"""Headers that are passed on."""


class Balancer:
    """Passes each request on to the next of the ports, and to the one after where that is dead.

    One that dies in the middle of a request may have done what it was asked for: the next one is
    asked all the same.
    """

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = deque(ports)
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None
        self.url = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/{path:.*}", self._pass)
        self._session = aiohttp.ClientSession()
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner and self._session
        await self._runner.cleanup()
        await self._session.close()

    async def _pass(self, request: web.Request) -> web.Response:
        assert self._session is not None
        body = await request.read()
        headers = {name: request.headers[name] for name in KEPT if name in request.headers}
        self._ports.rotate(-1)
        for port in list(self._ports):
            url = f"http://127.0.0.1:{port}{request.path}"
            try:
                async with self._session.post(url, data=body, headers=headers) as answer:
                    return web.Response(
                        status=answer.status,
                        body=await answer.read(),
                        content_type=answer.content_type,
                    )
            except aiohttp.ClientError:
                continue
        return web.Response(status=502)
