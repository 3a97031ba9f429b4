"""The holder's answer to an officer's digits: two messages, a picture that is his alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.conversation.messages import Card
from core.conversation.texts import Language
from core.credential import Claims, check
from core.policy import Policy
from core.signing.issuer_keys import PublicKeys
from core.store.codes import Why
from core.store.tables import audit
from handlers.health_code import HealthCode
from handlers.live_code import LiveCode
from handlers.registration import Registration
from tests.handlers.people import agrees, is_registered, records
from tests.reading import expect, expect_error, expect_question
from tests.talk import Talk, Talker
from tests.world import TAGS

EVERY_LANGUAGE = pytest.mark.parametrize("language", list(Language))


async def has_code(talk: Talk, *conditions: str) -> Card:
    """Let him be registered, with a code of today; return its card."""
    await is_registered(talk)
    await talk.presses_menu("today")
    for condition in conditions:
        await talk.presses(condition)
    await talk.presses("done" if conditions else "none")
    await talk.sends(records(talk))
    return card_of(talk)


def card_of(talk: Talk) -> Card:
    card = talk.replies[-1].card
    assert card is not None
    return card


def claims_of(talk: Talk, card: Card) -> Claims:
    keys = PublicKeys.published(talk.store.ring, talk.clock())
    verdict = check(card.code, keys, talk.clock())
    assert verdict.accepted
    assert verdict.claims is not None
    return verdict.claims


@EVERY_LANGUAGE
@pytest.mark.parametrize("conditions", [(), ("symptoms",)])
async def test_two_messages_bring_a_fresh_picture_with_the_digits(
    talker: Talker, language: str, conditions: tuple[str, ...]
) -> None:
    talk = talker(language=TAGS[Language(language)])
    first = await has_code(talk, *conditions)
    before = len(talk.replies)
    talk.clock.jump(minutes=5)
    expect_question(await talk.presses("live_code"), LiveCode.digits, language)
    heard = expect(await talk.says("0 4 8 2"), "live_code.answer", language)
    assert len(talk.replies) == before + 2
    expect(heard, f"health_code.caption.{first.colour}", language)
    assert talk.replies[-1].protect
    card = card_of(talk)
    assert card.challenge == "0482"
    assert "0482" in heard.text
    assert replace_times(card, first) == first
    old, new = claims_of(talk, first), claims_of(talk, card)
    assert new.challenge == "0482"
    assert new.code_id != old.code_id
    assert timedelta(minutes=5) <= new.issued_at - old.issued_at < timedelta(minutes=6)
    same = replace(new, code_id=old.code_id, binding=old.binding, issued_at=old.issued_at)
    assert replace(same, challenge=None) == old


def replace_times(card: Card, first: Card) -> Card:
    """Return a card with the first one's moment, code and digits."""
    return Card(
        card.colour,
        first.code,
        card.name,
        card.tail,
        first.issued_at,
        card.expires_at,
        card.language,
        first.challenge,
    )


@EVERY_LANGUAGE
async def test_bad_digits_are_explained(talker: Talker, language: str) -> None:
    talk = talker(language=TAGS[Language(language)])
    await has_code(talk)
    await talk.presses("live_code")
    for typed in ("482", "04825", "four"):
        expect_error(await talk.says(typed), LiveCode.digits, "digits", language)
    expect(await talk.says("4825"), "live_code.answer", language)


@EVERY_LANGUAGE
async def test_only_a_code_that_is_good_today_is_shown_live(talker: Talker, language: str) -> None:
    talk = talker(language=TAGS[Language(language)])
    await agrees(talk)
    expect(await talk.presses_menu("live_code"), "live_code.none", language)
    await is_registered(talk)
    expect(await talk.presses_menu("live_code"), "live_code.none", language)
    await talk.presses_menu("today")
    await talk.presses("none")
    await talk.sends(records(talk))
    talk.clock.jump(days=1)
    expect(await talk.presses_menu("live_code"), "live_code.none", language)
    await talk.presses_menu("today")
    await talk.presses("none")
    await talk.sends(records(talk))
    await talk.presses_menu("live_code")
    await withdraw(talk)
    expect(await talk.says("1234"), "live_code.none", language)
    assert talk.replies[-1].card is None
    expect(await talk.presses_menu("live_code"), "live_code.none", language)


async def withdraw(talk: Talk) -> None:
    async with talk.store.writing() as tx:
        known = await tx.people.of_chat(talk.chat)
        assert known is not None
        assert await tx.codes.withdraw_all(known.id, Why.OTHER, talk.clock())


@EVERY_LANGUAGE
async def test_an_hour_has_a_limit(talker: Talker, language: str) -> None:
    talk = talker(language=TAGS[Language(language)])
    talk.store.policy = Policy(codes_per_hour=3)
    await has_code(talk)
    for _ in range(2):
        await talk.presses("live_code")
        expect(await talk.says("1234"), "live_code.answer", language)
    expect(await talk.presses("live_code"), "live_code.too_often", language)
    talk.clock.jump(hours=1, seconds=1)
    expect_question(await talk.presses_menu("live_code"), LiveCode.digits, language)


async def test_a_declaration_in_hand_gives_way_to_the_officer_who_waits(talk: Talk) -> None:
    await has_code(talk)
    expect_question(await talk.presses_menu("today"), HealthCode.conditions)
    expect_question(await talk.presses_menu("live_code"), LiveCode.digits)
    expect(await talk.says("1234"), "live_code.answer")
    expect_question(await talk.presses_menu("register"), Registration.truth)
    expect(await talk.presses_menu("live_code"), "engine.unfinished")


async def test_it_is_in_the_audit(talk: Talk) -> None:
    await has_code(talk)
    await talk.presses("live_code")
    await talk.says("1234")
    async with talk.store.reading() as tx:
        acts = list(await tx.connection.scalars(select(audit.c.act)))
    assert acts[-1] == "live code issued"
