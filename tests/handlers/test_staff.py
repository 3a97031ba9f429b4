"""A chat becomes that of a member of staff."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.conversation.messages import Start
from core.conversation.texts import Language
from core.store.staff import GUESSES, LIFE, Role
from core.store.tables import audit
from handlers.registration import Registration
from handlers.welcome import Welcome
from tests.handlers.people import agrees, is_registered
from tests.reading import expect, expect_question
from tests.talk import Talk, Talker
from tests.world import TAGS


async def enrolment(talk: Talk, role: Role = Role.OFFICER) -> str:
    """Return the word that the operator hands over."""
    async with talk.store.writing() as tx:
        return await tx.staff.add("chan", role, talk.clock())


async def role(talk: Talk) -> Role | None:
    async with talk.store.reading() as tx:
        return await tx.staff.role(talk.chat)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("kind", list(Role))
async def test_an_enrolment_typed_or_followed_gives_the_role(
    talker: Talker, language: str, kind: Role
) -> None:
    talk = talker(language=TAGS[Language(language)])
    await talk.take(Start(payload=await enrolment(talk, kind)))
    expect(talk.heard, f"staff.enrolled.{kind}", language)
    assert await role(talk) is kind
    other = talker(chat="web:2", language=TAGS[Language(language)])
    word = await enrolment(other, kind)
    expect(await other.says(f" {word.upper()} "), f"staff.enrolled.{kind}", language)
    assert await role(other) is kind
    assert await role(talk) is None, "enrolled anew, he has left the chat before"


async def test_every_act_is_in_the_audit(talk: Talk) -> None:
    await talk.says("staff-AAAA-AAAA-AAAA")
    await talk.says(await enrolment(talk))
    async with talk.store.reading() as tx:
        rows = (
            await tx.connection.execute(select(audit.c.act, audit.c.actor, audit.c.object))
        ).all()
    assert rows == [("enrolment refused", talk.chat, ""), ("staff enrolled", talk.chat, "chan")]


async def test_used_expired_and_wrong_enrolments_get_one_plain_answer(
    talk: Talk, talker: Talker
) -> None:
    word = await enrolment(talk)
    await talk.says(word)
    expect(await talk.says(word), "staff.stale")
    assert await role(talk) is Role.OFFICER, "it stays his chat"
    other = talker(chat="web:2")
    expect(await other.says(word), "staff.stale")
    late = await enrolment(talk)
    talk.clock.jump(seconds=LIFE.total_seconds())
    expect(await other.says(late), "staff.stale")
    assert await role(other) is None


async def test_guesses_are_limited(talk: Talk) -> None:
    for guess in range(GUESSES):
        expect(await talk.says(f"staff-{guess}"), "staff.stale")
    expect(await talk.says(await enrolment(talk)), "staff.stale")
    assert await role(talk) is None
    talk.clock.jump(days=1, seconds=1)
    expect(await talk.says(await enrolment(talk)), "staff.enrolled.officer")


async def test_a_question_in_hand_stays_in_hand(talk: Talk) -> None:
    await agrees(talk)
    expect_question(await talk.starts(), Registration.document)
    heard = expect(await talk.says(await enrolment(talk)), "staff.enrolled.officer")
    assert "passport" in heard.buttons
    assert talk.session.field == "document"
    heard = expect(await talk.says("staff-again"), "staff.stale")
    assert "passport" in heard.buttons


async def test_a_residents_chat_can_be_an_officers_too(talk: Talk) -> None:
    await is_registered(talk)
    heard = expect(await talk.says(await enrolment(talk)), "staff.enrolled.officer")
    assert "today" in heard.buttons
    assert await role(talk) is Role.OFFICER


async def test_another_start_is_a_start(talk: Talk) -> None:
    await talk.take(Start(payload="leaflet"))
    expect_question(talk.heard, Welcome.consent)


async def test_who_comes_for_his_work_need_not_agree_to_what_residents_are_told(
    talk: Talk,
) -> None:
    expect_question(await talk.starts(), Welcome.consent)
    expect(await talk.says(await enrolment(talk)), "staff.enrolled.officer")
    assert talk.session.form == ""
