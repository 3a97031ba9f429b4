"""The bare floor: commit each message, post one reply, and nothing else.

An aiohttp webhook with sqlite3 (WAL, synchronous=FULL) and one aiohttp session to the Bot API: the
least that a durable bot does for a message.

    python -m bench.floor --api http://127.0.0.1:8081 --token T --port 8090 --data DIR
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
from pathlib import Path

import aiohttp
import msgspec
import uvloop
from aiohttp import web


async def serve(options: argparse.Namespace) -> None:
    """Serve for ever."""
    database = sqlite3.connect(options.data / "floor.db", isolation_level=None)
    database.execute("pragma journal_mode = wal")
    database.execute("pragma synchronous = full")
    database.execute("create table if not exists message (id integer primary key, body blob)")
    methods = f"{options.api}/bot{options.token}"
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=256))
    replies: set[asyncio.Task[None]] = set()

    async def reply(chat: int, text: str) -> None:
        async with session.post(
            f"{methods}/sendMessage", json={"chat_id": chat, "text": text}
        ) as answer:
            await answer.read()

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        update = msgspec.json.decode(body)
        number = update["update_id"]
        # In autocommit: committed, and on the disk, when it returns.
        database.execute("insert or ignore into message values (?, ?)", (number, body))
        message = update.get("message") or update["callback_query"]["message"]
        task = asyncio.create_task(reply(message["chat"]["id"], f"reply {number}"))
        replies.add(task)
        task.add_done_callback(replies.discard)
        return web.Response()

    app = web.Application()
    app.router.add_post("/telegram", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", options.port).start()
    webhook = {"url": f"http://127.0.0.1:{options.port}/telegram", "max_connections": 100}
    async with session.post(f"{methods}/setWebhook", json=webhook) as answer:
        assert answer.status == 200
    print("ready", flush=True)
    await asyncio.Event().wait()


def main() -> None:
    """Serve in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--api", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    uvloop.run(serve(options))


if __name__ == "__main__":
    main()
