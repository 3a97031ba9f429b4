"""A guest is registered with his hotel until he leaves it; then he says where he stays."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.conversation.texts import Language
from core.days import hong_kong_day
from handlers.health_code import HealthCode
from handlers.registration import Registration
from tests.core.store.people import index_of
from tests.handlers.family import MEI, family
from tests.handlers.people import HOTEL, is_registered, records, registers
from tests.handlers.test_everyone import begins
from tests.reading import expect, expect_question, says
from tests.talk import Talk, Talker
from tests.world import TAGS, TEXTS, Heard


async def stays(talk: Talk, nights: int) -> None:
    """Let him be registered with a hotel; his last night is so many days from today."""
    last = hong_kong_day(talk.clock()) + timedelta(days=nights)
    home = {"address": "", "district": "", "hotel": "Harbour View Hotel", "room": "1208"}
    await is_registered(talk, housing="hotel", last_night=last.isoformat(), **home)


async def asks(talk: Talk) -> Heard:
    await talk.presses_menu("today")
    return talk.heard


@pytest.mark.parametrize("nights", [7, 0, -1])
async def test_a_guest_gets_his_code_until_the_day_on_which_he_leaves(
    talk: Talk, nights: int
) -> None:
    await stays(talk, nights)
    expect_question(await asks(talk), HealthCode.conditions)
    await talk.presses("none")
    expect(await talk.sends(records(talk)), "health_code.caption.green")


@pytest.mark.parametrize("language", list(Language))
async def test_who_has_left_says_where_he_stays_now(talker: Talker, language: str) -> None:
    talk = talker(language=TAGS[Language(language)])
    await stays(talk, -2)
    heard = expect(await asks(talk), "health_code.stay_over", language)
    expect_question(heard, Registration.housing, language)
    assert not says(heard, "registration.to_change", language)
    await talk.presses("public")
    await talk.says("沙田美林邨美楓樓1203室")
    heard = expect(await talk.presses("yes"), "registration.changed", language)
    expect_question(heard, HealthCode.conditions, language)


async def test_who_stays_longer_gives_only_the_new_last_night(talk: Talk) -> None:
    await stays(talk, -2)
    await asks(talk)
    expect_question(await talk.presses("hotel"), Registration.last_night)
    await talk.says("24 December 2021")
    heard = expect(await talk.presses("yes"), "registration.changed")
    expect_question(heard, HealthCode.conditions)


async def test_a_file_alone_leads_a_guest_who_has_left_to_the_same(talk: Talk) -> None:
    await stays(talk, -2)
    heard = expect(await talk.sends(records(talk)), "health_code.stay_over")
    assert not talk.session.form
    assert "today" in heard.buttons


async def test_who_leaves_today_can_register(talk: Talk) -> None:
    heard = await registers(talk, HOTEL, last_night="9 December 2021")
    expect(heard, "registration.done")


async def test_of_a_family_the_guest_who_has_left_is_named(talk: Talk) -> None:
    mei = (await family(talk, MEI))[MEI]
    mei.holder.hotel, mei.holder.last_night = "Inn", "2021-12-08"
    async with talk.store.writing() as tx:
        await tx.people.change(mei, mei.holder, index_of(tx, mei.holder), talk.clock())
    heard = await begins(talk)
    assert TEXTS.say("en", "everyone.stay_over", names=MEI) in heard.text
    assert "(1 of 1)" in heard.text
