"""The garbage collector in a process that runs for long."""

from __future__ import annotations

import gc


def settle() -> None:
    """Call this once all is started.

    What is there then stays, and need not be looked through again; and nearly all that a message
    makes is gone with it, without the collector.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
