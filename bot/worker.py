"""The inside of a worker process: it does one call after the other, until nobody calls any more.

It opens nothing any more then: whatever a call needs was imported and loaded before.

A call and its answer are each a frame: four bytes of length, most significant first, and then
MessagePack.
"""

from __future__ import annotations

import signal
import struct
import sys
from datetime import datetime

import msgspec

from bot.collector import settle
from bot.confinement import renounce
from bot.logs import where
from core.answer import Invalid
from core.conversation.messages import Card
from core.picture import draw, prepare
from core.visits import Reading, VisitPolicy, read_export, read_exports

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


_calls: msgspec.msgpack.Decoder[Call] = msgspec.msgpack.Decoder(Call)


def serve() -> None:
    """Answer the calls on standard input on standard output."""
    # Ctrl-C reaches the whole group; who stops is the parent's business. When it is gone, so is
    # the input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    prepare()
    renounce()
    settle()
    calls, answers = sys.stdin.buffer, sys.stdout.buffer
    while len(head := calls.read(LENGTH.size)) == LENGTH.size:
        call = _calls.decode(calls.read(*LENGTH.unpack(head)))
        answers.write(frame(answer(call)))
        answers.flush()


def frame(content: Call | Answer) -> bytes:
    """Return a frame."""
    body = msgspec.msgpack.encode(content)
    return LENGTH.pack(len(body)) + body


def answer(call: Call) -> Answer:
    """Do a call."""
    try:
        return Answer(call.id, _done(call))
    except Invalid as invalid:
        return Answer(call.id, refused=invalid.code, params=invalid.plain)
    except Exception as error:
        return Answer(call.id, failed=where(error))


def _done(call: Call) -> bytes:
    if isinstance(call, Draw):
        return draw(call.card)
    data, name, now, policy = call.data, call.name, call.now, call.policy
    if call.several:
        return Reading.to_bytes(read_exports(data, name=name, now=now, policy=policy))
    return read_export(data, name=name, now=now, policy=policy).to_bytes()
