"""The pages of the web chat are woken for what another process has sent, whatever happens."""

from __future__ import annotations

import asyncio

import pytest

from bot.upkeep import pages
from bot.upkeep.pages import keep_waking
from core.conversation.messages import Reply
from core.store.outbox import Outbox
from core.store.store import Store
from tests.bot.machine import until
from tests.clock import NOON


class Pages:
    """A web chat with one page that shows nothing yet."""

    name = "web"

    def __init__(self) -> None:
        self.behind = {"1": 0, "2": 0}
        self.woken: list[str] = []
        self.fails = True

    def seen(self) -> dict[str, int]:
        if self.fails:
            self.fails = False
            raise RuntimeError
        return self.behind

    def wake(self, address: str) -> None:
        self.woken.append(address)
        self.behind = {}


@pytest.mark.errors_expected
async def test_who_is_behind_is_woken_also_after_an_error(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "EVERY", 0.01)
    async with store.writing() as tx:
        await Outbox(tx.connection, tx.ring).put([("web", "web:1", Reply("hello"))], NOON)
    web = Pages()
    task = asyncio.create_task(keep_waking(store, web))  # type: ignore[arg-type]
    await until(lambda: web.woken)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert web.woken == ["1"]
