"""The first words."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import select

from core.conversation.texts import Language
from core.store.tables import audit
from handlers.registration import Registration
from handlers.welcome import NOTICE, Welcome
from tests.reading import expect, expect_error, expect_question
from tests.talk import CAN, Talk, Talker
from tests.world import TAGS


@pytest.mark.parametrize("language", list(Language))
async def test_the_language_is_asked_where_the_platform_says_nothing(
    talker: Talker, language: str
) -> None:
    talk = talker(language="")
    expect_question(await talk.starts(), Welcome.language)
    expect_error(await talk.says("Klingon"), Welcome.language, "not_offered")
    expect_question(await talk.presses(language), Welcome.consent, language)
    assert talk.session.language == language


@pytest.mark.parametrize("language", list(Language))
async def test_the_language_is_guessed_where_the_platform_hints_at_it(
    talker: Talker, language: str
) -> None:
    talk = talker(language=TAGS[Language(language)])
    expect_question(await talk.says("hello"), Welcome.consent, language)
    expect_question(await talk.starts(), Welcome.consent, language)


@pytest.mark.parametrize(("option", "erase"), [("agree", False), ("agree_erase", True)])
async def test_who_consents_goes_on_to_register(talk: Talk, option: str, erase: bool) -> None:
    await talk.starts()
    expect_question(await talk.presses(option), Registration.document)
    assert talk.session.erase == erase
    async with talk.store.reading() as tx:
        assert await tx.people.consented(talk.chat, NOTICE)
        assert (await tx.connection.scalars(select(audit.c.act))).all() == ["consent given"]


async def test_erasing_is_offered_only_where_the_platform_can(talker: Talker) -> None:
    talk = talker(can=msgspec.structs.replace(CAN, delete=False))
    heard = await talk.starts()
    assert "agree_erase" not in heard.buttons
    expect_question(await talk.says("1"), Registration.document)


async def test_who_declines_loses_nothing_and_may_change_his_mind(talk: Talk) -> None:
    await talk.starts()
    heard = expect(await talk.says("no"), "welcome.declined")
    assert {"register", "help"} <= heard.buttons.keys()
    async with talk.store.reading() as tx:
        assert not await tx.people.consented(talk.chat, NOTICE)
    assert talk.session.answers == {}
    expect_question(await talk.presses_menu("register"), Welcome.consent)
    await talk.presses("decline")
    expect_question(await talk.says("hello again"), Welcome.consent)
    expect_question(await talk.presses("agree"), Registration.document)


@pytest.mark.parametrize("words", ["I agree", "✓ I agree", "同意", "agree"])
async def test_consent_in_words(talk: Talk, words: str) -> None:
    await talk.starts()
    expect_question(await talk.says(words), Registration.document)
    assert not talk.session.erase


@pytest.mark.parametrize("command", ["today", "register"])
async def test_nothing_is_asked_before_consent(talk: Talk, command: str) -> None:
    expect_question(await talk.presses_menu(command), Welcome.consent)
