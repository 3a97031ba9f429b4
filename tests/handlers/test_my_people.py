"""My people: what is seen of each at a glance, and what can be done for each."""

from __future__ import annotations

import msgspec
import pytest

from core.conversation.messages import Press
from core.conversation.texts import Language
from core.conversation.turn import MENU
from core.family import Relation
from core.store.codes import Why
from core.store.people import Known
from handlers.everyone import Declaring
from handlers.registration import Registration
from tests.handlers.family import BO, MEI, OWN, ends, family, in_care
from tests.handlers.people import agrees, is_registered, records
from tests.reading import expect
from tests.talk import CAN, Talk, Talker
from tests.world import TAGS, TEXTS, Heard

EVERY_LANGUAGE = pytest.mark.parametrize("language", list(Language))


async def menu(talk: Talk, command: str, known: Known | None = None) -> Heard:
    whom = f".{known.id}" if known else ""
    await talk.take(Press(f"{MENU}.{command}{whom}"))
    return talk.heard


def shown(language: str, name: str, state: str, line: str = "line") -> str:
    words = TEXTS.say(language, f"my_people.state.{state}")
    return TEXTS.say(language, f"my_people.{line}", name=name, state=words)


async def gets_code(talk: Talk, known: Known, *conditions: str) -> None:
    await menu(talk, "today", known)
    for condition in conditions:
        await talk.presses(condition)
    await talk.presses("done" if conditions else "none")
    await talk.sends(records(talk))


@EVERY_LANGUAGE
async def test_everyone_is_seen_with_the_colour_in_words(talker: Talker, language: str) -> None:
    talk = talker(language=TAGS[Language(language)])
    people = await family(talk, MEI, BO)
    await gets_code(talk, people[MEI])
    await gets_code(talk, people[BO], "symptoms")
    heard = await menu(talk, "my_people")
    for line in (
        shown(language, OWN, "none", "yourself"),
        shown(language, MEI, "green"),
        shown(language, BO, "red"),
    ):
        assert line in heard.text
    for name, mark in ((MEI, "🟢"), (BO, "🟥")):
        assert heard.ids[f"person.{people[name].id}"] == f"{MENU}.person.{people[name].id}"
        assert heard.buttons[f"person.{people[name].id}"] == f"{mark} {name}"
    assert {"person", "everyone", "register_other", "help"} < heard.buttons.keys()


@EVERY_LANGUAGE
async def test_a_code_that_was_withdrawn_and_one_of_yesterday_are_none(
    talker: Talker, language: str
) -> None:
    talk = talker(language=TAGS[Language(language)])
    people = await family(talk, MEI)
    await gets_code(talk, people[MEI])
    async with talk.store.writing() as tx:
        await tx.codes.withdraw_all(people[MEI].id, Why.OTHER, talk.clock())
    heard = await menu(talk, "my_people")
    assert shown(language, MEI, "withdrawn") in heard.text
    talk.clock.jump(days=1)
    assert shown(language, MEI, "none") in (await menu(talk, "my_people")).text


@EVERY_LANGUAGE
@pytest.mark.parametrize("relation", list(Relation))
async def test_who_waits_is_named_by_nothing_but_the_relation(
    talker: Talker, language: str, relation: Relation
) -> None:
    talk = talker(language=TAGS[Language(language)])
    await is_registered(talk, chinese_name="")
    known = await in_care(talk, MEI, holds=False, relation=relation)
    heard = expect(await menu(talk, "my_people"), f"my_people.waiting.{relation}", language)
    assert MEI not in heard.text
    assert not any(known.id in button for button in heard.ids.values())


async def test_who_looks_after_nobody_is_told_how(talk: Talk) -> None:
    await is_registered(talk, chinese_name="")
    heard = expect(await menu(talk, "my_people"), "my_people.nobody")
    assert {"everyone", "register_other"} < heard.buttons.keys()


async def test_where_all_have_a_code_none_is_offered(talk: Talk) -> None:
    people = await family(talk)
    await gets_code(talk, people[OWN])
    assert "everyone" not in (await menu(talk, "my_people")).buttons


async def test_a_guardian_who_is_not_registered_himself_sees_his_people(talk: Talk) -> None:
    await agrees(talk)
    await in_care(talk, MEI)
    heard = await menu(talk, "my_people")
    assert shown("en", MEI, "none") in heard.text
    assert "yourself" not in heard.text
    assert "person" not in heard.buttons


async def test_each_has_a_menu_of_his_own(talker: Talker) -> None:
    talk = talker(can=msgspec.structs.replace(CAN, voice=True))
    people = await family(talk, MEI)
    heard = await menu(talk, "person", people[MEI])
    assert shown("en", MEI, "none") in heard.text
    hers = {f"{name}.{people[MEI].id}" for name in ("today", "details", "stop_care", "my_people")}
    assert heard.buttons.keys() == hers
    await gets_code(talk, people[MEI])
    heard = await menu(talk, "person", people[MEI])
    more = ("why_colour", "live_code", "listen")
    assert heard.buttons.keys() == hers | {f"{name}.{people[MEI].id}" for name in more}
    assert (await menu(talk, "person")).buttons.keys() == {"today", "details", "my_people"}
    assert shown("en", MEI, "green") in (await menu(talk, "my_people", people[MEI])).text


async def test_an_old_button_of_hers_shows_nothing_once_the_care_has_ended(talk: Talk) -> None:
    people = await family(talk, MEI)
    await gets_code(talk, people[MEI])
    await ends(talk, people[MEI])
    replies = len(talk.replies)
    for command in ("person", "my_people"):
        await menu(talk, command, people[MEI])
    assert not any(MEI in reply.text for reply in talk.replies[replies:])
    assert MEI not in (await menu(talk, "my_people")).text


async def test_somebody_who_is_not_registered_is_shown_his_people(talk: Talk) -> None:
    await agrees(talk)
    expect(await menu(talk, "person"), "my_people.nobody")


async def test_the_menu_has_it_only_where_somebody_is_looked_after(talk: Talk) -> None:
    await is_registered(talk, chinese_name="")
    assert "my_people" not in (await talk.starts()).buttons
    await in_care(talk, MEI)
    assert "my_people" in (await talk.starts()).buttons
    expect(await talk.commands("my_people"), "my_people.today")
    heard = await talk.says("My people")
    assert shown("en", MEI, "none") in heard.text


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("my family", "my_people.today"),
        ("Code for my mother", "my_people.today"),
        ("幫阿媽攞碼", "my_people.today"),
        ("我照顾谁", "my_people.today"),
        ("I no longer look after her", "stop_care.whom"),
        ("唔再幫阿媽", "stop_care.whom"),
        ("不再照顾我妈", "stop_care.whom"),
    ],
)
async def test_what_is_wanted_for_them_is_said_in_words(talk: Talk, words: str, text: str) -> None:
    await family(talk, MEI)
    expect(await talk.says(words), text)


@pytest.mark.parametrize("words", ["codes for all of us", "全家人嘅碼", "全家的码"])
async def test_a_code_for_all_is_asked_for_in_words(talk: Talk, words: str) -> None:
    await family(talk, MEI)
    await talk.says(words)
    assert talk.session.form == Declaring.name


@pytest.mark.parametrize("words", ["I have a new ID card", "我換咗身份證", "换号码了"])
async def test_what_has_changed_is_said_in_words(talk: Talk, words: str) -> None:
    await family(talk, MEI)
    await talk.says(words)
    assert talk.session.form == Registration.name
