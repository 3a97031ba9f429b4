"""The inside of a worker process: it does one call after the other, until nobody calls any more.

It opens nothing any more then: whatever a call needs was imported and loaded before.
"""

from __future__ import annotations

import signal
import sys

import msgspec

from bot.collector import settle
from bot.logs import where
from bot.processes.calls import LENGTH, Answer, Call, Draw, frame
from bot.processes.confinement import renounce
from core.answer import Invalid
from core.picture import draw, prepare
from core.visits import Reading, read_export, read_exports

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
