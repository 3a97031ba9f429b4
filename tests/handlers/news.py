"""What was put into the inboxes of chats during other chats' turns."""

from __future__ import annotations

import msgspec
from sqlalchemy import select, update

from core.conversation.messages import Incoming
from core.store.tables import DONE, WAITING, inbox
from tests.talk import Talk
from tests.world import Heard


async def waiting(talk: Talk) -> list[Incoming]:
    """Return what waits for a chat, and take it out."""
    async with talk.store.writing() as tx:
        of_chat = (inbox.c.chat == talk.chat, inbox.c.state == WAITING)
        rows = await tx.connection.execute(select(inbox).where(*of_chat).order_by(inbox.c.number))
        found = [
            msgspec.json.decode(
                tx.ring.transit().open(row.body, f"inbox|body|{row.message}"), type=Incoming
            )
            for row in rows
        ]
        await tx.connection.execute(update(inbox).where(*of_chat).values(state=DONE, body=None))
    return found


async def hears_news(talk: Talk) -> list[Heard]:
    """Let a chat hear all that waits for it; return its replies."""
    before = len(talk.replies)
    for incoming in await waiting(talk):
        await talk.take(incoming.body)
    said, talk.replies = talk.replies, talk.replies[:before]
    heard = []
    for reply in said[before:]:
        talk.replies.append(reply)
        heard.append(talk.heard)
    return heard


async def time_comes(talk: Talk) -> None:
    """Let the waits that are over be announced."""
    async with talk.store.writing() as tx:
        await tx.takeovers.announce(talk.clock())
