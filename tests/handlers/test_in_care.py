"""The commands about somebody in a chat's care, and what becomes of them when the care ends."""

from __future__ import annotations

import pytest

from core.conversation.messages import Press
from core.conversation.turn import MENU
from core.family import Relation, Way
from core.store.people import Known
from handlers.menu import TOPICS
from tests.core.store.people import holder, index_of
from tests.handlers.people import is_registered, records
from tests.reading import expect
from tests.talk import Talk
from tests.world import Heard

NAME = "WONG Mei"


async def looks_after(talk: Talk) -> Known:
    who = holder(number="G123456(A)", english_name=NAME)
    async with talk.store.writing() as tx:
        now = talk.clock()
        known = await tx.people.register(who, index_of(tx, who), chat=None, now=now)
        await tx.family.look_after(
            talk.chat, known.id, relation=Relation.PARENT, way=Way.PHONE, starts_at=now, now=now
        )
    return known


async def menu(talk: Talk, command: str, known: Known) -> Heard:
    await talk.take(Press(f"{MENU}.{command}.{known.id}"))
    return talk.heard


async def her_code(talk: Talk, known: Known) -> Heard:
    await menu(talk, "today", known)
    await talk.presses("none")
    await talk.sends(records(talk))
    return talk.heard


async def ends(talk: Talk, known: Known) -> None:
    async with talk.store.writing() as tx:
        assert await tx.family.end(talk.chat, known.id)


async def test_a_code_for_her_names_her_in_every_question(talk: Talk) -> None:
    await is_registered(talk)
    known = await looks_after(talk)
    assert f"For {NAME}:" in (await menu(talk, "today", known)).text
    assert f"For {NAME}:" in (await talk.presses("none")).text
    heard = await talk.sends(records(talk))
    assert f"For {NAME}:" in heard.text
    assert f"{MENU}.why_colour.{known.id}" in heard.ids.values()
    async with talk.store.reading() as tx:
        code = await tx.codes.newest(known)
    assert code is not None
    assert (code.holder, code.chat) == (known.id, talk.chat)


async def test_her_code_is_explained_and_his_own_is_another(talk: Talk) -> None:
    await is_registered(talk)
    known = await looks_after(talk)
    await her_code(talk, known)
    expect(await menu(talk, "why_colour", known), "why.advice.green", "en")
    await talk.take(Press(f"{MENU}.why_colour"))
    expect(talk.heard, "why.no_code", "en")


async def test_a_command_in_words_is_about_oneself(talk: Talk) -> None:
    await is_registered(talk)
    known = await looks_after(talk)
    await menu(talk, "today", known)
    await talk.commands("details")
    assert "C*** T** M**" in talk.replies[-2].text + talk.replies[-1].text
    assert talk.session.about == known.id


@pytest.mark.parametrize("command", ["today", "why_colour", "details", "erase", "live_code"])
async def test_an_old_button_gives_nothing_once_the_care_has_ended(
    talk: Talk, command: str
) -> None:
    await is_registered(talk)
    known = await looks_after(talk)
    await her_code(talk, known)
    await ends(talk, known)
    replies = len(talk.replies)
    await menu(talk, command, known)
    expect_notice = talk.replies[replies]
    assert expect_notice.notice
    assert not any(NAME in reply.text for reply in talk.replies[replies:])
    assert talk.session.about == ""


async def test_a_question_in_hand_is_put_away_with_the_very_next_message(talk: Talk) -> None:
    await is_registered(talk)
    known = await looks_after(talk)
    await menu(talk, "today", known)
    await ends(talk, known)
    heard = await talk.presses("none")
    expect(heard, "engine.ended", "en")
    assert (talk.session.form, talk.session.about) == ("", "")


@pytest.mark.parametrize("topic", TOPICS)
async def test_what_holds_for_everybody_is_told_of_nobody(talk: Talk, topic: str) -> None:
    """Above what the colours mean her name would say that she has one of them."""
    await is_registered(talk)
    known = await looks_after(talk)
    for command in ("help", topic):
        assert NAME not in (await menu(talk, command, known)).text
