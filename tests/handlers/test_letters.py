"""The end of a guardian's wait, in his chat: a letter's code, or the word of staff."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.conversation.messages import Answered, Press, Start
from core.conversation.texts import Language
from core.conversation.turn import MENU
from core.family import Way
from core.store.letters import new_code
from core.store.people import Known
from core.store.tables import audit
from core.store.waiting import Answer
from handlers.health_code import HealthCode
from handlers.registration import Registration
from tests.core.store.waits import waits
from tests.handlers.people import agrees, is_registered, records
from tests.reading import expect, expect_question
from tests.talk import Talk, Talker
from tests.world import TAGS, Heard

NAME = "WONG Mei"
WRONG = "HC7 AAAA AAAA AAAA"


async def waits_for_letter(talk: Talk, **changes: str) -> tuple[Known, str]:
    """Let the chat wait for the code of a letter that has been written."""
    code, now = new_code(), talk.clock()
    async with talk.store.writing() as tx:
        known = await waits(tx, Way.LETTER, chat=talk.chat, at=now, **changes)
        link = await tx.family.link(talk.chat, known.id)
        assert link is not None
        assert await tx.letters.keep(link, code, again=False, now=now)
    return known, code


async def looks_after(talk: Talk, known: Known) -> bool:
    async with talk.store.reading() as tx:
        return await tx.family.person(talk.chat, known.id, talk.clock()) is not None


async def hears(talk: Talk, known: Known, what: Answer) -> Heard:
    """Let the chat hear what became of its wish; return what it says."""
    said = len(talk.replies)
    news = Answered(known.id, NAME, known.reference, str(what), known.holder.chinese_name)
    await talk.take(news)
    assert len(talk.replies) > said
    return heard_at(talk, said)


def heard_at(talk: Talk, number: int) -> Heard:
    reply = talk.replies[number]
    ids = {b.id.partition(".")[2]: b.id for row in reply.buttons for b in row}
    return Heard(reply.text, {b.id: b.label for row in reply.buttons for b in row}, ids)


async def acts(talk: Talk) -> list[str]:
    async with talk.store.reading() as tx:
        return list(await tx.connection.scalars(select(audit.c.act).order_by(audit.c.number)))


@pytest.mark.parametrize("language", list(Language))
async def test_the_right_code_begins_the_care_after_a_wrong_one(
    talker: Talker, language: str
) -> None:
    talk = talker(language=TAGS[Language(language)])
    await is_registered(talk)
    known, code = await waits_for_letter(talk)
    expect(await talk.says(WRONG), "letter.stale", language)
    assert not await looks_after(talk, known)
    heard = expect(await talk.says(code.lower()), "letter.good", language)
    assert known.holder.called(language) in heard.text
    assert await looks_after(talk, known)
    await talk.take(Press(f"{MENU}.today.{known.id}"))
    assert known.holder.called(language) in talk.heard.text
    await talk.presses("none")
    await talk.sends(records(talk))
    assert talk.replies[-1].card is not None
    assert (await acts(talk))[:2] == ["letter refused", "letter used"]


async def test_a_code_comes_by_a_link_too(talk: Talk) -> None:
    await is_registered(talk)
    known, code = await waits_for_letter(talk)
    await talk.take(Start(payload=code.replace(" ", "-")))
    expect(talk.heard, "letter.good")
    assert await looks_after(talk, known)


async def test_used_wrong_and_strange_codes_get_one_plain_answer(
    talk: Talk, talker: Talker
) -> None:
    await is_registered(talk)
    _, code = await waits_for_letter(talk)
    stranger = talker(chat="web:2")
    await is_registered(stranger, number="D288754(2)", mobile="+85291234568")
    answers = {
        (await stranger.says(code)).text,
        (await stranger.says(WRONG)).text,
        (await talk.says(WRONG)).text,
    }
    expect(await talk.says(code), "letter.good")
    answers.add((await talk.says(code)).text)
    assert len(answers) == 1


async def test_guesses_are_limited_and_the_right_code_is_taken_the_next_day(talk: Talk) -> None:
    await is_registered(talk)
    known, code = await waits_for_letter(talk)
    for _ in range(talk.store.policy.family.letter_attempts):
        await talk.says(WRONG)
    expect(await talk.says(code), "letter.stale")
    assert not await looks_after(talk, known)
    talk.clock.jump(days=1, seconds=1)
    expect(await talk.says(code), "letter.good")


async def test_a_question_in_hand_is_asked_again_below(talk: Talk) -> None:
    await is_registered(talk)
    known, code = await waits_for_letter(talk)
    await talk.presses_menu("today")
    expect_question(talk.heard, HealthCode.conditions)
    said = len(talk.replies)
    heard = expect(await talk.says(code), "engine.unfinished")
    assert "none" in heard.buttons
    assert NAME not in heard.text
    expect(heard_at(talk, said), "letter.good")
    assert (talk.session.form, talk.session.about) == (HealthCode.name, "")
    assert await looks_after(talk, known)
    expect(await talk.says(WRONG), "letter.stale")
    assert talk.session.form == HealthCode.name


async def test_nobody_registered_can_try(talk: Talk) -> None:
    await agrees(talk)
    expect_question(await talk.starts(), Registration.document)
    heard = expect(await talk.says(WRONG), "letter.stale")
    assert "passport" in heard.buttons


@pytest.mark.parametrize("mobile", ["", "+85261234567"])
async def test_the_person_hears_by_sms_who_looks_after_him_where_he_has_a_phone(
    talk: Talk, mobile: str
) -> None:
    await is_registered(talk)
    known, code = await waits_for_letter(talk, mobile=mobile)
    await talk.says(code)
    assert [sms.to for sms in talk.sms] == ([mobile] if mobile else [])
    if mobile:
        assert known.reference in talk.sms[0].text


@pytest.mark.parametrize("language", list(Language))
async def test_who_is_confirmed_can_get_the_code_at_once(talker: Talker, language: str) -> None:
    talk = talker(language=TAGS[Language(language)])
    await is_registered(talk)
    async with talk.store.writing() as tx:
        known = await waits(tx, chat=talk.chat)
        assert await tx.family.confirm(talk.chat, known.id, talk.clock())
    heard = expect(await hears(talk, known, Answer.CONFIRMED), "guardian.confirmed", language)
    assert known.holder.called(language) in heard.text
    assert f"{MENU}.today.{known.id}" in heard.ids.values()


async def test_what_was_ended_meanwhile_is_not_told_as_confirmed(talk: Talk) -> None:
    await is_registered(talk)
    async with talk.store.writing() as tx:
        known = await waits(tx, chat=talk.chat)
        assert await tx.family.end(talk.chat, known.id)
    said = len(talk.replies)
    await talk.take(Answered(known.id, NAME, known.reference, str(Answer.CONFIRMED)))
    assert len(talk.replies) == said


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("what", [Answer.REFUSED, Answer.LAPSED])
async def test_who_is_not_confirmed_hears_what_to_do(
    talker: Talker, language: str, what: Answer
) -> None:
    talk = talker(language=TAGS[Language(language)])
    await is_registered(talk)
    async with talk.store.writing() as tx:
        known = await waits(tx, chat=talk.chat)
        assert await tx.family.end(talk.chat, known.id)
    heard = expect(await hears(talk, known, what), f"guardian.{what}", language)
    assert known.holder.called(language) in heard.text
    assert known.reference in heard.text
    assert f"{MENU}.register_other" in heard.ids.values()
    assert f"{MENU}.help_person" in heard.ids.values()


@pytest.mark.parametrize("what", list(Answer))
async def test_news_of_one_person_leave_the_question_about_another_in_hand(
    talk: Talk, what: Answer
) -> None:
    await is_registered(talk)
    other, code = await waits_for_letter(talk, number="E364912(5)", english_name="LEE Siu")
    await talk.says(code)
    await talk.take(Press(f"{MENU}.today.{other.id}"))
    async with talk.store.writing() as tx:
        known = await waits(tx, chat=talk.chat)
        assert await tx.family.confirm(talk.chat, known.id, talk.clock())
    heard = await hears(talk, known, what)
    assert NAME in heard.text
    assert "LEE Siu" not in heard.text
    assert "LEE Siu" in talk.heard.text
    assert NAME not in talk.heard.text
    assert talk.session.about == other.id


async def test_news_are_told_although_the_question_in_hand_has_ended(talk: Talk) -> None:
    await is_registered(talk)
    other, code = await waits_for_letter(talk, number="E364912(5)", english_name="LEE Siu")
    await talk.says(code)
    await talk.take(Press(f"{MENU}.today.{other.id}"))
    async with talk.store.writing() as tx:
        known = await waits(tx, chat=talk.chat)
        assert await tx.family.confirm(talk.chat, known.id, talk.clock())
        assert await tx.family.end(talk.chat, other.id)
    expect(await hears(talk, known, Answer.CONFIRMED), "guardian.confirmed")
    expect(talk.heard, "engine.ended")
    assert (talk.session.form, talk.session.about) == ("", "")


@pytest.mark.parametrize(
    "sentence", ["The code in the letter is {}", "封信嚟咗，密碼係{}", "信里的密码是 {}。"]
)
async def test_a_code_in_a_sentence_is_taken(talk: Talk, sentence: str) -> None:
    await is_registered(talk)
    known, code = await waits_for_letter(talk)
    expect(await talk.says(sentence.format(code)), "letter.good")
    assert await looks_after(talk, known)


async def test_a_wrong_code_in_a_sentence_is_told(talk: Talk) -> None:
    await is_registered(talk)
    expect(await talk.says(f"The letter says {WRONG}"), "letter.stale")
