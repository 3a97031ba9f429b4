"""What is said to a worker process, and what it answers.

A call and its answer are each a frame: four bytes of length, most significant first, and then
MessagePack.
"""

from __future__ import annotations

import struct
from datetime import datetime

import msgspec

from core.conversation.messages import Card
from core.visits import VisitPolicy

LENGTH = struct.Struct(">I")


class Draw(msgspec.Struct, tag="draw"):
    """Draw the PNG of a card."""

    id: int
    card: Card


class Read(msgspec.Struct, tag="read"):
    """Read an export, or the `several` in a file.

    What comes of it is written as `Export.to_bytes` and `Reading.to_bytes` do.
    """

    id: int
    data: bytes
    name: str
    now: datetime
    policy: VisitPolicy
    several: bool


Call = Draw | Read


class Answer(msgspec.Struct, omit_defaults=True):
    """What came of a call: the `body`, or else the code and the values of an Invalid that was
    raised, or where the call `failed` in a way that nobody has foreseen."""

    id: int
    body: bytes = b""
    refused: str = ""
    params: dict[str, str | int] = {}
    failed: str = ""


def frame(content: Call | Answer) -> bytes:
    """Return a frame."""
    body = msgspec.msgpack.encode(content)
    return LENGTH.pack(len(body)) + body
