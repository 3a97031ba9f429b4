"""Public rental housing needs no proof: where the policy says so, its register is asked."""

from __future__ import annotations

import pytest

from core.address import Estate
from core.conversation.texts import Language
from core.identity import DocumentType, normalise
from core.policy import Policy
from core.store import lists, loading
from handlers.everyone import Declaring
from handlers.health_code import HealthCode
from tests.handlers.family import BO, MEI, NUMBERS, OWN, family
from tests.handlers.people import HOTEL, OTHER, is_registered, records, registers
from tests.handlers.test_everyone import begins
from tests.reading import expect, expect_question, says
from tests.stories.questions import Journey
from tests.talk import Talk, Talker
from tests.world import TAGS, TEXTS, Heard

MEI_LAM = Estate("Mei Lam Estate", "美林邨")
MINE = "A123456(3)"


async def listed(talk: Talk, *numbers: str, estate: Estate = MEI_LAM) -> None:
    """Let the policy ask the register, and these identity cards stand in it."""
    talk.store.policy = Policy(check_tenants=True)
    async with talk.store.reading() as tx:
        indexes = [
            tx.people.document_index("hkid", normalise(DocumentType.HKID, number))
            for number in numbers
        ]
    tenants = lists.tenants((index, estate) for index in indexes)
    await loading.replace(talk.store, tenants, talk.clock())


async def asks(talk: Talk) -> Heard:
    await talk.presses_menu("today")
    return talk.heard


@pytest.mark.parametrize(
    "address",
    ["Flat 1203, Block 5, Mei Lam Est.", "沙田美林邨美楓樓1203室", "沙田美林村美枫楼1203室"],
)
async def test_a_tenant_who_is_listed_gets_his_code(talk: Talk, address: str) -> None:
    await listed(talk, MINE)
    await is_registered(talk, address=address)
    expect_question(await asks(talk), HealthCode.conditions)
    await talk.presses("none")
    expect(await talk.sends(records(talk)), "health_code.caption.green")


@pytest.mark.parametrize("language", list(Language))
async def test_who_is_not_listed_is_told_at_once_and_gets_a_code_when_it_is_mended(
    talker: Talker, language: str
) -> None:
    talk = talker(language=TAGS[Language(language)])
    await listed(talk, NUMBERS[MEI])
    heard = await registers(talk)
    expect(heard, "registration.done", language)
    expect(heard, "health_code.address_unconfirmed", language)
    assert "details" in heard.buttons
    expect(await asks(talk), "health_code.address_unconfirmed", language)
    await listed(talk, MINE, estate=Estate("Long Lane", "長巷"))
    expect_question(await asks(talk), HealthCode.conditions, language)


async def test_another_estate_than_the_registered_one_is_not_confirmed(talk: Talk) -> None:
    await listed(talk, MINE, estate=Estate("Choi Hung Estate", "彩虹邨"))
    await is_registered(talk)
    expect(await asks(talk), "health_code.address_unconfirmed")


@pytest.mark.parametrize("journey", [OTHER, HOTEL], ids=["other", "hotel"])
async def test_only_public_housing_is_looked_up(talk: Talk, journey: Journey) -> None:
    await listed(talk)
    heard = await registers(talk, journey)
    assert not says(heard, "health_code.address_unconfirmed")


async def test_without_the_policy_what_is_declared_is_believed(talk: Talk) -> None:
    await is_registered(talk)
    expect_question(await asks(talk), HealthCode.conditions)


async def test_of_a_family_only_those_who_are_listed_are_asked(talk: Talk) -> None:
    await family(talk, MEI, BO)
    await listed(talk, MINE, NUMBERS[BO])
    heard = await begins(talk)
    assert TEXTS.say("en", "everyone.unconfirmed", names=MEI) in heard.text
    assert talk.session.form == Declaring.name
    assert "(1 of 2)" in heard.text


async def test_a_family_of_whom_nobody_is_listed_is_not_asked(talk: Talk) -> None:
    await family(talk, MEI)
    await listed(talk)
    heard = await begins(talk)
    assert f"{OWN}, {MEI}" in expect(heard, "everyone.unconfirmed").text
    assert not says(heard, "everyone.nobody")
    assert not talk.session.form
