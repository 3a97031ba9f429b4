"""The matrix of who may do what about whom: every cell, and all that is not named is denied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, get_args

import pytest
from sqlalchemy import select

from core.conversation.fields import KEPT
from core.conversation.messages import (
    Answered,
    Body,
    Command,
    Contact,
    Edited,
    File,
    Finished,
    Left,
    LinkNews,
    News,
    Other,
    Press,
    Reply,
    Start,
    TakeoverDue,
    Text,
    Undelivered,
    Withdrawn,
)
from core.conversation.turn import MENU
from core.days import hong_kong_day
from core.family import Relation, Way
from core.identity import check_character, tail
from core.masked_name import masked_name
from core.round import ROUND, Asked, Round, Unclaimed
from core.store.letters import new_code
from core.store.people import Known
from core.store.staff import Role
from core.store.store import Transaction
from core.store.tables import codes, exports, holders, installations, links, proofs, withdrawals
from core.visits import Export
from handlers.commands import conversation
from handlers.everyone import Records
from handlers.family import NO_PHONE, Dependant
from handlers.menu import TOPICS
from handlers.officer import COMMANDS
from tests.core.store.people import holder, index_of
from tests.handlers.family import claims, export_of, phone_of
from tests.handlers.people import agrees
from tests.reading import expect, says
from tests.talk import Talk, Talker
from tests.world import Heard

pytestmark = pytest.mark.no_cover


class Actor(StrEnum):
    """Whose chat it is, as seen from the person in care."""

    OWN = "her own chat"
    GUARDIAN = "her guardian"
    STAFF = "who waits for staff"
    LETTER = "who waits for a letter"
    FUTURE = "whose link begins tomorrow"
    ENDED = "who was ended"
    OTHER = "another holder"
    STRANGER = "a stranger"
    OFFICER = "an officer"
    REMOVED = "an officer who was removed"


class Whom(StrEnum):
    """Whom it is about. She in care has a chat of her own, the child has none."""

    SELF = "oneself"
    HER = "the person in care"
    CHILD = "the child in care"
    ANOTHER = "another person"


OTHERS = (Whom.HER, Whom.CHILD, Whom.ANOTHER)
ALLOWED = {(Actor.OWN, Whom.HER), (Actor.GUARDIAN, Whom.HER), (Actor.GUARDIAN, Whom.CHILD)}
"""Who may be spoken for in whose chat. There is nothing else."""

UNREGISTERED = (Actor.STRANGER, Actor.OFFICER, Actor.REMOVED)
REGISTERED = tuple(actor for actor in Actor if actor not in (Actor.OWN, *UNREGISTERED))
EVERY_ACTOR = pytest.mark.parametrize("actor", list(Actor))

PEOPLE = {
    Whom.HER: ("WONG Mei", "王美", "symptoms"),
    Whom.CHILD: ("CHAN Siu Ming", "陳小明", "positive"),
    Whom.ANOTHER: ("LEE Fong", "李芳", "quarantine"),
}
"""What they are called, and what was declared of them: all have a red code."""


@dataclass(frozen=True)
class Row:
    """What a command says: to who is registered, to who is not, to an officer, to herself; to the
    guardian about her, and about the child, whom nobody else can speak for."""

    registered: str
    nobody: str
    officer: str = ""
    own: str = ""
    her: str = ""
    child: str = ""
    everybody: bool = False
    """It is about all in the chat's care."""

    def says(self, actor: Actor, whom: Whom) -> str:
        """Return the name of the text that a cell has to say."""
        if whom is Whom.CHILD:
            return self.child or self.her or self.registered
        if actor is Actor.OWN:
            return self.own or self.registered
        if whom is Whom.HER:
            return self.her or self.registered
        if actor is Actor.OFFICER:
            return self.officer or self.nobody
        return self.nobody if actor in UNREGISTERED else self.registered


ASKED, SUMMARY = "health_code.conditions.ask", "registration.truth.ask"
ASKED_AGAIN = "health_code.conditions.ask_again"
FIRST, NO_CODE = "registration.document.ask", "why.no_code"
ROWS = {
    "today": Row(ASKED, FIRST, "officer.ask", own=ASKED_AGAIN, child=ASKED_AGAIN),
    "register": Row(SUMMARY, FIRST),
    "change": Row(SUMMARY, FIRST, her="details.not_yours", child=SUMMARY),
    "why_colour": Row(NO_CODE, NO_CODE, own="why.colour.red", her="why.colour.red"),
    "listen": Row(NO_CODE, NO_CODE, own="health_code.caption.red", her="health_code.caption.red"),
    "live_code": Row(
        "live_code.none", "live_code.none", own="live_code.digits.ask", her="live_code.digits.ask"
    ),
    "details": Row(
        "details.registered",
        "details.none",
        her="details.in_care",
        child="details.registered",
    ),
    "register_other": Row(
        f"{Dependant.fields['english_name'].key}.ask", "dependant.register_first"
    ),
    "my_people": Row("my_people.today", "my_people.nobody", everybody=True),
    "person": Row("my_people.line", "my_people.nobody"),
    "everyone": Row(ASKED, "everyone.nobody", own="everyone.nobody", everybody=True),
    "erase": Row(
        "erasure.sure.ask", "details.none", her="erasure.own_chat", child="erasure.sure.ask"
    ),
    "link_chat": Row("link_chat.registered", "link_chat.intro"),
    "stop_takeover": Row("link_chat.none_waits", "details.none"),
    "my_chats": Row("my_chats.chat.ask", "details.none"),
    "stop_care": Row(
        "stop_care.whom",
        "stop_care.whom",
        her="stop_care.sure.ask",
        child="stop_care.sure.ask_alone",
    ),
    "help": Row("help.ask", "help.ask"),
    **{topic: Row(key, key) for topic in TOPICS for key in [topic.replace("_", ".", 1)]},
    "live_challenge": Row("engine.stale", "engine.stale", "officer.challenge"),
    "officer_help": Row("engine.stale", "engine.stale", "officer.help"),
    "officer": Row("engine.stale", "engine.stale", "officer.help"),
}


def test_every_command_has_a_row() -> None:
    assert ROWS.keys() == conversation().commands.keys() | COMMANDS.keys()


class Scene:
    """All of them on one store."""

    def __init__(self, talker: Talker) -> None:
        self.chats = {actor: talker(chat=f"web:{n}") for n, actor in enumerate(Actor, 1)}
        self.another = talker(chat="web:99")
        self.store, self.clock = self.another.store, self.another.clock
        self.known: dict[Whom, Known] = {}
        self.letter = new_code()

    async def begin(self) -> None:
        """Let everybody have consented, be registered, linked, and have a code."""
        # All in one instant: so it was her guardian's chat that registered the child.
        self.now = self.clock()
        for talk in (*self.chats.values(), self.another):
            await agrees(talk)
        async with self.store.writing() as tx:
            own = {Whom.HER: self.chats[Actor.OWN].chat, Whom.ANOTHER: self.another.chat}
            for number, whom in enumerate(OTHERS, 1):
                english, chinese, _ = PEOPLE[whom]
                mobile = NO_PHONE if whom is Whom.CHILD else f"+8529318642{number}"
                self.known[whom] = await self._register(
                    tx, own.get(whom), number, english, chinese, mobile
                )
            for number, actor in enumerate(REGISTERED, 11):
                await self._register(
                    tx, self.chats[actor].chat, number, "CHOW Yat", "周一", f"+852612345{number}"
                )
                for whom in (Whom.HER, Whom.CHILD):
                    await self._link(tx, actor, self.known[whom])
            for actor in (Actor.OFFICER, Actor.REMOVED):
                word = await tx.staff.add(actor.name.lower(), Role.OFFICER, self.clock())
                await tx.staff.enrol(word, chat=self.chats[actor].chat, now=self.clock())
            await tx.staff.remove(Actor.REMOVED.name.lower(), self.clock())
        for talk, whom in (
            (self.chats[Actor.OWN], Whom.HER),
            (self.chats[Actor.GUARDIAN], Whom.CHILD),
            (self.another, Whom.ANOTHER),
        ):
            name, _, condition = PEOPLE[whom]
            await claims(talk, phone_of(name), self.known[whom].id)
            await talk.take(Press(f"{MENU}.today.{self.known[whom].id}"))
            await talk.presses(condition)
            await talk.presses("done")
            await talk.sends(export_of(talk, name, visits=1))
            assert talk.replies[-1].card is not None

    async def _register(
        self,
        tx: Transaction,
        chat: str | None,
        number: int,
        english: str,
        chinese: str,
        mobile: str,
    ) -> Known:
        body = f"Z{number * 13_577:06}"
        who = holder(
            number=f"{body}({check_character(body)})",
            english_name=english,
            chinese_name=chinese,
            mobile=mobile,
            address=f"Flat {number}7, Fu Shan Estate",
        )
        return await tx.people.register(who, index_of(tx, who), chat=chat, now=self.now)

    async def _link(self, tx: Transaction, actor: Actor, known: Known) -> None:
        chat, now = self.chats[actor].chat, self.now
        begins = {
            Actor.GUARDIAN: now,
            Actor.STAFF: None,
            Actor.LETTER: None,
            Actor.FUTURE: now + timedelta(days=1),
            Actor.ENDED: now,
        }
        if actor not in begins:
            return
        way = Way.LETTER if actor is Actor.LETTER else Way.STAFF
        await tx.family.look_after(
            chat,
            known.id,
            relation=Relation.PARENT,
            way=way,
            starts_at=begins[actor],
            now=now,
        )
        if actor is Actor.ENDED:
            assert await tx.family.end(chat, known.id)
        elif actor is Actor.LETTER and known.id == self.known[Whom.HER].id:
            link = await tx.family.link(chat, known.id)
            assert link is not None
            assert await tx.letters.keep(link, self.letter, again=False, now=now)

    async def rows(self) -> list[Any]:
        """Return all that the store has of the three."""
        wanted = {known.id for known in self.known.values()}
        tables = (links, codes, exports, installations, proofs, withdrawals)
        found: list[Any] = []
        async with self.store.reading() as tx:
            for table, column in [(holders, "id"), *((table, "holder") for table in tables)]:
                one = select(table).where(table.c[column].in_(wanted))
                found += sorted(map(tuple, await tx.connection.execute(one)), key=repr)
        return found

    def denied(self, actor: Actor) -> list[Whom]:
        """Return of whom a chat may hear nothing."""
        return [whom for whom in OTHERS if (actor, whom) not in ALLOWED]

    def nothing_of(self, whom: Whom, replies: Sequence[Reply]) -> None:
        """Fail where a reply holds anything of somebody."""
        known = self.known[whom]
        english, chinese, condition = PEOPLE[whom]
        who, mask = known.holder, masked_name(*PEOPLE[whom][:2])
        secrets = [known.id, known.reference, english, chinese, *mask.lines]
        secrets += [who.number, who.number[:-3], tail(who.number), who.address]
        secrets += [who.mobile[4:], who.mobile[-4:]] if who.mobile else []
        for reply in replies:
            if reply.card is not None:
                assert reply.card.tail != tail(who.number)
            buttons = [button for row in reply.buttons for button in row]
            for said in (reply.text, *(button.label for button in buttons)):
                for secret in secrets:
                    assert secret not in said, f"{secret} is in: {said}"
            # An id holds chance digits, and may hold some of a phone number.
            assert not any(known.id in button.id for button in buttons)
            self.no_reason(condition, reply)

    def no_reason(self, condition: str, reply: Reply) -> None:
        """Fail where a reply tells what was declared of somebody."""
        assert not says(Heard(reply.text), f"why.reason.{condition}"), reply.text


@pytest.fixture
async def scene(talker: Talker) -> Scene:
    made = Scene(talker)
    await made.begin()
    return made


def heard(replies: Sequence[Reply]) -> Heard:
    """Return all that was said, as one."""
    return Heard("\n".join(reply.text for reply in replies))


def menu(scene: Scene, command: str, whom: Whom) -> Press:
    """Return the press of a lasting button."""
    about = "" if whom is Whom.SELF else f".{scene.known[whom].id}"
    return Press(f"{MENU}.{command}{about}", acknowledge="press")


# Commands


@EVERY_ACTOR
async def test_every_command_about_everybody(scene: Scene, actor: Actor) -> None:
    talk, before = scene.chats[actor], await scene.rows()
    state = talk.state
    for command, row in ROWS.items():
        for whom in Whom:
            talk.state = state
            replies = await talk.take(menu(scene, command, whom))
            cell = f"{actor}: {command} about {whom}"
            for other in scene.denied(actor):
                scene.nothing_of(other, replies)
            assert talk.session.about in (
                "",
                *(scene.known[w].id for a, w in ALLOWED if a is actor),
            )
            if whom is Whom.SELF or (actor, whom) in ALLOWED:
                key = row.says(actor, whom)
                assert says(heard(replies), key), f"{cell}: {key} is not in {heard(replies).text}"
            elif actor is Actor.OFFICER and command in COMMANDS:
                # It is about nobody, whomever the button names.
                expect(heard(replies), row.officer)
            elif command in COMMANDS:
                expect(heard(replies), "engine.stale")
            else:
                assert says(Heard(replies[0].text), "engine.not_yours"), cell
                assert replies[0].notice
                assert (talk.session.about, talk.session.about_name) == ("", "")
            if actor is Actor.GUARDIAN and whom is Whom.SELF and not row.everybody:
                for other in OTHERS:
                    scene.nothing_of(other, replies)
    assert await scene.rows() == before


async def test_a_guardian_learns_no_more_than_the_code_of_who_has_a_chat_of_her_own(
    scene: Scene,
) -> None:
    talk, her = scene.chats[Actor.GUARDIAN], scene.known[Whom.HER].holder
    state = talk.state
    for command in ROWS:
        talk.state = state
        for reply in await talk.take(menu(scene, command, Whom.HER)):
            assert reply.card is None
            for secret in (her.number[:-3], tail(her.number), her.mobile[-4:], her.address):
                assert secret not in reply.text, command
            scene.no_reason(PEOPLE[Whom.HER][2], reply)


# Forms


FORMS = conversation().forms
SAID: dict[type, Body] = {
    Text: Text("1"),
    Press: Press("7.yes"),
    File: File("file-1", "visits.json"),
    Contact: Contact("+85261234567", own=True),
    Edited: Edited("yes"),
    Start: Start(),
    Command: Command("back"),
    Other: Other("sticker"),
    Left: Left(gone=False),
    Finished: Finished("job"),
    Undelivered: Undelivered("sms"),
}


def test_everything_that_can_be_said_is_said() -> None:
    assert SAID.keys() == set(get_args(Body)) - set(get_args(News))


def in_the_middle(scene: Scene, talk: Talk, form: str, whom: Whom) -> None:
    """Let a form about somebody be in hand in a chat, as if it had looked after that person."""
    known, session = scene.known[whom], talk.session
    day = hong_kong_day(talk.clock())
    session.begin(form, day, about=known.id, about_name=PEOPLE[whom][0])
    session.field = next(iter(FORMS[form].fields))
    session.prompt, session.options, session.language = 7, ["yes", "_back"], "en"
    asked = [Asked(known.id, PEOPLE[whom][0], own=False)]
    session.answers = {ROUND: Round(day, asked).answers()[ROUND], "shown": {}, "alone": False}
    session.jobs = {"job": session.field}
    talk.state = session.to_bytes()


@EVERY_ACTOR
async def test_every_form_in_the_middle(scene: Scene, actor: Actor) -> None:
    talk, before = scene.chats[actor], await scene.rows()
    for form in FORMS:
        for whom in OTHERS:
            if (actor, whom) in ALLOWED:
                in_the_middle(scene, talk, form, whom)
                replies = await talk.take(SAID[Other])
                assert not says(heard(replies), "engine.ended")
                assert talk.session.form == form
                continue
            for kind, said in SAID.items():
                in_the_middle(scene, talk, form, whom)
                first, *more = await talk.take(said)
                cell = f"{actor}: {kind.__name__} in {form} about {whom}"
                assert says(Heard(first.text), "engine.ended"), f"{cell}: {first.text}"
                # What he is called has stood in the chat: the form was about him.
                untold = first.text.replace(PEOPLE[whom][0], "")
                for other in scene.denied(actor):
                    scene.nothing_of(other, [Reply(untold, first.buttons), *more])
                assert talk.session.about == "", cell
                assert talk.session.form == "", cell
    assert await scene.rows() == before


# Files


@pytest.mark.parametrize("actor", REGISTERED)
async def test_the_records_of_somebody_else_are_taken_for_nobody(
    scene: Scene, actor: Actor
) -> None:
    """Whoever has got hold of her export gets nothing for it, and learns nothing."""
    talk, before = scene.chats[actor], await scene.rows()
    state = talk.state
    for whom in scene.denied(actor):
        talk.state = state
        await talk.take(menu(scene, "today", Whom.SELF))
        await talk.presses("none")
        since = len(talk.replies)
        await talk.sends(export_of(talk, PEOPLE[whom][0], visits=1))
        expect(talk.heard, "health_code.visits.error.other_phone")
        for other in scene.denied(actor):
            scene.nothing_of(other, talk.replies[since:])
    assert await scene.rows() == before


@pytest.mark.parametrize("actor", REGISTERED)
async def test_a_file_in_another_chats_hands_is_not_read(scene: Scene, actor: Actor) -> None:
    talk, another = scene.chats[actor], scene.another
    async with scene.store.writing() as tx:
        body = Export([], hong_kong_day(talk.clock()), hong_kong_day(talk.clock()), talk.clock())
        upload = await tx.uploads.keep(another.chat, "visits", body.to_bytes(), talk.clock())
    await talk.take(menu(scene, "today", Whom.SELF))
    await talk.presses("none")
    talk.read_at_once = False
    await talk.sends(b"mine")
    replies = await talk.take(Finished(talk.jobs[-1], "visits.json", upload))
    expect(heard(replies), "health_code.records_gone")
    assert not any(reply.card for reply in replies)


@EVERY_ACTOR
async def test_a_round_gives_nothing_of_who_is_not_in_care(scene: Scene, actor: Actor) -> None:
    """A round begun before: they are there still, declared, with a file of theirs or a new one."""
    talk = scene.chats[actor]
    for whom in scene.denied(actor):
        for holding in (True, False):
            before = await scene.rows()
            await _round(scene, talk, whom, holding=holding)
            since = len(talk.replies)
            await talk.presses(scene.known[whom].id)
            if talk.session.form == Records.name:
                await talk.presses("done")
            replies = talk.replies[since:]
            assert not any(reply.card for reply in replies)
            for reply in replies:
                if PEOPLE[whom][0] in reply.text:
                    expect(Heard(reply.text), "everyone.ended")
            untold = [Reply(reply.text.replace(PEOPLE[whom][0], "")) for reply in replies]
            for other in scene.denied(actor):
                scene.nothing_of(other, untold)
            assert await scene.rows() == before
            talk.state = type(talk.session)().to_bytes()


async def _round(scene: Scene, talk: Talk, whom: Whom, *, holding: bool) -> None:
    """Let the chat be asked whose a file is, with somebody among those who lack one."""
    day = hong_kong_day(talk.clock())
    phone = phone_of(PEOPLE[whom][0]) if holding else "a new phone"
    body = Export([], day, day, talk.clock(), installation=phone)
    async with scene.store.writing() as tx:
        upload = await tx.uploads.keep(talk.chat, "visits", body.to_bytes(), talk.clock())
    asked = [Asked(scene.known[whom].id, PEOPLE[whom][0], own=False, declared={"conditions": []})]
    unclaimed = [Unclaimed(upload, "visits.json", 0, day, day)]
    await talk.reach(Records, "owner", Round(day, asked, unclaimed).answers())


# What outside a menu begins or tells something


@EVERY_ACTOR
async def test_the_code_of_a_letter_is_good_for_who_waits_for_it(
    scene: Scene, actor: Actor
) -> None:
    talk, before = scene.chats[actor], await scene.rows()
    replies = await talk.take(Text(scene.letter))
    if actor is Actor.LETTER:
        assert PEOPLE[Whom.HER][0] in expect(heard(replies), "letter.good").text
        assert await scene.rows() != before
        return
    expect(heard(replies), "letter.stale")
    for whom in scene.denied(actor):
        scene.nothing_of(whom, replies)
    assert await scene.rows() == before


WAITS = {
    Actor.STAFF: "dependant.done.staff",
    Actor.LETTER: "dependant.done.letter",
    Actor.FUTURE: "dependant.done.staff",
}


@pytest.mark.parametrize("actor", (Actor.OWN, *REGISTERED))
@pytest.mark.parametrize("whom", OTHERS)
async def test_who_registers_her_once_more_learns_nothing(
    scene: Scene, actor: Actor, whom: Whom
) -> None:
    talk, before = scene.chats[actor], await scene.rows()
    for phone in (NO_PHONE, "+85265550123"):
        answers = {
            **scene.known[whom].holder.answers(),
            "english_name": "MOK Sau",
            "chinese_name": None,
            "same_home": "other",
            "mobile": phone,
            "passcode": KEPT,
            "relation": "parent",
        }
        await talk.reach(Dependant, "truth", answers)
        since = len(talk.replies)
        await talk.presses("yes")
        replies = talk.replies[since:]
        if actor is Actor.GUARDIAN and whom is not Whom.ANOTHER:
            expect(heard(replies), "dependant.already")
        elif actor in WAITS and whom is not Whom.ANOTHER and not phone:
            text = expect(heard(replies), WAITS[actor]).text
            # The number he was given when he asked first.
            untold = text.replace(scene.known[whom].reference, "")
            scene.nothing_of(whom, [Reply(untold)])
        else:
            expect(heard(replies), "registration.refused")
            for other in scene.denied(actor):
                scene.nothing_of(other, replies)
        assert talk.session.about == ""
    assert await scene.rows() == before


@EVERY_ACTOR
async def test_news_is_told_to_nobody_else(scene: Scene, actor: Actor) -> None:
    talk, before = scene.chats[actor], await scene.rows()
    state = talk.state
    for whom in scene.denied(actor):
        known = scene.known[whom]
        async with scene.store.reading() as tx:
            newest = await tx.codes.newest(known)
        assert newest is not None
        name = known.holder.english_name
        news: list[Body] = [
            Withdrawn(newest.id.hex(), "details", known.id),
            Answered(known.id, name, known.reference, "confirmed"),
            TakeoverDue("nothing"),
        ]
        news += [
            LinkNews(known.id, name, what, talk.clock())
            for what in ("asked", "stopped", "linked", "moved", "left")
        ]
        for each in news:
            talk.state = state
            assert await talk.take(each) == [], f"{actor}: {each}"
        # Only that it is over is told, with the name that it was begun with.
        for each in (
            LinkNews(known.id, name, "ended"),
            Answered(known.id, name, known.reference, "refused"),
            Answered(known.id, name, known.reference, "lapsed"),
        ):
            replies = await talk.take(each)
            untold = heard(replies).text.replace(name, "").replace(known.reference, "")
            scene.nothing_of(whom, [Reply(untold, replies[0].buttons)])
    assert await scene.rows() == before


async def test_the_reasons_are_told_to_who_declared_them(scene: Scene) -> None:
    """What is looked for in every other cell is there to be found in these."""
    for actor, whom in ((Actor.OWN, Whom.HER), (Actor.GUARDIAN, Whom.CHILD)):
        replies = await scene.chats[actor].take(menu(scene, "why_colour", whom))
        expect(heard(replies), f"why.reason.{PEOPLE[whom][2]}")
        assert not says(heard(replies), f"why.reason.{PEOPLE[Whom.ANOTHER][2]}")
