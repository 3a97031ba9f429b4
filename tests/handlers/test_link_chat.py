"""Link this chat: to a registration from another chat, or with another phone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from core.conversation.messages import LinkNews, Press, Start, TakeoverDue
from core.conversation.texts import Language
from core.conversation.turn import MENU
from core.family import Way
from core.store.people import Known
from core.store.tables import audit
from handlers.health_code import HealthCode
from handlers.link_chat import LinkChat
from handlers.my_chats import MyChats
from handlers.registration import Registration
from handlers.welcome import Welcome
from tests.handlers.news import hears_news, time_comes, waiting
from tests.handlers.people import agrees, is_registered, registers
from tests.reading import expect, expect_question
from tests.stories.questions import sms_code
from tests.talk import Talk, Talker
from tests.world import TAGS, Heard

EVERY_LANGUAGE = pytest.mark.parametrize("language", list(Language))
HIS, BIRTHDAY, PHONE, NEW = "A123456(3)", "2 January 1958", "9123 4567", "9876 5432"


async def known_to(talk: Talk) -> Known | None:
    async with talk.store.reading() as tx:
        return await tx.people.of_chat(talk.chat)


async def asks(talk: Talk, number: str = HIS, born: str = BIRTHDAY, phone: str = PHONE) -> Heard:
    """Ask for the link, up to its end."""
    await agrees(talk)
    await talk.presses_menu("link_chat")
    for words in (number, born, phone):
        await talk.says(words)
    return await talk.says(sms_code(talk))


async def acts(talk: Talk) -> Sequence[str]:
    async with talk.store.reading() as tx:
        return (await tx.connection.scalars(select(audit.c.act).order_by(audit.c.number))).all()


async def test_with_the_registered_phone_it_is_linked_at_once(talker: Talker) -> None:
    old, new = talker(chat="telegram:1"), talker(chat="web:2")
    await is_registered(old)
    heard = expect(await asks(new), "link_chat.linked")
    assert {"today", "details"} <= heard.buttons.keys()
    mine, his = await known_to(new), await known_to(old)
    assert mine is not None
    assert his is not None
    assert mine.id == his.id
    assert mine.reference in heard.text
    [told] = await hears_news(old)
    expect(told, "links.linked")
    assert set(told.buttons) == {"today", "my_chats"}
    assert "chat linked" in await acts(old)
    expect_question(await new.presses("today"), HealthCode.conditions)


@EVERY_LANGUAGE
async def test_it_is_asked_with_few_questions(talker: Talker, language: str) -> None:
    talk = talker(language=TAGS[Language(language)])
    await agrees(talk)
    await talk.starts()
    words = {"en": "link this chat", "zh_Hant_HK": "連結這個對話", "zh_Hans": "连接这个对话"}
    heard = expect(await talk.says(words[language]), "link_chat.intro", language)
    expect_question(heard, Registration.document, language)
    expect_question(await talk.says(HIS), Registration.born_on, language)
    expect_question(await talk.says("2/1/1958"), Registration.mobile, language)
    expect_question(await talk.says(PHONE), Registration.passcode, language)
    expect(Heard(talk.sms[-1].text), "link_chat.sms", language)
    assert len(LinkChat.asked(talk.session.answers)) == 5


async def test_with_another_phone_it_begins_a_day_later(talker: Talker) -> None:
    old, new = talker(chat="telegram:1"), talker(chat="web:2")
    await is_registered(old)
    expect(await asks(new, phone=NEW), "link_chat.waits")
    assert await known_to(new) is None
    [told] = await hears_news(old)
    expect(told, "links.asked")
    assert list(told.buttons) == ["stop_takeover"]
    expect(await new.says("hello"), "link_chat.waiting")
    assert await waiting(new) == []
    old.clock.jump(hours=23, minutes=59)
    await time_comes(new)
    assert await waiting(new) == []
    old.clock.jump(minutes=1)
    await time_comes(new)
    [heard] = await hears_news(new)
    expect(heard, "link_chat.linked")
    assert "my_chats" in heard.buttons
    mine = await known_to(new)
    assert mine is not None
    assert mine.holder.mobile == "+85298765432"
    [told] = await hears_news(old)
    expect(told, "links.moved")
    assert await known_to(old) is not None
    expect(await new.commands("details"), "details.registered")


@EVERY_LANGUAGE
async def test_the_registered_phone_hears_that_another_one_asks(
    talker: Talker, language: str
) -> None:
    old = talker(chat="web:1", language=TAGS[Language(language)])
    new = talker(chat="web:2")
    await registers(old)
    known = await known_to(old)
    assert known is not None
    await asks(new, phone=NEW)
    code, warning = new.sms
    assert (code.to, code.quiet) == ("+85298765432", False)
    assert (warning.to, warning.quiet) == (known.holder.mobile, True)
    expect(Heard(warning.text), "link_chat.sms_asked", language)
    assert known.reference in warning.text
    other = talker(chat="web:3")
    other.clock.jump(minutes=2)
    await asks(other, born="3 January 1958", phone="9777 1234")
    assert len(other.sms) == 1, "who only guesses makes nobody's phone ring"


async def test_who_has_no_phone_of_his_own_hears_it_in_his_chats(talker: Talker) -> None:
    old, new = talker(chat="web:1"), talker(chat="web:2")
    await is_registered(old, mobile="")
    await asks(new, phone=NEW)
    assert [sms.to for sms in new.sms] == ["+85298765432"], "the code, and no warning to nobody"
    [told] = await hears_news(old)
    expect(told, "links.asked")


async def test_the_old_chat_stops_it(talker: Talker) -> None:
    old, new = talker(chat="telegram:1"), talker(chat="web:2")
    await is_registered(old)
    await asks(new, phone=NEW)
    await hears_news(old)
    expect(await old.presses("stop_takeover"), "link_chat.stopped")
    assert await waiting(new) == []
    assert "takeover stopped" in await acts(old)
    old.clock.jump(hours=24)
    await time_comes(new)
    [heard] = await hears_news(new)
    expect(heard, "link_chat.not_linked")
    assert await known_to(new) is None
    mine = await known_to(old)
    assert mine is not None
    assert mine.holder.mobile == "+85291234567"
    expect(await old.presses_menu("stop_takeover"), "link_chat.none_waits")


async def id_of(talk: Talk) -> str:
    known = await known_to(talk)
    assert known is not None
    return known.id


@pytest.mark.parametrize(
    ("number", "born"),
    [(HIS, "3 January 1958"), ("G123456(A)", BIRTHDAY)],
    ids=["wrong birthday", "nobody registered"],
)
@pytest.mark.parametrize("phone", [PHONE, NEW])
async def test_wrong_details_and_a_strangers_phone_hear_the_same(
    talker: Talker, number: str, born: str, phone: str
) -> None:
    old, wrong, right = (talker(chat=f"web:{n}") for n in (1, 2, 3))
    await is_registered(old)
    await asks(wrong, number, born, phone)
    old.clock.jump(minutes=2)
    await asks(right, phone="9777 1234")
    assert len(await hears_news(old)) == 1
    await old.presses_menu("stop_takeover")
    until = old.clock.shift
    old.clock.jump(hours=24)
    await time_comes(right)
    await hears_news(wrong)
    await hears_news(right)
    assert old.clock.shift > until

    def seen(talk: Talk) -> list[tuple[str, list[str]]]:
        texts = [
            (reply.text, [b.label for row in reply.buttons for b in row]) for reply in talk.replies
        ]
        return [(neutral(text), labels) for text, labels in texts]

    def neutral(text: str) -> str:
        for given in (NEW, PHONE, "9777 1234"):
            text = text.replace(given, "…")
        return "".join(c for c in text if not c.isdigit())

    assert seen(wrong) == seen(right)
    assert await known_to(wrong) is await known_to(right) is None


async def test_who_asks_twice_is_told_once_and_the_right_details_count(talker: Talker) -> None:
    old, new = talker(chat="telegram:1"), talker(chat="web:2")
    await is_registered(old)
    await asks(new, born="3 January 1958", phone=NEW)
    old.clock.jump(minutes=2)
    await asks(new, phone=NEW)
    old.clock.jump(hours=25)
    await time_comes(new)
    [heard] = await hears_news(new)
    expect(heard, "link_chat.linked")


async def test_who_was_linked_meanwhile_hears_no_more(talker: Talker) -> None:
    old, new = talker(chat="telegram:1"), talker(chat="web:2")
    await is_registered(old)
    await asks(new, phone=NEW)
    old.clock.jump(minutes=2)
    expect(await asks(new), "link_chat.linked")
    old.clock.jump(hours=25)
    await time_comes(new)
    assert await hears_news(new) == []
    await new.take(TakeoverDue("no such wait"))
    mine = await known_to(new)
    assert mine is not None
    assert mine.holder.mobile == "+85291234567"


async def test_attempts_are_counted(talk: Talk) -> None:
    for _ in range(3):
        expect(await asks(talk, phone=NEW), "link_chat.waits")
        talk.clock.jump(minutes=3)
    expect(await talk.presses_menu("link_chat"), "link_chat.too_many")
    talk.clock.jump(hours=25)
    expect_question(await talk.presses_menu("link_chat"), Registration.document)


async def test_a_chat_with_a_registration_is_linked_to_no_other(talker: Talker) -> None:
    old, new = talker(chat="telegram:1"), talker(chat="web:2")
    await is_registered(old)
    await is_registered(new, number="G123456(A)")
    expect(await new.presses_menu("link_chat"), "link_chat.registered")


async def test_who_registers_in_the_middle_of_it_is_linked_to_no_other(talker: Talker) -> None:
    new = talker(chat="web:2")
    await agrees(new)
    await new.presses_menu("link_chat")
    for words in (HIS, BIRTHDAY, PHONE):
        await new.says(words)
    await is_registered(new, number="G123456(A)")
    expect(await new.says(sms_code(new)), "link_chat.registered")


@pytest.mark.parametrize("first", [Start("link_chat"), Press(f"{MENU}.link_chat")])
async def test_who_comes_for_it_agrees_first_and_then_goes_on(
    talk: Talk, first: Start | Press
) -> None:
    await talk.take(first)
    expect_question(talk.heard, Welcome.consent)
    expect(await talk.says("Take over my registration"), "engine.unfinished")
    heard = expect(await talk.presses("agree"), "link_chat.intro")
    expect_question(heard, Registration.document)
    assert talk.session.form == LinkChat.name
    assert talk.session.wanted == ""


async def test_who_begins_to_register_is_told_of_it_once(talk: Talk) -> None:
    await talk.starts()
    heard = expect(await talk.presses("agree"), "link_chat.hint")
    expect_question(heard, Registration.document)
    await talk.says(HIS)
    expect(await talk.says("link this chat"), "link_chat.intro")
    assert talk.session.answers == {}


async def test_another_form_in_hand_is_finished_first(talk: Talk) -> None:
    await is_registered(talk)
    await talk.presses_menu("today")
    expect(await talk.presses_menu("link_chat"), "link_chat.registered")
    assert talk.session.form == HealthCode.name


async def test_what_was_begun_meanwhile_is_put_away_when_it_begins(talker: Talker) -> None:
    old, new = talker(chat="telegram:1"), talker(chat="web:2")
    await is_registered(old)
    await asks(new, phone=NEW)
    expect_question(await new.presses_menu("register"), Registration.document)
    old.clock.jump(hours=25)
    await time_comes(new)
    [heard] = await hears_news(new)
    expect(heard, "link_chat.linked")
    assert new.session.form == ""


async def looks_after(talk: Talk, known: Known, way: Way = Way.STAFF) -> None:
    async with talk.store.writing() as tx:
        now = talk.clock()
        await tx.family.look_after(
            talk.chat, known.id, relation=None, way=way, starts_at=now, now=now
        )


async def test_guardians_hear_it_and_he_sees_them(talker: Talker) -> None:
    old, guardian, new = (talker(chat=f"web:{n}") for n in (1, 2, 3))
    await is_registered(old)
    await is_registered(guardian, number="G123456(A)", english_name="WONG Siu Ming")
    his = await known_to(old)
    assert his is not None
    await looks_after(guardian, his)
    heard = expect(await asks(new), "link_chat.linked")
    expect_question(heard, MyChats.chat)
    assert "W*** S** M***" in heard.text
    assert "WONG" not in heard.text
    [told] = await hears_news(guardian)
    expect(told, "links.linked_for")
    assert set(told.buttons) == {f"today.{his.id}", f"stop_care.{his.id}"}


async def test_a_guardian_may_stop_it_and_others_hear_that(talker: Talker) -> None:
    old, guardian, new = (talker(chat=f"web:{n}") for n in (1, 2, 3))
    await is_registered(old)
    await is_registered(guardian, number="G123456(A)")
    his = await known_to(old)
    assert his is not None
    await looks_after(guardian, his)
    await asks(new, phone=NEW)
    [told] = await hears_news(guardian)
    expect(told, "links.asked_for")
    await hears_news(old)
    expect(await guardian.presses(f"stop_takeover.{his.id}"), "link_chat.stopped")
    [told] = await hears_news(old)
    expect(told, "links.stopped")
    assert await waiting(guardian) == []


async def test_a_day_later_he_sees_who_looks_after_him(talker: Talker) -> None:
    old, guardian, new = (talker(chat=f"web:{n}") for n in (1, 2, 3))
    await is_registered(old)
    await is_registered(guardian, number="G123456(A)")
    his = await known_to(old)
    assert his is not None
    await looks_after(guardian, his)
    await asks(new, phone=NEW)
    await hears_news(guardian)
    old.clock.jump(hours=25)
    await time_comes(new)
    [heard] = await hears_news(new)
    expect(heard, "link_chat.looked_after")
    expect_question(await new.presses("my_chats"), MyChats.chat)
    [told] = await hears_news(guardian)
    expect(told, "links.moved_for")


async def test_nobody_registered_has_nothing_to_stop(talk: Talk) -> None:
    await agrees(talk)
    expect(await talk.presses_menu("stop_takeover"), "details.none")


async def test_news_of_somebody_else_is_told_to_nobody(talk: Talk) -> None:
    await is_registered(talk)
    assert await talk.take(LinkNews("another", "WONG Mei", "linked")) == []


async def test_who_registers_what_is_registered_is_linked_and_the_old_chat_hears_it(
    talker: Talker,
) -> None:
    old, new = talker(chat="telegram:1"), talker(chat="web:2")
    await registers(old)
    old.clock.jump(minutes=2)
    await registers(new)
    assert await id_of(new) == await id_of(old)
    told, _ = await hears_news(old)
    expect(told, "links.linked")


async def test_a_draft_from_before_the_end_links_nobody_again(talker: Talker) -> None:
    """What was prefilled when the chat still spoke for him proves nothing afterwards."""
    talk = talker()
    await is_registered(talk)
    known = await known_to(talk)
    assert known is not None
    expect_question(await talk.presses_menu("change"), Registration.truth)
    async with talk.store.writing() as tx:
        assert await tx.family.end(talk.chat, known.id)
    expect(await talk.presses("yes"), "registration.refused")
    assert await known_to(talk) is None
