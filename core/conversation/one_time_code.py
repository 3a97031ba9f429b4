"""The question for the code that an SMS brings."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from core.answer import Invalid
from core.conversation.draft import drop, keep
from core.conversation.fields import KEPT, WAITING, Answers, Choice, Said, Words
from core.conversation.messages import Text
from core.conversation.texts import plain
from core.conversation.turn import Sms, Turn
from core.vault import PASSCODE_DIGITS
from core.words.characters import in_figures

_ALONE = re.compile(rf"[0-9]{{{PASSCODE_DIGITS}}}")
_HALF = rf"([0-9]{{{PASSCODE_DIGITS // 2}}})"
_AMID = re.compile(rf"(?<![0-9]){_HALF}[ -]?{_HALF}(?![0-9])")


class NoCode(StrEnum):
    """What can be done where the code does not come."""

    AGAIN = "again"
    OTHER = "other_number"


class OneTimeCode(Choice):
    """A question that is answered with the code that an SMS brings to the number in `sent_to`.

    Another number, written instead, takes that one's place. The answer is the number that the code
    has proven: for another one it does not hold.
    """

    errors = ("code_format", "code_wrong", "code_wait", "file_not_now")
    wanted = "code_format"
    summed = False

    def __init__(self, *, sent_to: Words, purpose: str, **more: Any) -> None:
        super().__init__(NoCode, per_row=len(NoCode), **more)
        self.sent_to = sent_to
        self.purpose = purpose

    def answered(self, answers: Answers) -> bool:
        number = answers.get(self.sent_to.name)
        return number is not None and answers.get(self.name) in (KEPT, number)

    def _mobile(self, turn: Turn) -> str:
        return self.sent_to.kind.show(turn.session.answers[self.sent_to.name], turn.language)

    async def asked(self, turn: Turn) -> str:
        if turn.session.challenge or await self._send(turn):
            return "ask"
        return "enter" if turn.session.challenge else "unsent"

    async def _send(self, turn: Turn) -> bool:
        phone = turn.session.answers[self.sent_to.name]
        sent = await turn.tx.challenges.send(
            chat=turn.chat,
            phone=phone,
            purpose=self.purpose,
            challenge=turn.session.challenge,
            now=turn.now,
        )
        turn.session.challenge = sent.challenge
        if sent.refused:
            turn.note(
                f"{self.key}.refused.{sent.refused}",
                at=sent.again_at and turn.brief(_full_minute(sent.again_at)),
                mobile=self._mobile(turn),
                most=turn.policy.passcode.chat_phones_per_day,
            )
            if sent.good_until:
                turn.note(f"{self.key}.earlier", until=turn.brief(sent.good_until))
            return False
        text = await self.sms(turn, sent.code)
        turn.effects.append(Sms(to=phone, text=text))
        return True

    async def sms(self, turn: Turn, code: str) -> str:
        """Return what the message with the code says."""
        return turn.text(f"{self.key}.sms", code=code, minutes=turn.policy.passcode.minutes)

    async def take(self, turn: Turn, said: Said) -> Any:
        session = turn.session
        written = said.text if isinstance(said, Text) else ""
        if code := _code(written):
            if not await self._check(turn, code):
                raise await self._wrong(turn)
            return session.answers[self.sent_to.name]
        if number := await self._number(turn, written):
            keep(turn, self.sent_to, number)
            await self._send_again(turn)
            return WAITING
        if await super().take(turn, said) == NoCode.AGAIN:
            await self._send_again(turn)
        else:
            drop(session, self.sent_to)
        return WAITING

    async def _number(self, turn: Turn, text: str) -> str:
        """Return the phone number in a text, empty where there is none that a code can go to."""
        found = self.sent_to.kind.find(text, turn.context)
        written = found.value if found else text
        if sum(map(str.isdigit, written)) <= PASSCODE_DIGITS:
            return ""
        with suppress(Invalid):
            return await self.sent_to.take(turn, Text(written))
        return ""

    async def _send_again(self, turn: Turn) -> None:
        if await self._send(turn):
            turn.note(f"{self.key}.sent_again", mobile=self._mobile(turn))

    async def _check(self, turn: Turn, code: str) -> bool:
        return await turn.tx.challenges.check(
            challenge=turn.session.challenge,
            chat=turn.chat,
            phone=turn.session.answers[self.sent_to.name],
            purpose=self.purpose,
            code=code,
            now=turn.now,
        )

    async def _wrong(self, turn: Turn) -> Invalid:
        """Return what is said of a code that was not taken, as no code is while he must wait."""
        ready_at = await turn.tx.challenges.ready_at(turn.session.challenge, turn.now)
        if ready_at is None or ready_at <= turn.now:
            return Invalid("code_wrong")
        return Invalid("code_wait", at=turn.brief(_full_minute(ready_at)))


def code_alone(text: str) -> str:
    """Return the digits of a code that are all of a text, empty for none."""
    together = "".join(filter(str.isalnum, in_figures(plain(text))))
    return together if _ALONE.fullmatch(together) else ""


def _code(text: str) -> str:
    """Return the digits of a code that are all of a text, or stand in it once, in two halves or as
    one; empty for none."""
    if alone := code_alone(text):
        return alone
    runs = _AMID.findall(in_figures(plain(text)))
    return "".join(runs[0]) if len(runs) == 1 else ""


def _full_minute(at: datetime) -> datetime:
    """Return the first full minute that is not before an instant: texts show no seconds."""
    return at + timedelta(seconds=-at.timestamp() % 60)
