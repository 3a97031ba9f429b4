"""Who can get one's code, and the end of it from both sides."""

from __future__ import annotations

import pytest

from core.conversation.messages import LinkNews, Press
from core.conversation.texts import Language
from core.conversation.turn import MENU
from core.family import Relation, Way
from core.store.people import Known
from handlers.health_code import HealthCode
from handlers.my_chats import MyChats, StopCare
from handlers.privacy import Erasure
from tests.core.store.people import holder, index_of
from tests.handlers.news import hears_news, waiting
from tests.handlers.people import is_registered
from tests.reading import expect, expect_question, says
from tests.talk import Talk, Talker
from tests.world import TAGS, Heard

EVERY_LANGUAGE = pytest.mark.parametrize("language", list(Language))
NAME = "WONG Mei"


async def known_to(talk: Talk) -> Known:
    async with talk.store.reading() as tx:
        known = await tx.people.of_chat(talk.chat)
    assert known is not None
    return known


async def looks_after(
    talk: Talk,
    known: Known,
    relation: Relation | None = None,
    way: Way = Way.PHONE,
    holds: bool = True,
) -> None:
    async with talk.store.writing() as tx:
        now = talk.clock()
        starts_at = now if holds else None
        await tx.family.look_after(
            talk.chat, known.id, relation=relation, way=way, starts_at=starts_at, now=now
        )


async def in_care(talk: Talk, **changes: str) -> Known:
    """Let somebody without a chat of his own be looked after in this one."""
    who = holder(**{"number": "G123456(A)", "english_name": NAME, **changes})
    async with talk.store.writing() as tx:
        known = await tx.people.register(who, index_of(tx, who), chat=None, now=talk.clock())
    await looks_after(talk, known)
    return known


async def own_too(talk: Talk, known: Known) -> None:
    """Let the chat be one more of the holder's own."""
    async with talk.store.writing() as tx:
        await tx.people.link(known.id, chat=talk.chat, now=talk.clock())


async def speaks(talk: Talk, known: Known) -> bool:
    async with talk.store.reading() as tx:
        return await tx.family.person(talk.chat, known.id, talk.clock()) is not None


async def menu(talk: Talk, command: str, known: Known) -> Heard:
    await talk.take(Press(f"{MENU}.{command}.{known.id}"))
    return talk.heard


@EVERY_LANGUAGE
async def test_each_chat_is_listed_with_who_it_is_and_since_when(
    talker: Talker, language: str
) -> None:
    mine = talker(chat="telegram:1", language=TAGS[Language(language)])
    son, nobody, asks = (talker(chat=f"web:{n}") for n in (2, 3, 4))
    await is_registered(mine)
    await is_registered(son, number="G123456(A)", english_name="CHAN Siu Ming", chinese_name="")
    await is_registered(asks, number="B123456(2)", english_name="LEE Ka", chinese_name="李嘉")
    known = await known_to(mine)
    await own_too(talker(chat="web:5"), known)
    await looks_after(son, known, Relation.PARENT, Way.STAFF)
    await looks_after(nobody, known)
    await looks_after(asks, known, way=Way.LETTER, holds=False)
    await mine.says({"en": "繁體", "zh_Hant_HK": "繁體", "zh_Hans": "简体"}[language])
    await mine.says({"en": "English"}.get(language, "繁體" if "Hant" in language else "简体"))
    heard = expect_question(await mine.presses_menu("my_chats"), MyChats.chat, language)
    for key in ("this_one", "own", "guardian", "waits", "somebody"):
        expect(heard, f"my_chats.{key}", language)
    for way in ("parent", "phone", "letter"):
        expect(heard, f"my_chats.by.{way}", language)
    assert "C*** S** M***" in heard.text
    assert ("李*" if language != "en" else "L** K*") in heard.text
    assert "CHAN" not in heard.text
    labels = list(heard.buttons.values())
    assert len(labels) - len([o for o in heard.buttons if o.startswith("_")]) == 6
    assert not any("web:" in option or known.id in option for option in heard.ids.values())


async def test_all_may_stay_as_it_is(talk: Talk) -> None:
    await is_registered(talk)
    expect_question(await talk.presses_menu("my_chats"), MyChats.chat)
    expect(await talk.presses("none"), "my_chats.kept")


@EVERY_LANGUAGE
async def test_a_guardian_is_ended_by_number_and_hears_it(
    talker: Talker, language: Language
) -> None:
    mine, son = talker(chat="telegram:1"), talker(chat="web:2", language=TAGS[language])
    await is_registered(mine)
    await is_registered(son, number="G123456(A)")
    known = await known_to(mine)
    await looks_after(son, known)
    await mine.presses_menu("my_chats")
    number = next(n for n in "12" if "looks after" in line(mine.heard, n))
    expect(await mine.says("9"), "error.not_offered")
    heard = expect_question(await mine.says(number), MyChats.sure)
    assert set(option for option in heard.buttons if option[0] != "_") == {"end", "keep"}
    expect(await mine.presses("keep"), "my_chats.kept")
    assert await speaks(son, known)
    await mine.presses_menu("my_chats")
    await mine.says(f"Stop number {number}")
    heard = expect(await mine.presses("end"), "my_chats.ended")
    assert not await speaks(son, known)
    assert await speaks(mine, known)
    [told] = await hears_news(son)
    expect(told, "links.ended", language)
    assert known.holder.called(language) in told.text
    assert "today" in told.buttons
    assert await waiting(mine) == []


def line(heard: Heard, number: str) -> str:
    return next(each for each in heard.text.split("\n") if each.startswith(f"{number}."))


async def test_this_very_chat_may_be_ended(talker: Talker) -> None:
    mine, other = talker(chat="telegram:1"), talker(chat="web:2")
    await is_registered(mine)
    known = await known_to(mine)
    await own_too(other, known)
    await mine.presses_menu("my_chats")
    number = next(n for n in "12" if "this chat" in line(mine.heard, n))
    expect(await mine.says(number), "my_chats.sure.ask_here")
    heard = expect(await mine.presses("end"), "my_chats.left")
    assert "link_chat" in heard.buttons
    assert await speaks(other, known)
    assert not await speaks(mine, known)
    assert await waiting(other) == []


async def test_the_end_of_the_last_chat_is_explained_and_all_can_be_erased(talk: Talk) -> None:
    await is_registered(talk)
    known = await known_to(talk)
    await talk.presses_menu("my_chats")
    expect(await talk.says("1"), "my_chats.sure.ask_last")
    expect_question(await talk.presses("erase"), Erasure.sure)
    expect(await talk.presses("keep"), "erasure.kept")
    assert await speaks(talk, known)
    await talk.presses_menu("my_chats")
    await talk.says("1")
    expect(await talk.presses("end"), "my_chats.left")
    assert not await speaks(talk, known)


async def test_an_own_chat_that_is_ended_has_no_question_in_hand_any_more(talker: Talker) -> None:
    mine, other = talker(chat="telegram:1"), talker(chat="web:2")
    await is_registered(mine)
    known = await known_to(mine)
    await own_too(other, known)
    await other.presses_menu("today")
    await mine.presses_menu("my_chats")
    await mine.says(next(n for n in "12" if "this chat" not in line(mine.heard, n)))
    expect(await mine.presses("end"), "my_chats.ended")
    [told] = await hears_news(other)
    expect(told, "links.unlinked")
    assert "link_chat" in told.buttons
    assert other.session.form == ""


async def test_an_own_chat_that_is_ended_goes_on_for_whom_it_looks_after(talker: Talker) -> None:
    mine, other = talker(chat="telegram:1"), talker(chat="web:2")
    await is_registered(mine)
    known = await known_to(mine)
    await own_too(other, known)
    mother = await in_care(other)
    await menu(other, "today", mother)
    await mine.presses_menu("my_chats")
    await mine.says(next(n for n in "12" if "this chat" not in line(mine.heard, n)))
    await mine.presses("end")
    told, question = await hears_news(other)
    expect(told, "links.unlinked")
    expect_question(question, HealthCode.conditions)


async def test_who_was_linked_anew_meanwhile_does_not_hear_of_the_end(talk: Talk) -> None:
    await is_registered(talk)
    known = await known_to(talk)
    assert await talk.take(LinkNews(known.id, "CHAN Tai Man", "unlinked")) == []


async def test_what_is_gone_meanwhile_is_ended(talker: Talker) -> None:
    mine, other = talker(chat="telegram:1"), talker(chat="web:2")
    await is_registered(mine)
    known = await known_to(mine)
    await own_too(other, known)
    await mine.presses_menu("my_chats")
    await mine.says(next(n for n in "12" if "this chat" not in line(mine.heard, n)))
    async with mine.store.writing() as tx:
        await tx.family.end(other.chat, known.id)
    expect(await mine.presses("end"), "my_chats.ended")
    assert await waiting(other) == []


async def test_who_is_not_registered_has_no_chats(talker: Talker) -> None:
    talk = talker()
    await is_registered(talk)
    known = await known_to(talk)
    await talk.presses_menu("my_chats")
    await talk.says("第一個")
    async with talk.store.writing() as tx:
        await tx.family.end(talk.chat, known.id)
    expect(await talk.presses("end"), "details.none")
    expect(await talk.presses_menu("my_chats"), "details.none")


async def test_the_list_is_in_my_details_and_the_end_of_care_in_theirs(talk: Talk) -> None:
    await is_registered(talk)
    mother = await in_care(talk)
    assert "my_chats" in (await talk.commands("details")).buttons
    assert f"stop_care.{mother.id}" in (await menu(talk, "details", mother)).buttons


# A guardian ends it


async def test_a_guardian_ends_it_and_the_holder_hears_it(talker: Talker) -> None:
    mine, son, aunt = talker(chat="telegram:1"), talker(chat="web:2"), talker(chat="web:3")
    await is_registered(mine)
    await is_registered(son, number="G123456(A)")
    await is_registered(aunt, number="B123456(2)")
    known = await known_to(mine)
    await looks_after(son, known)
    await looks_after(aunt, known)
    heard = expect_question(await menu(son, "stop_care", known), StopCare.sure)
    assert "CHAN Tai Man" in heard.text
    assert set(option for option in heard.buttons if option[0] != "_") == {"end", "keep"}
    expect(await son.presses("keep"), "stop_care.kept")
    assert await speaks(son, known)
    await menu(son, "stop_care", known)
    heard = expect(await son.presses("end"), "stop_care.done")
    assert not any(known.id in option for option in heard.buttons)
    assert not await speaks(son, known)
    [told] = await hears_news(mine)
    expect(told, "links.left")
    [told] = await hears_news(aunt)
    expect(told, "links.left_for")
    assert son.sms == []


@EVERY_LANGUAGE
async def test_who_has_a_phone_only_is_told_by_sms_in_his_own_language(
    talker: Talker, language: str
) -> None:
    son = talker()
    await is_registered(son)
    mother = await in_care(son, mobile="+85298765432")
    async with son.store.writing() as tx:
        mother.holder.language = language
        await tx.people.change(mother, mother.holder, index_of(tx, mother.holder), son.clock())
    expect(await menu(son, "stop_care", mother), "stop_care.sure.ask_phone")
    expect(await son.presses("end"), "stop_care.done")
    [sms] = son.sms
    assert sms.to == "+85298765432"
    expect(Heard(sms.text), "stop_care.sms", language)
    assert not await speaks(son, mother)


async def test_who_can_be_reached_by_nobody_is_erased_or_kept(talker: Talker) -> None:
    son = talker()
    await is_registered(son)
    mother = await in_care(son, mobile="")
    heard = expect(await menu(son, "stop_care", mother), "stop_care.sure.ask_alone")
    assert set(option for option in heard.buttons if option[0] != "_") == {"erase", "keep"}
    heard = expect_question(await son.presses("erase"), Erasure.sure)
    assert NAME in heard.text
    expect(await son.presses("erase"), "erasure.done")
    async with son.store.reading() as tx:
        assert await tx.people.of_id(mother.id) is None
        assert await tx.people.of_chat(son.chat) is not None


async def test_the_last_other_chat_that_ends_meanwhile_changes_the_question(
    talker: Talker,
) -> None:
    son, aunt = talker(chat="web:2"), talker(chat="web:3")
    await is_registered(son)
    mother = await in_care(son, mobile="")
    await looks_after(aunt, mother)
    expect(await menu(son, "stop_care", mother), "stop_care.sure.ask")
    async with son.store.writing() as tx:
        await tx.family.end(aunt.chat, mother.id)
    expect(await son.presses("end"), "stop_care.sure.ask_alone")
    assert await speaks(son, mother)


async def test_the_end_of_care_is_of_somebody(talk: Talk) -> None:
    await is_registered(talk)
    expect(await talk.presses_menu("stop_care"), "stop_care.whom")
    known = await known_to(talk)
    expect(await menu(talk, "stop_care", known), "stop_care.whom")


@pytest.mark.parametrize("command", ["my_chats", "erase", "stop_care"])
async def test_what_changes_nothing_yet_gives_way_to_todays_code(talk: Talk, command: str) -> None:
    await is_registered(talk)
    known = await in_care(talk)
    whom = f".{known.id}" if command == "stop_care" else ""
    await talk.take(Press(f"{MENU}.{command}{whom}"))
    assert talk.session.form
    heard = expect_question(await talk.presses_menu("today"), HealthCode.conditions)
    assert not says(heard, "engine.unfinished")
    assert (talk.session.form, talk.session.about) == (HealthCode.name, "")
