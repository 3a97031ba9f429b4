"""Let the pages of the web chat show what another process has sent: it cannot wake them."""

from __future__ import annotations

import asyncio
import logging

from bot.channels.web import WebChannel
from bot.logs import where
from core.store.outbox import Outbox
from core.store.store import Store

EVERY = 0.3
"""Seconds between two looks."""

log = logging.getLogger(__name__)


async def keep_waking(store: Store, web: WebChannel) -> None:
    """Look for replies that open pages do not show yet, until cancelled."""
    while True:
        await asyncio.sleep(EVERY)
        try:
            await wake(store, web)
        except Exception as error:
            log.error("the web pages could not be woken: %s", where(error))


async def wake(store: Store, web: WebChannel) -> None:
    """Wake the pages that are behind the transcripts of their chats."""
    names = {f"{web.name}:{address}": address for address in web.seen()}
    if not names:
        return
    async with store.reading() as tx:
        newest = await Outbox(tx.connection, tx.ring).newest(web.name, list(names))
    # As it is now: they may have read on meanwhile.
    seen = web.seen()
    for name, address in names.items():
        if newest[name] > seen.get(address, newest[name]):
            web.wake(address)
