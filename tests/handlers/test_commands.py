"""The menu: what can be asked at any time."""

from __future__ import annotations

import pytest

from core.conversation.texts import Language
from handlers.commands import conversation
from handlers.health_code import HealthCode
from handlers.menu import REGISTERED, TOPICS
from handlers.registration import Registration
from tests.handlers.people import agrees, is_registered
from tests.reading import expect, expect_question, says
from tests.talk import Talk, Talker
from tests.world import TAGS

EVERY_LANGUAGE = pytest.mark.parametrize("language", list(Language))


@EVERY_LANGUAGE
@pytest.mark.parametrize("topic", TOPICS)
async def test_help_answers_and_comes_back_to_the_question(
    talker: Talker, topic: str, language: str
) -> None:
    talk = talker(language=TAGS[Language(language)])
    await agrees(talk)
    expect_question(await talk.starts(), Registration.document, language)
    options = talk.heard.buttons
    heard = expect(await talk.presses_menu("help"), "help.ask", language)
    assert heard.buttons.keys() == set(TOPICS)
    heard = expect(await talk.presses(topic), f"help.{topic.removeprefix('help_')}", language)
    assert "{" not in heard.text
    assert heard.buttons == options


@EVERY_LANGUAGE
async def test_details_are_shown_masked(talker: Talker, language: str) -> None:
    talk = talker(language=TAGS[Language(language)])
    await is_registered(talk)
    heard = expect(await talk.commands("details"), "details.registered", language)
    for secret in ("A123456", "91234567", "Mei Lam", "CHAN Tai Man"):
        assert secret not in heard.text.replace(" ", "") + heard.text
    assert "56(3)" in heard.text
    assert {"change", "today", "help"} <= heard.buttons.keys()


@pytest.mark.parametrize(
    ("command", "key"), [("why_colour", "why.no_code"), ("details", "details.none")]
)
async def test_who_is_not_registered_is_told_so(talk: Talk, command: str, key: str) -> None:
    await agrees(talk)
    expect(await talk.presses_menu(command), key)
    assert "register" in talk.heard.buttons


async def test_why_without_a_code_says_that_there_is_none(talk: Talk) -> None:
    await is_registered(talk)
    expect(await talk.presses_menu("why_colour"), "why.no_code")
    expect(talk.heard, "why.to_get_one")
    assert talk.heard.buttons.keys() == set(REGISTERED)


async def test_why_on_the_way_to_a_code_sends_nobody_to_a_button_that_is_not_there(
    talk: Talk,
) -> None:
    await is_registered(talk)
    await talk.reach(HealthCode, "visits", {"conditions": []})
    expect(await talk.says("why is it green"), "why.answer_first")
    assert not says(talk.heard, "why.to_get_one")


async def test_todays_code_begins_with_what_is_missing(talk: Talk) -> None:
    await agrees(talk)
    expect_question(await talk.presses_menu("today"), Registration.document)
    await is_registered(talk)
    await talk.presses("_cancel")
    await talk.presses("yes")
    expect_question(await talk.presses_menu("today"), HealthCode.conditions)


async def test_register_shows_who_is_registered_what_can_be_changed(talk: Talk) -> None:
    await agrees(talk)
    expect_question(await talk.presses_menu("register"), Registration.document)
    await talk.presses("_cancel")
    await talk.presses("yes")
    await is_registered(talk)
    await talk.presses("_cancel")
    await talk.presses("yes")
    expect_question(await talk.presses_menu("register"), Registration.truth)


def test_commands_and_forms_are_all_there() -> None:
    talk = conversation()
    assert {"welcome", "registration", "health_code"} <= talk.forms.keys()
    assert set(TOPICS) <= talk.commands.keys()


@pytest.mark.parametrize(
    "words",
    [
        "How do I check a code?",
        "Is this code real?",
        "My friend sent me a code",
        "怎樣查驗健康碼",
        "個碼係咪真㗎",
        "怎么验这个码",
        "see HK1:RRQT 9O60GO",
    ],
)
async def test_who_holds_somebodys_code_is_told_where_it_is_checked(talk: Talk, words: str) -> None:
    await is_registered(talk)
    expect(await talk.says(words), "help.check")
