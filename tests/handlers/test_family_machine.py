"""Guardians, dependants and strangers at random, against a model of who may speak for whom.

Whatever they do, in whatever order, with whatever old buttons: a chat reads nobody but its own
person and those in its care at that moment.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from core.conversation.messages import Other, Press, Reply, Text
from core.conversation.turn import MENU
from core.family import Way
from core.identity import check_character, tail
from core.masked_name import masked_name
from core.policy import FamilyPolicy, Policy
from core.store.family import GUARDIAN
from core.store.letters import new_code
from core.store.store import Store
from core.store.tables import links
from core.vault import KeyRing
from handlers import registration
from handlers.commands import conversation
from handlers.everyone import Declaring
from handlers.family import NO_PHONE, Dependant
from handlers.link_chat import LinkChat
from handlers.my_chats import StopCare
from handlers.privacy import Erasure
from handlers.registration import Registration
from tests.clock import TestClock
from tests.core.store.people import holder, index_of
from tests.empty_store import write_empty_store
from tests.handlers.family import export_of
from tests.handlers.news import waiting
from tests.handlers.people import agrees
from tests.reading import says
from tests.talk import Talk
from tests.world import Heard

pytestmark = pytest.mark.no_cover

EXAMPLES, STEPS = 30, 50
MOST = 2
"""People whom a chat may look after here: few, so that it often wants to look after more."""

LIMITS = FamilyPolicy(
    most=MOST, letter_attempts=10_000, takeover_attempts=10_000, letter_days=1000, waits_days=1000
)
CHATS = ("telegram:1", "telegram:2", "web:3", "web:4")
RIGHT, WRONG = "right", "wrong"
MARKS = ("🟢", "🔶", "🟥")

COMMANDS = sorted(conversation().commands.keys() - {"stop_takeover"})
"""All but what does something at once: that has a rule of its own."""

IN_THE_MIDDLE = ("today", "live_code", "change", "erase", "stop_care")
"""Commands about somebody in care that begin a form."""

T = TypeVar("T")


@dataclass(frozen=True)
class Somebody:
    """A person who may be registered, by himself or by others. The name is nobody else's guess."""

    name: str
    number: str

    def mobile(self, which: str) -> str:
        """Return his phone, or another one that whoever asks has in his hands."""
        return f"+8529{self.number[1:7]}{1 if which == RIGHT else 2}"

    def answers(self, mobile: str, name: str = "") -> dict[str, Any]:
        """Return the answers about him, up to the last question."""
        who = holder(number=self.number, english_name=name or self.name, mobile=mobile)
        return {**who.answers(), "chinese_name": None, "passcode": mobile}


def _somebody(number: int, name: str) -> Somebody:
    body = f"Y{number * 13_577:06}"
    return Somebody(name, f"{body}({check_character(body)})")


PEOPLE = [
    _somebody(number, f"{name} Qi")
    for number, name in enumerate(("ALPHA", "BRAVO", "CHARLIE", "DELTA"), 1)
]
a_chat = st.sampled_from(CHATS)
somebody = st.sampled_from(PEOPLE)
an_id = st.integers(0, len(PEOPLE) - 1)
which_phone = st.sampled_from((RIGHT, WRONG))


class Families(RuleBasedStateMachine):
    """The real conversations on a real store, and beside them what should be so."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        file = folder / "store.sqlite3"
        for old in folder.glob("store.sqlite3*"):
            old.unlink()
        write_empty_store(file)
        clock = TestClock()
        ring = KeyRing.generate(clock())
        self.store = Store.open(f"sqlite:///{file}", ring, Policy(family=LIMITS))
        talks = conversation()
        self.talks = {chat: Talk(self.store, talks, clock, chat=chat) for chat in CHATS}
        self.clock = clock
        # The model: whose a chat is, whom it looks after, who waits for what.
        self.own: dict[str, Somebody] = {}
        self.care: dict[tuple[str, Somebody], Way | None] = {}
        self.mobile: dict[Somebody, str] = {}
        self.takeovers: list[tuple[str, Somebody, str]] = []
        # What was told once with good reason: names and reference numbers.
        self.ids: dict[Somebody, str] = {}
        self.references: dict[Somebody, str] = {}
        self.named: set[tuple[str, Somebody]] = set()
        self.quoted: set[tuple[str, Somebody]] = set()
        self.letters: dict[tuple[str, Somebody], str] = {}
        self.before: set[tuple[str, Somebody]] = set()

    def teardown(self) -> None:
        self.runner.run(self.store.close())
        self.runner.close()

    # The model

    def speaks(self, chat: str, whom: Somebody) -> bool:
        """Tell whether a chat may speak for somebody now."""
        return self.own.get(chat) == whom or self.care.get((chat, whom), Way.STAFF) is None

    def speaking(self) -> set[tuple[str, Somebody]]:
        return {(chat, whom) for chat in CHATS for whom in PEOPLE if self.speaks(chat, whom)}

    def in_care(self, chat: str) -> list[Somebody]:
        """Return whom a chat looks after, or waits to."""
        return [whom for of, whom in self.care if of == chat]

    def is_gone(self, whom: Somebody) -> None:
        """Let somebody be registered no longer."""
        del self.mobile[whom]
        self.own = {chat: other for chat, other in self.own.items() if other != whom}
        self.care = {link: way for link, way in self.care.items() if link[1] != whom}
        self.takeovers = [each for each in self.takeovers if each[1] != whom]

    def is_own(self, chat: str, whom: Somebody) -> None:
        """Let a chat be somebody's own."""
        self.own[chat] = whom
        self.care.pop((chat, whom), None)

    # Turns

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(doing)

    def does(
        self, chat: str, doing: Coroutine[Any, Any, Any], *, fresh: bool = True
    ) -> list[Reply]:
        """Let a chat do something, and return all its replies; `fresh`: with nothing in hand."""
        talk = self.talks[chat]
        self.before = self.speaking()
        since = len(talk.replies)
        if fresh:
            session = talk.session
            session.forget()
            talk.state = session.to_bytes()
        self.run(agrees(talk))
        self.run(doing)
        return talk.replies[since:]

    def hears_only_what_it_may(self, chat: str, replies: Iterable[Reply]) -> None:
        """Fail where a reply tells a chat of somebody for whom it does not speak."""
        for whom in PEOPLE:
            if self.speaks(chat, whom) or (chat, whom) in self.before:
                continue
            for reply in replies:
                self._nothing_of(whom, chat, reply)

    def _nothing_of(self, whom: Somebody, chat: str, reply: Reply) -> None:
        assert reply.card is None or reply.card.tail != tail(whom.number)
        said = [reply.text, *(f"{b.id} {b.label}" for row in reply.buttons for b in row)]
        secrets = [whom.number, tail(whom.number), whom.number[:-3]]
        secrets += [self.ids[whom]] if whom in self.ids else []
        if whom in self.references and (chat, whom) not in self.quoted:
            secrets.append(self.references[whom])
        if (chat, whom) not in self.named:
            secrets.append(whom.name)
        if not self._looks_after_its_person(whom, chat):
            secrets += masked_name(whom.name, "").lines
        for text in said:
            assert not any(secret in text for secret in secrets), f"{chat}: {whom.name}: {text}"
            for line in text.split("\n"):
                assert whom.name not in line or not any(mark in line for mark in MARKS), line

    def _looks_after_its_person(self, whom: Somebody, chat: str) -> bool:
        """Tell whether somebody's chat looks after the person of this chat, who is told by whom."""
        person = self.own.get(chat)
        return any(self.own.get(of) == whom for of, other in self.care if other == person)

    async def _registered(self, whom: Somebody) -> None:
        """Note what the store calls somebody who has just been registered."""
        async with self.store.reading() as tx:
            known = await tx.people.of_document(index_of(tx, holder(number=whom.number)))
        assert known is not None
        self.ids[whom], self.references[whom] = known.id, known.reference

    def known(self, which: int) -> Somebody:
        """Return one of those who are registered, or were."""
        return list(self.ids)[which % len(self.ids)]

    # Registering

    @initialize()
    def two_guardians(self) -> None:
        """Let one look after somebody already, and another wait to."""
        for chat, whom in zip(CHATS, PEOPLE[:2], strict=False):
            self.registers_himself(chat, whom, RIGHT)
        self.registers_somebody_else(CHATS[0], PEOPLE[2], RIGHT)
        self.registers_somebody_else(CHATS[1], PEOPLE[3], Way.STAFF)

    @rule(chat=a_chat, whom=somebody, phone=which_phone)
    def registers_himself(self, chat: str, whom: Somebody, phone: str) -> None:
        if chat in self.own:
            return
        mobile = whom.mobile(phone)
        replies = self.does(
            chat, self._finishes(chat, Registration, whom.answers(mobile, whom.name))
        )
        if whom not in self.mobile:
            self.mobile[whom] = mobile
            self.run(self._registered(whom))
            self.is_own(chat, whom)
        elif self.mobile[whom] == mobile:
            self.is_own(chat, whom)
        else:
            assert says(_all(replies), "registration.refused")
        self.named.add((chat, whom))
        self.hears_only_what_it_may(chat, replies)

    async def _finishes(self, chat: str, form: type[Any], answers: dict[str, Any]) -> None:
        await self.talks[chat].reach(form, "truth", answers)
        await self.talks[chat].presses("yes")

    @rule(
        chat=a_chat,
        whom=somebody,
        how=st.sampled_from((RIGHT, WRONG, Way.STAFF, Way.LETTER)),
    )
    def registers_somebody_else(self, chat: str, whom: Somebody, how: str) -> None:
        new = whom not in self.mobile
        by_phone = how in (RIGHT, WRONG)
        mobile = whom.mobile(how) if by_phone else NO_PHONE
        # Who is registered already has a name that others do not know.
        answers = whom.answers(mobile, whom.name if new else "GUESS Qi")
        relation = "letter" if how == Way.LETTER else "parent"
        answers = {**answers, "same_home": "other", "relation": relation}
        replies = self.does(chat, self._registers_other(chat, answers))
        self._is_asked_for(chat, whom, None if by_phone else Way(how), mobile, _all(replies))
        self.hears_only_what_it_may(chat, replies)

    async def _registers_other(self, chat: str, answers: dict[str, Any]) -> None:
        talk = self.talks[chat]
        await talk.presses_menu("register_other")
        if talk.session.form == Dependant.name:
            await self._finishes(chat, Dependant, answers)

    def _is_asked_for(
        self, chat: str, whom: Somebody, way: Way | None, mobile: str, heard: Heard
    ) -> None:
        link = (chat, whom)
        if chat not in self.own:
            assert says(heard, "dependant.register_first")
        elif len(self.in_care(chat)) >= MOST:
            assert says(heard, "dependant.too_many")
        elif whom not in self.mobile:
            self.mobile[whom] = mobile
            self.run(self._registered(whom))
            self.care[link] = way
            self.named.add(link)
            self.quoted.add(link)
        elif self.own[chat] == whom:
            assert says(heard, "registration.refused")
        elif link in self.care and self.care[link] is None:
            assert says(heard, "dependant.already")
        elif way is None and self.mobile[whom] == mobile:
            self.care[link] = None
            self.named.add(link)
        elif link in self.care and way is not None:
            assert says(heard, f"dependant.done.{self.care[link]}")
        else:
            assert says(heard, "registration.refused")

    # What ends a wait

    @precondition(lambda self: Way.STAFF in self.care.values())
    @rule(which=st.integers(0, 3), confirms=st.booleans())
    def staff_answer(self, which: int, confirms: bool) -> None:
        waits = [link for link, way in self.care.items() if way is Way.STAFF]
        chat, whom = waits[which % len(waits)]
        self.run(self._answers(chat, whom, confirms))
        if confirms:
            self.care[chat, whom] = None
            self.named.add((chat, whom))
            return
        del self.care[chat, whom]
        if whom not in self.own.values() and not any(of == whom for _, of in self.care):
            self.is_gone(whom)

    async def _answers(self, chat: str, whom: Somebody, confirms: bool) -> None:
        async with self.store.writing() as tx:
            [wait] = [
                wait
                for wait in await tx.waiting.by(Way.STAFF)
                if (wait.link.chat, wait.link.holder) == (chat, self.ids[whom])
            ]
            if confirms:
                assert await tx.waiting.confirm(wait, by="staff", now=self.clock())
            else:
                assert await tx.waiting.refuse(wait, by="staff", reason="", now=self.clock())

    @precondition(lambda self: Way.LETTER in self.care.values())
    @rule(which=st.integers(0, 3), chat=a_chat, his_own=st.booleans())
    def a_letters_code_is_typed(self, which: int, chat: str, his_own: bool) -> None:
        waits = [link for link, way in self.care.items() if way is Way.LETTER]
        link = waits[which % len(waits)]
        code = self.run(self._letter(*link))
        chat = link[0] if his_own else chat
        replies = self.does(chat, self.talks[chat].take(Text(code)))
        if chat == link[0]:
            assert says(_all(replies), "letter.good")
            self.care[link] = None
            self.named.add(link)
        else:
            assert says(_all(replies), "letter.stale")
        self.hears_only_what_it_may(chat, replies)

    async def _letter(self, chat: str, whom: Somebody) -> str:
        code = new_code()
        async with self.store.writing() as tx:
            link = await tx.family.link(chat, self.ids[whom])
            assert link is not None
            again = link.letter_until is not None
            assert await tx.letters.keep(link, code, again=again, now=self.clock())
        return code

    # What ends a link

    @rule(chat=a_chat, which=an_id)
    def stops_looking_after(self, chat: str, which: int) -> None:
        whom = self.known(which)
        talk = self.talks[chat]
        replies = self.does(chat, talk.take(self._button("stop_care", whom)))
        if self.own.get(chat) == whom:
            assert says(_all(replies), "stop_care.whom")
        elif not self.speaks(chat, whom):
            assert replies[0].notice
        else:
            assert talk.session.form == StopCare.name
            ends = "end" if "end" in talk.session.options else "erase"
            replies += self.does(chat, talk.presses(ends), fresh=False)
            if talk.session.form == Erasure.name:
                replies += self.does(chat, talk.presses("erase"), fresh=False)
                self.is_gone(whom)
            elif ends == "end":
                del self.care[chat, whom]
        self.hears_only_what_it_may(chat, replies)

    @rule(chat=a_chat, which=st.integers(0, 3))
    def ends_a_guardian(self, chat: str, which: int) -> None:
        whom = self.own.get(chat)
        guardians = [of for of, other in self.care if other == whom]
        if whom is None or not guardians:
            return
        guardian = guardians[which % len(guardians)]
        replies = self.does(chat, self._ends(chat, whom, guardian))
        assert says(_all(replies), "my_chats.ended")
        self.hears_only_what_it_may(chat, replies)
        del self.care[guardian, whom]

    async def _ends(self, chat: str, whom: Somebody, guardian: str) -> None:
        async with self.store.reading() as tx:
            linked = [link.chat for link in await tx.family.chats_of(self.ids[whom])]
        talk = self.talks[chat]
        await talk.presses_menu("my_chats")
        await talk.presses(talk.session.options[linked.index(guardian)])
        await talk.presses("end")

    @rule(chat=a_chat, whom=st.none() | an_id, really=st.integers(0, 3))
    def erases(self, chat: str, whom: int | None, really: int) -> None:
        self.erases_who(chat, None if whom is None else self.known(whom), really=not really)

    def erases_who(self, chat: str, whom: Somebody | None, *, really: bool) -> None:
        talk, own = self.talks[chat], self.own.get(chat)
        replies = self.does(chat, talk.take(self._button("erase", whom)))
        about = own if whom is None else whom
        if about is None or not self.speaks(chat, about):
            assert talk.session.form != Erasure.name
        elif about != own and about in self.own.values():
            assert says(_all(replies), "erasure.own_chat")
        elif really:
            replies += self.does(chat, talk.presses("erase"), fresh=False)
            assert says(_all(replies), "erasure.done")
            self.is_gone(about)
        else:
            replies += self.does(chat, talk.presses("keep"), fresh=False)
            assert says(_all(replies), "erasure.kept")
        self.hears_only_what_it_may(chat, replies)

    @precondition(lambda self: None in self.care.values())
    @rule(
        which=st.integers(0, 3),
        command=st.sampled_from(IN_THE_MIDDLE),
        words=st.sampled_from(("1", "4821", "yes", "file")),
    )
    def is_cut_off_in_the_middle(self, which: int, command: str, words: str) -> None:
        """Let the hotline end the care while something is asked: the next message gives nothing."""
        holding = [link for link, way in self.care.items() if way is None]
        chat, whom = holding[which % len(holding)]
        talk = self.talks[chat]
        replies = self.does(chat, talk.take(self._button(command, whom)))
        in_hand = talk.session.about == self.ids[whom]
        self.run(self._cut_off(chat, whom))
        del self.care[chat, whom]
        file = export_of(talk, whom.name, visits=1)
        doing: Coroutine[Any, Any, Any] = (
            talk.sends(file) if words == "file" else talk.take(Text(words))
        )
        replies = self.does(chat, doing, fresh=False)
        assert says(Heard(replies[0].text), "engine.ended") == in_hand
        assert talk.session.about == ""
        self.hears_only_what_it_may(chat, replies)

    async def _cut_off(self, chat: str, whom: Somebody) -> None:
        async with self.store.writing() as tx:
            assert await tx.family.end(chat, self.ids[whom])

    # Asking again

    @precondition(lambda self: {*self.care.values()} - {None})
    @rule(which=st.integers(0, 3), how=st.sampled_from((RIGHT, WRONG, Way.STAFF)))
    def who_waits_asks_again(self, which: int, how: str) -> None:
        waits = [link for link, way in self.care.items() if way is not None]
        self.registers_somebody_else(*waits[which % len(waits)], how)

    # Another chat, another phone

    @rule(chat=a_chat, whom=somebody, phone=which_phone)
    def links_this_chat(self, chat: str, whom: Somebody, phone: str) -> None:
        mobile = whom.mobile(phone)
        replies = self.does(chat, self._links(chat, whom, mobile))
        if chat in self.own:
            assert says(_all(replies), "link_chat.registered")
        elif self.mobile.get(whom) == mobile:
            assert says(_all(replies), "link_chat.linked")
            self.is_own(chat, whom)
            self.named.add((chat, whom))
        else:
            assert says(_all(replies), "link_chat.waits")
            if whom in self.mobile:
                self.takeovers.append((chat, whom, mobile))
        self.hears_only_what_it_may(chat, replies)

    async def _links(self, chat: str, whom: Somebody, mobile: str) -> None:
        talk = self.talks[chat]
        await talk.presses_menu("link_chat")
        if talk.session.form != LinkChat.name:
            return
        # As if the code to that phone had been typed.
        asked = ("document", "number", "born_on", "passcode")
        answers = whom.answers(mobile)
        await talk.reach(LinkChat, "mobile", {name: answers[name] for name in asked})
        await talk.says(mobile)

    @rule(chat=a_chat, which=an_id)
    def stops_a_takeover(self, chat: str, which: int) -> None:
        whom = self.known(which)
        talk = self.talks[chat]
        replies = self.does(chat, talk.take(self._button("stop_takeover", whom)))
        if self.speaks(chat, whom):
            self.takeovers = [each for each in self.takeovers if each[1] != whom]
        else:
            assert replies[0].notice
        self.hears_only_what_it_may(chat, replies)

    @rule()
    def a_day_passes(self) -> None:
        """All waits for another phone are over; the chats hear of them one after the other."""
        self.clock.jump(hours=24, seconds=1)
        self.run(self._time_comes())
        for chat in CHATS:
            self.hears(chat)

    async def _time_comes(self) -> None:
        async with self.store.writing() as tx:
            await tx.takeovers.announce(self.clock())

    @rule(chat=a_chat)
    def hears(self, chat: str) -> None:
        """Let a chat hear what waits for it, and so what it has waited for itself."""
        talk = self.talks[chat]
        for incoming in self.run(waiting(talk)):
            due = type(incoming.body).__name__ == "TakeoverDue"
            if due:
                self._is_due(chat)
            replies = self.does(chat, talk.take(incoming.body), fresh=False)
            self.hears_only_what_it_may(chat, replies)

    def _is_due(self, chat: str) -> None:
        mine = [each for each in self.takeovers if each[0] == chat]
        self.takeovers = [each for each in self.takeovers if each[0] != chat]
        for _, whom, mobile in mine[:1] if chat not in self.own else []:
            self.mobile[whom] = mobile
            self.is_own(chat, whom)
            self.named.add((chat, whom))

    # Reading

    @rule(chat=a_chat, which=an_id, command=st.sampled_from(COMMANDS))
    def presses_an_old_button(self, chat: str, which: int, command: str) -> None:
        """Press a lasting button about somebody who is, or was, registered."""
        whom, talk = self.known(which), self.talks[chat]
        replies = self.does(chat, talk.take(self._button(command, whom)))
        refused = says(Heard(replies[0].text), "engine.not_yours")
        assert refused != self.speaks(chat, whom)
        if refused:
            assert talk.session.about == ""
        self.hears_only_what_it_may(chat, replies)

    @rule(chat=a_chat, which=st.none() | an_id)
    def gets_todays_code(self, chat: str, which: int | None) -> None:
        whom = None if which is None else self.known(which)
        about = self.own.get(chat) if whom is None else whom
        if about is None:
            return
        replies = self.does(chat, self._code(chat, whom, about))
        got = {reply.card.tail for reply in replies if reply.card}
        assert got <= {tail(about.number)}
        assert not got or self.speaks(chat, about)
        self.hears_only_what_it_may(chat, replies)

    async def _code(self, chat: str, whom: Somebody | None, about: Somebody) -> None:
        talk = self.talks[chat]
        await talk.take(self._button("today", whom))
        if talk.session.form == "health_code":
            await talk.presses("none")
        if talk.session.form == "health_code":
            await talk.sends(export_of(talk, about.name, visits=1))

    @rule(chat=a_chat, declared=st.integers(0, 4), files=st.integers(0, 2))
    def begins_todays_code_for_all(self, chat: str, declared: int, files: int) -> None:
        """Go a part of the way; the rest comes with what is said later, or never."""
        replies = self.does(chat, self._everyone(chat, declared, files))
        self.hears_only_what_it_may(chat, replies)

    async def _everyone(self, chat: str, declared: int, files: int) -> None:
        talk = self.talks[chat]
        await talk.presses_menu("everyone")
        for _ in range(declared):
            if talk.session.form == Declaring.name:
                await talk.presses("none")
        for number in range(files):
            if talk.session.form == "records":
                await talk.sends(export_of(talk, PEOPLE[number].name, visits=1))

    @rule(
        chat=a_chat,
        words=st.sampled_from(
            ("1", "2", "none", "done", "yes", "4821", "erase", "file", "sticker")
        ),
        whose=somebody,
    )
    def says_something(self, chat: str, words: str, whose: Somebody) -> None:
        """Go on with whatever is in hand, about whomever."""
        talk = self.talks[chat]
        if talk.session.form in (Erasure.name, StopCare.name, Registration.name, Dependant.name):
            return  # what these do has rules of its own
        about = {self.ids[whom]: whom for whom in self.ids}.get(talk.session.about)
        speaks = about is None or self.speaks(chat, about)
        match words:
            case "file":
                doing: Coroutine[Any, Any, Any] = talk.sends(export_of(talk, whose.name, visits=1))
            case "sticker":
                doing = talk.take(Other("sticker"))
            case "none" | "done" | "yes" if words in talk.session.options:
                doing = talk.take(Press(f"{talk.session.prompt}.{words}"))
            case _:
                doing = talk.take(Text(words))
        replies = self.does(chat, doing, fresh=False)
        assert says(Heard(replies[0].text), "engine.ended") != speaks
        self.hears_only_what_it_may(chat, replies)

    def _button(self, command: str, whom: Somebody | None) -> Press:
        about = f".{self.ids[whom]}" if whom else ""
        return Press(f"{MENU}.{command}{about}", acknowledge="press")

    # What always holds

    @invariant()
    def the_store_says_the_same(self) -> None:
        whose = {name: whom for whom, name in self.ids.items() if whom in self.mobile}
        rows = self.run(self._rows())
        now = self.clock().timestamp()
        holding = {
            (row.chat, whose[row.holder])
            for row in rows
            if row.starts_at is not None and row.starts_at <= now
        }
        assert holding == self.speaking()
        cared_for = defaultdict(list)
        for row in rows:
            if row.role == GUARDIAN:
                cared_for[row.chat].append(row.holder)
        assert all(len(people) <= MOST for people in cared_for.values())

    async def _rows(self) -> Sequence[Any]:
        async with self.store.reading() as tx:
            return (await tx.connection.execute(select(links))).all()


def _all(replies: Sequence[Reply]) -> Heard:
    return Heard("\n".join(reply.text for reply in replies))


def test_nobody_reads_who_is_not_in_his_care(
    tmp_path_factory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whoever is refused often is refused everything, which would hide the rest.
    monkeypatch.setattr(registration, "MOST_REFUSED", 1_000_000)
    folder = tmp_path_factory.mktemp("families")
    run_state_machine_as_test(
        lambda: Families(folder),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
