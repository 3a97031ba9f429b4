"""The code by SMS: what is said when it is sent, and when it cannot be."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from core.conversation.one_time_code import OneTimeCode
from core.conversation.texts import Language, written
from core.days import HONG_KONG, hong_kong_day
from core.policy import PasscodePolicy, Policy
from handlers.registration import Registration
from tests.core.store.people import register
from tests.handlers.people import agrees
from tests.reading import expect, expect_error, expect_question, says
from tests.stories.questions import PLACES, FromSms, Place, give, sms_code
from tests.talk import Talk, Talker
from tests.world import TAGS, TEXTS, Heard

KNOWN = next(p for p in PLACES if p.field is Registration.mobile).known
PHONE, OTHER = "9123 4567", "6123 4567"
EVERY_LANGUAGE = pytest.mark.parametrize("language", list(Language))


async def at_mobile(talk: Talk) -> None:
    await agrees(talk)
    await talk.reach(Registration, "mobile", KNOWN)


def refused(heard: Heard, why: str, then: str, language: str = "en") -> Heard:
    """Fail where it is not said why no code was sent, or where one is said to have been."""
    expect(heard, f"registration.passcode.refused.{why}", language)
    expect(heard, f"registration.passcode.{then}", language)
    assert not says(heard, "registration.passcode.ask", language), heard.text
    assert {"again", "other_number"} <= heard.buttons.keys()
    return heard


def limits(talk: Talk, **limits: Any) -> None:
    """Let codes be sent under other limits."""
    talk.store.policy = Policy(passcode=msgspec.structs.replace(PasscodePolicy(), **limits))


@EVERY_LANGUAGE
async def test_the_same_number_again_leaves_the_earlier_code_good(
    talker: Talker, language: str
) -> None:
    talk = talker(language=TAGS[Language(language)])
    await at_mobile(talk)
    expect_question(await talk.says(PHONE), Registration.passcode, language)
    await talk.presses("other_number")
    heard = refused(await talk.says(PHONE), "wait", "enter", language)
    expect(heard, "registration.passcode.earlier", language)
    assert len(talk.sms) == 1
    expect_question(await give(talk, FromSms()), Registration.truth, language)


@EVERY_LANGUAGE
async def test_without_an_earlier_code_it_is_said_that_none_was_sent(
    talker: Talker, language: str
) -> None:
    other = talker(chat="telegram:2")
    await at_mobile(other)
    await other.says(PHONE)
    talk = talker(language=TAGS[Language(language)])
    await at_mobile(talk)
    heard = refused(await talk.says(PHONE), "wait", "unsent", language)
    assert not says(heard, "registration.passcode.earlier", language)
    expect_error(await talk.says("123456"), Registration.passcode, "code_wrong", language)
    expect(await talk.presses("again"), "registration.passcode.refused.wait", language)
    assert talk.sms == []
    talk.clock.jump(minutes=1)
    expect(await talk.presses("again"), "registration.passcode.sent_again", language)
    expect_question(await give(talk, FromSms()), Registration.truth, language)


async def test_who_comes_back_after_the_wait_is_sent_a_code(talker: Talker) -> None:
    other, talk = talker(chat="telegram:2"), talker()
    await at_mobile(other)
    await other.says(PHONE)
    await at_mobile(talk)
    refused(await talk.says(PHONE), "wait", "unsent")
    talk.clock.jump(minutes=1)
    await talk.presses("_language")
    expect_question(await talk.presses("zh_Hans"), Registration.passcode, "zh_Hans")
    expect_question(await give(talk, FromSms()), Registration.truth, "zh_Hans")


async def test_the_time_that_is_named_is_not_too_early(talk: Talk) -> None:
    await at_mobile(talk)
    talk.clock.set(talk.clock().replace(second=20, microsecond=0))
    await talk.says(PHONE)
    heard = expect(await talk.presses("again"), "registration.passcode.refused.wait")
    named = (talk.clock() + timedelta(minutes=2)).replace(second=0, microsecond=0)
    said = TEXTS.say(
        "en",
        "registration.passcode.refused.wait",
        mobile=f"+852 {PHONE}",
        at=named.astimezone(HONG_KONG).time(),
    )
    assert said in heard.text
    expect(heard, "registration.passcode.earlier")
    talk.clock.set(named)
    expect(await talk.presses("again"), "registration.passcode.sent_again")


@EVERY_LANGUAGE
async def test_who_must_wait_after_wrong_codes_is_told_until_when(
    talker: Talker, language: str
) -> None:
    talk = talker(language=TAGS[Language(language)])
    await at_mobile(talk)
    talk.clock.set(talk.clock().replace(second=20, microsecond=0))
    ready = talk.clock() + timedelta(minutes=1, seconds=40)
    await talk.says(PHONE)
    expect_error(await give(talk, "wrong code"), Registration.passcode, "code_wrong", language)
    for code in ("wrong code", FromSms()):
        heard = await give(talk, code)
        expect_error(heard, Registration.passcode, "code_wait", language)
        assert f"{ready.astimezone(HONG_KONG):%H:%M}" in heard.text
        assert str(ready.astimezone(HONG_KONG).year) not in heard.text
    talk.clock.set(ready)
    expect_question(await give(talk, FromSms()), Registration.truth, language)


async def test_who_has_no_attempt_left_is_not_told_to_wait(talk: Talk) -> None:
    limits(talk, attempts=2)
    await at_mobile(talk)
    await talk.says(PHONE)
    for code in ("wrong code", "wrong code", FromSms()):
        expect_error(await give(talk, code), Registration.passcode, "code_wrong")
    talk.clock.jump(minutes=1)
    expect(await talk.presses("again"), "registration.passcode.sent_again")
    expect_question(await give(talk, FromSms()), Registration.truth)


@EVERY_LANGUAGE
async def test_a_day_is_named_where_the_wait_ends_on_another(talker: Talker, language: str) -> None:
    talk = talker(language=TAGS[Language(language)])
    limits(talk, phone_per_day=1)
    await at_mobile(talk)
    await talk.says(PHONE)
    ready = talk.clock() + timedelta(days=1)
    talk.clock.jump(minutes=11)
    await talk.presses("other_number")
    heard = refused(await talk.says(PHONE), "phone", "unsent", language)
    assert written(hong_kong_day(ready), language) in heard.text


@EVERY_LANGUAGE
@pytest.mark.parametrize(
    ("why", "most"),
    [
        ("phone", {"phone_per_day": 1}),
        ("chat", {"chat_per_day": 1}),
        ("busy", {"block_per_hour": 1}),
        ("busy", {"per_day_at_least": 1}),
    ],
)
async def test_every_limit_is_explained_and_another_number_may_be_given(
    talker: Talker, why: str, most: dict[str, int], language: str
) -> None:
    talk = talker(language=TAGS[Language(language)])
    limits(talk, **most)
    await at_mobile(talk)
    await talk.says(PHONE)
    talk.clock.jump(minutes=11)
    await talk.presses("other_number")
    refused(await talk.says(PHONE), why, "unsent", language)
    limits(talk)
    await talk.presses("other_number")
    expect_question(await talk.says(OTHER), Registration.passcode, language)
    expect_question(await give(talk, FromSms()), Registration.truth, language)


@EVERY_LANGUAGE
async def test_a_fourth_number_is_refused_and_the_three_are_not(
    talker: Talker, language: str
) -> None:
    talk = talker(language=TAGS[Language(language)])
    await at_mobile(talk)
    for number in ("9111 1111", "9222 2222", "9333 3333"):
        expect_question(await talk.says(number), Registration.passcode, language)
        await talk.presses("other_number")
    heard = refused(await talk.says(PHONE), "numbers", "unsent", language)
    assert re.search(r"(?<!\d)3(?!\d)", heard.text)
    talk.clock.jump(minutes=1)
    await talk.presses("other_number")
    expect_question(await talk.says("9222 2222"), Registration.passcode, language)


@EVERY_LANGUAGE
@pytest.mark.parametrize(
    ("why", "most"),
    [
        ("failures", {"phone_failures_per_day": 2}),
        ("locked", {"phone_failures_in_a_row": 2}),
    ],
)
async def test_too_many_wrong_codes_are_told_with_where_to_turn(
    talker: Talker, why: str, most: dict[str, int], language: str
) -> None:
    talk = talker(language=TAGS[Language(language)])
    limits(talk, attempt_delays=(0,), **most)
    await at_mobile(talk)
    await talk.says(PHONE)
    for _ in range(2):
        heard = await give(talk, "wrong code")
        expect_error(heard, Registration.passcode, "code_wrong", language)
    expect_error(await talk.says(sms_code(talk)), Registration.passcode, "code_wrong", language)
    talk.clock.jump(minutes=2)
    await talk.presses("other_number")
    heard = refused(await talk.says(PHONE), why, "unsent", language)
    assert not says(heard, "registration.passcode.earlier", language)
    assert (talk.store.policy.hotline in heard.text) == (why == "locked")
    heard = expect(await talk.presses("again"), f"registration.passcode.refused.{why}", language)
    assert not says(heard, "registration.passcode.sent_again", language)
    await talk.presses("other_number")
    expect_question(await talk.says(OTHER), Registration.passcode, language)
    expect_question(await give(talk, FromSms()), Registration.truth, language)


@pytest.mark.parametrize(
    "words",
    ["61234567", "wrong number, it should be 61234567", "打錯咗，係 6123 4567", "+852 6123 4567"],
)
async def test_another_number_instead_of_the_code_takes_its_place(talk: Talk, words: str) -> None:
    await at_mobile(talk)
    await talk.says(PHONE)
    heard = expect(await talk.says(words), "registration.passcode.sent_again")
    assert "+852 6123 4567" in heard.text
    assert [sms.to for sms in talk.sms] == ["+85291234567", "+85261234567"]
    expect_question(await give(talk, FromSms()), Registration.truth)
    assert talk.session.answers["mobile"] == "+85261234567"


@pytest.mark.parametrize("words", ["91234567", "resend", "No code came", "收唔到", "没收到", "1"])
async def test_the_code_is_sent_again_where_that_is_written(talk: Talk, words: str) -> None:
    await at_mobile(talk)
    await talk.says(PHONE)
    talk.clock.jump(minutes=2)
    expect(await talk.says(words), "registration.passcode.sent_again")
    assert [sms.to for sms in talk.sms] == ["+85291234567"] * 2
    expect_question(await give(talk, FromSms()), Registration.truth)


async def test_another_number_is_asked_for_where_that_is_written(talk: Talk) -> None:
    await at_mobile(talk)
    await talk.says(PHONE)
    expect_question(await talk.says("號碼錯了"), Registration.mobile)


@pytest.mark.parametrize("words", ["{}", "it says {}", "驗證碼係{}呀", "123 {}", "{:.3} {:.3}"])
async def test_the_code_may_stand_in_a_sentence(talk: Talk, words: str) -> None:
    await at_mobile(talk)
    await talk.says(PHONE)
    code = sms_code(talk)
    said = f"{code[:3]} {code[3:]}" if words.startswith("{:") else words.format(code)
    expect_question(await talk.says(said), Registration.truth)


@pytest.mark.parametrize(
    "words", ["2123 4567", "13800138000", "123456 or 654321", "1234567", "what code", "12345"]
)
async def test_what_is_neither_code_nor_number_is_no_try(talk: Talk, words: str) -> None:
    await at_mobile(talk)
    await talk.says(PHONE)
    expect_error(await talk.says(words), Registration.passcode, "code_format")
    assert len(talk.sms) == 1
    expect_question(await give(talk, FromSms()), Registration.truth)


# What a code proves


AT_PASSCODE = pytest.mark.parametrize(
    "place", [p for p in PLACES if isinstance(p.field, OneTimeCode) and p.following], ids=str
)


@AT_PASSCODE
@pytest.mark.parametrize("typed", [True, False])
async def test_a_code_proves_the_number_that_got_it_and_no_other(
    talk: Talk, place: Place, typed: bool
) -> None:
    await agrees(talk)
    await talk.reach(place.journey.form, "passcode", place.known)
    assert place.following is not None
    expect_question(await give(talk, FromSms()), place.following)
    assert "_keep" in (await talk.presses("_back")).buttons
    if not typed:
        expect_question(await talk.presses("other_number"), place.journey.form.fields["mobile"])
    await talk.says(OTHER)
    assert talk.session.field == "passcode"
    assert "_keep" not in talk.heard.buttons
    await talk.presses("_keep")
    assert talk.session.field == "passcode", "an older button is of no use either"
    expect_question(await give(talk, FromSms()), place.following)


@AT_PASSCODE
async def test_the_same_number_once_more_stays_proven(talk: Talk, place: Place) -> None:
    await agrees(talk)
    await talk.reach(place.journey.form, "passcode", place.known)
    await give(talk, FromSms())
    await talk.presses("_back")
    talk.clock.jump(minutes=2)
    heard = expect(await talk.says(PHONE), f"{place.field.key}.sent_again")
    assert "_keep" in heard.buttons
    assert place.following is not None
    expect_question(await talk.presses("_keep"), place.following)


async def test_a_registration_is_not_taken_over_by_who_has_only_another_phone(
    talker: Talker,
) -> None:
    """He knows her document, her birthday and her number, and proves a phone of his own."""
    hers, his = talker(chat="telegram:2"), talker()
    async with hers.store.writing() as tx:
        known = await register(tx, hers.chat, mobile="+85261234567")
    await agrees(his)
    answers = {name: value for name, value in known.holder.answers().items() if value}
    del answers["mobile"]
    await his.reach(Registration, "mobile", answers)
    await his.says(PHONE)
    expect_question(await give(his, FromSms()), Registration.truth)
    await his.presses("_back")
    await his.says(OTHER)
    await his.presses("_keep")
    await his.presses("yes")
    assert his.session.field == "passcode"
    async with his.store.reading() as tx:
        assert await tx.people.of_chat(his.chat) is None


@EVERY_LANGUAGE
@pytest.mark.parametrize("form", ["{}", "{} .", "({})"])
async def test_a_code_that_comes_twice_is_not_called_wrong(
    talker: Talker, language: str, form: str
) -> None:
    talk = talker(language=TAGS[Language(language)])
    await at_mobile(talk)
    await talk.says(PHONE)
    code = sms_code(talk)
    expect_question(await talk.says(form.format(code)), Registration.truth, language)
    heard = await talk.says(form.format(code))
    assert says(heard, "engine.have_that", language), heard.text
    expect_question(heard, Registration.truth, language)
    assert not says(await talk.says(code), "engine.have_that", language)
    await talk.presses("yes")
    assert talk.session.form != Registration.name
