"""Kind words, words that name nothing, and questions that the help answers."""

from __future__ import annotations

import pytest

from core.conversation.messages import Contact
from core.conversation.texts import Language
from handlers.commands import conversation
from handlers.health_code import HealthCode
from handlers.registration import Registration
from handlers.welcome import Welcome
from tests.core.conversation.test_engine import HOME
from tests.handlers.people import agrees, is_registered
from tests.reading import expect, expect_error, expect_question, says
from tests.stories.questions import PLACES, Place
from tests.talk import Talk, Talker
from tests.world import TAGS, TEXTS

EVERY_LANGUAGE = pytest.mark.parametrize("language", list(Language))
MENU = {"today", "details", "help"}


async def at_rest(talker: Talker, language: str = "en") -> Talk:
    """Return the chat of somebody registered, in which nothing is asked."""
    talk = talker(language=TAGS[Language(language)])
    await is_registered(talk)
    return talk


COURTESIES = {
    "thanks": "thanks",
    "Thank you very much!": "thanks",
    "多謝": "thanks",
    "唔該晒🙏": "thanks",
    "多謝晒呀": "thanks",
    "Thank you po": "thanks",
    "谢谢": "thanks",
    "ok": "ok",
    "OK 👍": "ok",
    "好": "ok",
    "知道了。": "ok",
    "拜拜": "ok",
}


@EVERY_LANGUAGE
@pytest.mark.parametrize("words", COURTESIES)
async def test_kind_words_are_returned_with_the_menu(
    talker: Talker, words: str, language: str
) -> None:
    talk = await at_rest(talker, language)
    heard = expect(await talk.says(words), f"engine.{COURTESIES[words]}", language)
    assert heard.text == TEXTS.say(language, f"engine.{COURTESIES[words]}")
    assert heard.buttons.keys() >= MENU


@EVERY_LANGUAGE
@pytest.mark.parametrize("words", ["Hello", "早晨！", "你好", "在吗", "有冇人呀", "Hi ma'am"])
async def test_hello_is_returned_with_what_can_be_done(
    talker: Talker, words: str, language: str
) -> None:
    talk = await at_rest(talker, language)
    heard = expect(await talk.says(words), "engine.hello", language)
    assert expect(heard, "menu.ask", language).buttons.keys() >= MENU


async def test_the_first_hello_begins(talker: Talker) -> None:
    talk = talker(language="")
    heard = expect_question(await talk.says("你好"), Welcome.language)
    assert not says(heard, "engine.hello")
    talk = talker(chat="telegram:2", language="zh_Hant_HK")
    heard = expect(await talk.says("你好"), "engine.hello", "zh_Hant_HK")
    expect_question(heard, Welcome.consent, "zh_Hant_HK")


@pytest.mark.parametrize("place", PLACES, ids=str)
async def test_thanks_are_no_answer_and_lose_no_question(talker: Talker, place: Place) -> None:
    talk = talker()
    await is_registered(talk)
    await talk.reach(place.journey.form, place.field.name, place.known)
    asked = talk.heard.buttons.keys()
    heard = expect(await talk.says("多謝"), "engine.thanks")
    assert heard.buttons.keys() - {"_meant"} == asked
    assert talk.session.answers == place.known
    expect_question(expect(await talk.says("hello"), "engine.hello"), place.field)
    expect_question(await talk.says("menu"), place.field)
    assert talk.session.answers == place.known


async def test_ok_is_no_answer_to_a_question(talk: Talk) -> None:
    await talk.reach(Registration, "housing", HOME)
    expect_error(await talk.says("ok"), Registration.housing, "not_offered")


@EVERY_LANGUAGE
@pytest.mark.parametrize("words", ["the weather", "天氣幾好喎", "hkid A123456(3)", "1"])
async def test_words_that_name_nothing_are_told_to_be_not_understood(
    talker: Talker, words: str, language: str
) -> None:
    talk = await at_rest(talker, language)
    heard = expect(await talk.says(words), "menu.not_understood", language)
    assert not says(heard, "menu.ask", language)
    assert talk.store.policy.hotline in heard.text
    assert heard.buttons.keys() >= MENU


@pytest.mark.parametrize("words", ["👍", "🙏🙏", "?", "❤️"])
async def test_signs_are_answered_with_the_menu(talker: Talker, words: str) -> None:
    talk = await at_rest(talker)
    heard = expect(await talk.says(words), "menu.ask")
    assert not says(heard, "menu.not_understood")


async def test_what_was_not_understood_may_be_written_better(talker: Talker) -> None:
    talk = await at_rest(talker)
    await talk.says("todays coed")
    await talk.edits(talk.session.wrong, "today's code")
    expect_question(talk.heard, HealthCode.conditions)
    await talk.presses("_cancel")
    await talk.presses("yes")
    heard = expect(await talk.edits("long ago", "today's code"), "engine.edited_at_rest")
    expect(heard, "menu.ask")
    await talk.take(Contact("85291234567", own=True))
    expect(talk.heard, "menu.ask")


QUESTIONS = {
    "is my code valid tomorrow?": "help.valid",
    "幾時到期": "help.valid",
    "how do I show it at the border?": "help.show",
    "does it work offline": "help.show",
    "截圖得唔得": "help.show",
    "没网怎么出示健康码": "help.show",
    "Can I go to Macau with this?": "help.conversion",
    "點樣轉粵康碼？": "help.conversion",
    "聽日去唔去到澳門": "help.conversion",
    "怎么转成粤康码？": "help.conversion",
    "my daughter is 5, does she need a code": "help.family",
    "Do children need one too?": "help.family",
    "can we share one code": "help.family",
    "個女五歲，佢使唔使攞碼": "help.family",
    "小朋友要唔要健康碼？": "help.family",
    "孩子也要健康码吗": "help.family",
    "我個碼聽日仲用唔用得": "help.valid",
    "健康码有效期多久": "help.valid",
    "點樣去澳門": "help.steps",
    "How do I get a code to cross the border": "help.steps",
    "怎么去深圳": "help.steps",
    "黃碼可唔可以出街": "help.colours",
    "what does a yellow code mean": "help.colours",
    "黃碼可以過關嗎": "help.colours",
    "我唔識喺安心出行匯出": "help.visits",
    "水費單得唔得": "help.proof",
    "do you give my data to anybody?": "help.privacy",
    "I want to talk to somebody please": "help.person",
    "有冇熱線打得通": "help.person",
    "真人": "help.person",
    "人工": "help.person",
    "我要投诉": "help.person",
    "我想同職員講黃碼嘅事": "help.person",
}
WHY = ("我張碼點解黃咗", "Why is my code yellow?", "为什么我的码变红了")


@EVERY_LANGUAGE
@pytest.mark.parametrize("words", QUESTIONS)
async def test_a_question_that_the_help_answers_is_led_to_it(
    talker: Talker, words: str, language: str
) -> None:
    talk = await at_rest(talker, language)
    heard = expect(await talk.says(words), QUESTIONS[words], language)
    assert heard.buttons.keys() >= MENU


@pytest.mark.parametrize("words", WHY)
async def test_why_the_colour_is_what_it_is(talker: Talker, words: str) -> None:
    expect(await (await at_rest(talker)).says(words), "why.no_code")


@pytest.mark.parametrize("words", QUESTIONS)
async def test_it_is_answered_at_a_question_too(talk: Talk, words: str) -> None:
    await agrees(talk)
    await talk.reach(Registration, "housing", HOME)
    heard = expect(await talk.says(words), QUESTIONS[words])
    assert heard.buttons.keys() >= {"public", "_help"}
    assert talk.session.failures == 0
    expect_question(await talk.says("公屋"), Registration.address)


@pytest.mark.parametrize(
    "words", ["hotline", "I want to talk to somebody.", "真人", "熱線", "人工"]
)
@pytest.mark.parametrize(
    "name", ["english_name", "address", "hotel", "mobile", "passcode", "proof"]
)
async def test_a_person_is_found_at_every_kind_of_question(
    talk: Talk, name: str, words: str
) -> None:
    place = next(p for p in PLACES if p.field is Registration.fields[name])
    await talk.reach(Registration, name, place.known)
    heard = expect(await talk.says(words), "help.person")
    assert talk.store.policy.hotline in heard.text
    assert talk.session.answers == place.known


TOLD = {
    "I cough every day": ["symptoms"],
    "我尋日由深圳過關返嚟": ["arrived"],
    "我上星期去澳門": [],
    "I came back from Macao, I had to go to China": ["arrived"],
}


@pytest.mark.parametrize(("words", "conditions"), TOLD.items())
async def test_what_is_told_of_oneself_is_no_question(
    talk: Talk, words: str, conditions: list[str]
) -> None:
    await is_registered(talk)
    await talk.reach(HealthCode, "conditions", {})
    heard = await talk.says(words)
    assert talk.session.partial == conditions
    if conditions:
        expect(heard, "health_code.conditions.noted")
    else:
        expect_error(heard, HealthCode.conditions, "not_offered")


PERSON = (
    "I want to talk to somebody",
    "Can I speak to a human, please?",
    "what is your hotline number",
    "真人",
    "人工",
    "熱線",
    "想搵職員幫手",
    "請問電話幾多號",
    "我要转人工客服",
    "热线电话是多少",
)


@EVERY_LANGUAGE
@pytest.mark.parametrize("words", PERSON)
async def test_a_person_is_found_at_rest_and_at_a_question(
    talker: Talker, words: str, language: str
) -> None:
    talk = await at_rest(talker, language)
    for form, name, known in ((None, "", {}), (HealthCode, "conditions", {})):
        if form is not None:
            await talk.reach(form, name, known)
        heard = expect(await talk.says(words), "help.person", language)
        assert talk.store.policy.hotline in heard.text


async def test_who_begins_with_a_question_is_answered_and_can_register(talk: Talk) -> None:
    heard = expect(await talk.says("點樣去澳門"), "help.steps")
    assert "register" in heard.buttons


async def test_a_mistyped_number_is_explained_whatever_stands_with_it(talk: Talk) -> None:
    await talk.reach(Registration, "document", {})
    heard = await talk.says("A123456(4) is that valid")
    expect_error(heard, Registration.number, "format")


async def test_a_number_in_a_question_is_erased_as_in_an_answer(talk: Talk) -> None:
    session = talk.session
    session.erase = True
    talk.state = session.to_bytes()
    await talk.reach(Registration, "number", {"document": "hkid"})
    expect(await talk.says("A12345, is that still valid?"), "help.valid")
    assert talk.replies[-1].forget


@pytest.mark.parametrize("way", ["about", "wanted"])
def test_no_key_word_leads_to_two_answers(way: str) -> None:
    seen: dict[str, str] = {}
    for command in conversation().commands:
        for word in TEXTS.words(f"engine.{way}.{command}"):
            assert seen.setdefault(word, command) == command, word


WISHES = {
    "health_code": [
        ("today please", "en"),
        ("please show me my code again", "en"),
        ("my code expired", "en"),
        ("I have had a fever since Monday", "en"),
        ("I am fully recovered", "en"),
        ("I am out of quarantine", "en"),
        ("There is a mistake in my declaration", "en"),
        ("I deleted the code, send it again", "en"),
        ("唔該俾個碼我", "zh_Hant_HK"),
        ("我要過關", "zh_Hant_HK"),
        ("今日唔該", "zh_Hant_HK"),
        ("我發燒呀", "zh_Hant_HK"),
        ("隔離完咗喇", "zh_Hant_HK"),
        ("我申報填錯咗", "zh_Hant_HK"),
        ("酒店隔離緊", "zh_Hant_HK"),
        ("我上星期去澳門返嚟", "zh_Hant_HK"),
        ("请再给我码", "zh_Hans"),
        ("我阳了", "zh_Hans"),
        ("隔离结束了", "zh_Hans"),
        ("我不小心把码删了", "zh_Hans"),
    ],
    "registration": [
        ("I have got a new phone number", "en"),
        ("我轉咗電話號碼", "zh_Hant_HK"),
        ("我的名字错了", "zh_Hans"),
        ("my name is spelled wrong", "en"),
        ("my birthday is wrong", "en"),
        ("my phone number changed", "en"),
        ("I am in a hotel now", "en"),
        ("出世日期錯咗", "zh_Hant_HK"),
        ("我而家住酒店", "zh_Hant_HK"),
        ("生日写错了", "zh_Hans"),
        ("我换了手机号", "zh_Hans"),
    ],
    "dependant": [
        ("my husband has no phone", "en"),
        ("my mother is 80, she doesn't have a phone", "en"),
        ("can my wife use my code?", "en"),
        ("我老公冇手機點算", "zh_Hant_HK"),
        ("我阿媽八十歲，冇手機", "zh_Hant_HK"),
        ("幫個孫登記", "zh_Hant_HK"),
        ("我妈没手机怎么办", "zh_Hans"),
        ("老人家八十岁，没有手机", "zh_Hans"),
    ],
    "erasure": [
        ("please delete my registration for good", "en"),
        ("我想刪除我嘅資料", "zh_Hant_HK"),
        ("请删除我的资料", "zh_Hans"),
        ("please remove me from your system", "en"),
        ("全部刪除", "zh_Hant_HK"),
        ("不要再用我的信息", "zh_Hans"),
    ],
}


@pytest.mark.parametrize(
    ("form", "words", "language"),
    [(form, words, language) for form, said in WISHES.items() for words, language in said],
)
async def test_what_is_wanted_is_found_in_a_sentence(
    talker: Talker, form: str, words: str, language: str
) -> None:
    talk = await at_rest(talker, language)
    await talk.says(words)
    assert talk.session.form == form


@pytest.mark.parametrize("words", ["code for mum please", "我想幫阿媽攞個碼", "妈妈的码给我一下"])
async def test_the_code_of_another_is_not_taken_for_ones_own(talker: Talker, words: str) -> None:
    expect(await (await at_rest(talker)).says(words), "my_people.nobody")


async def test_a_wish_between_the_questions_does_not_leave_them(talk: Talk) -> None:
    await talk.reach(Registration, "issued_on", {"document": "hkid", "number": "A123456(3)"})
    expect_error(await talk.says("I want my code now"), Registration.issued_on, "format")


@pytest.mark.parametrize("words", ["what now", "跟住點", "然后呢"])
async def test_who_asks_what_comes_next_is_shown_it(talker: Talker, words: str) -> None:
    heard = await (await at_rest(talker)).says(words)
    assert not says(heard, "menu.not_understood")
    assert heard.buttons.keys() >= MENU


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("可唔可以過深圳", "help.steps"),
        ("可以去深圳吗", "help.steps"),
        ("係咪呃人㗎", "help.privacy"),
        ("is this a scam?", "help.privacy"),
        ("我唔見咗手機", "help.person"),
        ("I lost my phone", "help.person"),
        ("日日攞好煩", "help.valid"),
        ("do I need a new one tomorrow", "help.valid"),
        ("聽日使唔使再攞", "help.valid"),
        ("明天还要再领吗", "help.valid"),
        ("the officer could not scan it", "help.show"),
        ("職員掃唔到", "help.show"),
        ("图太小了", "help.show"),
        ("my phone was stolen", "help.person"),
        ("有人用咗我個碼", "help.person"),
        ("手机被偷了", "help.person"),
        ("I'm going to Shenzhen on Friday", "help.steps"),
        ("我聽日去澳門", "help.steps"),
        ("周五回深圳", "help.steps"),
        ("what's my reference number?", "details.registered"),
        ("唔記得參考編號", "details.registered"),
        ("我的参考编号是多少", "details.registered"),
        ("read it to me please", "why.no_code"),
    ],
)
async def test_what_people_fear_or_hope_is_answered(
    talker: Talker, words: str, answer: str
) -> None:
    talk = await at_rest(talker)
    expect(await talk.says(words), answer)


@pytest.mark.parametrize("words", ["我個女幫我登記咗", "我女儿帮我登记了", "My son registered me"])
async def test_who_is_registered_already_is_led_to_it(talk: Talk, words: str) -> None:
    await talk.reach(Registration, "number", {"document": "hkid"})
    await agrees(talk)
    expect(await talk.says(words), "link_chat.intro")
