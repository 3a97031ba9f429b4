"""What the web chat needs of the store: the replies that a page shows, the files that it sent."""

from __future__ import annotations

from bot.channels import Refused, TooLarge
from bot.clock import Clock
from core.conversation.messages import Reply
from core.store.outbox import Outbox
from core.store.store import Store, Transaction


class Transcript:
    """The replies and files of all chats. A `chat` is `web:<address>`, as in Incoming."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock

    async def since(self, chat: str, number: int, limit: int) -> list[tuple[int, Reply]]:
        """Return up to `limit` replies of a chat with a higher outbox number, in order."""
        async with self.store.reading() as tx:
            return await Outbox(tx.connection, tx.ring).since(chat, number, limit)

    async def keep(self, chat: str, data: bytes, message: str) -> str:
        """Keep an uploaded file, sealed, and return the ref that `read` and `drop` take.

        The same message of a chat, sent again, takes the place of the first.
        """
        name = self.store.ring.index("file", f"{chat}|{message}").hex()[:32]
        async with self.store.writing() as tx:
            await tx.uploads.drop(name)
            return f"{chat}|{await tx.uploads.keep(chat, 'file', data, self.clock(), name=name)}"

    async def read(self, ref: str, limit: int) -> bytes:
        """Return a kept file, or raise TooLarge beyond `limit` bytes, Refused if gone."""
        chat, _, name = ref.partition("|")
        async with self.store.reading() as tx:
            data = await tx.uploads.read(name, chat=chat)
        if data is None:
            raise Refused("the file is gone")
        if len(data) > limit:
            raise TooLarge(data)
        return data

    async def drop(self, tx: Transaction, ref: str) -> None:
        """Erase a kept file, in the open transaction."""
        await tx.uploads.drop(ref.partition("|")[2])
