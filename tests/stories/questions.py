"""What can be answered to each question of the forms, well and badly.

A question without its entry here fails the tests that go over all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from core import proof
from core.address import Address, Hotel, Room
from core.answer import Invalid
from core.contact import HongKongMobile
from core.conversation.fields import Choice, Confirm, Field, Several, Words
from core.conversation.form import Form
from core.conversation.messages import Contact, File
from core.conversation.one_time_code import OneTimeCode
from core.conversation.uploads import Upload
from core.country import Country
from core.dates import ArrivalDate, BirthDate, DischargeDate, IssueDate, LastNight, ProofDate
from core.days import hong_kong_day
from core.declaration import Condition, Declaration
from core.earlier import Earlier
from core.gate.live import Digits
from core.identity import DocumentNumber
from core.names import ChineseName, EnglishName
from core.sample import sample_export
from core.visits import VisitPolicy, read_export
from handlers.family import Dependant, TheirMobile
from handlers.health_code import HealthCode
from handlers.link_chat import LinkChat
from handlers.live_code import LiveCode
from handlers.privacy import Erasure
from handlers.registration import Registration
from tests.clock import NOON
from tests.corpus import visit_uploads
from tests.corpus_proofs import bad_proofs, pdf
from tests.talk import Talk
from tests.world import Heard

CHINESE = ("zh_Hant_HK", "zh_Hans")


@dataclass(frozen=True)
class Option:
    """A button to press."""

    name: str


@dataclass(frozen=True)
class Sent:
    """A file to send."""

    data: bytes
    name: str = "file"


@dataclass(frozen=True)
class Failed:
    """A file that the background work could not read, for this reason."""

    code: str


@dataclass(frozen=True)
class TooMany:
    """A file, when as many were sent that day as are taken in a day, or in a week."""

    days_ago: int = 0


class FromSms:
    """The code in the newest SMS."""


class TooSoon:
    """A wrong code twice, and a while until the next is looked at."""


Given = str | Option | Sent | Failed | TooMany | FromSms | TooSoon | Contact | File


@dataclass(frozen=True)
class Good:
    """A good answer: what the draft keeps of it, and how it is given, also in Chinese."""

    kept: Any
    given: Given
    chinese: Given | None = None
    chinese_kept: Any = None

    def in_language(self, language: str) -> Given:
        return self.chinese if self.chinese and language in CHINESE else self.given

    def kept_in(self, language: str) -> Any:
        return self.chinese_kept if self.chinese_kept and language in CHINESE else self.kept


@dataclass(frozen=True)
class Bad:
    """A bad answer; `known` are answers without which it would not be bad."""

    given: Given
    known: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Journey:
    """A way through a form; `before` is what the form knows at its beginning."""

    name: str
    form: type[Form]
    answers: Mapping[str, Good]
    before: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Place:
    """A question on a journey."""

    journey: Journey
    field: Field

    def __str__(self) -> str:
        return f"{self.journey}-{self.field.name}"

    @property
    def good(self) -> Good:
        return self.journey.answers[self.field.name]

    @property
    def given(self) -> dict[str, Any]:
        """The answers to the questions before this one."""
        given: dict[str, Any] = {}
        for name, answer in self.journey.answers.items():
            if name == self.field.name:
                break
            given[name] = answer.kept
        return given

    @property
    def known(self) -> dict[str, Any]:
        """All that is known before this question."""
        return {**self.journey.before, **self.given}

    @property
    def following(self) -> Field | None:
        return self.journey.form.next({**self.known, self.field.name: self.good.kept})


def chosen(option: str) -> Good:
    return Good(option, Option(option))


PERSON = {
    "issued_on": Good("2019-03-15", "15/3/2019", "２０１９年３月１５日"),
    "english_name": Good("CHAN Tai Man", "CHAN Tai Man"),
    "chinese_name": Good("陳大文", "陳大文"),
    "born_on": Good("1958-01-02", "2 January 1958", "1958年1月2日"),
}
CARD = {
    "document": chosen("hkid"),
    "number": Good("A123456(3)", "a123456(3)", "Ａ１２３４５６（３）"),
    **PERSON,
}
HOME = {
    "address": Good("Flat 5, 12 Long Lane", "Flat 5, 12 Long Lane", "長巷12號5室", "長巷12號5室"),
    "district": chosen("ST"),
}
PHONE = {
    "mobile": Good("+85291234567", "9123 4567", "９１２３４５６７"),
    "passcode": Good("+85291234567", FromSms()),
    "truth": chosen("yes"),
}
PROOF = {
    "proof": Good("upload", Sent(pdf(), "bill.pdf")),
    "proof_issued_on": Good("2021-10-28", "28 Oct 2021", "2021年10月28日"),
}
PASSPORT = {
    "document": chosen("passport"),
    "country": Good("JPN", "Japan", "日本"),
    "number": Good("TR1234567", "tr 1234567", "ＴＲ１２３４５６７"),
}
STAY = {
    "housing": chosen("hotel"),
    "hotel": Good("Harbour View Hotel", "Harbour View Hotel", "灣景酒店", "灣景酒店"),
    "room": Good("1208", "Room 1208", "１２０８號房"),
    "last_night": Good("2021-12-24", "24 December 2021", "2021年12月24日"),
}
SOMEBODY = {name: PERSON[name] for name in ("english_name", "chinese_name")}
DAYS = {name: PERSON[name] for name in ("issued_on", "born_on")}
CARD_OF = {"document": CARD["document"], "number": CARD["number"], **DAYS}
WHO = {name: CARD[name] for name in ("document", "number", "born_on")}
CODE = {name: PHONE[name] for name in ("mobile", "passcode")}
NO_PHONE = {"mobile": Good("", "No phone", "沒有手機")}
JOURNEYS = (
    Journey("public housing", Registration, {**CARD, "housing": chosen("public"), **HOME, **PHONE}),
    Journey(
        "other housing",
        Registration,
        {
            **CARD,
            "housing": chosen("other"),
            **HOME,
            **PROOF,
            **PHONE,
        },
    ),
    Journey(
        "hotel",
        Registration,
        {
            **PASSPORT,
            **PERSON,
            **STAY,
            **PHONE,
        },
    ),
    Journey(
        "health",
        HealthCode,
        {
            "conditions": Good(["arrived", "discharged"], "7, 8", "７、８"),
            "discharged_on": Good("2021-12-01", "1 December 2021", "2021年12月1日"),
            "arrived_on": Good("2021-12-02", "2/12/2021", "二〇二一年十二月二日"),
            "arrived_from": chosen("mainland"),
            "scheme": chosen("return2hk"),
            "visits": Good("upload", Sent(sample_export(31, 48, 7, NOON), "visits.json")),
        },
    ),
    Journey(
        "health as declared before",
        HealthCode,
        {
            "conditions": Good([], Option("none"), "冇"),
            "still": Good("yes", "yes", "係"),
            "visits": Good("upload", Sent(sample_export(31, 48, 7, NOON), "visits.json")),
        },
        before=Earlier(hong_kong_day(NOON), Declaration(frozenset({Condition.CONTACT}))).answers(),
    ),
    Journey("erasure", Erasure, {"sure": chosen("keep")}),
    Journey("live answer", LiveCode, {"digits": Good("4821", "4821", "４８２１")}),
    Journey("link", LinkChat, {**WHO, **CODE}),
    Journey("link by passport", LinkChat, {**PASSPORT, "born_on": PERSON["born_on"], **CODE}),
    Journey("mother", Dependant, {**SOMEBODY, **CARD_OF, "same_home": chosen("same"), **PHONE}),
    Journey(
        "aunt without a phone in a hotel",
        Dependant,
        {
            **SOMEBODY,
            **PASSPORT,
            **DAYS,
            "same_home": chosen("other"),
            **STAY,
            **NO_PHONE,
            "relation": chosen("other"),
            "truth": chosen("yes"),
        },
    ),
    Journey(
        "child with a card in another home",
        Dependant,
        {
            **SOMEBODY,
            **CARD_OF,
            "born_on": Good("2014-01-02", "2 January 2014", "2014年1月2日"),
            "certificate": chosen("hkid"),
            "same_home": chosen("other"),
            "housing": chosen("other"),
            **HOME,
            **PROOF,
            **NO_PHONE,
            "relation": chosen("child"),
            "truth": chosen("yes"),
        },
    ),
)
PLACES = [
    Place(j, field)
    for j in JOURNEYS
    for name in j.answers
    if (field := j.form.fields[name]) not in Registration.fields.values() or j.form is Registration
]
"""Where one may be. A question that two forms share stands here once."""

WRITTEN = {
    "format": Bad("soon"),
    "lunar": Bad("農曆1958年正月初二"),
    "several_days": Bad("15/3/2019 or 16/3/2019"),
    "no_such_day": Bad("30/2/2000"),
    "no_day": Bad("March 2019"),
}
WITHOUT_YEAR = {"no_year": Bad("15 March"), "two_digit_year": Bad("15/3/58")}
NEAR = {**WRITTEN, "which_day": Bad("Friday")}
RECENT = {**NEAR, "future": Bad("1/1/2050"), "not_recent": Bad("1/11/2021")}
UNSEEN = {"hidden": Bad("CHAN \x07Tai Man 1"), "private_use": Bad("CHAN \ue000 Tai 1")}
BAD_WORDS: dict[type, Mapping[str, Bad]] = {
    Country: {"unknown": Bad("Atlantis"), "ambiguous": Bad("Korea")},
    DocumentNumber: {
        "format": Bad("12345"),
        "not_latin": Bad("А123456(3)"),
        "no_check_digit": Bad("A123456"),
        "check_digit": Bad("A123456(4)"),
        "other_document": Bad("E12345678"),
        "characters": Bad("TR12@4567", {"document": "passport"}),
        "length": Bad("TR1", {"document": "passport"}),
    },
    IssueDate: {
        **WRITTEN,
        "no_year": Bad("15 March"),
        "two_digit_year": Bad("03-05-01", {"document": "consular"}),
        "future": Bad("1/1/2050"),
        "too_early": Bad("1/1/1940", {"born_on": "1930-01-01"}),
        "before_birth": Bad("1/1/1957", {"born_on": "1958-01-02"}),
    },
    EnglishName: {
        **UNSEEN,
        "digits": Bad("CHAN 2"),
        "not_latin": Bad("Иван"),
        "characters": Bad("CHAN = Tai"),
        "not_a_name": Bad("my mother please"),
        "too_short": Bad("A"),
        "too_long": Bad("A" * 81),
        "unlikely": Bad("wait here"),
    },
    ChineseName: {
        **UNSEEN,
        "not_chinese": Bad("Chan"),
        "not_a_name": Bad("你好嘢"),
        "too_long": Bad("陳" * 21),
        "unlikely": Bad("同上"),
    },
    BirthDate: {
        **WRITTEN,
        **WITHOUT_YEAR,
        "future": Bad("1/1/2050"),
        "too_old": Bad("1/1/1890"),
        "after_issue": Bad("1/1/2020"),
    },
    Address: {
        **UNSEEN,
        "no_number": Bad("somewhere nice"),
        "no_name": Bad("12"),
        "only_address": Bad("2 January 1958"),
        "too_short": Bad("1 AB"),
        "too_long": Bad("1 Long Lane " * 20),
        "unlikely": Bad("give me 5 minutes"),
    },
    Hotel: {
        **UNSEEN,
        "no_name": Bad("until I go home"),
        "too_short": Bad("A"),
        "too_long": Bad("Inn " * 40),
        "unlikely": Bad("my friend's place"),
    },
    Room: {
        **UNSEEN,
        "format": Bad("!!"),
        "too_long": Bad("1" * 21),
        "unlikely": Bad("not checked in"),
    },
    LastNight: {**NEAR, "past": Bad("8/12/2021"), "too_far": Bad("1/12/2022")},
    ProofDate: {**NEAR, "future": Bad("1/1/2050"), "too_old": Bad("1/6/2021")},
    HongKongMobile: {
        "format": Bad("1234"),
        "several_numbers": Bad("9123 4567 or 6123 4568"),
        "not_mobile": Bad("2345 6789"),
        "mainland": Bad("+86 138 1234 5678"),
        "macao": Bad("+853 6612 3456"),
        "foreign": Bad("+44 7700 900123"),
        "not_own": Bad(Contact("85291234567", own=False)),
    },
    TheirMobile: {
        "format": Bad("1234"),
        "several_numbers": Bad("9123 4567 or 6123 4568"),
        "not_mobile": Bad("2345 6789"),
        "mainland": Bad("+86 138 1234 5678"),
        "macao": Bad("+853 6612 3456"),
        "foreign": Bad("+44 7700 900123"),
        "your_own": Bad("6123 4567"),
    },
    Digits: {"digits": Bad("482")},
    ArrivalDate: RECENT,
    DischargeDate: RECENT,
}
EVERYWHERE = {
    "words_wanted": Bad(Contact("85291234567", own=False)),
    "file_not_now": Bad(File("photo", photo=True)),
}
BAD_CHOICE = {"not_offered": Bad("*"), **EVERYWHERE}
BAD: dict[type, Mapping[str, Bad]] = {
    Choice: BAD_CHOICE,
    Several: BAD_CHOICE,
    Confirm: BAD_CHOICE,
    OneTimeCode: {
        "code_format": Bad("12345"),
        "code_wrong": Bad("wrong code"),
        "code_wait": Bad(TooSoon()),
        "file_not_now": EVERYWHERE["file_not_now"],
    },
}


FAILED = ("unsigned", "forged", "unreadable", "other_phone")
"""Why visit records are refused that no file by itself shows."""


@cache
def bad_files(kind: str) -> dict[str, Bad]:
    """Return a file for each reason to refuse one, and what keeps files from being read at all."""
    bad = {
        "file_wanted": Bad("here you are"),
        "too_many_files": Bad(TooMany()),
        "too_many_this_week": Bad(TooMany(days_ago=3)),
        "unavailable": Bad(Failed("unavailable")),
    }
    if kind == "visits":
        bad |= {code: Bad(Failed(code)) for code in FAILED}
        bad["undeclared"] = Bad("I have a cough")
    for upload in visit_uploads() if kind == "visits" else bad_proofs():
        if upload.code and upload.code not in bad and _refused(kind, upload.data) == upload.code:
            bad[upload.code] = Bad(Sent(upload.data, upload.name))
    return bad


def _refused(kind: str, data: bytes) -> str:
    """Return why a file is refused."""
    try:
        if kind == "visits":
            read_export(data, name="", now=NOON, policy=VisitPolicy())
        else:
            proof.clean(data)
    except Invalid as invalid:
        return invalid.code
    return ""


def bad_answers(question: Field) -> Mapping[str, Bad]:
    """Return a bad answer for every reason to refuse an answer to this question."""
    if isinstance(question, Words):
        return {**EVERYWHERE, **BAD_WORDS[question.kind]}
    if isinstance(question, Upload):
        return bad_files(question.kind)
    return next(BAD[kind] for kind in type(question).__mro__ if kind in BAD)


def takes_files(place: Place) -> bool:
    """Tell whether a file sent here is kept for another question."""
    fields = place.journey.form.fields.values()
    return any(isinstance(f, Upload) and f.applies(place.known) for f in fields)


def errors_at(place: Place) -> Iterator[tuple[str, Bad]]:
    """Yield each reason to refuse an answer here, with an answer that is refused for it."""
    passport = place.known.get("document") == "passport"
    for code in place.field.errors:
        bad = bad_answers(place.field)[code]
        if isinstance(place.field, Words) and place.field.kind is DocumentNumber:
            wanted = "passport" if passport else None
            anywhere = code in EVERYWHERE or code == "not_latin"
            if not anywhere and bad.known.get("document") != wanted:
                continue
        if code == "file_not_now" and takes_files(place):
            continue
        yield code, bad


async def give(talk: Talk, given: Given) -> Heard:
    """Give an answer; return what is heard."""
    match given:
        case str(text):
            return await talk.says(text if text != "wrong code" else _another(sms_code(talk)))
        case Option(name):
            return await talk.presses(name)
        case Sent(data, name):
            return await talk.sends(data, name)
        case FromSms():
            return await talk.says(sms_code(talk))
        case TooSoon():
            await give(talk, "wrong code")
            heard = await give(talk, "wrong code")
            talk.clock.jump(minutes=2)
            return heard
        case TooMany(days_ago):
            most = talk.store.policy.uploads
            talk.has_sent(most.per_week if days_ago else most.per_day, days_ago)
            heard = await talk.sends(b"", "file")
            talk.has_sent(0)
            return heard
        case Failed(code):
            talk.read_at_once = False
            await talk.sends(b"", "file")
            talk.read_at_once = True
            return await talk.fails(code)
        case _:
            await talk.take(given)
            return talk.heard


def sms_code(talk: Talk) -> str:
    """Return the code in the newest SMS."""
    found = re.search(r"\d{6}", talk.sms[-1].text)
    assert found
    return found[0]


def _another(code: str) -> str:
    """Return a code that is not this one."""
    return f"{(int(code) + 1) % 1_000_000:06}"
