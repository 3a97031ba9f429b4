"""Who can get a holder's code: his own chats and those of his guardians, and the end of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from core.conversation.fields import Choice, Field, Listed
from core.conversation.form import Form
from core.conversation.messages import channel_of
from core.conversation.turn import Sms, Turn
from core.days import hong_kong_day
from core.holder import called
from core.store.family import GUARDIAN, Link
from core.store.people import Known
from core.store.takeovers import chats_besides, tell
from handlers.privacy import Erasure

SHOWN = "shown"
"""The chats as they were when it was asked which one is to end: those have their numbers."""

ALONE, PHONE = "alone", "phone"
"""Whether nobody else speaks for the person, and whether he has a phone to be told by."""


class Leave(StrEnum):
    """The answer beside the chats."""

    NONE = "none"


class Ending(StrEnum):
    """The answers to whether a link is to end."""

    END = "end"
    ERASE = "erase"
    KEEP = "keep"


async def guardians_of(turn: Turn, known: Known) -> list[Link]:
    """Return the links of those who look after a holder, or wait to."""
    return [link for link in await turn.tx.family.chats_of(known.id) if link.role == GUARDIAN]


class WhichChat(Listed):
    """One of the chats, by its number, or none."""

    summed = False

    def offered(self, turn: Turn) -> list[str]:
        return [*turn.session.answers[SHOWN], *self.choices]

    def label(self, turn: Turn, option: str) -> str:
        if option in self.choices:
            return super().label(turn, option)
        number = self.offered(turn).index(option) + 1
        return turn.text("my_chats.stop", number=number)


class ChatEnding(Choice):
    """Whether it is to end. What that means for the last one is said: all can be erased instead."""

    summed = False

    def offered(self, turn: Turn) -> list[str]:
        last = len(turn.session.answers[SHOWN]) == 1
        return self.choices if last else [Ending.END, Ending.KEEP]

    async def asked(self, turn: Turn) -> str:
        answers = turn.session.answers
        if len(answers[SHOWN]) == 1:
            return "ask_last"
        return "ask_here" if answers[SHOWN][answers["chat"]]["here"] else "ask"


class MyChats(Form):
    """See who can get one's code, and end it for any chat."""

    numbered = False
    passing = True

    chat = WhichChat(Leave, resets=("sure",))
    sure = ChatEnding(Ending, when=lambda answers: answers.get("chat") != Leave.NONE)

    @classmethod
    async def begin(cls, turn: Turn) -> dict[str, Any] | None:
        known = await turn.tx.people.of_chat(turn.chat)
        if known is None:
            turn.note("details.none")
            return None
        links = await turn.tx.family.chats_of(known.id)
        return {SHOWN: {_mark(turn, link): await _shown(turn, link) for link in links}}

    @classmethod
    def values(cls, turn: Turn, field: Field) -> dict[str, Any]:
        shown = turn.session.answers[SHOWN]
        lines = [_line(turn, number, each) for number, each in enumerate(shown.values(), 1)]
        chosen = list(shown).index(turn.session.answers["chat"]) if field is cls.sure else 0
        return {"chats": "\n".join(lines), "chat": lines[chosen]}

    @classmethod
    async def finish(cls, turn: Turn) -> type[Form] | None:
        answers = turn.session.answers
        known = await turn.tx.people.of_chat(turn.chat)
        if known is None:
            turn.note("details.none")
            return None
        if answers["chat"] == Leave.NONE or answers["sure"] == Ending.KEEP:
            turn.note("my_chats.kept")
            return None
        if answers["sure"] == Ending.ERASE:
            return Erasure
        links = await turn.tx.family.chats_of(known.id)
        await _end(turn, known, [link for link in links if _mark(turn, link) == answers["chat"]])
        return None


def _mark(turn: Turn, link: Link) -> str:
    """Return what names a link in a button, and tells nobody whose chat it is."""
    return turn.tx.ring.index("link", f"{link.chat}|{link.holder}").hex()[:16]


async def _shown(turn: Turn, link: Link) -> dict[str, Any]:
    """Return what the holder is shown of a chat."""
    who = await turn.tx.people.of_chat(link.chat) if link.role == GUARDIAN else None
    names = who.holder.masked if who else None
    return {
        "where": channel_of(link.chat),
        "here": link.chat == turn.chat,
        "since": (link.starts_at or link.made_at).isoformat(),
        "as": "" if link.role != GUARDIAN else link.relation or link.way,
        "waits": not link.holds(turn.now),
        "names": [names.english, names.chinese] if names else ["", ""],
    }


def _line(turn: Turn, number: int, shown: dict[str, Any]) -> str:
    values = {
        "number": number,
        "where": turn.text(f"my_chats.where.{shown['where']}"),
        "since": hong_kong_day(datetime.fromisoformat(shown["since"])),
    }
    if not shown["as"]:
        return turn.text("my_chats.this_one" if shown["here"] else "my_chats.own", **values)
    english, chinese = shown["names"]
    return turn.text(
        "my_chats.waits" if shown["waits"] else "my_chats.guardian",
        who=called(english, chinese, turn.language) or turn.text("my_chats.somebody"),
        by=turn.text(f"my_chats.by.{shown['as']}"),
        **values,
    )


async def _end(turn: Turn, known: Known, links: Sequence[Link]) -> None:
    """End links of the holder: the one chosen, or none if it has ended meanwhile.

    A chat that is cut off hears of it with its next message at the latest.
    """
    for link in links:
        await turn.tx.family.end(link.chat, known.id)
        await turn.record("link ended", known.id)
        if link.chat != turn.chat:
            what = "ended" if link.role == GUARDIAN else "unlinked"
            await tell(turn.tx, [link.chat], known, what, turn.now)
    here = any(link.chat == turn.chat for link in links)
    turn.note("my_chats.left" if here else "my_chats.ended")


class CareEnding(Choice):
    """Whether the care is to end. Who would be reached by nobody is not left without a word."""

    summed = False

    def offered(self, turn: Turn) -> list[str]:
        answers = turn.session.answers
        if not answers[ALONE]:
            return [Ending.END, Ending.KEEP]
        return self.choices if answers[PHONE] else [Ending.ERASE, Ending.KEEP]

    async def asked(self, turn: Turn) -> str:
        answers = turn.session.answers
        if not answers[ALONE]:
            return "ask"
        return "ask_phone" if answers[PHONE] else "ask_alone"


class StopCare(Form):
    """Look after somebody no longer."""

    passing = True

    sure = CareEnding(Ending)

    @classmethod
    async def begin(cls, turn: Turn) -> dict[str, Any] | None:
        known = await turn.person()
        if known is None or not turn.about:
            turn.note("stop_care.whom")
            return None
        others = await chats_besides(turn.tx, known, turn.chat, turn.now)
        return {ALONE: not others, PHONE: bool(known.holder.mobile)}

    @classmethod
    def values(cls, turn: Turn, field: Field) -> dict[str, Any]:
        return {"name": turn.about_name}

    @classmethod
    async def finish(cls, turn: Turn) -> type[Form] | None:
        known, sure = await turn.person(), turn.session.answers["sure"]
        if known is None or sure == Ending.KEEP:
            turn.note("stop_care.kept")
            return None
        if sure == Ending.ERASE:
            return Erasure
        others = await chats_besides(turn.tx, known, turn.chat, turn.now)
        if not others and not known.holder.mobile:
            return StopCare  # the last other chat has ended meanwhile
        await turn.tx.family.end(turn.chat, known.id)
        await turn.record("link ended", known.id)
        await tell(turn.tx, others, known, "left", turn.now)
        if not others:
            turn.effects.append(Sms(to=known.holder.mobile, text=_farewell(turn, known)))
        turn.note("stop_care.done", name=turn.about_name)
        turn.to_oneself()
        return None


def _farewell(turn: Turn, known: Known) -> str:
    """Return the SMS by which somebody learns that nobody gets his code any more."""
    return turn.texts.say(
        known.holder.language,
        "stop_care.sms",
        hotline=turn.policy.hotline,
        reference=known.reference,
    )


async def my_chats(turn: Turn) -> type[Form] | None:
    """Show who can get one's own code, whomever the menu was about."""
    turn.to_oneself()
    return MyChats


async def stop_care(turn: Turn) -> type[Form] | None:
    """Ask whether to look after somebody no longer."""
    return StopCare
