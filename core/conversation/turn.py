"""A turn: one thing came in, and what is to be said and done about it.

A turn reads and writes the store through the one open transaction and touches nothing else: it
sends nothing itself. What it wants sent or done stands in `replies` and `effects`, and is
committed with the session.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

import msgspec

from core.answer import Context
from core.conversation.messages import (
    Button,
    Capabilities,
    Incoming,
    Press,
    Reply,
    Start,
    Text,
    Undelivered,
)
from core.conversation.session import Session
from core.conversation.texts import Language, Texts, guess
from core.days import HONG_KONG, hong_kong_day
from core.policy import Policy

if TYPE_CHECKING:
    from core.store.people import Known
    from core.store.store import Transaction

MENU = "menu"
"""The serial of buttons that stay good for ever: they name a command, not an answer."""


PROOF, VISITS, EXPORTS, CODES = "proof", "visits", "exports", "codes"
"""What a file is read as: a proof of address, one person's visit records, those of several, the
codes in a photo."""


class Sms(msgspec.Struct, frozen=True, tag="sms"):
    """A text message to be sent to a phone (E.164). `quiet`: it is not the chat's own, which hears
    nothing of it, be it delivered or not."""

    to: str
    text: str
    quiet: bool = False


class Job(msgspec.Struct, frozen=True, tag="job"):
    """Background work: fetch a file from the chat's channel and read it as `kind`.

    `name` and `mime` are what its sender's device calls it.
    """

    id: str
    kind: str
    ref: str
    name: str = ""
    mime: str = ""


Effect = Sms | Job

Step = tuple[str, str]
"""A question, as form and field, and what happened at it: asked, answered, wrong, a way out."""


@dataclass
class Turn:
    """One turn of one chat.

    `about` is the holder whom it concerns and `about_name` what he is called; empty where that is
    the chat's own person. `handed` is what a form that is done gives to the one that follows.
    `unread` are the files, by what the channel calls them, that are not going to be read. `steps`
    are for those who run the program.
    """

    session: Session
    incoming: Incoming
    now: datetime
    texts: Texts
    policy: Policy
    tx: Transaction
    capabilities: Capabilities
    replies: list[Reply] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    lead: list[str] = field(default_factory=list)
    forget: list[str] = field(default_factory=list)
    about: str = ""
    about_name: str = ""
    handed: dict[str, Any] = field(default_factory=dict)
    sure: bool = False
    unread: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.about, self.about_name = self.session.about, self.session.about_name

    @property
    def language(self) -> str:
        """The chat's language: chosen, or guessed from the platform, or English."""
        return self.session.language or guess(self.incoming.language) or Language.ENGLISH

    @property
    def today(self) -> date:
        """The Hong Kong day of this turn."""
        return hong_kong_day(self.now)

    def brief(self, at: datetime) -> datetime | time:
        """Return an instant as it is told to who waits for it: of today, the time is enough."""
        return at.astimezone(HONG_KONG).time() if hong_kong_day(at) == self.today else at

    @property
    def chat(self) -> str:
        """The chat that this turn belongs to."""
        return self.incoming.chat

    @property
    def words(self) -> str:
        """What was written, or brought by a deep link; empty for anything else."""
        body = self.incoming.body
        if isinstance(body, Start):
            return body.payload
        return body.text if isinstance(body, Text) else ""

    async def person(self) -> Known | None:
        """Return whom this turn is about, if the chat may speak for him now."""
        if self.about:
            return await self.tx.family.person(self.chat, self.about, self.now)
        return await self.tx.people.of_chat(self.chat)

    async def record(self, act: str, object: str = "") -> None:
        """Write into the audit log what this chat did, and to whom or what, by an id."""
        await self.tx.people.record(act, actor=self.chat, object=object, now=self.now)

    def step(self, question: str, what: str) -> None:
        """Note what happened at a question of the form in hand."""
        self.steps.append((f"{self.session.form}.{question}", what))

    def to_oneself(self) -> None:
        """Let the rest of the turn be about nobody but the chat's own person."""
        self.about = self.about_name = ""

    async def turn_to(self, holder: str) -> Known | None:
        """Let the rest of the turn be about a holder, the chat's own or in its care; None if he is
        neither, and the turn is then about nobody else."""
        self.to_oneself()
        own = await self.tx.people.of_chat(self.chat)
        if own is not None and own.id == holder:
            return own
        known = await self.tx.family.person(self.chat, holder, self.now)
        if known is not None:
            self.about, self.about_name = known.id, known.holder.called(self.language)
        return known

    @property
    def context(self) -> Context:
        """What a kind of answer may know."""
        return Context(self.today, self.session.answers, self.language, sure=self.sure)

    def text(self, key: str, /, **values: Any) -> str:
        """Return a text in the chat's language; about somebody else in the words for another person
        (`<key>_for`, with {name}) where there are some. The {hotline} is known to all of them."""
        return self.text_about(self.about_name, key, **values)

    def text_about(self, name: str, key: str, /, **values: Any) -> str:
        """Return a text as `text` does, about the person of that name; empty for oneself."""
        language = self.language
        values.setdefault("hotline", self.policy.hotline)
        if name and self.texts.has(language, f"{key}_for"):
            key = f"{key}_for"
            values.setdefault("name", name)
        return self.texts.say(language, key, **values)

    def named(self, text: str) -> str:
        """Return a message with the name of whom it concerns, where that is somebody else."""
        if not self.about_name:
            return text
        return f"{self.text('engine.concerns', name=self.about_name)}\n{text}"

    def note(self, key: str, /, **values: Any) -> None:
        """Say something ahead of the next question, in the same message."""
        self.lead.append(self.text(key, **values))

    def reply(
        self, text: str, options: list[list[tuple[str, str]]], *, same: bool = False, **more: Any
    ) -> None:
        """Ask: send what was noted and `text` as one message that offers `options` (id, label).

        `same`: it is still the question asked before, so its older buttons stay good too.
        """
        if not same:
            self.session.prompt += 1
        self.session.options = [name for row in options for name, _ in row]
        serial = self.session.prompt
        buttons = [[(f"{serial}.{name}", label) for name, label in row] for row in options]
        self.send(text, buttons, **more)

    def send(
        self,
        text: str,
        buttons: list[list[tuple[str, str]]] | None = None,
        *,
        contact: str = "",
        **more: Any,
    ) -> None:
        """Send what was noted and `text`, without asking anything: the question stays as it is."""
        paragraphs = [*self.lead, text] if text else self.lead
        self.lead = []
        shared, self.session.sharing = self.session.sharing, bool(contact)
        self.replies.append(
            Reply(
                text="\n\n".join(paragraphs),
                buttons=[[Button(*button) for button in row] for row in buttons or []],
                acknowledge=self._acknowledge(),
                forget=self._forget(),
                contact=contact,
                put_away=shared and not contact,
                instead=isinstance(self.incoming.body, Undelivered),
                language=self.language,
                **more,
            )
        )

    def notice(self, key: str, /, **values: Any) -> None:
        """Answer a press with a short word."""
        self.replies.append(
            Reply(
                text=self.text(key, **values),
                notice=True,
                acknowledge=self._acknowledge(),
                language=self.language,
            )
        )

    def _acknowledge(self) -> str:
        body = self.incoming.body
        if self.replies or not isinstance(body, Press):
            return ""
        return body.acknowledge

    def _forget(self) -> list[str]:
        taken, self.forget = self.forget, []
        return taken
