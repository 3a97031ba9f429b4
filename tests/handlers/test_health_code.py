"""Today's code: what it is made of, and why it is not made."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest

from core.assessment import Assessment, Reason, ReasonCode
from core.colour import Colour
from core.conversation.fields import KEPT
from core.conversation.messages import Text
from core.conversation.texts import Language
from core.credential import check
from core.days import clock_time, end_of_day, hong_kong_day
from core.declaration import Condition, Declaration
from core.policy import Policy, RetentionPolicy, UploadPolicy
from core.signing.issuer_keys import PublicKeys
from core.store.codes import Assessed
from core.store.store import Store
from handlers.health_code import HealthCode
from handlers.issuing import issue_code
from handlers.menu import AFTER_CODE
from tests.core.conversation.turns import turn_in
from tests.core.store.erasing import erase_what_is_old
from tests.corpus import as_json, export, visit
from tests.handlers.people import is_registered, records
from tests.reading import expect, expect_error, expect_question, says
from tests.talk import Talk, Talker
from tests.world import TAGS, TEXTS


@pytest.fixture(autouse=True)
async def registered(talk: Talk) -> None:
    """Let the person at the chat be registered."""
    await is_registered(talk)


async def asks(talk: Talk, *conditions: str) -> None:
    await talk.presses_menu("today")
    for condition in conditions:
        await talk.presses(condition)
    await talk.presses("done" if conditions else "none")


def made_now(talk: Talk, **changes: object) -> bytes:
    return as_json(export(exported=talk.clock().isoformat(), **changes))


async def test_a_code_is_signed_protected_and_told_in_words(talk: Talk) -> None:
    await asks(talk)
    heard = expect(await talk.sends(records(talk)), "health_code.caption.green")
    expect(heard, "health_code.read")
    assert set(AFTER_CODE) == heard.buttons.keys()
    reply = talk.replies[-1]
    assert reply.protect
    assert reply.card is not None
    assert (reply.card.colour, reply.card.tail, reply.card.language) == ("green", "456(3)", "en")
    for name in reply.card.name:
        assert name in heard.text
    assert "A123456" not in heard.text
    keys = PublicKeys.published(talk.store.ring, talk.clock())
    assert check(reply.card.code, keys, talk.clock()).accepted


async def test_in_the_last_second_of_a_day_there_is_a_code_too(talk: Talk) -> None:
    talk.clock.set(end_of_day(hong_kong_day(talk.clock())) - timedelta(seconds=30))
    await asks(talk)
    talk.clock.jump(seconds=30)
    expect(await talk.sends(records(talk)), "health_code.caption.green")
    card = talk.replies[-1].card
    assert card is not None
    assert card.expires_at - card.issued_at == timedelta(seconds=1)


async def test_the_day_after_takes_three_answers(talk: Talk) -> None:
    await asks(talk)
    await talk.sends(records(talk))
    talk.clock.jump(days=1)
    before = len(talk.replies)
    await asks(talk)
    expect(await talk.sends(records(talk)), "health_code.caption.green")
    assert len(talk.replies) - before == 3


async def test_fresh_records_need_not_be_sent_again(talk: Talk) -> None:
    await asks(talk)
    await talk.sends(records(talk))
    talk.clock.jump(hours=talk.store.policy.export_fresh_hours - 1)
    await talk.presses_menu("today")
    expect(await talk.presses("none"), "health_code.caption.green")
    talk.clock.jump(hours=2)
    await talk.presses_menu("today")
    expect_question(await talk.presses("none"), HealthCode.visits)


async def test_fresh_records_that_are_gone_when_they_are_wanted_are_asked_for(talk: Talk) -> None:
    await talk.reach(HealthCode, "conditions", {"visits": KEPT})
    heard = expect(await talk.presses("none"), "health_code.records_gone")
    expect_question(heard, HealthCode.conditions)
    expect_question(await talk.presses("none"), HealthCode.visits)


async def test_a_newer_file_takes_the_place_of_fresh_records(talk: Talk) -> None:
    await asks(talk)
    await talk.sends(records(talk))
    expect(await talk.sends(records(talk, visits=5)), "engine.file_noted")
    heard = await talk.presses("none")
    assert "5 visits" in heard.text


async def test_the_colour_is_the_first_word(talk: Talk) -> None:
    await asks(talk)
    heard = expect(await talk.sends(records(talk)), "health_code.read")
    assert heard.text.startswith("GREEN CODE")
    await asks(talk, "symptoms")
    heard = expect(talk.heard, "withdrawn.worse")
    assert heard.text.startswith("RED CODE")


async def test_without_visits_there_is_a_code_too(talk: Talk) -> None:
    await asks(talk)
    heard = expect(await talk.sends(as_json(export(visits=[]))), "health_code.caption.green")
    expect(heard, "health_code.read_none")


async def test_of_a_file_whose_visits_are_all_too_old_nobody_says_that_it_has_none(
    talk: Talk,
) -> None:
    await asks(talk)
    old = visit(**{"in": "2021-10-09T10:00:00", "out": "2021-10-09T11:00:00"})
    heard = await talk.sends(as_json(export(visits=[old])))
    assert "no visits of the last 31 days" in expect(heard, "health_code.caption.green").text


async def test_one_visit_is_one_visit(talk: Talk) -> None:
    await asks(talk)
    heard = await talk.sends(as_json(export()))
    assert "1 visit at 1 place, on 9 December 2021" in heard.text


@pytest.mark.parametrize("language", list(Language))
async def test_a_restaurant_in_a_mall_is_taken_and_a_forgotten_leave_is_told(
    talker: Talker, language: str
) -> None:
    talk = talker(language=TAGS[Language(language)])
    for out, told in (("19:00", False), ("20:00", True)):
        lunch = visit(
            venue="AAAAAAAA",
            **{"in": "2021-12-09T18:30:00+08:00", "out": f"2021-12-09T{out}:00+08:00"},
        )
        await asks(talk)
        heard = await talk.sends(made_now(talk, visits=[visit(), lunch]))
        expect(heard, "health_code.caption.green", language)
        assert says(heard, "health_code.read_overlaps", language) is told
        talk.clock.jump(days=1)


async def test_the_file_of_another_day_is_refused_and_a_new_one_taken(talk: Talk) -> None:
    file = records(talk)
    talk.clock.jump(hours=25)
    await asks(talk)
    heard = expect_error(await talk.sends(file), HealthCode.visits, "stale")
    assert "24 hours" in heard.text
    # By the day he sees that it is the file of another one, or that the phone's clock is wrong.
    assert f"exported at {clock_time(talk.clock() - timedelta(hours=25))}" in heard.text
    assert "clock of your phone" in heard.text
    expect(await talk.sends(records(talk)), "health_code.caption.green")


@pytest.mark.parametrize(("days", "colour"), [(20, ""), (21, "green"), (22, "green")])
async def test_the_app_must_have_been_there_for_21_days(talk: Talk, days: int, colour: str) -> None:
    today = date(2021, 12, 10)
    installed = today - timedelta(days=days)
    app = {"version": "3.1.0", "installed": installed.isoformat()}
    await asks(talk)
    heard = await talk.sends(made_now(talk, app=app, visits=[]))
    if colour:
        expect(heard, f"health_code.caption.{colour}")
        return
    expect(heard, "health_code.too_new")
    assert TEXTS.say("en", "health_code.too_new", wanted=21, day=today + timedelta(days=1)) in (
        heard.text
    )
    assert talk.replies[-1].card is None
    talk.clock.jump(days=1)
    await asks(talk)
    expect(await talk.sends(made_now(talk, app=app, visits=[])), "health_code.caption.green")


async def test_a_declaration_is_made_anew_on_a_new_day(talk: Talk) -> None:
    talk.clock.jump(hours=11, minutes=59)
    await asks(talk)
    talk.clock.jump(minutes=2)
    heard = expect(await talk.sends(records(talk)), "health_code.new_day")
    expect_question(heard, HealthCode.conditions)
    expect(await talk.presses("symptoms"), "health_code.conditions.noted")
    expect(await talk.presses("done"), "health_code.caption.red")


@pytest.mark.parametrize(
    "condition",
    [str(condition) for condition in Condition if condition not in ("discharged", "arrived")],
)
@pytest.mark.parametrize("language", list(Language))
async def test_what_is_declared_makes_a_code_red_and_says_why(
    talker: Talker, condition: str, language: str
) -> None:
    talk = talker(language=TAGS[Language(language)])
    await asks(talk, condition)
    heard = expect(await talk.sends(records(talk)), "health_code.caption.red", language)
    expect(heard, f"why.reason.{condition}", language)
    heard = expect(await talk.presses("why_colour"), "why.colour.red", language)
    expect(heard, f"why.reason.{condition}", language)
    expect(heard, "why.advice.red", language)


@pytest.mark.parametrize(
    ("origin", "scheme", "colour", "reason"),
    [
        ("elsewhere", None, "amber", "arrived"),
        ("mainland", "other", "amber", "arrived"),
        ("mainland", "return2hk", "green", "arrived_exempt"),
        ("macao", "come2hk", "green", "arrived_exempt"),
    ],
)
@pytest.mark.parametrize("language", list(Language))
async def test_an_arrival_is_yellow_but_under_the_schemes(
    talker: Talker, origin: str, scheme: str | None, colour: str, reason: str, language: str
) -> None:
    talk = talker(language=TAGS[Language(language)])
    await asks(talk, "arrived")
    await talk.says("2/12/2021")
    await talk.presses(origin)
    if scheme:
        expect_question(talk.heard, HealthCode.scheme, language)
        await talk.presses(scheme)
    expect_question(talk.heard, HealthCode.visits, language)
    await talk.sends(records(talk))
    expect(talk.heard, f"health_code.caption.{colour}", language)
    heard = expect(await talk.presses("why_colour"), f"why.reason.{reason}", language)
    if colour == "amber":
        expect(heard, "why.until", language)


@pytest.mark.parametrize("language", list(Language))
async def test_every_reason_has_its_words(store: Store, language: str) -> None:
    day = date(2021, 12, 1)
    params = {
        "day": day.isoformat(),
        "place": "AB123",
        "place_en": "Langham Place",
        "place_zh": "朗豪坊",
        "scheme": "return2hk",
    }
    async with store.writing() as tx:
        known = await tx.people.of_chat("telegram:1")
        assert known is not None
        for number, (code, until) in enumerate(itertools.product(ReasonCode, (None, day))):
            reason = Reason(code, Colour.RED, params, until)
            turn = turn_in(tx, Text(""), language=TAGS[Language(language)])
            assessment = Assessment(Colour.RED, [reason])
            await issue_code(turn, known, Assessed(assessment, Declaration(), lists=0))
            text = turn.replies[0].text
            assert "{" not in text
            said = TEXTS.say(language, "why.until", until=day)
            assert (said in text) == (until is not None), number


async def test_nobody_gets_a_code_before_he_is_registered(talker: Talker) -> None:
    talk = talker(chat="telegram:2")
    await talk.reach(HealthCode, "visits", {"conditions": []})
    expect(await talk.sends(records(talk)), "health_code.register_first")
    assert talk.replies[-1].card is None
    await talk.reach(HealthCode, "visits", {"conditions": []})
    await talk.starts()
    expect(await talk.presses("no"), "health_code.register_first")


async def test_more_files_in_a_day_than_anybody_needs_are_refused_until_tomorrow(
    talk: Talk,
) -> None:
    talk.store.policy = Policy(uploads=UploadPolicy(per_day=2))
    await talk.presses_menu("today")
    await talk.sends(b"sent before it was asked for")
    expect_question(await talk.presses("none"), HealthCode.visits)
    expect_error(await talk.sends(b"no export"), HealthCode.visits, "not_export")
    heard = await talk.sends(b"no export")
    expect_error(heard, HealthCode.visits, "too_many_files")
    assert f"call {talk.store.policy.hotline}" in heard.text
    await talk.commands("cancel")
    await talk.presses("yes")
    talk.clock.jump(days=1)
    await asks(talk)
    expect(await talk.sends(records(talk)), "health_code.caption.green")


@pytest.mark.parametrize("language", list(Language))
async def test_more_files_in_a_week_than_anybody_needs_are_refused_until_the_first_is_older(
    talker: Talker, language: str
) -> None:
    talk = talker(language=TAGS[Language(language)])
    talk.store.policy = Policy(uploads=UploadPolicy(per_day=2, per_week=3))
    await asks(talk)
    for _ in range(2):
        heard = await talk.sends(b"no export")
        expect_error(heard, HealthCode.visits, "not_export", language)
    for days, code in ((2, "not_export"), (0, "too_many_this_week"), (4, "too_many_this_week")):
        talk.clock.jump(days=days)
        heard = await talk.sends(b"no export")
        expect_error(heard, HealthCode.visits, code, language)
    # The first two came on the tenth, and are a week old on the seventeenth.
    free = date(2021, 12, 17)
    hotline = talk.store.policy.hotline
    told = TEXTS.say(language, "error.too_many_this_week", most=3, day=free, hotline=hotline)
    assert told in heard.text
    talk.clock.jump(days=1)
    for code in ("not_export", "not_export", "too_many_files"):
        heard = await talk.sends(b"no export")
        expect_error(heard, HealthCode.visits, code, language)


async def test_too_many_files_are_said_only_where_a_file_is_asked_for(talk: Talk) -> None:
    talk.store.policy = Policy(uploads=UploadPolicy(per_day=1))
    await asks(talk)
    await talk.sends(b"no export")
    await talk.commands("cancel")
    await talk.presses("yes")
    await talk.presses_menu("today")
    expect_error(await talk.sends(records(talk)), HealthCode.conditions, "file_not_now")


async def test_the_good_file_of_an_album_is_taken_when_it_comes_late(talk: Talk) -> None:
    await asks(talk)
    heard = await talk.sends(b"no export", album="a")
    expect_error(heard, HealthCode.visits, "not_export")
    expect(await talk.sends(records(talk), album="a"), "health_code.caption.green")
    replies = len(talk.replies)
    await talk.sends(b"no export", album="a")
    assert len(talk.replies) == replies, "it is not wanted any more"


async def test_no_more_files_of_an_album_are_read_than_of_any_others(talk: Talk) -> None:
    talk.store.policy = Policy(uploads=UploadPolicy(per_day=1))
    await asks(talk)
    talk.read_at_once = False
    await talk.sends(b"no export", album="a")
    await talk.sends(records(talk), album="a")
    expect_error(await talk.fails("not_export"), HealthCode.visits, "not_export")
    assert len(talk.jobs) == 1


async def test_a_registration_that_is_used_is_not_one_that_nobody_uses(talk: Talk) -> None:
    # Less than the life of the key that signs: nobody makes a new one here.
    days = talk.store.policy.keys.life_days - 5
    talk.store.policy = Policy(retention=RetentionPolicy(registration_days=days))
    talk.clock.jump(days=days - 1)
    await asks(talk)
    expect(await talk.sends(records(talk)), "health_code.caption.green")
    talk.clock.jump(days=2)
    async with talk.store.writing() as tx:
        await erase_what_is_old(tx.connection, talk.store.policy.retention, talk.clock())
        assert await tx.people.of_chat(talk.chat) is not None


@pytest.mark.parametrize(
    "words",
    [
        "my colleague tested positive",
        "no symptoms, but my son has a fever",
        "My husband came back from London",
        "我同事確診",
        "個仔發燒",
        "同事确诊了",
        "我老公阳性",
    ],
)
async def test_what_somebody_else_has_is_asked_about(talk: Talk, words: str) -> None:
    await talk.presses_menu("today")
    expect_error(await talk.says(words), HealthCode.conditions, "not_offered")
    assert talk.session.partial == []
    assert talk.session.field == "conditions"


@pytest.mark.parametrize(
    ("words", "condition"),
    [
        ("I have a runny nose", Condition.SYMPTOMS),
        ("I lost my sense of smell", Condition.SYMPTOMS),
        ("I was discharged last Monday", Condition.DISCHARGED),
        ("我發緊燒", Condition.SYMPTOMS),
        ("失去味覺兩日", Condition.SYMPTOMS),
        ("尋日先出院", Condition.DISCHARGED),
        ("这两天呼吸困难", Condition.SYMPTOMS),
        ("上周一出院", Condition.DISCHARGED),
    ],
)
async def test_a_condition_is_known_in_a_sentence(
    talk: Talk, words: str, condition: Condition
) -> None:
    await talk.presses_menu("today")
    expect(await talk.says(words), "health_code.conditions.noted")
    assert talk.session.partial == [condition]


@pytest.mark.parametrize("words", ["冇出院", "I was not discharged", "流鼻水？冇", "没有味觉异常"])
async def test_a_condition_that_is_denied_is_none_and_not_all_of_them(
    talk: Talk, words: str
) -> None:
    await talk.presses_menu("today")
    expect_error(await talk.says(words), HealthCode.conditions, "not_offered")
    assert talk.session.partial == []


@pytest.mark.parametrize(
    "words",
    [
        "no to all",
        "全部都冇",
        "通通冇呀",
        "没",
        "一个都没有",
        "冇呀，全部都冇",
        "没有。都没有。",
        "No, none of them. Thank you!",
        "沒有，多謝您",
        "冇呀唔該晒！",
    ],
)
async def test_none_of_it_is_said_in_many_ways(talk: Talk, words: str) -> None:
    await talk.presses_menu("today")
    expect_question(await talk.says(words), HealthCode.visits)
    assert talk.session.answers["conditions"] == []


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("condition", ["", "symptoms"])
async def test_a_code_of_yesterday_is_said_to_be_over(
    talker: Talker, language: Language, condition: str
) -> None:
    talk = talker(language=TAGS[language])
    await asks(talk, *filter(None, [condition]))
    await talk.sends(records(talk))
    assert not says(await talk.commands("why_colour"), "why.expired", language)
    talk.clock.jump(days=1)
    heard = expect(await talk.commands("why_colour"), "why.expired", language)
    assert not says(heard, "why.advice.green", language)
    assert says(heard, "why.advice.red", language) is bool(condition)


@pytest.mark.parametrize("words", ["where do I find it", "搵唔到", "我没出过门"])
async def test_who_sends_words_for_the_records_is_told_where_they_are(
    talk: Talk, words: str
) -> None:
    await asks(talk)
    expect(await talk.says(words), "health_code.visits.error.file_wanted")


@pytest.mark.parametrize("words", ["其實我有啲咳", "I have a fever since yesterday"])
async def test_who_says_only_at_the_file_that_he_is_ill_is_led_back_to_the_declaration(
    talk: Talk, words: str
) -> None:
    await asks(talk)
    expect_error(await talk.says(words), HealthCode.visits, "undeclared")
    expect_question(await talk.presses("_back"), HealthCode.conditions)
    await talk.presses("symptoms")
    expect_question(await talk.presses("done"), HealthCode.visits)
    expect_error(await talk.says(words), HealthCode.visits, "file_wanted")


async def test_who_speaks_of_another_at_the_file_is_asked_for_the_file(talk: Talk) -> None:
    await asks(talk)
    heard = await talk.says("my colleague has a fever")
    expect_error(heard, HealthCode.visits, "file_wanted")
