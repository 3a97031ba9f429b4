"""People who go from hello to a code on the loopback Bot API, one message after a reply.

Some of them register somebody else too, and get the codes of both at once.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core.identity import check_character
from tests.loopback.person import Received
from tests.loopback.telegram import LoopbackTelegram
from tests.loopback.twilio import LoopbackTwilio

LONG = 60.0
"""Seconds that a person waits for a reply before the journey counts as lost."""


@dataclass
class Step:
    """One message: words, a button's option or label, or the file; or none, where more replies come
    to the message before. `expects` is in the reply's text.

    `code`: the words are the phone whose one-time code is typed; `sms`: what is expected comes by
    SMS to this phone, and not to the chat. `calls`: how many answers of the Bot API a reply has to
    wait for: of a file it must first be asked where it is.
    """

    says: str = ""
    presses: str = ""
    file: bytes = b""
    code: bool = False
    sms: str = ""
    expects: str = ""
    picture: bool = False

    @property
    def calls(self) -> int:
        return 2 if self.file else 1


@dataclass
class Journey:
    """What one person did: seconds from each message to its reply, and the replies' order."""

    chat: int
    waits: list[float] = field(default_factory=list)
    done: bool = False
    surprises: list[str] = field(default_factory=list)


def hkid(number: int) -> str:
    """Return the HKID of the n-th person."""
    body = f"C{number % 1_000_000:06}" if number < 1_000_000 else f"D{number % 1_000_000:06}"
    return f"{body}({check_character(body)})"


def mobile(number: int) -> str:
    """Return the mobile number of the n-th person, scattered over the blocks of numbers."""
    # Every number in these two ranges can receive an SMS, as not every one with a 9 can.
    return f"{97 if number < RELATIVES else 64}{(number * 7_919 + 3) % 1_000_000:06}"


def first_code(number: int, export: bytes) -> list[Step]:
    """Return the messages of somebody in public housing, from hello to the first code."""
    phone = mobile(number)
    return [
        Step(says="/start", expects="Do you agree?"),
        Step(presses="agree", expects="Which identity document"),
        Step(says=hkid(number), expects="When was the document issued?"),
        Step(says="15/3/2019", expects="What is your name in English"),
        Step(says="CHAN Tai Man 陳大文", expects="When were you born?"),
        Step(says="2 January 1958", expects="do you live"),
        Step(presses="public", expects="What is your address?"),
        Step(
            says="Flat 1203, Block 5, Mei Lam Estate, Sha Tin",
            expects="What is your Hong Kong mobile number?",
        ),
        Step(says=phone, expects="I have sent a code"),
        Step(code=True, says=phone, expects="Do you declare that all this is true?"),
        Step(presses="yes", expects="Today's health declaration"),
        Step(presses="none", expects="visit records"),
        Step(file=export, expects="GREEN CODE", picture=True),
    ]


RELATIVES = 5_000_000
"""Where the numbers begin of those whom others register."""


def family(number: int, export: bytes) -> list[Step]:
    """Return the messages of somebody who registers his mother, with her consent, before either has
    a code, and then gets both codes at once."""
    hers = RELATIVES + number
    phone = mobile(hers)
    stop = [
        Step(presses="_cancel", expects="Do you want to stop?"),
        Step(presses="yes", expects="I have stopped"),
    ]
    return [
        *first_code(number, export)[:-2],
        *stop,
        Step(presses="register_other", expects="Who do you want to register?"),
        Step(says="WONG Mei Ling 王美玲", expects="Which identity document"),
        Step(says=hkid(hers), expects="document issued?"),
        Step(says="15/3/2019", expects="When was WONG Mei Ling born?"),
        Step(says="2 January 1938", expects="Does WONG Mei Ling live with you?"),
        Step(presses="same", expects="own Hong Kong mobile number?"),
        Step(says=phone, expects="I have sent a code"),
        Step(code=True, says=phone, expects="Do you declare that all this is true"),
        Step(presses="yes", expects="has agreed that you get the code"),
        Step(sms=phone, expects="now looks after your code"),
        *stop,
        Step(presses="my_people", expects="Your people today"),
        Step(presses="everyone", expects="For yourself (1 of 2)"),
        Step(presses="none", expects="For WONG Mei Ling (2 of 2)"),
        Step(presses="none", expects="Now the visit records"),
        Step(file=export, expects="Whose visit records are these?"),
        Step(presses="CHAN Tai Man", expects="CHAN Tai Man's records"),
        Step(file=export, expects="Whose visit records are these?"),
        Step(presses="WONG Mei Ling", expects="WONG Mei Ling's records"),
        Step(expects="GREEN CODE for C***", picture=True),
        Step(expects="GREEN CODE for W***", picture=True),
        Step(expects="Those were the codes for all 2"),
    ]


def next_day(export: bytes) -> list[Step]:
    """Return the messages of a later day."""
    return [
        Step(presses="today", expects="Today's health declaration"),
        Step(presses="none", expects="visit records"),
        Step(file=export, expects="GREEN CODE", picture=True),
    ]


def same_day() -> list[Step]:
    """Return the messages for another code while the visit records are still fresh."""
    return [
        Step(presses="today", expects="Today's health declaration"),
        Step(presses="none", expects="GREEN CODE", picture=True),
    ]


async def travel(
    bot_api: LoopbackTelegram,
    phones: LoopbackTwilio,
    chat: int,
    steps: list[Step],
    within: float = LONG,
    passed: Callable[[float], None] = lambda wait: None,
) -> Journey:
    """Go through the steps. A reply that was sent again is passed over; any other is noted."""
    person = bot_api.person(chat)
    journey, last = Journey(chat), Received(0, "", {})
    before: list[tuple[str, dict[str, Any], bytes]] = []
    for step in steps:
        if step.sms:
            await _told(phones, step, within)
            continue
        code = (await phones.sms("+852" + step.says, within=within)).code if step.code else ""
        began = time.perf_counter()
        if step.code:
            await person.says(code)
        elif step.says:
            await person.says(step.says)
        elif step.presses:
            await person.presses(_button(last, step.presses), last)
        elif step.file:
            await person.sends_file("visits.json", step.file)
        while True:
            reply = await person.reply(within)
            seen = (reply.text, reply.markup, reply.photo)
            if seen not in before:
                break
        before.append(seen)
        journey.waits.append(time.perf_counter() - began)
        if step.expects not in reply.text or bool(reply.photo) != step.picture:
            journey.surprises.append(f"{step.expects!r} was expected, not {reply.text!r}")
            return journey
        last = reply
        passed(journey.waits[-1])
    journey.done = True
    return journey


async def _told(phones: LoopbackTwilio, step: Step, within: float) -> None:
    """Wait for the SMS that a step expects; another may have been sent again before it."""
    number = 0
    while step.expects not in (await phones.sms("+852" + step.sms, number, within)).text:
        number += 1


def _button(reply: Received, option: str) -> str:
    for name, label in itertools.chain.from_iterable(reply.buttons):
        if option in (name.partition(".")[2], label):
            return name
    raise AssertionError(f"there is no button {option} under {reply.text!r}")
