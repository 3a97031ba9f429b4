"""Register somebody else: one chat for a child, a parent, another relative."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Any

from core.answer import Context, Found, Invalid
from core.contact import HongKongMobile
from core.conversation.fields import Answers, Choice, Chosen, Field, Said, Words, mentioned
from core.conversation.form import Form
from core.conversation.messages import Contact, Text
from core.conversation.one_time_code import OneTimeCode
from core.conversation.texts import plain
from core.conversation.turn import Sms, Turn
from core.family import Relation, Way, before_card_age
from core.holder import Holder, called
from core.identity import DocumentType
from core.store.people import Known
from core.words.spoken import without_ending
from handlers.health_code import HealthCode
from handlers.registration import (
    Registration,
    described,
    document_index,
    is_visitor,
    keep_proof,
    may_be_resident,
    often_refused,
    refuse,
)

NO_PHONE = ""
"""In place of a mobile number: there is none of his own."""

HOME = ("housing", "address", "district", "hotel", "room", "last_night", "proof_issued_on")
"""What people who live together have in common."""


class Home(StrEnum):
    """Where somebody lives, as seen from whoever registers him."""

    SAME = "same"
    OTHER = "other"


class Certificate(StrEnum):
    """Which document it is whose number is built like an identity card's."""

    BIRTH_CERTIFICATE = DocumentType.BIRTH_CERTIFICATE
    HKID = DocumentType.HKID


class Answering(StrEnum):
    """Who answers for somebody without a phone of his own.

    The guardian, by what that person is to him, and staff confirm it; or the person himself, by
    the code in a letter.
    """

    CHILD = Relation.CHILD
    PARENT = Relation.PARENT
    OTHER = Relation.OTHER
    LETTER = Way.LETTER


def is_child(answers: Answers) -> bool:
    """A child who is known by his birth certificate is too young to agree."""
    return bool(answers.get("document") == DocumentType.BIRTH_CERTIFICATE)


def may_be_certificate(answers: Answers) -> bool:
    """A card that was issued before the age for one is most likely a birth certificate."""
    born, issued = answers.get("born_on"), answers.get("issued_on")
    if answers.get("document") != DocumentType.HKID or not born or not issued:
        return False
    return before_card_age(date.fromisoformat(born), date.fromisoformat(issued))


def lives_elsewhere(answers: Answers) -> bool:
    """Who lives with his guardian is not asked for an address."""
    return answers.get("same_home") != Home.SAME


def may_have_an_address(answers: Answers) -> bool:
    """An address of his own."""
    return lives_elsewhere(answers) and may_be_resident(answers)


def can_agree(answers: Answers) -> bool:
    """Who can agree is asked for his phone."""
    return not is_child(answers)


def has_phone(answers: Answers) -> bool:
    """Who has a phone of his own agrees by a code that comes to it."""
    return can_agree(answers) and answers.get("mobile") != NO_PHONE


def has_no_phone(answers: Answers) -> bool:
    """For others somebody must answer."""
    return is_child(answers) or answers.get("mobile") == NO_PHONE


class WhichDocument(Choice):
    """Which document it really is: the answer to `document` follows from it."""

    summed = False

    async def take(self, turn: Turn, said: Said) -> Any:
        turn.session.answers["document"] = await super().take(turn, said)
        return turn.session.answers["document"]


class TheirMobile(HongKongMobile):
    """Somebody else's number. It is never found in passing, as it may be the writer's own."""

    @staticmethod
    def find(text: str, context: Context) -> Found | None:
        """Return None."""
        return None


class TheirPhone(Words):
    """The phone of the person concerned, typed or sent from the contacts; there may be none."""

    NONE = "none"

    def __init__(self, **more: Any) -> None:
        super().__init__(TheirMobile, **more)
        self.errors = (*TheirMobile.errors, "file_not_now", "your_own")

    def options(self, turn: Turn) -> list[list[tuple[str, str]]]:
        return [[(self.NONE, turn.text(f"{self.key}.option.{self.NONE}"))]]

    async def take(self, turn: Turn, said: Said) -> str:
        match said:
            case Chosen(option=self.NONE):
                return NO_PHONE
            case Text(text=text) if self._means_none(turn, text):
                return NO_PHONE
            case Contact(phone=phone):
                said = Text(phone)
        mobile = await super().take(turn, said)
        own = await turn.tx.people.of_chat(turn.chat)
        if own is not None and own.holder.mobile == mobile:
            raise Invalid("your_own")
        return mobile

    def mentioned(self, turn: Turn, said: Said) -> str:
        return mentioned(turn, self.key, [self.NONE], said)

    def show(self, value: Any, turn: Turn) -> str:
        if value == NO_PHONE:
            return turn.text(f"{self.key}.option.{self.NONE}")
        return super().show(value, turn)

    def _means_none(self, turn: Turn, text: str) -> bool:
        wholes, beginnings = turn.texts.meanings(f"{self.key}.option.{self.NONE}")
        none = turn.texts.words("engine.word.none")
        return without_ending(plain(text)) in {"1", *wholes, *beginnings, *none}


class Consent(OneTimeCode):
    """The code by which the person concerned agrees: its message says who asks, and for what."""

    async def sms(self, turn: Turn, code: str) -> str:
        minutes = turn.policy.passcode.minutes
        return turn.text("dependant.sms_ask", who=await asker(turn), code=code, minutes=minutes)


_BELONGING = re.compile(r"['’]s\b|[嘅的]\s*\w")


class Answerer(Choice):
    """Who answers for the person: for a child nobody but whoever brings him up."""

    def mentioned(self, turn: Turn, said: Said) -> str:
        """Return who is meant; "my mother's sister" is not a mother."""
        option = super().mentioned(turn, said)
        if option and isinstance(said, Text):
            word = turn.texts.mention(f"{self.key}.about.{option}", said.text)
            _, _, after = plain(said.text).partition(word)
            if _BELONGING.match(after):
                return ""
        return option

    def offered(self, turn: Turn) -> list[str]:
        if is_child(turn.session.answers):
            return [Answering.CHILD, Answering.OTHER]
        return self.choices

    async def asked(self, turn: Turn) -> str:
        return "ask_child" if is_child(turn.session.answers) else "ask"


class Dependant(Form):
    """Register somebody else, with his own word or that of whoever answers for him."""

    wants_file = True

    english_name = Registration.english_name
    chinese_name = Registration.chinese_name
    document = Registration.document
    country = Registration.country
    number = Registration.number
    issued_on = Registration.issued_on
    born_on = Registration.born_on
    certificate = WhichDocument(Certificate, when=may_be_certificate)
    same_home = Choice(Home, resets=("housing",))
    housing = Registration.housing.only(lives_elsewhere)
    address = Registration.address.only(may_have_an_address)
    district = Registration.district
    hotel = Registration.hotel
    room = Registration.room
    last_night = Registration.last_night
    proof = Registration.proof
    proof_issued_on = Registration.proof_issued_on
    mobile = TheirPhone(
        words=Registration.name, when=can_agree, resets=("passcode", "challenge", "relation")
    )
    passcode = Consent(sent_to=mobile, purpose="family", words=Registration.name, when=has_phone)
    relation = Answerer(Answering, when=has_no_phone)
    truth = Registration.truth

    @classmethod
    async def begin(cls, turn: Turn) -> dict[str, Any] | None:
        own = await turn.tx.people.of_chat(turn.chat)
        if own is None:
            turn.note("dependant.register_first")
            return None
        most = turn.policy.family.most
        if len(await turn.tx.family.in_care(turn.chat)) >= most:
            turn.note("dependant.too_many", most=most)
            return None
        return {"same_home": Home.OTHER} if is_visitor(own.holder.answers()) else {}

    @classmethod
    def concerns(cls, turn: Turn) -> str:
        return _called(turn) or turn.text("dependant.somebody")

    @classmethod
    def heading(cls, turn: Turn) -> str:
        """Return whom a question concerns, once there is a name."""
        return super().heading(turn) if _called(turn) else ""

    @classmethod
    def values(cls, turn: Turn, field: Field) -> dict[str, Any]:
        return {**Registration.values(turn, field), "name": cls.concerns(turn)}

    @classmethod
    async def finish(cls, turn: Turn) -> type[Form] | None:
        own = await turn.tx.people.of_chat(turn.chat)
        if own is None:
            turn.note("dependant.register_first")
            return None
        answers = turn.session.answers
        home = {} if lives_elsewhere(answers) else own.holder.answers()
        phone = {} if has_phone(answers) else {"mobile": NO_PHONE}
        holder = described(turn, cls, **{k: v for k, v in home.items() if k in HOME}, **phone)
        relation, way = _answering(answers)
        known = await _registered(turn, own, holder, way)
        if known is None:
            await refuse(turn)
            return None
        name, reference = known.holder.called(turn.language), known.reference
        link = await turn.tx.family.link(turn.chat, known.id)
        if link is not None and link.holds(turn.now):
            turn.note("dependant.already", name=name)
            return None
        if link is not None and way is not Way.PHONE:
            # What was asked for before stands; what she is called meanwhile is not told.
            name = holder.called(turn.language)
            turn.note(f"dependant.done.{link.way}", name=name, reference=reference)
            return None
        await _look_after(turn, known, relation, way)
        turn.note(f"dependant.done.{way}", name=name, reference=reference)
        if way is not Way.PHONE:
            return None
        await tell_by_sms(turn, known)
        await turn.turn_to(known.id)
        return HealthCode


def _called(turn: Turn) -> str:
    """Return what the person is called by the answers so far, empty before there is a name."""
    english, chinese = (
        turn.session.answers.get(f"{kind}_name") or "" for kind in ("english", "chinese")
    )
    return called(english, chinese, turn.language)


def _answering(answers: Answers) -> tuple[Relation | None, Way]:
    """Return by what the guardian may look after the person."""
    if has_phone(answers):
        return None, Way.PHONE
    if answers["relation"] == Answering.LETTER:
        return None, Way.LETTER
    return Relation(answers["relation"]), Way.STAFF


async def _registered(turn: Turn, own: Known, holder: Holder, way: Way) -> Known | None:
    """Register the person, or return who is registered already if it is surely the same.

    Surely: the birthday and the phone are the registered ones, and that phone was used to agree;
    or it is this chat that has asked for the person before: what waits then waits on, as another
    phone than the registered one speaks for nobody. What was declared then stands. In any other
    case, and for everybody, the answer is None.
    """
    people = turn.tx.people
    index = document_index(turn, holder)
    known = await people.of_document(index)
    if await often_refused(turn):
        return None
    if known is None:
        known = await people.register(holder, index, chat=None, now=turn.now)
        await keep_proof(turn, known)
        await turn.record("registered", known.id)
        return known
    same = (known.holder.born_on, known.holder.mobile) == (holder.born_on, holder.mobile)
    agreed = same and way is Way.PHONE
    link = await turn.tx.family.link(turn.chat, known.id)
    asked = link is not None and (link.holds(turn.now) or way is not Way.PHONE)
    return known if (agreed or asked) and known.id != own.id else None


async def _look_after(turn: Turn, known: Known, relation: Relation | None, way: Way) -> None:
    """Let the chat look after the person from now on, or from when that is confirmed."""
    family = turn.tx.family
    starts_at = turn.now if way is Way.PHONE else None
    if starts_at is None or not await family.confirm(turn.chat, known.id, starts_at):
        await family.look_after(
            turn.chat, known.id, relation=relation, way=way, starts_at=starts_at, now=turn.now
        )
    act = "care asked" if starts_at is None else "care begun"
    await turn.record(act, known.id)


async def tell_by_sms(turn: Turn, known: Known) -> None:
    """Tell the person on his own phone, if he has one, who looks after him and how to stop it."""
    if known.holder.mobile == NO_PHONE:
        return
    text = turn.text(
        "dependant.sms_told",
        who=await asker(turn),
        reference=known.reference,
    )
    turn.effects.append(Sms(to=known.holder.mobile, text=text))


async def asker(turn: Turn) -> str:
    """Return how the person of this chat is called to others: his masked name."""
    own = await turn.tx.people.of_chat(turn.chat)
    if own is None:
        return turn.text("dependant.unnamed")
    name = own.holder.masked
    return called(name.english, name.chinese, turn.language)


async def register_other(turn: Turn) -> type[Form] | None:
    """Register somebody else, whomever the menu was about."""
    turn.to_oneself()
    return Dependant
