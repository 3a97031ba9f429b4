"""Link this chat: the way to a registration from another chat, or from another phone."""

from __future__ import annotations

from typing import Any

import msgspec

from core.conversation.fields import Field
from core.conversation.form import Form
from core.conversation.messages import LinkNews, TakeoverDue
from core.conversation.one_time_code import OneTimeCode
from core.conversation.turn import Sms, Turn
from core.holder import called
from core.store.people import Known
from core.store.takeovers import chats_besides, link_own, tell
from handlers.menu import AFTER_CODE, BEFORE, buttons
from handlers.my_chats import MyChats, guardians_of
from handlers.registration import Registration, document_index

LINK = "link_chat"
"""What a deep link brings to begin with this."""


class LinkCode(OneTimeCode):
    """The code to the phone of who asks: its message says what it is for."""

    async def sms(self, turn: Turn, code: str) -> str:
        return turn.text("link_chat.sms", code=code, minutes=turn.policy.passcode.minutes)


class LinkChat(Form):
    """Reach a registration from this chat too. Nobody learns from it who is registered.

    Whatever the answers, the same is asked, and, but for the registered phone, the same is said.
    """

    document = Registration.document
    country = Registration.country
    number = Registration.number
    born_on = Registration.born_on
    mobile = Registration.mobile
    passcode = LinkCode(sent_to=mobile, purpose="link", words=Registration.name)

    @classmethod
    async def begin(cls, turn: Turn) -> dict[str, Any] | None:
        turn.note("link_chat.intro", hours=turn.policy.family.takeover_hours)
        return {}

    @classmethod
    def values(cls, turn: Turn, field: Field) -> dict[str, Any]:
        return Registration.values(turn, field)

    @classmethod
    async def finish(cls, turn: Turn) -> type[Form] | None:
        if not await may_link(turn):
            return None
        known, mobile = await _described(turn), turn.session.answers["mobile"]
        if known is None or known.holder.mobile != mobile:
            await _wait(turn, known, mobile)
            return None
        await link_own(turn.tx, known, turn.chat, "linked", turn.now)
        turn.note("link_chat.linked", reference=known.reference)
        return MyChats if await guardians_of(turn, known) else None


async def may_link(turn: Turn) -> bool:
    """Tell whether this chat may be linked to a registration; why not is noted."""
    if await turn.tx.people.of_chat(turn.chat) is not None:
        turn.note("link_chat.registered")
        return False
    if not await turn.tx.takeovers.may_ask(turn.chat, turn.now):
        turn.note("link_chat.too_many")
        return False
    return True


async def _described(turn: Turn) -> Known | None:
    """Return the holder whose document and birthday were given, if there is one."""
    answers, people = turn.session.answers, turn.tx.people
    country = answers.get("country", "")
    known = await people.of_document(
        people.document_index(answers["document"], answers["number"], country)
    )
    return known if known and known.holder.born_on == answers["born_on"] else None


async def _wait(turn: Turn, known: Known | None, mobile: str) -> None:
    """Let the chat wait, for somebody or nobody, and say the same in either case."""
    until, hopeful = await turn.tx.takeovers.ask(turn.chat, known, mobile, turn.now)
    if known is not None and hopeful:
        chats = await chats_besides(turn.tx, known, turn.chat, turn.now)
        await tell(turn.tx, chats, known, "asked", turn.now, starts_at=until)
        if known.holder.mobile:
            # A page that is closed tells him nothing; his phone does, if he still has it.
            turn.effects.append(Sms(known.holder.mobile, _warning(turn, known), quiet=True))
    whom = known.id if known is not None else ""
    await turn.record("takeover asked", whom)
    turn.note("link_chat.waits", at=until)


def _warning(turn: Turn, known: Known) -> str:
    """Return the SMS by which somebody learns on the registered phone that another one asks."""
    return turn.texts.say(
        known.holder.language,
        "link_chat.sms_asked",
        hours=turn.policy.family.takeover_hours,
        hotline=turn.policy.hotline,
        reference=known.reference,
    )


async def takeover_due(turn: Turn, news: TakeoverDue) -> None:
    """Let the chat be the holder's own, with his new phone; or say that nothing came of it."""
    wait = await turn.tx.takeovers.take(news.takeover, turn.now)
    if wait is None or await turn.tx.people.of_chat(turn.chat) is not None:
        return
    known = wait.known
    if known is None:
        # Who asked twice is told once, at the end.
        if await turn.tx.takeovers.waits(turn.chat) is None:
            text = turn.text("link_chat.not_linked")
            turn.send(text, buttons(turn, BEFORE))
        return
    holder = msgspec.structs.replace(known.holder, mobile=wait.mobile)
    await turn.tx.people.change(known, holder, document_index(turn, holder), turn.now)
    await link_own(turn.tx, known, turn.chat, "moved", turn.now)
    if turn.session.form in (Registration.name, LinkChat.name):
        # What was begun meanwhile to be registered is so now.
        turn.session.forget()
    turn.note("link_chat.linked", reference=known.reference)
    if await guardians_of(turn, known):
        turn.note("link_chat.looked_after")
    turn.send("", buttons(turn, ("my_chats", *AFTER_CODE)))


async def stop_takeover(turn: Turn) -> type[Form] | None:
    """Let no other chat become the holder's own that waits to."""
    known = await turn.person()
    if known is None:
        turn.note("details.none")
        return None
    if not await turn.tx.takeovers.stop(known.id):
        turn.note("link_chat.none_waits")
        return None
    await turn.record("takeover stopped", known.id)
    others = await chats_besides(turn.tx, known, turn.chat, turn.now)
    await tell(turn.tx, others, known, "stopped", turn.now)
    turn.note("link_chat.stopped")
    return None


async def link_news(turn: Turn, news: LinkNews) -> None:
    """Tell a chat what has become of the links of somebody for whom it speaks, or did."""
    known = await turn.turn_to(news.holder)
    name = called(news.name, news.chinese_name, turn.language)
    values = {"name": name, "at": news.starts_at}
    if news.what in ("ended", "unlinked"):
        if known is not None:
            return  # linked anew meanwhile
        if news.what == "unlinked" and not turn.session.about:
            # Whatever its own person was being asked is nobody's any more.
            turn.session.forget()
        own = await turn.tx.people.of_chat(turn.chat)
        turn.send(
            turn.text(f"links.{news.what}", **values), buttons(turn, AFTER_CODE if own else BEFORE)
        )
    elif known is not None:
        turn.send(turn.text(f"links.{news.what}", **values), buttons(turn, _offered(turn, news)))


def _offered(turn: Turn, news: LinkNews) -> tuple[str, ...]:
    """Return what can be done about the news."""
    if news.what == "asked":
        return ("stop_takeover",)
    return ("today", "stop_care") if turn.about else ("today", "my_chats")
