"""What is written instead of an answer: a language, help, cancel, back, skip, in any language."""

from __future__ import annotations

import pytest

from core.conversation.messages import Edited, Text
from core.conversation.orders import CLOSING, ORDERS
from core.conversation.texts import Language, plain
from handlers.commands import conversation
from handlers.health_code import HealthCode
from handlers.registration import Registration
from handlers.welcome import NOTICE, Welcome
from tests.core.store.people import register
from tests.reading import expect, expect_error, expect_question
from tests.stories.questions import PLACES, Place
from tests.talk import Talk, Talker
from tests.world import TAGS, TEXTS

CARD = {"document": "hkid", "number": "A123456(3)", "issued_on": "2019-03-15"}
NAMED = {**CARD, "english_name": "CHAN Tai Man"}
LANGUAGES = {
    "English": "en",
    "english please!": "en",
    "英文": "en",
    "英语": "en",
    "繁體": "zh_Hant_HK",
    "繁體中文": "zh_Hant_HK",
    "Traditional Chinese": "zh_Hant_HK",
    "廣東話": "zh_Hant_HK",
    "简体": "zh_Hans",
    "简体中文": "zh_Hans",
    "Simplified Chinese": "zh_Hans",
}
EVERY_LANGUAGE = pytest.mark.parametrize("language", list(Language))


async def at_name(talk: Talk) -> None:
    await talk.reach(Registration, "english_name", CARD)


@EVERY_LANGUAGE
@pytest.mark.parametrize(("words", "chosen"), LANGUAGES.items())
async def test_the_name_of_a_language_chooses_it_and_is_no_name(
    talker: Talker, language: str, words: str, chosen: str
) -> None:
    talk = talker(language=TAGS[Language(language)])
    for name, known in (("english_name", CARD), ("chinese_name", NAMED)):
        await talk.reach(Registration, name, known)
        heard = expect(await talk.says(words), "engine.language_chosen", chosen)
        expect_question(heard, Registration.fields[name], chosen)
        assert talk.session.answers == known


@pytest.mark.parametrize("place", PLACES, ids=str)
async def test_it_does_at_every_question(talker: Talker, place: Place) -> None:
    talk = talker(chat="telegram:7")
    async with talk.store.writing() as tx:
        await register(tx, talk.chat)
    await talk.reach(place.journey.form, place.field.name, place.known)
    heard = expect(await talk.says("简体"), "engine.language_chosen", "zh_Hans")
    expect_question(heard, place.field, "zh_Hans")
    assert talk.session.answers == place.known


@pytest.mark.parametrize("words", ["中文", "Chinese", "language", "語言", "语言", "LANGUAGE?"])
async def test_where_it_is_not_clear_which_the_language_is_asked(talk: Talk, words: str) -> None:
    await at_name(talk)
    expect(await talk.says(words), "engine.aside.language")
    heard = expect(await talk.says("繁體"), "engine.language_chosen", "zh_Hant_HK")
    expect_question(heard, Registration.english_name, "zh_Hant_HK")


@pytest.mark.parametrize("words", ["help", "Help!", "幫助", "帮助", "please help"])
async def test_help_is_given(talk: Talk, words: str) -> None:
    await at_name(talk)
    expect(await talk.says(words), "engine.help")
    assert talk.session.answers == CARD


@pytest.mark.parametrize("words", ["cancel", "stop", "取消", "退出"])
async def test_cancel_asks_first(talk: Talk, words: str) -> None:
    await at_name(talk)
    expect(await talk.says(words), "engine.aside.cancel")
    expect_question(await talk.says("No"), Registration.english_name)
    await talk.says(words)
    expect(await talk.says("Yes"), "engine.cancelled")


async def test_who_comes_back_is_told_that_all_is_kept(talk: Talk) -> None:
    await talk.reach(Registration, "document", {})
    await talk.says("A123456(3)")
    heard = expect(await talk.starts(), "engine.welcome_back")
    expect(heard, "engine.aside.resume")
    expect_question(await talk.presses("yes"), Registration.issued_on)


@pytest.mark.parametrize(
    "words", ["start over", "Restart", "重新開始", "由頭嚟過", "重新开始", "从头再来"]
)
async def test_start_over_asks_first(talk: Talk, words: str) -> None:
    await at_name(talk)
    assert set(expect(await talk.says(words), "engine.aside.resume").buttons) == {"yes", "no"}
    expect_question(await talk.presses("yes"), Registration.english_name)
    await talk.says(words)
    expect_question(await talk.presses("no"), Registration.document)
    expect_question(await talk.says(words), Registration.document)


@pytest.mark.parametrize(
    ("command", "key"),
    [
        ("stop", "engine.aside.cancel"),
        ("restart", "engine.aside.resume"),
        ("start_over", "engine.aside.resume"),
        ("english", "engine.language_chosen"),
        # What Telegram wants of every bot: https://core.telegram.org/bots/features#global-commands.
        ("privacy", "help.privacy"),
        ("settings", "registration.english_name.ask"),
        ("sesame", "engine.unknown_command"),
    ],
)
async def test_a_command_is_known_by_its_words(talk: Talk, command: str, key: str) -> None:
    await at_name(talk)
    expect(await talk.commands(command), key)


@pytest.mark.parametrize("words", ["back", "go back", "返回", "上一步"])
async def test_back_goes_to_the_question_before(talk: Talk, words: str) -> None:
    await at_name(talk)
    expect_question(await talk.says(words), Registration.issued_on)


@pytest.mark.parametrize("words", ["skip", "略過", "跳过", "none", "N/A", "沒有", "没有", "冇"])
async def test_skip_skips_what_may_be_skipped(talk: Talk, words: str) -> None:
    await talk.reach(Registration, "chinese_name", NAMED)
    expect_question(await talk.says(words), Registration.born_on)
    assert talk.session.answers == {**NAMED, "chinese_name": None}


async def test_what_may_not_be_skipped_is_asked_again_with_the_reason(talk: Talk) -> None:
    await at_name(talk)
    heard = expect(await talk.says("skip"), "engine.no_skip")
    expect_question(heard, Registration.english_name)
    expect(await talk.commands("skip"), "engine.no_skip")
    assert talk.session.answers == CARD


async def test_skip_in_an_aside_goes_back_to_the_question(talk: Talk) -> None:
    await talk.reach(Registration, "chinese_name", NAMED)
    await talk.says("cancel")
    heard = expect_question(await talk.says("skip"), Registration.chinese_name)
    assert TEXTS.say("en", "engine.no_skip") not in heard.text


@pytest.mark.parametrize("words", ["why", "為什麼", "點解", "为什么"])
async def test_why_is_answered(talk: Talk, words: str) -> None:
    await at_name(talk)
    expect(await talk.says(words), "registration.english_name.why")


@EVERY_LANGUAGE
async def test_somebody_called_so_says_that_it_is_his_answer(talker: Talker, language: str) -> None:
    talk = talker(language=TAGS[Language(language)])
    await at_name(talk)
    heard = await talk.says("English")
    assert heard.buttons["_meant"] == TEXTS.say("en", "engine.option.meant", word="English")
    expect_question(await talk.presses("_meant"), Registration.chinese_name)
    assert talk.session.answers == {**CARD, "english_name": "English"}
    assert "_meant" not in talk.heard.buttons


@pytest.mark.parametrize(
    "name", ["ENGLISH Mary", "My name is English", "Skip Chan", "HELP Me-Ling"]
)
async def test_a_name_that_only_begins_so_is_a_name(talk: Talk, name: str) -> None:
    await at_name(talk)
    expect_question(await talk.says(name), Registration.chinese_name)
    assert talk.session.answers["english_name"] == name.removeprefix("My name is ")


@pytest.mark.parametrize("no", ["No", "2", "the second one"])
async def test_after_thinking_it_over_it_may_be_his_answer_still(talk: Talk, no: str) -> None:
    await at_name(talk)
    await talk.says("Stop")
    heard = expect_question(await talk.says(no), Registration.english_name)
    assert heard.buttons["_meant"] == "“Stop” is my answer"
    await talk.presses("_meant")
    assert talk.session.answers["english_name"] == "Stop"


async def test_what_is_no_answer_there_is_not_offered_as_one(talk: Talk) -> None:
    await at_name(talk)
    await talk.says("help")
    await talk.says("1234")
    assert "_meant" not in talk.heard.buttons, "something else was said since"
    for name, known in (("number", {"document": "hkid"}), ("housing", NAMED)):
        await talk.reach(Registration, name, known)
        expect(await talk.says("help"), "engine.help")
        assert "_meant" not in talk.heard.buttons


async def test_a_changed_message_may_be_an_order_too(talk: Talk) -> None:
    await at_name(talk)
    await talk.says("CHAN 2")
    await talk.take(Edited("繁體"), message=talk.session.wrong)
    expect_question(talk.heard, Registration.english_name, "zh_Hant_HK")


async def test_an_offered_answer_is_one_whatever_it_is_called(talk: Talk) -> None:
    talk.hint = ""
    await talk.starts()
    expect_question(talk.heard, Welcome.language)
    expect(await talk.says("中文"), "engine.aside.language")
    expect_question(await talk.says("繁體"), Welcome.consent, "zh_Hant_HK")


@pytest.mark.parametrize("words", ["English", "粵語"])
async def test_at_the_question_for_the_language_its_name_answers_it(talk: Talk, words: str) -> None:
    talk.hint = ""
    await talk.starts()
    expect_question(await talk.says(words), Welcome.consent, LANGUAGES.get(words, "zh_Hant_HK"))


async def test_none_of_these_is_an_answer_where_it_is_offered(talk: Talk) -> None:
    async with talk.store.writing() as tx:
        await register(tx, talk.chat)
    await talk.reach(HealthCode, "conditions", {})
    expect_question(await talk.says("none"), HealthCode.visits)
    expect_error(await talk.says("none"), HealthCode.visits, "file_wanted")


async def test_while_nothing_is_asked_they_are_understood_as_well(talk: Talk) -> None:
    async with talk.store.writing() as tx:
        await tx.people.consent(talk.chat, NOTICE, talk.clock())
        await register(tx, talk.chat)
    expect(await talk.says("幫幫我"), "help.ask")
    heard = expect(await talk.says("简体中文"), "engine.language_chosen", "zh_Hans")
    expect(heard, "menu.ask", "zh_Hans")
    expect(await talk.says("language"), "engine.aside.language", "zh_Hans")
    expect(await talk.says("help"), "help.ask", "zh_Hans")
    expect(await talk.says("英文"), "engine.language_chosen")
    for words in ("cancel", "back", "skip", "why"):
        expect(await talk.says(words), "menu.ask")


def test_every_order_has_its_words_and_no_word_gives_two() -> None:
    seen: dict[str, str] = {}
    for order in (*ORDERS, CLOSING, "none"):
        words = TEXTS.words(f"engine.word.{order}")
        assert len(words) > 2, order
        for word in words:
            assert word and word == plain(word)
            assert seen.setdefault(word, order) == order, word
    for command in conversation().commands:
        for word in TEXTS.words(f"engine.word.{command}"):
            assert seen.setdefault(word, command) == command, word


async def test_the_first_word_may_be_one(talker: Talker) -> None:
    talk = talker(chat="telegram:9", language="en")
    await talk.take(Text("繁體"))
    expect_question(talk.heard, Welcome.consent, "zh_Hant_HK")
