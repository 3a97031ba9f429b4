"""What people in the stories know and answer, in their own languages."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from core.conversation.texts import Language
from core.identity import check_character
from core.sample import sample_export
from handlers.health_code import HealthCode
from handlers.registration import Registration
from handlers.welcome import Welcome
from tests.reading import expect, expect_question
from tests.world import Heard, Person, World

_numbers = itertools.count(100_000)


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

    def answers(self) -> dict[str, str]:
        """Return the answers in words, by question."""
        chinese = self.language != Language.ENGLISH
        return {
            "number": self.number.translate(WIDE) if chinese else self.number.lower(),
            "issued_on": "2019年3月15日" if chinese else "15/3/2019",
            "english_name": "CHAN Tai Man 陳大文",
            "born_on": "1958年1月2日" if chinese else "2 January 1958",
            "address": "沙田美林邨美楓樓12樓1203室"
            if chinese
            else "Flat 1203, Block 5, Mei Lam Estate, Sha Tin",
            "mobile": f"{self.mobile[:4]} {self.mobile[4:]}",
        }


def export_for(world: World, days: int = 31, visits: int = 48, seed: int = 7) -> bytes:
    """Return an export made a little while ago in the world's time."""
    return sample_export(days, visits, seed, world.clock(), name="visits.json")


async def consents(person: Person, language: str, option: str = "agree") -> Heard:
    """Say hello and agree to the notice; return the first question."""
    await person.starts()
    heard = await person.hears()
    expect_question(heard, Welcome.consent, language)
    await person.presses(option)
    return await person.hears()


async def registers(world: World, person: Person, resident: Resident) -> Heard:
    """Register from hello to the first question about health."""
    language, answers = resident.language, resident.answers()
    heard = await consents(person, language)
    expect_question(heard, Registration.document, language)
    for name, following in (
        ("number", Registration.issued_on),
        ("issued_on", Registration.english_name),
        ("english_name", Registration.born_on),
        ("born_on", Registration.housing),
    ):
        await person.says(answers[name])
        expect_question(await person.hears(), following, language)
    await person.presses("public")
    expect_question(await person.hears(), Registration.address, language)
    await person.says(answers["address"])
    expect_question(await person.hears(), Registration.mobile, language)
    await person.says(answers["mobile"])
    expect_question(await person.hears(), Registration.passcode, language)
    await person.says(await world.sms("+852" + resident.mobile))
    heard = await person.hears()
    expect_question(heard, Registration.truth, language)
    await person.presses("yes")
    heard = await person.hears()
    expect(heard, "registration.done", language)
    return expect_question(heard, HealthCode.conditions, language)


async def gets_code(world: World, person: Person, language: str, data: bytes = b"") -> Heard:
    """Declare good health and upload the records; return the message with the picture."""
    await person.presses("none")
    expect_question(await person.hears(), HealthCode.visits, language)
    await person.sends("visits.json", data or export_for(world))
    return await person.hears()
