"""What was declared on an earlier day is not forgotten silently."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from core.conversation.messages import Press
from core.conversation.texts import Language
from core.conversation.turn import MENU
from core.declaration import Arrival, Condition, Declaration, Origin, Scheme
from core.store.people import Known
from core.store.tables import audit
from handlers.everyone import Declaring
from handlers.health_code import HealthCode
from tests.handlers.family import MEI, OWN, export_of, family, in_care
from tests.handlers.people import agrees, is_registered, records
from tests.reading import expect, expect_error, expect_question, says
from tests.talk import Talk, Talker
from tests.world import TAGS, TEXTS, Heard

EVERY_LANGUAGE = pytest.mark.parametrize("language", list(Language))
AGAIN = "health_code.conditions.ask_again"
TAKEN_BACK = "declaration taken back"


async def declares(talk: Talk, *conditions: str) -> Heard:
    """Begin today's code and choose these."""
    await talk.presses_menu("today")
    for condition in conditions:
        await talk.presses(condition)
    return await talk.presses("done" if conditions else "none")


async def is_ill(talk: Talk, language: str = "en") -> None:
    """Let him be registered, and have declared symptoms."""
    await is_registered(talk)
    await declares(talk, "symptoms")
    expect(await talk.sends(records(talk)), "health_code.caption.red", language)


async def has_arrived(talk: Talk, language: str = "en") -> None:
    """Let him be registered, and have declared an arrival from the Mainland, outside the schemes,
    of the day before."""
    await is_registered(talk)
    await declares(talk, "arrived")
    await talk.says("9/12/2021")
    await talk.presses("mainland")
    await talk.presses("other")
    expect(await talk.sends(records(talk)), "health_code.caption.amber", language)


async def newest(talk: Talk, known: Known | None = None) -> Declaration:
    """Return what was declared for the newest code."""
    async with talk.store.reading() as tx:
        known = known or await tx.people.of_chat(talk.chat)
        assert known is not None
        code = await tx.codes.newest(known)
    assert code is not None
    return code.assessed.declaration


async def taken_back(talk: Talk) -> int:
    async with talk.store.reading() as tx:
        return list(await tx.connection.scalars(select(audit.c.act))).count(TAKEN_BACK)


def told(heard: Heard, language: str, condition: str) -> bool:
    days = {"symptom_days": 14, "discharge_days": 14, "arrival_days": 21}
    return TEXTS.say(language, f"health_code.conditions.option.{condition}", **days) in heard.text


# One code alone


@EVERY_LANGUAGE
async def test_symptoms_are_not_forgotten_by_one_tap(talker: Talker, language: str) -> None:
    talk = talker(language=TAGS[Language(language)])
    await is_ill(talk, language)
    heard = expect(await talk.presses_menu("today"), AGAIN, language)
    assert told(heard, language, "symptoms")
    heard = expect_question(await talk.presses("none"), HealthCode.still, language)
    assert told(heard, language, "symptoms")
    assert list(heard.buttons)[:2] == ["yes", "no"]
    expect(await talk.presses("yes"), "health_code.caption.red", language)
    assert (await newest(talk)).conditions == {Condition.SYMPTOMS}
    assert await taken_back(talk) == 0


@pytest.mark.parametrize("words", ["no", "not any more", "冇", "已經冇", "没有了"])
async def test_what_does_not_hold_any_more_is_taken_back_once(talk: Talk, words: str) -> None:
    await is_ill(talk)
    await declares(talk)
    expect(await talk.says(words), "health_code.caption.green")
    assert await taken_back(talk) == 1
    heard = expect(await talk.presses_menu("today"), "health_code.conditions.ask")
    assert "same" not in heard.buttons
    expect(await talk.presses("none"), "health_code.caption.green")
    assert await taken_back(talk) == 1


@pytest.mark.parametrize("words", ["yes", "still", "it does", "係", "仲有", "还有"])
async def test_that_it_holds_may_be_said_in_words(talk: Talk, words: str) -> None:
    await is_ill(talk)
    await declares(talk)
    expect(await talk.says(words), "health_code.caption.red")


async def test_nothing_is_taken_back_before_there_is_a_code(talk: Talk) -> None:
    await is_ill(talk)
    talk.clock.jump(days=1)
    await declares(talk)
    expect_question(await talk.presses("no"), HealthCode.visits)
    assert await taken_back(talk) == 0
    await talk.commands("cancel")
    await talk.presses("yes")
    expect(await talk.presses_menu("today"), AGAIN)


@pytest.mark.parametrize(
    "words",
    [
        *("1", "Nothing has changed", "nothing has changed since then", "Same as before.", "same"),
        *("no change", "冇變", "沒有變化", "同上次一樣", "冇變呀", "没有变化", "和上次一样"),
    ],
)
async def test_that_nothing_has_changed_may_be_said_in_words(talk: Talk, words: str) -> None:
    await is_ill(talk)
    await talk.presses_menu("today")
    expect(await talk.says(words), "health_code.caption.red")


@pytest.mark.parametrize("words", ["nothing has changed", "冇變"])
async def test_where_nothing_was_declared_nothing_can_be_the_same(talk: Talk, words: str) -> None:
    await is_registered(talk)
    await declares(talk)
    await talk.sends(records(talk))
    heard = expect(await talk.presses_menu("today"), "health_code.conditions.ask")
    assert "same" not in heard.buttons
    expect_error(await talk.says(words), HealthCode.conditions, "not_offered")


@EVERY_LANGUAGE
async def test_the_day_after_an_arrival_takes_three_messages(talker: Talker, language: str) -> None:
    talk = talker(language=TAGS[Language(language)])
    await has_arrived(talk, language)
    before = await newest(talk)
    talk.clock.jump(days=1)
    replies = len(talk.replies)
    heard = expect(await talk.presses_menu("today"), AGAIN, language)
    assert told(heard, language, "arrived")
    assert TEXTS.say(language, "health_code.arrived_from.option.mainland") in heard.text
    assert TEXTS.say(language, "health_code.scheme.option.other") not in heard.text
    assert list(heard.buttons)[:2] == ["same", "none"]
    label = TEXTS.say(language, "health_code.conditions.option.same")
    expect_question(await talk.says(label), HealthCode.visits, language)
    heard = expect(await talk.sends(records(talk)), "health_code.caption.amber", language)
    expect(heard, "why.reason.arrived", language)
    assert len(talk.replies) - replies == 3
    assert await newest(talk) == before
    assert before.arrival == Arrival(date(2021, 12, 9), Origin.MAINLAND, Scheme.OTHER)


async def test_an_arrival_that_is_left_out_is_asked_about_and_keeps_its_day(talk: Talk) -> None:
    await has_arrived(talk)
    talk.clock.jump(days=1)
    heard = expect_question(await declares(talk), HealthCode.still)
    assert "(9 December 2021, The Mainland)" in heard.text
    expect_question(await talk.presses("yes"), HealthCode.visits)
    heard = expect(await talk.sends(records(talk)), "health_code.caption.amber")
    assert "on 9 December 2021" in heard.text


async def test_the_scheme_of_an_arrival_holds_too(talk: Talk) -> None:
    await is_registered(talk)
    await declares(talk, "arrived")
    await talk.says("9/12/2021")
    await talk.presses("macao")
    await talk.presses("come2hk")
    await talk.sends(records(talk))
    heard = await talk.presses_menu("today")
    assert "(9 December 2021, Macao, Come2hk)" in heard.text
    expect(await talk.presses("same"), "health_code.caption.green")
    arrival = (await newest(talk)).arrival
    assert arrival == Arrival(date(2021, 12, 9), Origin.MACAO, Scheme.COME2HK)


async def test_a_newer_arrival_is_asked_for_as_ever(talk: Talk) -> None:
    await has_arrived(talk)
    talk.clock.jump(days=3)
    expect_question(await declares(talk, "arrived"), HealthCode.arrived_on)
    await talk.says("12/12/2021")
    expect_question(await talk.presses("elsewhere"), HealthCode.visits)
    await talk.sends(records(talk))
    assert (await newest(talk)).arrival == Arrival(date(2021, 12, 12))


async def test_what_is_new_may_come_beside_what_has_not_changed(talk: Talk) -> None:
    await is_ill(talk)
    await talk.presses_menu("today")
    expect(await talk.says("same as before, close contact"), "health_code.caption.red")
    assert (await newest(talk)).conditions == {Condition.SYMPTOMS, Condition.CONTACT}


async def test_only_what_is_left_out_is_asked_about(talk: Talk) -> None:
    await is_registered(talk)
    await declares(talk, "discharged", "contact")
    await talk.says("1/12/2021")
    expect(await talk.sends(records(talk)), "health_code.caption.red")
    heard = await talk.presses_menu("today")
    assert "(1 December 2021)" in heard.text
    await talk.presses("contact")
    assert "same" not in talk.heard.buttons
    heard = expect_question(await talk.presses("done"), HealthCode.still)
    assert told(heard, "en", "discharged")
    assert not told(heard, "en", "contact")
    expect(await talk.presses("yes"), "health_code.caption.red")
    assert await newest(talk) == Declaration(
        frozenset({Condition.CONTACT, Condition.DISCHARGED}), date(2021, 12, 1), None, talk.chat
    )


async def test_after_its_days_nothing_is_said(talk: Talk) -> None:
    await is_ill(talk)
    talk.clock.jump(days=13)
    expect(await talk.presses_menu("today"), AGAIN)
    await talk.commands("cancel")
    await talk.presses("yes")
    talk.clock.jump(days=1)
    heard = expect(await talk.presses_menu("today"), "health_code.conditions.ask")
    assert "same" not in heard.buttons
    expect_question(await talk.presses("none"), HealthCode.visits)
    expect(await talk.sends(records(talk)), "health_code.caption.green")
    assert await taken_back(talk) == 0


async def test_another_answer_is_asked_about_again(talk: Talk) -> None:
    await is_ill(talk)
    talk.clock.jump(days=1)
    await declares(talk)
    expect_question(await talk.presses("no"), HealthCode.visits)
    expect_question(await talk.presses("_back"), HealthCode.still)
    expect_question(await talk.presses("_back"), HealthCode.conditions)
    await talk.presses("contact")
    expect_question(await talk.presses("done"), HealthCode.still)
    await talk.presses("_back")
    expect_question(await talk.presses("same"), HealthCode.visits)
    expect(await talk.sends(records(talk)), "health_code.caption.red")
    assert (await newest(talk)).conditions == {Condition.SYMPTOMS}
    assert await taken_back(talk) == 0


async def test_who_says_at_the_file_that_he_is_ill_still_has_declared_it(talk: Talk) -> None:
    await is_ill(talk)
    talk.clock.jump(days=1)
    await talk.presses_menu("today")
    await talk.presses("same")
    expect_error(await talk.says("I have a cough"), HealthCode.visits, "file_wanted")


async def test_the_language_may_change_and_the_question_stays(talk: Talk) -> None:
    await is_ill(talk)
    await declares(talk)
    await talk.presses("_language")
    heard = await talk.says("繁體中文")
    expect_question(heard, HealthCode.still, "zh_Hant_HK")
    assert told(heard, "zh_Hant_HK", "symptoms")
    heard = await talk.presses("_back")
    assert told(expect(heard, AGAIN, "zh_Hant_HK"), "zh_Hant_HK", "symptoms")
    await talk.presses("_keep")
    expect_question(talk.heard, HealthCode.still, "zh_Hant_HK")
    expect(await talk.says("係"), "health_code.caption.red", "zh_Hant_HK")


async def test_why_it_is_asked_and_that_a_button_is_wanted(talk: Talk) -> None:
    await is_ill(talk)
    await declares(talk)
    expect_error(await talk.says("perhaps"), HealthCode.still, "not_offered")
    expect(await talk.presses("_why"), "health_code.still.why")


async def test_on_a_new_day_in_between_it_is_told_anew(talk: Talk) -> None:
    await is_ill(talk)
    talk.clock.jump(days=1)
    await declares(talk)
    await talk.presses("no")
    talk.clock.jump(days=1)
    heard = expect(await talk.sends(records(talk)), "health_code.new_day")
    expect(heard, AGAIN)


# Somebody else's


async def test_a_guardian_is_told_what_he_declared_and_nothing_that_the_holder_did(
    talker: Talker,
) -> None:
    talk, own = talker(), talker(chat="web:9")
    await is_registered(talk)
    known = await in_care(talk, MEI)
    today = Press(f"{MENU}.today.{known.id}")
    await talk.take(today)
    await talk.presses("symptoms")
    await talk.presses("done")
    expect(await talk.sends(export_of(talk, MEI)), "health_code.caption.red_for")
    await talk.take(today)
    heard = expect(talk.heard, f"{AGAIN}_for")
    assert f"Declared of {MEI} on 10 December 2021" in heard.text
    heard = expect(await talk.presses("none"), "health_code.still.ask_for")
    assert MEI in heard.text
    expect(await talk.presses("no"), "health_code.caption.green_for")
    assert await taken_back(talk) == 1

    await agrees(own)
    async with talk.store.writing() as tx:
        await tx.people.link(known.id, chat=own.chat, now=talk.clock())
    talk.clock.jump(minutes=1)
    await declares(own, "positive")
    expect(own.heard, "health_code.caption.red")
    talk.clock.jump(minutes=1)
    await talk.take(today)
    heard = expect(talk.heard, "health_code.conditions.ask_for")
    assert not says(heard, AGAIN)
    assert "same" not in heard.buttons
    expect_question(await talk.presses("none"), HealthCode.visits)
    # In his own chat one is told what anybody declared of him.
    heard = expect(await own.presses_menu("today"), AGAIN)
    assert told(heard, "en", "positive")


async def has_codes(talk: Talk) -> dict[str, Known]:
    """Let all of a family have codes of the day before: he is ill, and she arrived lately."""
    people = await family(talk, MEI)
    await talk.take(Press(f"{MENU}.everyone"))
    await talk.presses("symptoms")
    await talk.presses("done")
    await talk.presses("arrived")
    await talk.presses("done")
    await talk.says("9/12/2021")
    await talk.presses("elsewhere")
    for name in people:
        await talk.sends(export_of(talk, name))
    talk.clock.jump(days=1)
    return people


@EVERY_LANGUAGE
async def test_in_the_round_each_one_is_told_what_was_declared_of_him(
    talker: Talker, language: str
) -> None:
    talk = talker(language=TAGS[Language(language)])
    people = await has_codes(talk)
    await talk.take(Press(f"{MENU}.everyone"))
    heard = expect(talk.heard, AGAIN, language)
    assert told(heard, language, "symptoms")
    assert not told(heard, language, "arrived")
    heard = expect(await talk.presses("same"), f"{AGAIN}_for", language)
    assert told(heard, language, "arrived")
    assert not told(heard, language, "symptoms")
    heard = expect(await talk.presses("none"), "health_code.still.ask_for", language)
    assert TEXTS.say(language, "everyone.place", name=MEI, number=2, of=2) in heard.text
    expect(await talk.presses("yes"), "health_code.visits.ask_all", language)
    for name in people:
        await talk.sends(export_of(talk, name))
    assert (await newest(talk, people[OWN])).conditions == {Condition.SYMPTOMS}
    assert (await newest(talk, people[MEI])).arrival == Arrival(date(2021, 12, 9))
    assert await taken_back(talk) == 0


async def test_in_the_round_too_it_may_be_taken_back(talk: Talk) -> None:
    people = await has_codes(talk)
    await talk.take(Press(f"{MENU}.everyone"))
    expect_question(await talk.presses("none"), Declaring.still)
    await talk.presses("no")
    await talk.presses("same")
    assert await taken_back(talk) == 0
    for name in people:
        await talk.sends(export_of(talk, name))
    assert (await newest(talk, people[OWN])).conditions == set()
    assert (await newest(talk, people[MEI])).conditions == {Condition.ARRIVED}
    assert await taken_back(talk) == 1
