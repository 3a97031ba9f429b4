"""Register one person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from core.address import Address, District, Hotel, Housing, Room, district_in
from core.clean_proof import ERRORS as PROOF_ERRORS
from core.contact import HongKongMobile
from core.conversation.fields import (
    KEPT,
    Answers,
    Choice,
    Confirm,
    Field,
    InTwo,
    NearDay,
    Said,
    Words,
)
from core.conversation.form import Form
from core.conversation.messages import Text
from core.conversation.one_time_code import OneTimeCode
from core.conversation.turn import PROOF, Turn
from core.conversation.uploads import Upload
from core.country import Country
from core.dates import BirthDate, IssueDate, LastNight, ProofDate, may_be_turned
from core.holder import Holder
from core.identity import DocumentNumber, DocumentType
from core.names import ChineseName, EnglishName
from core.store.people import Known
from core.store.takeovers import link_own
from core.visits import ENDINGS
from core.words.spoken import affirms
from handlers.health_code import HealthCode, stay_is_over
from handlers.withdrawal import details_change

REFUSED = "registration refused"
MOST_REFUSED, DAY = 5, timedelta(hours=24)
"""So many registrations of a chat are refused in a day for what was given; then all are."""


def has_issuer(answers: Answers) -> bool:
    """Other documents than Hong Kong's own are known by the country that issued them."""
    return bool(answers.get("document") == DocumentType.PASSPORT)


def is_resident(answers: Answers) -> bool:
    """Residents give an address, visitors a hotel."""
    return answers.get("housing") in (Housing.PUBLIC, Housing.OTHER)


def may_be_resident(answers: Answers) -> bool:
    """Before he has said how he is housed, an address may be given too."""
    return is_resident(answers) or "housing" not in answers


def is_visitor(answers: Answers) -> bool:
    """A guest of a hotel."""
    return bool(answers.get("housing") == Housing.HOTEL)


def needs_district(answers: Answers) -> bool:
    """The district is asked where the address does not name it."""
    address = answers.get("address")
    return is_resident(answers) and bool(address) and district_in(str(address)) is None


def needs_proof(answers: Answers) -> bool:
    """Public rental housing is checked against the register of its tenants: no proof is needed."""
    return bool(answers.get("housing") == Housing.OTHER)


def may_change_phone(answers: Answers) -> bool:
    """A guardian leaves the phone as it is: with it the other stops him, or takes over."""
    return answers.get("mobile") != KEPT


class Number(Words):
    """The document's number; numbers of other countries have no form that could be shown."""

    def __init__(self) -> None:
        super().__init__(DocumentNumber, sensitive=True, implies={"document": DocumentType.HKID})

    def example(self, turn: Turn) -> str:
        document = turn.session.answers.get("document", DocumentType.HKID)
        return super().example(turn) if DocumentType(document).checked else ""


class Issued(Words):
    """When the document was issued; where that is to be found differs from one to another."""

    def __init__(self) -> None:
        super().__init__(IssueDate)

    async def asked(self, turn: Turn) -> str:
        match turn.session.answers.get("document", DocumentType.HKID):
            case DocumentType.HKID:
                return "ask"
            case DocumentType.BIRTH_CERTIFICATE:
                return "ask_certificate"
            case _:
                return "ask_other"


class Birthday(Words):
    """The day of birth. Where some write the month first, it is said back in words."""

    def __init__(self) -> None:
        super().__init__(BirthDate)

    def taken(self, turn: Turn, said: Said, value: Any) -> None:
        if isinstance(said, Text) and may_be_turned(said.text):
            turn.note("engine.reckoned", answer=self.show(value, turn))


class LatinName(InTwo):
    """The name in English; the Chinese one may come with it, unless it was asked already."""

    def __init__(self) -> None:
        super().__init__(EnglishName)

    async def asked(self, turn: Turn) -> str:
        return "ask_only" if "chinese_name" in turn.session.answers else "ask"


class Area(Choice):
    """The district; a well-known place of it names it as well."""

    def __init__(self, **more: Any) -> None:
        super().__init__(District, per_row=2, **more)

    def mentioned(self, turn: Turn, said: Said) -> str:
        if not isinstance(said, Text) or not affirms(said.text, ""):
            return ""
        return str(district_in(said.text) or "")


class Registration(Form):
    """Register one person, or change what is registered. One question a message, in this order."""

    wants_file = True

    document = Choice(DocumentType, resets=("number", "country"))
    country = Words(Country, when=has_issuer)
    number = Number()
    issued_on = Issued()
    english_name = LatinName()
    chinese_name = Words(ChineseName, optional=True)
    born_on = Birthday()
    housing = Choice(Housing, resets=("district", "proof", "proof_issued_on"))
    address = InTwo(
        Address, when=may_be_resident, resets=("district",), renews=("proof", "proof_issued_on")
    )
    district = Area(when=needs_district)
    hotel = Words(Hotel, when=is_visitor)
    room = Words(Room, when=is_visitor)
    last_night = NearDay(LastNight, when=is_visitor)
    proof = Upload(PROOF, PROOF_ERRORS, not_for=ENDINGS, when=needs_proof)
    proof_issued_on = NearDay(ProofDate, when=needs_proof)
    mobile = Words(
        HongKongMobile, contact=True, when=may_change_phone, resets=("passcode", "challenge")
    )
    passcode = OneTimeCode(sent_to=mobile, purpose="registration")
    truth = Confirm()

    @classmethod
    async def begin(cls, turn: Turn) -> dict[str, Any] | None:
        opens_at = turn.policy.opens_at
        if turn.now < opens_at:
            turn.note("registration.not_open", opens_at=opens_at)
            return None
        known = await turn.person()
        if known is None:
            return {}
        left = stay_is_over(turn, known)
        if not await _may_change(turn):
            return None
        declared = {name: value for name, value in known.holder.answers().items() if value}
        if left:
            del declared["housing"], declared["last_night"]
        else:
            turn.note("registration.to_change")
        uploaded = {"proof": KEPT} if needs_proof(declared) else {}
        phone = {"mobile": KEPT} if turn.about else {}
        return {"chinese_name": None, **declared, **uploaded, **phone, "passcode": KEPT}

    @classmethod
    def values(cls, turn: Turn, field: Field) -> dict[str, Any]:
        answers = turn.session.answers
        document = answers.get("document")
        return {
            "document": turn.text(f"registration.document.option.{document}") if document else "",
            "mobile": HongKongMobile.show(answers["mobile"], turn.language)
            if answers.get("mobile")
            else "",
            "minutes": turn.policy.passcode.minutes,
        }

    @classmethod
    async def finish(cls, turn: Turn) -> type[Form] | None:
        people = turn.tx.people
        known = await turn.person()
        said = "registration.done" if known is None else "registration.changed"
        if not await _may_change(turn):
            return None
        phone = {"mobile": known.holder.mobile} if known is not None and turn.about else {}
        holder = described(turn, cls, **phone)
        index = document_index(turn, holder)
        other = await people.of_document(index)
        own = known is not None and other is not None and other.id == known.id
        if not own and await often_refused(turn):
            await refuse(turn)
            return None
        if other is not None and not own:
            # Somebody has this document already. Only who also knows the birthday and holds the
            # phone is the same person; nobody else learns that it is registered.
            same = (other.holder.born_on, other.holder.mobile) == (holder.born_on, holder.mobile)
            # What was prefilled in a chat that has been ended since proves nothing.
            proven = turn.session.answers["passcode"] != KEPT
            if known is not None or not same or not proven:
                await refuse(turn)
                return None
            await link_own(turn.tx, other, turn.chat, "linked", turn.now)
            known = other
        if known is None:
            known = await people.register(holder, index, chat=turn.chat, now=turn.now)
        else:
            await details_change(turn, known, holder)
            known = await people.change(known, holder, index, turn.now)
        await keep_proof(turn, known)
        await turn.record("registered", known.id)
        turn.note(said, reference=known.reference)
        return HealthCode


async def refuse(turn: Turn) -> None:
    """Say that it cannot be done here, and nothing of why."""
    await turn.record(REFUSED)
    turn.note("registration.refused")


async def often_refused(turn: Turn) -> bool:
    """Tell whether this chat has been refused so often that any other document is refused too:
    nobody finds out by trying whose are registered."""
    since = turn.now - DAY
    refused = await turn.tx.people.times(REFUSED, actor=turn.chat, since=since)
    return refused >= MOST_REFUSED


async def _may_change(turn: Turn) -> bool:
    """Tell whether the answers are this chat's to change; say it where they are not."""
    if not turn.about or await turn.tx.family.gave_answers(turn.chat, turn.about):
        return True
    turn.note("details.not_yours", name=turn.about_name)
    return False


def described(turn: Turn, form: type[Form], **known: str) -> Holder:
    """Return the person whom the answers to a form describe, with what is known besides."""
    answers = turn.session.answers
    given = {f.name: answers.get(f.name) or "" for f in form.asked(answers)}
    holder = Holder.from_answers({**given, **known}, language=turn.language)
    if is_resident(answers) and not holder.district:
        holder.district = str(district_in(holder.address))
    return holder


def document_index(turn: Turn, holder: Holder) -> bytes:
    """Return the blind index of a person's document."""
    return turn.tx.people.document_index(holder.document, holder.number, holder.country)


async def keep_proof(turn: Turn, known: Known) -> None:
    """Keep the proof of address among the answers until somebody has looked at it."""
    proof = turn.session.answers.get("proof")
    if proof and proof != KEPT:
        body = await turn.tx.uploads.read(proof, chat=turn.chat)
        if body is not None:
            await turn.tx.people.keep_proof(known, body, turn.now)
