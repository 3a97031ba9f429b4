"""The newest code in a voice: offered where there is one, the same words, only what is good."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.conversation.texts import Language
from core.store.codes import Why
from tests.handlers.people import is_registered, records
from tests.reading import expect
from tests.talk import Talk


async def gets_code(talk: Talk, *, voice: bool = True) -> str:
    talk.can = replace(talk.can, voice=voice)
    await is_registered(talk)
    await talk.presses_menu("today")
    await talk.presses("none")
    return (await talk.sends(records(talk))).text


@pytest.mark.parametrize("language", Language)
async def test_the_words_under_the_picture_are_read_aloud(talk: Talk, language: Language) -> None:
    talk.hint = {"en": "en", "zh_Hant_HK": "zh-HK", "zh_Hans": "zh-CN"}[language]
    caption = await gets_code(talk)
    assert "listen" in talk.heard.buttons
    await talk.presses_menu("listen")
    [reply] = talk.replies[-1:]
    assert (reply.aloud, reply.protect, reply.language) == (True, True, language)
    assert caption.startswith(reply.text)
    expect(talk.heard, "health_code.caption.green", language)


async def test_no_voice_is_offered_where_there_is_none(talk: Talk) -> None:
    await gets_code(talk, voice=False)
    assert "listen" not in talk.heard.buttons


async def test_only_a_good_code_is_read_aloud(talk: Talk) -> None:
    await gets_code(talk)
    async with talk.store.writing() as tx:
        known = await tx.people.of_chat(talk.chat)
        assert known is not None
        await tx.codes.withdraw_all(known.id, Why.OTHER, talk.clock())
    expect(await talk.presses_menu("listen"), "why.no_code")
    assert not talk.replies[-1].aloud


async def test_yesterdays_code_is_not_read_aloud(talk: Talk) -> None:
    await gets_code(talk)
    talk.clock.jump(days=1)
    expect(await talk.presses_menu("listen"), "why.no_code")


async def test_who_is_not_registered_has_nothing_to_hear(talk: Talk) -> None:
    expect(await talk.presses_menu("listen"), "why.no_code")
