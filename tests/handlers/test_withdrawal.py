"""Codes that are withdrawn: by what their holder does, and what he hears of it."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import select

from core.address import HighRiskPlace
from core.assessment import Case, CaseKind
from core.conversation.messages import Withdrawn
from core.conversation.texts import Language
from core.credential import Reason, check
from core.district import District
from core.signing.issuer_keys import PublicKeys
from core.store import lists, loading
from core.store.codes import Code, Why
from core.store.people import Known
from core.store.reassessment import reassess
from core.store.tables import audit
from handlers.health_code import HealthCode
from handlers.registration import Registration
from tests.handlers.people import is_registered, records
from tests.reading import expect, expect_question
from tests.talk import Talk, Talker
from tests.world import TAGS, TEXTS


async def gets_code(talk: Talk, *conditions: str) -> str:
    """Get today's code; return its text."""
    await talk.presses_menu("today")
    for condition in conditions:
        await talk.presses(condition)
    await talk.presses("done" if conditions else "none")
    if talk.session.field == "still":
        await talk.presses("no")
    if talk.session.form:
        await talk.sends(records(talk))
    card = talk.replies[-1].card
    assert card is not None
    return card.code


async def keys(talk: Talk) -> PublicKeys:
    """Return what a verifier holds at this moment."""
    published = PublicKeys.published(talk.store.ring, talk.clock())
    async with talk.store.reading() as tx:
        revoked = await tx.codes.revoked(talk.clock())
    return PublicKeys(published.keys, published.issued_at, frozenset(revoked))


async def revoked(talk: Talk, code: str) -> bool:
    """Tell whether a verifier refuses a code as withdrawn."""
    return check(code, await keys(talk), talk.clock()).reason is Reason.REVOKED


async def known(talk: Talk) -> Known:
    async with talk.store.reading() as tx:
        found = await tx.people.of_chat(talk.chat)
    assert found is not None
    return found


async def newest(talk: Talk) -> Code:
    async with talk.store.reading() as tx:
        found = await tx.codes.newest(await known(talk))
    assert found is not None
    return found


async def withdraws(talk: Talk, why: Why) -> None:
    """Withdraw his newest code, and let the chat hear of it."""
    code = await newest(talk)
    async with talk.store.writing() as tx:
        assert await tx.codes.withdraw([code.id], why, talk.clock()) == [code.id]
    await talk.take(Withdrawn(code.id.hex(), str(why), code.holder))


async def lists_him(talk: Talk) -> None:
    """Let the authority list him as a close contact."""
    case = Case(CaseKind.CLOSE_CONTACT, talk.clock().date())
    holder = (await known(talk)).holder
    async with talk.store.reading() as tx:
        index = tx.people.document_index(holder.document, "A1234563")
    await loading.replace(talk.store, lists.cases([(index, case)]), talk.clock())


@pytest.fixture(autouse=True)
async def registered(talk: Talk) -> None:
    await is_registered(talk)


async def test_a_worse_code_withdraws_the_one_before(talk: Talk) -> None:
    green = await gets_code(talk)
    same = await gets_code(talk)
    assert not await revoked(talk, green), "the same colour again takes nothing back"
    red = await gets_code(talk, "symptoms")
    expect(talk.heard, "withdrawn.worse")
    assert await revoked(talk, green)
    assert await revoked(talk, same)
    assert not await revoked(talk, red)
    await gets_code(talk)
    assert not await revoked(talk, red), "a better one leaves it as it is"
    async with talk.store.reading() as tx:
        acts = (await tx.connection.scalars(select(audit.c.act))).all()
    assert acts.count("code withdrawn") == 2


@pytest.mark.parametrize(
    ("question", "given", "gone"),
    [
        (Registration.number, "G123456(A)", True),
        (Registration.english_name, "CHAN Siu Man", True),
        (Registration.mobile, "", False),
    ],
    ids=lambda given: getattr(given, "name", None),
)
async def test_a_code_goes_with_the_document_and_the_name_that_it_was_made_out_to(
    talk: Talk, question: object, given: str, gone: bool
) -> None:
    code = await gets_code(talk)
    await talk.presses_menu("change")
    expect_question(talk.heard, Registration.truth)
    if given:
        await talk.presses("edit")
        await talk.presses(question.name)  # type: ignore[attr-defined]
        await talk.says(given)
    heard = expect(await talk.presses("yes"), "registration.changed")
    assert await revoked(talk, code) == gone
    assert (TEXTS.say("en", "withdrawn.details") in heard.text) == gone
    expect_question(heard, HealthCode.conditions)


async def test_who_changes_without_a_code_hears_nothing_of_one(talk: Talk) -> None:
    await talk.presses_menu("change")
    await talk.presses("edit")
    await talk.presses("english_name")
    await talk.says("CHAN Siu Man")
    heard = await talk.presses("yes")
    assert TEXTS.say("en", "withdrawn.details") not in heard.text


async def test_who_moves_has_his_code_assessed_again(talk: Talk) -> None:
    code = await gets_code(talk)
    day = talk.clock()
    place = HighRiskPlace(District("ST"), "Mei Tin Estate", "美田邨", day, day)
    await loading.replace(talk.store, lists.places([place]), day)
    async with talk.store.writing() as tx:
        assert (await reassess(tx, talk.clock())).withdrawn == 0
        assert (await reassess(tx, talk.clock())).looked_at == 0
    await talk.presses_menu("change")
    await talk.presses("edit")
    await talk.presses("address")
    await talk.says("Flat 5, Block 1, Mei Tin Estate, Sha Tin")
    await talk.presses("yes")
    async with talk.store.writing() as tx:
        assert (await reassess(tx, talk.clock())).withdrawn == 1
    assert await revoked(talk, code)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("why", [Why.ADDRESS, Why.HEALTH, Why.OTHER])
async def test_he_is_told_why_and_what_to_do_next(talker: Talker, language: str, why: Why) -> None:
    talk = talker(language=TAGS[Language(language)])
    await gets_code(talk)
    before = len(talk.replies)
    await withdraws(talk, why)
    heard = expect(talk.heard, f"withdrawn.{why}", language)
    assert len(talk.replies) == before + 1
    assert talk.replies[-1].card is None
    assert (await known(talk)).reference in heard.text
    assert "details" in heard.buttons
    expect(await talk.presses("why_colour"), "why.withdrawn", language)


@pytest.mark.parametrize("language", list(Language))
async def test_under_new_lists_he_gets_the_new_code_at_once(talker: Talker, language: str) -> None:
    talk = talker(language=TAGS[Language(language)])
    green = await gets_code(talk)
    await lists_him(talk)
    await withdraws(talk, Why.LISTS)
    told, picture = talk.replies[-2:]
    assert (
        TEXTS.say(language, "withdrawn.lists", at=(await newest(talk)).issued_at)[:20] in told.text
    )
    assert picture.card is not None
    assert picture.card.colour == "red"
    assert picture.protect
    expect(talk.heard, "health_code.caption.red", language)
    expect(talk.heard, "why.reason.listed_close_contact", language)
    assert await revoked(talk, green)
    assert not await revoked(talk, picture.card.code)


async def test_what_he_declared_today_counts_for_the_new_code(talk: Talk) -> None:
    await talk.presses_menu("today")
    await talk.presses("arrived")
    await talk.presses("done")
    await talk.says("2/12/2021")
    await talk.presses("elsewhere")
    await talk.sends(records(talk))
    expect(talk.heard, "health_code.caption.amber")
    await lists_him(talk)
    await withdraws(talk, Why.LISTS)
    expect(talk.heard, "health_code.caption.red")
    expect(await talk.presses("why_colour"), "why.reason.arrived")


async def test_a_new_seal_brings_a_new_code_of_the_same_colour(talk: Talk) -> None:
    await gets_code(talk)
    await withdraws(talk, Why.KEY)
    assert talk.replies[-2].text.startswith("Your code of")
    expect(talk.heard, "health_code.caption.green")


async def test_the_question_in_hand_is_asked_again_below(talk: Talk) -> None:
    await gets_code(talk)
    await talk.presses_menu("today")
    await lists_him(talk)
    await withdraws(talk, Why.LISTS)
    assert talk.replies[-2].card is not None
    expect_question(talk.heard, HealthCode.conditions)
    expect(await talk.presses("none"), "health_code.caption.red")


async def test_who_has_a_newer_code_has_heard_already(talk: Talk) -> None:
    await gets_code(talk)
    code = await newest(talk)
    await lists_him(talk)
    async with talk.store.writing() as tx:
        await tx.codes.withdraw([code.id], Why.LISTS, talk.clock())
    await gets_code(talk)
    before = list(talk.replies)
    await talk.take(Withdrawn(code.id.hex(), str(Why.LISTS), code.holder))
    assert talk.replies == before


async def test_nobody_hears_of_what_is_over_or_not_his(talk: Talk, talker: Talker) -> None:
    await gets_code(talk)
    code = await newest(talk)
    stranger = talker(chat="telegram:9")
    await stranger.take(Withdrawn(code.id.hex(), str(Why.OTHER), code.holder))
    assert stranger.replies == []
    await is_registered(stranger, number="G123456(A)")
    await stranger.take(Withdrawn(code.id.hex(), str(Why.OTHER), code.holder))
    assert stranger.replies == []
    before = list(talk.replies)
    talk.clock.jump(days=1)
    await talk.take(Withdrawn(code.id.hex(), str(Why.OTHER), code.holder))
    assert talk.replies == before


def test_it_comes_in_like_any_message() -> None:
    body = Withdrawn("00" * 8, "lists", "h")
    again = msgspec.json.decode(msgspec.json.encode(body), type=Withdrawn)
    assert again == body
