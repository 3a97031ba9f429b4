"""One's registration from another chat or another phone, and who is told and can stop it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.upkeep import takeovers
from core.conversation.fields import Field
from core.conversation.texts import Language
from handlers.family import Dependant
from handlers.health_code import HealthCode
from handlers.link_chat import LinkChat
from handlers.my_chats import MyChats
from handlers.registration import Registration
from tests.reading import expect, expect_question
from tests.stories.everywhere import EVERYWHERE
from tests.stories.questions import FromSms, Given, Option
from tests.stories.script import (
    Resident,
    consents,
    expect_code,
    gets_code,
    gives,
    new_hkid,
    new_mobile,
    registers,
)
from tests.world import TEXTS, Heard, Person, World

WORDS = {
    Language.ENGLISH: "take over my registration",
    Language.TRADITIONAL: "接手我的登記",
    Language.SIMPLIFIED: "连接这个对话",
}


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is over be noticed soon."""
    monkeypatch.setattr(takeovers, "EVERY", 0.05)


async def asks(
    world: World,
    person: Person,
    resident: Resident,
    *,
    mobile: str = "",
    birthday: str = "",
    sms: int = 0,
) -> Heard:
    """Come to the bot for the first time and ask to link the chat; return what is heard at last."""
    language, mobile = resident.language, mobile or resident.mobile
    expect(await consents(person, language), "link_chat.hint", language)
    await person.says(WORDS[Language(language)])
    heard = expect(await person.hears(), "link_chat.intro", language)
    steps: list[tuple[Field, Given]] = [
        (LinkChat.document, resident.number),
        (LinkChat.born_on, birthday or resident.either(*resident.birthday)),
        (LinkChat.mobile, mobile),
        (LinkChat.passcode, FromSms()),
    ]
    for question, given in steps:
        expect_question(heard, question, language)
        await gives(world, person, given, mobile, sms)
        heard = await person.hears()
    return heard


async def registers_mother(world: World, son: Person, mother: Resident) -> Heard:
    """Let her son register her, with her agreement by SMS; return the first question about her."""
    language = mother.language
    await son.presses("register_other")
    steps: list[tuple[Field, Given]] = [
        (Dependant.english_name, "WONG Mei 黃美"),
        (Dependant.document, mother.number),
        (Dependant.issued_on, mother.either("15/3/2019", "2019年3月15日")),
        (Dependant.born_on, mother.either(*mother.birthday)),
        (Dependant.same_home, Option("same")),
        (Dependant.mobile, mother.mobile),
        (Dependant.passcode, FromSms()),
        (Dependant.truth, Option("yes")),
    ]
    heard = await son.hears()
    for question, given in steps:
        expect_question(heard, question, language)
        await gives(world, son, given, mother.mobile)
        heard = await son.hears()
    expect(heard, "dependant.done.phone", language)
    return expect_question(heard, HealthCode.conditions, language)


@EVERYWHERE
async def test_a_mother_takes_over_and_ends_it_for_her_son(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path) as world:
        son, mother = world.on_telegram(language), Resident(language)
        await registers(world, son, Resident(language))
        await gets_code(world, son, language)
        await registers_mother(world, son, mother)

        own = await world.person(channel, language)
        world.clock.jump(minutes=2)
        heard = expect(await asks(world, own, mother, sms=2), "link_chat.linked", language)
        expect_question(heard, MyChats.chat, language)
        assert "黃" not in heard.text.replace("黃*", "")
        told = expect(await son.hears(), "links.linked_for", language)
        today = next(option for option in told.buttons if option.startswith("today."))
        expect_question(await son.hears(), HealthCode.conditions, language)

        lines = heard.text.split("\n")
        line = next(each for each in lines if "C*** T** M**" in each or "陳*文" in each)
        await own.says(line.partition(".")[0])
        expect_question(await own.hears(), MyChats.sure, language)
        await own.presses("end")
        expect(await own.hears(), "my_chats.ended", language)
        expect(await son.hears(), "links.ended", language)
        expect(await son.hears(), "engine.ended", language)
        await son.presses(today)
        expect(await son.hears(), "menu.ask", language)

        await own.presses("today")
        expect_question(await own.hears(), HealthCode.conditions, language)
        expect_code(world, await gets_code(world, own, language), "green", language)


@EVERYWHERE
async def test_moving_to_another_platform_with_the_same_phone(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path) as world:
        resident = Resident(language)
        old = await world.person("web" if channel == "telegram" else "telegram", language)
        await registers(world, old, resident)
        await gets_code(world, old, language)
        new = await world.person(channel, language)
        world.clock.jump(minutes=2)
        expect(await asks(world, new, resident, sms=1), "link_chat.linked", language)
        expect(await old.hears(), "links.linked", language)
        # Both are his, and he ends the old one from the new.
        await new.says("/details")
        expect(await new.hears(), "details.registered", language)
        await new.presses("my_chats")
        expect_question(await new.hears(), MyChats.chat, language)
        await new.says("1")
        expect(await new.hears(), "my_chats.sure.ask", language)
        await new.presses("end")
        expect(await new.hears(), "my_chats.ended", language)
        expect(await old.hears(), "links.unlinked", language)
        await old.says("/details")
        expect(await old.hears(), "details.none", language)


@EVERYWHERE
async def test_with_a_new_phone_it_works_a_day_later(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path) as world:
        resident, mobile = Resident(language), new_mobile()
        old = world.on_telegram(language)
        await registers(world, old, resident)
        await gets_code(world, old, language)
        new = await world.person(channel, language)
        heard = await asks(world, new, resident, mobile=mobile)
        expect(heard, "link_chat.waits", language)
        expect(await old.hears(), "links.asked", language)
        await new.says("/today")
        expect(await new.hears(), "link_chat.waiting", language)
        world.clock.jump(hours=24)
        expect(await new.hears(), "link_chat.linked", language)
        expect(await old.hears(), "links.moved", language)
        await new.presses("details")
        heard = expect(await new.hears(), "details.registered", language)
        assert mobile[-2:] in heard.text
        await new.presses("today")
        expect_question(await new.hears(), HealthCode.conditions, language)
        expect_code(world, await gets_code(world, new, language), "green", language)


@EVERYWHERE
async def test_a_stranger_with_the_right_details_learns_nothing_and_is_stopped(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path) as world:
        resident = Resident(language)
        old = world.on_telegram(language)
        await registers(world, old, resident)
        await gets_code(world, old, language)
        nobody = Resident(language, number=new_hkid())
        tries = [
            (resident, ""),
            (resident, resident.either("3 January 1958", "1958年1月3日")),
            (nobody, ""),
        ]
        strangers, said = [], []
        for who, birthday in tries:
            stranger = await world.person(channel, language)
            heard = await asks(world, stranger, who, mobile=new_mobile(), birthday=birthday)
            expect(heard, "link_chat.waits", language)
            strangers.append(stranger)
            said.append((words(heard), sorted(heard.buttons.values())))
        assert said[0] == said[1] == said[2]

        heard = expect(await old.hears(), "links.asked", language)
        assert list(heard.buttons.values()) == [TEXTS.say(language, "menu.option.stop_takeover")]
        await old.presses("stop_takeover")
        expect(await old.hears(), "link_chat.stopped", language)

        world.clock.jump(hours=24)
        last = []
        for stranger in strangers:
            heard = expect(await stranger.hears(), "link_chat.not_linked", language)
            last.append((heard.text, sorted(heard.buttons.values())))
            await stranger.presses("register")
            expect_question(await stranger.hears(), Registration.document, language)
        assert last[0] == last[1] == last[2]
        await old.presses("details")
        heard = expect(await old.hears(), "details.registered", language)
        assert resident.mobile[-2:] in heard.text


def words(heard: Heard) -> str:
    """Return what is said, without the minute at which it was."""
    return "".join(c for c in heard.text if not c.isdigit())
