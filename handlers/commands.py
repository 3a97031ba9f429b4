"""The commands, what is answered when nothing is asked, and all conversations together."""

from __future__ import annotations

from core.colour import Colour
from core.contact import masked
from core.conversation.engine import Conversation
from core.conversation.flow import Hook
from core.conversation.form import Form
from core.conversation.messages import (
    Answered,
    Edited,
    File,
    LinkNews,
    TakeoverDue,
    Text,
    Withdrawn,
)
from core.conversation.texts import plain
from core.conversation.turn import Turn
from core.gate.sighting import code_in
from core.identity import tail
from core.store.letters import PREFIX
from core.store.staff import ENROLMENT
from handlers import officer
from handlers.everyone import Declaring, Records, everyone
from handlers.family import Dependant, register_other
from handlers.health_code import HealthCode
from handlers.issuing import lead_to_code, no_code, why_text, windows
from handlers.letters import answered, letter_code
from handlers.link_chat import (
    LINK,
    LinkChat,
    link_news,
    may_link,
    stop_takeover,
    takeover_due,
)
from handlers.listen import listen
from handlers.live_code import LiveCode, live_code
from handlers.menu import AFTER_CODE, BEFORE, OFFICER, REGISTERED, TOPICS, buttons
from handlers.my_chats import MyChats, StopCare, my_chats, stop_care
from handlers.my_people import looks_after_somebody, my_people, person
from handlers.privacy import Erasure
from handlers.registration import Registration
from handlers.staff import enrol
from handlers.welcome import NOTICE, Welcome
from handlers.withdrawal import withdrawn


def conversation() -> Conversation:
    """Return all that can be talked about."""
    topics: dict[str, Hook] = {topic: _topic(topic) for topic in TOPICS}
    commands: dict[str, Hook] = {
        "today": today,
        "register": register,
        "why_colour": why_colour,
        "listen": listen,
        "live_code": live_code,
        "details": details,
        "change": change,
        "register_other": register_other,
        "my_people": my_people,
        "person": person,
        "everyone": everyone,
        "erase": erase,
        "link_chat": link_chat,
        "stop_takeover": stop_takeover,
        "my_chats": my_chats,
        "stop_care": stop_care,
        "help": help_topics,
        **topics,
    }
    forms = [Welcome, Registration, Dependant, HealthCode, LiveCode, Erasure, Declaring, Records]
    forms += [LinkChat, MyChats, StopCare]
    return Conversation(
        forms,
        commands,
        idle,
        unasked,
        rest,
        words={ENROLMENT: enrol, plain(PREFIX): letter_code, LINK: link_chat},
        news={
            Withdrawn: withdrawn,
            Answered: answered,
            LinkNews: link_news,
            TakeoverDue: takeover_due,
        },
        desk=officer.desk,
    )


async def idle(turn: Turn) -> type[Form] | None:
    """While nothing is asked begin, go on, or show what can be done."""
    return await _idle(turn, "menu.ask")


async def unasked(turn: Turn) -> type[Form] | None:
    """Answer what nobody asked for and names no command; signs alone are no words. A health
    code's text is somebody's to be checked; the code of a letter may stand in a sentence. Who says
    that he is ill is asked for his declaration: the code that he has may be good no longer."""
    body = turn.incoming.body
    if isinstance(body, Text) and code_in(body.text) is not None:
        return await _idle(turn, "help.check")
    words = plain(body.text) if isinstance(body, Text | Edited) else ""
    if isinstance(body, Text) and plain(PREFIX) in words:
        return await letter_code(turn)
    turn.to_oneself()
    ill = isinstance(body, Text) and HealthCode.conditions.mentioned(turn, body)
    if ill and await turn.tx.people.of_chat(turn.chat) is not None:
        return HealthCode
    return await _idle(turn, "menu.not_understood" if words else "menu.ask")


async def _idle(turn: Turn, menu: str) -> type[Form] | None:
    turn.to_oneself()
    if await officer.is_officer(turn):
        await officer.idle(turn)
        return None
    if not await turn.tx.people.consented(turn.chat, NOTICE):
        return Welcome
    if await turn.tx.people.of_chat(turn.chat) is None:
        until = await turn.tx.takeovers.waits(turn.chat)
        if until is None:
            return Registration
        turn.note("link_chat.waiting", at=until)
        return None
    if isinstance(turn.incoming.body, File):
        return HealthCode
    turn.note(menu)
    return None


async def rest(turn: Turn) -> type[Form] | None:
    """Say what was noted, and offer what can be done next."""
    turn.lead = [turn.named("\n\n".join(turn.lead))] if turn.lead else []
    known = await turn.person()
    his: tuple[str, ...] = BEFORE
    if known is not None:
        his = AFTER_CODE if await turn.tx.codes.newest(known) else REGISTERED
    if await looks_after_somebody(turn):
        his = (*his, "my_people")
    if await officer.is_officer(turn):
        his = OFFICER if known is None else (*OFFICER, *his)
    turn.send("", buttons(turn, his))
    return None


async def today(turn: Turn) -> type[Form] | None:
    """Get today's code; who is not registered does that first, and who has left his hotel says
    where he stays now."""
    known = await turn.person()
    if known is None:
        return await idle(turn)
    return Registration if known.holder.has_left_hotel(turn.today) else HealthCode


async def register(turn: Turn) -> type[Form] | None:
    """Register, or change what was registered."""
    turn.to_oneself()
    if not await turn.tx.people.consented(turn.chat, NOTICE):
        return Welcome
    return Registration


async def change(turn: Turn) -> type[Form] | None:
    """Change what was registered, also for somebody in the chat's care."""
    return Registration if turn.about else await register(turn)


async def link_chat(turn: Turn) -> type[Form] | None:
    """Reach a registration from this chat; what was begun to register anew is put away for it."""
    turn.to_oneself()
    session = turn.session
    if not await turn.tx.people.consented(turn.chat, NOTICE):
        session.wanted = LinkChat.name
        return Welcome
    if not await may_link(turn):
        return None
    if session.form == Registration.name:
        session.forget()
    return LinkChat


async def why_colour(turn: Turn) -> type[Form] | None:
    """Say every reason of the newest code's colour, and until when each holds."""
    known = await turn.person()
    newest = await turn.tx.codes.newest(known) if known else None
    if newest is None:
        no_code(turn)
        return None
    assessment = newest.assessed.assessment
    colour = turn.text(f"why.colour.{assessment.colour}", at=newest.issued_at)
    turn.lead += [colour, why_text(turn, newest.assessed)]
    if newest.withdrawn_at:
        turn.note("why.withdrawn")
        lead_to_code(turn)
        return None
    expired = newest.expires_at < turn.now
    # What is told of a green code holds on its day; whoever had another still needs the advice.
    if not expired or assessment.colour != Colour.GREEN:
        turn.note(f"why.advice.{assessment.colour}")
    if expired:
        turn.note("why.expired", until=newest.expires_at)
        lead_to_code(turn)
    return None


async def details(turn: Turn) -> type[Form] | None:
    """Show what is registered, masked, and offer to change it."""
    known = await turn.person()
    if known is None:
        turn.note("details.none")
        return None
    holder = known.holder
    name = holder.masked.line
    if turn.about and not await turn.tx.family.gave_answers(turn.chat, turn.about):
        text = turn.text("details.in_care", reference=known.reference, name=name)
        turn.send(text, buttons(turn, ("today", *_other_side(turn), "erase", "help")))
        return None
    turn.send(
        turn.text(
            "details.registered",
            reference=known.reference,
            name=name,
            document=turn.text(f"registration.document.option.{holder.document}"),
            tail=tail(holder.number),
            mobile=masked(holder.mobile)
            if holder.mobile
            else turn.text("registration.mobile.option.none"),
        ),
        buttons(turn, ("today", "change", *_other_side(turn), "erase", "help")),
    )
    return None


async def erase(turn: Turn) -> type[Form] | None:
    """Erase a registration."""
    return Erasure


def _other_side(turn: Turn) -> tuple[str, ...]:
    """Return how the one who is looked after, or who looks after him, sees or ends it."""
    return ("stop_care",) if turn.about else ("my_chats",)


async def help_topics(turn: Turn) -> type[Form] | None:
    """Offer the questions that people ask most."""
    turn.send(turn.text("help.ask"), buttons(turn, TOPICS))
    return None


def _topic(topic: str) -> Hook:
    async def answer(turn: Turn) -> type[Form] | None:
        """Answer one question, and come back to where one was; what holds for all names nobody."""
        turn.to_oneself()
        turn.note(
            f"help.{topic.removeprefix('help_')}",
            kept_days=turn.policy.visits.accept_days,
            visit_days=turn.policy.retention.visit_days,
            **windows(turn),
        )
        return None

    return answer
