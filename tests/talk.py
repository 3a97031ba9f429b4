"""A conversation without platforms: turns on a real store, one after the other."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from core import proof
from core.answer import Invalid
from core.conversation.engine import Conversation
from core.conversation.form import Form
from core.conversation.messages import (
    Body,
    Capabilities,
    Command,
    Contact,
    Edited,
    File,
    Finished,
    Incoming,
    Press,
    Reply,
    Start,
    Text,
)
from core.conversation.session import Session
from core.conversation.turn import MENU, Sms, Step, Turn
from core.days import hong_kong_day
from core.gate import scanning, sighting
from core.store.store import Store
from core.visits import Reading, read_export, read_exports
from tests.clock import TestClock
from tests.world import TEXTS, Heard

CAN = Capabilities(
    buttons=100, label=64, text=4096, caption=1024, share_contact=True, toast=True, delete=True
)


class Talk:
    """One chat. What is said comes back as `heard`; files are read at once."""

    def __init__(
        self,
        store: Store,
        conversation: Conversation,
        clock: TestClock,
        *,
        chat: str = "telegram:1",
        language: str = "en",
        can: Capabilities = CAN,
    ) -> None:
        self.store = store
        self.conversation = conversation
        self.clock = clock
        self.chat = chat
        self.hint = language
        self.can = can
        self.state = Session().to_bytes()
        self.replies: list[Reply] = []
        self.sms: list[Sms] = []
        self.files: dict[str, bytes] = {}
        self.jobs: list[str] = []
        self.unread: list[str] = []
        self.steps: list[Step] = []
        self.read_at_once = True
        self._numbers = itertools.count(1)

    @property
    def session(self) -> Session:
        """The session as it is kept."""
        return Session.from_bytes(self.state)

    @property
    def heard(self) -> Heard:
        """The newest reply."""
        reply = self.replies[-1]
        ids = {b.id.partition(".")[2]: b.id for row in reply.buttons for b in row}
        labels = {b.id.partition(".")[2]: b.label for row in reply.buttons for b in row}
        return Heard(reply.text, labels, ids, notice=reply.notice)

    async def take(self, body: Body, *, message: str = "") -> list[Reply]:
        """Run one turn; return its replies."""
        number = str(next(self._numbers))
        incoming = Incoming(
            chat=self.chat,
            id=number,
            body=body,
            sent_at=self.clock(),
            message=message or number,
            language="" if isinstance(body, Finished) else self.hint,
        )
        async with self.store.writing() as tx:
            turn = Turn(
                session=self.session,
                incoming=incoming,
                now=self.clock(),
                texts=TEXTS,
                policy=self.store.policy,
                tx=tx,
                capabilities=self.can,
            )
            await self.conversation.take(turn)
            assert not turn.lead, "something was noted and never said"
            self.state = turn.session.to_bytes()
        self.replies += turn.replies
        self.unread += turn.unread
        self.steps += turn.steps
        for effect in turn.effects:
            if isinstance(effect, Sms):
                self.sms.append(effect)
            else:
                self.jobs.append(effect.id)
                if self.read_at_once:
                    await self.finish(effect.id, effect.kind, self.files[effect.ref], effect.name)
        return turn.replies

    async def finish(self, job: str, kind: str, data: bytes, name: str = "") -> list[Reply]:
        """Read a file and let the conversation hear of it, as background work does."""
        try:
            if kind == "proof":
                body = proof.clean(data).to_bytes()
            elif kind == "codes":
                body = sighting.pack(scanning.read_codes(data))
            elif kind == "exports":
                policy = self.store.policy.visits
                found = read_exports(data, name=name, now=self.clock(), policy=policy)
                body = Reading.to_bytes(found)
            else:
                export = read_export(
                    data, name=name, now=self.clock(), policy=self.store.policy.visits
                )
                body = export.to_bytes()
        except Invalid as invalid:
            refused = Finished(job, name, error=invalid.code, params=invalid.plain)
            return await self.take(refused)
        async with self.store.writing() as tx:
            upload = await tx.uploads.keep(self.chat, kind, body, self.clock())
        return await self.take(Finished(job, name, upload=upload))

    def has_sent(self, files: int, days_ago: int = 0) -> None:
        """Let it be so many files that he has sent in the last week, all on that day."""
        session = self.session
        day = hong_kong_day(self.clock()) - timedelta(days=days_ago)
        session.sent = {day.isoformat(): files}
        self.state = session.to_bytes()

    async def fails(self, code: str, **params: str | int) -> Heard:
        """Let the file sent last be one that cannot be read, for that reason."""
        await self.take(Finished(job=self.jobs[-1], error=code, params=params))
        return self.heard

    async def starts(self) -> Heard:
        await self.take(Start())
        return self.heard

    async def says(self, text: str) -> Heard:
        await self.take(Text(text))
        return self.heard

    async def edits(self, message: str, text: str) -> Heard:
        await self.take(Edited(text), message=message)
        return self.heard

    async def commands(self, name: str) -> Heard:
        await self.take(Command(name))
        return self.heard

    async def shares(self, phone: str, own: bool = True) -> Heard:
        await self.take(Contact(phone, own))
        return self.heard

    async def presses(self, option: str) -> Heard:
        """Press the newest button of that option, or the menu's."""
        for reply in reversed(self.replies):
            for button in (b for row in reply.buttons for b in row):
                if button.id.partition(".")[2] == option:
                    await self.take(Press(button.id, acknowledge="press"))
                    return self.heard
        raise AssertionError(f"there is no button {option}: {self.heard}")

    async def presses_menu(self, command: str) -> Heard:
        await self.take(Press(f"{MENU}.{command}", acknowledge="press"))
        return self.heard

    async def sends(self, data: bytes, name: str = "visits.json", album: str = "") -> Heard:
        ref = f"file-{next(self._numbers)}"
        self.files[ref] = data
        await self.take(File(ref=ref, name=name, size=len(data), album=album))
        return self.heard

    async def reach(self, form: type[Form], name: str, answers: dict[str, Any]) -> Heard:
        """Go straight to a question, with these answers given before."""
        session = self.session
        session.language = session.language or TEXTS_LANGUAGES[self.hint]
        session.begin(form.name, hong_kong_day(self.clock()))
        session.answers = dict(answers)
        session.asked = [name for name in answers if name in form.fields]
        async with self.store.writing() as tx:
            turn = Turn(
                session=session,
                incoming=Incoming(chat=self.chat, id="0", body=Text(""), sent_at=self.clock()),
                now=self.clock(),
                texts=TEXTS,
                policy=self.store.policy,
                tx=tx,
                capabilities=self.can,
            )
            await self.conversation.ask(turn, form.fields[name])
            self.state = session.to_bytes()
        self.replies += turn.replies
        self.sms += [effect for effect in turn.effects if isinstance(effect, Sms)]
        return self.heard


TEXTS_LANGUAGES = {"en": "en", "zh-hant": "zh_Hant_HK", "zh-hans": "zh_Hans"}

Talker = Callable[..., Talk]
