"""What people in the stories know and answer, in their own languages."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from io import BytesIO

import zxingcpp
from PIL import Image

from core.conversation.fields import Field
from core.conversation.texts import Language
from core.credential import Verdict, check
from core.identity import check_character
from core.sample import sample_export
from core.signing.issuer_keys import PublicKeys
from handlers.health_code import HealthCode
from handlers.registration import Registration
from handlers.welcome import Welcome
from tests.corpus_proofs import pdf
from tests.reading import expect, expect_question
from tests.stories.questions import FromSms, Given, Option, Sent
from tests.world import Heard, Person, World

_numbers = itertools.count(100_000)

Step = tuple[Field, Given]
"""A question and the answer to it."""


def new_hkid() -> str:
    """Return an HKID that nobody else in these tests has."""
    body = f"A{next(_numbers)}"
    return f"{body}({check_character(body)})"


def new_mobile() -> str:
    """Return a mobile number that nobody else in these tests has, not beside another's."""
    return f"9{(next(_numbers) * 137) % 10_000_000:07}"


WIDE = str.maketrans(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ()",
    "０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ（）",
)


@dataclass
class Resident:
    """Somebody who lives in public housing, and what he answers to each question."""

    language: str = "en"
    number: str = field(default_factory=new_hkid)
    mobile: str = field(default_factory=new_mobile)
    birthday: tuple[str, str] = ("2 January 1958", "1958年1月2日")

    def either(self, english: str, chinese: str) -> str:
        """Return what he writes, in his language."""
        return english if self.language == Language.ENGLISH else chinese

    def document(self) -> list[Step]:
        """Return what he answers about his document: an HKID needs no question of its own."""
        number = self.either(self.number.lower(), self.number.translate(WIDE))
        return [(Registration.document, number)]

    def home(self) -> list[Step]:
        """Return what he answers about where he lives."""
        address = self.either(
            "Flat 1203, Block 5, Mei Lam Estate, Sha Tin", "沙田美林邨美楓樓12樓1203室"
        )
        return [(Registration.housing, Option("public")), (Registration.address, address)]

    def steps(self) -> list[Step]:
        """Return the questions that he is asked, with his answers."""
        return [
            *self.document(),
            (Registration.issued_on, self.either("15/3/2019", "2019年3月15日")),
            (Registration.english_name, "CHAN Tai Man 陳大文"),
            (Registration.born_on, self.either(*self.birthday)),
            *self.home(),
            (Registration.mobile, f"{self.mobile[:4]} {self.mobile[4:]}"),
            (Registration.passcode, FromSms()),
            (Registration.truth, Option("yes")),
        ]


@dataclass
class Tenant(Resident):
    """Somebody in other housing, with a PDF to prove it."""

    def home(self) -> list[Step]:
        return [
            (Registration.housing, Option("other")),
            (Registration.address, self.either("Flat 5, 12 Long Lane", "長巷12號5室")),
            (Registration.district, Option("ST")),
            (Registration.proof, Sent(pdf(), "bill.pdf")),
            (Registration.proof_issued_on, self.either("28 Oct 2021", "2021年10月28日")),
        ]


@dataclass
class Guest(Resident):
    """A guest of a hotel, with a passport."""

    def document(self) -> list[Step]:
        return [
            (Registration.document, Option("passport")),
            (Registration.country, self.either("Japan", "日本")),
            (Registration.number, f"TR{next(_numbers)}"),
        ]

    def home(self) -> list[Step]:
        return [
            (Registration.housing, Option("hotel")),
            (Registration.hotel, self.either("Harbour View Hotel", "灣景國際酒店")),
            (Registration.room, self.either("Room 1208", "1208號房")),
            (Registration.last_night, self.either("24/12/2021", "2021年12月24日")),
        ]


def export_for(world: World, days: int = 31, visits: int = 48, seed: int = 7) -> bytes:
    """Return an export made a little while ago in the world's time."""
    return sample_export(days, visits, seed, world.clock(), name="visits.json")


async def gives(world: World, person: Person, given: Given, mobile: str = "", sms: int = 0) -> None:
    """Give an answer; `mobile` is the phone that gets the SMS, `sms` which of them counts."""
    match given:
        case Option(name):
            await person.presses(name)
        case Sent(data, name):
            await person.sends(name, data)
        case FromSms():
            await person.says(await world.sms("+852" + mobile, sms))
        case _:
            await person.says(str(given))


async def consents(person: Person, language: str, option: str = "agree") -> Heard:
    """Say hello and agree to the notice; return the first question."""
    await person.starts()
    expect_question(await person.hears(), Welcome.consent, language)
    await person.presses(option)
    return await person.hears()


async def answers(
    world: World, person: Person, resident: Resident, heard: Heard, sms: int = 0
) -> Heard:
    """Answer all questions of the registration; return what is heard at its end."""
    for question, given in resident.steps():
        expect_question(heard, question, resident.language)
        await gives(world, person, given, resident.mobile, sms)
        heard = await person.hears()
    return heard


async def registers(
    world: World, person: Person, resident: Resident, option: str = "agree"
) -> Heard:
    """Register from hello to the first question about health."""
    heard = await consents(person, resident.language, option)
    heard = await answers(world, person, resident, heard)
    expect(heard, "registration.done", resident.language)
    return expect_question(heard, HealthCode.conditions, resident.language)


async def declares(person: Person, language: str, *conditions: str) -> Heard:
    """Declare what applies; return the next question."""
    for condition in conditions:
        await person.presses(condition)
        expect(await person.hears(), "health_code.conditions.noted", language)
    await person.presses("done" if conditions else "none")
    return await person.hears()


async def gets_code(
    world: World, person: Person, language: str, data: bytes = b"", *conditions: str
) -> Heard:
    """Declare one's health and upload the records; return the message with the picture."""
    expect_question(await declares(person, language, *conditions), HealthCode.visits, language)
    await person.sends("visits.json", data or export_for(world))
    return await person.hears()


async def asks_why(person: Person, reason: str, language: str) -> Heard:
    """Ask why the colour is what it is, and find that reason."""
    await person.presses("why_colour")
    return expect(await person.hears(), f"why.reason.{reason}", language)


def read(picture: bytes) -> str:
    """Read a picture with a scanner that is not ours."""
    # Of ten thousand codes one has a row of modules that is also a barcode of four characters.
    qr = zxingcpp.BarcodeFormat.QRCode
    (found,) = zxingcpp.read_barcodes(Image.open(BytesIO(picture)), formats=qr)
    return str(found.text)


def verdict(world: World, heard: Heard) -> Verdict:
    """Check the code in a picture as an officer does, with the published keys."""
    keys = PublicKeys.load(world.folder / "issuer-keys.json")
    return check(read(heard.picture), keys, world.clock())


def expect_code(world: World, heard: Heard, colour: str, language: str) -> Heard:
    """Fail where a reply is not a genuine code of that colour, in picture and words."""
    found = verdict(world, heard)
    assert found.accepted
    assert found.claims is not None
    assert found.claims.colour == colour
    return expect(heard, f"health_code.caption.{colour}", language)
