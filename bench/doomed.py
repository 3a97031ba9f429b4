"""The program with a death at a named boundary of a turn: for the kill test, never otherwise.

`DOOM` names the boundary and the hit at which the process kills itself: `turn committed:3`. With
`DOOM_WAITS` the hits are counted from a SIGUSR1 on. `DOOM_LEASE` is in seconds: how long what it
has taken of the outbox is its own, also after its death.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from bot import inbox, outbox, work
from bot.__main__ import main
from core.conversation.engine import Conversation
from core.store.inbox import Inbox
from core.store.outbox import Outbox

BOUNDARIES = (
    "before receiving",
    "received, not committed",
    "received and committed",
    "taken for a turn",
    "turn run",
    "replies written",
    "session written, not committed",
    "turn committed",
    "taken again",
    "before delivering",
    "delivered, not marked",
    "marked, not committed",
    "job read",
)


class Doom:
    """Counts the hits of one boundary and ends the process at the one that was named."""

    def __init__(self, named: str, waits: bool) -> None:
        self.name, _, hit = named.partition(":")
        self.left = int(hit)
        self.waits = waits

    def near(self, *_: object) -> None:
        """Count from now on."""
        self.waits = False

    def at(self, name: str) -> None:
        """Pass a boundary, or not."""
        if name == self.name and not self.waits:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def wrap(self, owner: type, method: str, before: str = "", after: str = "") -> None:
        """Put boundaries before and after a coroutine method."""
        real: Callable[..., Any] = getattr(owner, method)

        async def doomed(*args: Any, **kwargs: Any) -> Any:
            self.at(before)
            result = await real(*args, **kwargs)
            self.at(after)
            return result

        setattr(owner, method, doomed)


def doom(named: str, waits: bool) -> None:
    """Set the boundaries, with one of them deadly."""
    fate = Doom(named, waits)
    signal.signal(signal.SIGUSR1, fate.near)
    for way in ("put", "take"):
        fate.wrap(Inbox, way, before="before receiving", after="received, not committed")
    fate.wrap(inbox.Inbox, "receive", after="received and committed")
    fate.wrap(Conversation, "take", before="taken for a turn", after="turn run")
    fate.wrap(Outbox, "put", after="replies written")
    fate.wrap(Inbox, "finish", after="session written, not committed")
    fate.wrap(inbox.Inbox, "_cycle", after="turn committed")
    fate.wrap(Outbox, "take", after="taken again")
    fate.wrap(outbox.Outbox, "_deliver", before="before delivering", after="delivered, not marked")
    fate.wrap(outbox.Outbox, "mark", after="marked, not committed")
    fate.wrap(work.Work, "_read", after="job read")


def lease(seconds: float) -> None:
    """Let others have sooner what this process has taken, and let no delivery last as long."""
    outbox.LONGEST_DELIVERY *= seconds / outbox.LEASE
    outbox.LEASE = seconds


if __name__ == "__main__":
    if named := os.environ["DOOM"]:
        doom(named, bool(os.environ.get("DOOM_WAITS")))
    if seconds := os.environ.get("DOOM_LEASE"):
        lease(float(seconds))
    sys.exit(main(["run"]))
