"""One person is registered: who he is, and whether he was so before."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core.clean_proof import CleanProof
from core.conversation.form import Form
from core.conversation.texts import Language
from core.days import HONG_KONG
from core.holder import Holder
from core.store.people import Known
from core.store.tables import audit, holders, proofs, uploads
from handlers.family import Dependant
from handlers.health_code import HealthCode
from handlers.registration import MOST_REFUSED, Registration
from tests.core.store.people import holder
from tests.handlers.people import HOTEL, OTHER, PUBLIC, agrees, is_registered, registers
from tests.reading import expect, expect_question, says
from tests.stories.questions import PLACES, Journey, give
from tests.talk import Talk, Talker
from tests.world import TAGS, TEXTS, Heard


async def who(talk: Talk) -> Known:
    """Return the holder for whom a chat speaks."""
    async with talk.store.reading() as tx:
        known = await tx.people.of_chat(talk.chat)
    assert known is not None
    return known


@pytest.mark.parametrize("journey", [PUBLIC, OTHER, HOTEL], ids=str)
async def test_what_was_answered_is_registered(talk: Talk, journey: Journey) -> None:
    heard = expect(await registers(talk, journey), "registration.done")
    expect_question(heard, HealthCode.conditions)
    known = await who(talk)
    assert known.reference in heard.text
    kept = {
        name: good.kept
        for name, good in journey.answers.items()
        if name in Holder.__struct_fields__
    }
    assert {k: v for k, v in known.holder.answers().items() if v} == kept
    assert known.holder.language == "en"


async def test_the_district_is_read_from_the_address(talk: Talk) -> None:
    await registers(talk, address="Flat 5, Mei Lam Estate, Sha Tin")
    assert (await who(talk)).holder.district == "ST"


async def test_the_proof_is_kept_for_staff_and_the_upload_dropped(talk: Talk) -> None:
    await registers(talk, OTHER)
    known = await who(talk)
    async with talk.store.reading() as tx:
        sealed = await tx.connection.scalar(select(proofs.c.body))
        assert (await tx.connection.execute(select(uploads))).all() == []
        acts = (await tx.connection.scalars(select(audit.c.act))).all()
    proof = CleanProof.from_bytes(known.sealer.open(sealed, f"proofs|body|{known.id}"))
    assert len(proof.pages) == 1
    assert acts == ["registered"]


async def test_a_proof_that_is_gone_keeps_nobody_from_registering(talk: Talk) -> None:
    known = {name: good.kept for name, good in OTHER.answers.items() if name != "truth"}
    await talk.reach(Registration, "truth", known)
    expect(await talk.presses("yes"), "registration.done")


async def test_registration_opens_when_the_policy_says(talk: Talk) -> None:
    await agrees(talk)
    opens = datetime(2021, 12, 10, 9, tzinfo=HONG_KONG)
    talk.clock.set(opens - timedelta(seconds=5))
    heard = expect(await talk.starts(), "registration.not_open")
    assert "10 December 2021, 09:00" in heard.text
    expect(await talk.presses("help"), "help.ask")
    expect(await talk.presses("help_colours"), "help.colours")
    expect(await talk.says("hello?"), "registration.not_open")
    talk.clock.set(opens)
    expect_question(await talk.starts(), Registration.document)


async def test_somebody_elses_document_is_refused_without_telling_why(talker: Talker) -> None:
    await is_registered(talker(chat="telegram:1"))
    talk = talker(chat="telegram:2")
    heard = expect(await registers(talk, mobile="6123 4567"), "registration.refused")
    assert says(heard, "menu.option.register") is False
    assert "register" in heard.buttons
    assert not {"exists", "already", "duplicate"} & set(heard.text.lower().split())
    async with talk.store.reading() as tx:
        assert await tx.people.of_chat("telegram:2") is None
        assert len((await tx.connection.execute(select(holders))).all()) == 1
    assert (await who(talker(chat="telegram:1"))).holder == holder()


@pytest.mark.parametrize(
    "instead",
    [
        {"mobile": "6123 4567"},
        {"born_on": "3/1/1958"},
        {"born_on": "3/1/1958", "mobile": "6123 4567"},
    ],
)
async def test_the_phone_and_the_birthday_must_both_be_right(
    talker: Talker, instead: dict[str, str]
) -> None:
    await is_registered(talker(chat="telegram:1"))
    expect(await registers(talker(chat="telegram:2"), **instead), "registration.refused")


async def test_the_same_person_may_speak_from_another_chat(talker: Talker) -> None:
    first, second = talker(chat="telegram:1"), talker(chat="web:2")
    await is_registered(first)
    heard = await registers(second, address="Flat 9, Fu Shan Estate")
    expect(heard, "registration.done")
    for talk in (first, second):
        known = await who(talk)
        assert known.holder.address == "Flat 9, Fu Shan Estate"
        assert known.reference in heard.text


@pytest.mark.parametrize("earlier", ["acknowledgement", "birth_certificate"])
async def test_who_gets_his_card_is_the_same_person_as_before(talker: Talker, earlier: str) -> None:
    first, second = talker(chat="telegram:1"), talker(chat="web:2")
    await is_registered(first, document=earlier)
    expect(await registers(second), "registration.done")
    async with second.store.reading() as tx:
        assert len((await tx.connection.execute(select(holders))).all()) == 1
    assert (await who(first)).holder.document == "hkid"


async def test_a_registered_chat_cannot_take_over_somebody_elses_document(talker: Talker) -> None:
    await is_registered(talker(chat="telegram:1"))
    talk = talker(chat="telegram:2")
    await is_registered(talk, number="G123456(A)")
    await talk.presses_menu("change")
    await talk.presses("edit")
    await talk.presses("number")
    await talk.says("A123456(3)")
    expect(await talk.presses("yes"), "registration.refused")
    assert (await who(talk)).holder.number == "G123456(A)"


async def test_who_wants_to_change_something_is_told_how_first(talk: Talk) -> None:
    await is_registered(talk)
    heard = await talk.presses_menu("change")
    assert heard.text.startswith(TEXTS.say("en", "registration.to_change"))
    assert heard.buttons["edit"] in heard.text


async def test_one_detail_is_changed_and_nothing_else_is_asked(talk: Talk) -> None:
    await is_registered(talk)
    before = await who(talk)
    expect(await talk.commands("details"), "details.registered")
    expect_question(await talk.presses("change"), Registration.truth)
    await talk.presses("edit")
    await talk.presses("english_name")
    expect_question(await talk.says("CHAN Tai Ming"), Registration.truth)
    heard = expect(await talk.presses("yes"), "registration.changed")
    after = await who(talk)
    assert after.reference == before.reference
    assert after.reference in heard.text
    assert after.holder == holder(english_name="CHAN Tai Ming")
    assert talk.sms == []


async def test_nobody_finds_out_by_trying_whose_documents_are_registered(talker: Talker) -> None:
    talk, other = talker(), talker(chat="telegram:2")
    await is_registered(other, number="S123456(2)", mobile="+85261112222")
    await is_registered(talk)
    before = await who(talk)

    async def changes_to(number: str) -> Heard:
        await talk.presses_menu("change")
        await talk.presses("edit")
        await talk.presses("number")
        await talk.says(number)
        return await talk.presses("yes")

    for _ in range(MOST_REFUSED):
        expect(await changes_to("S123456(2)"), "registration.refused")
    expect(await changes_to("C668668(9)"), "registration.refused")
    expect(await changes_to("A123456(3)"), "registration.changed")
    await talk.presses("_cancel")
    await talk.presses("yes")
    assert (await who(talk)).holder.number == before.holder.number
    talk.clock.jump(hours=24, minutes=1)
    expect(await changes_to("C668668(9)"), "registration.changed")


async def test_a_new_address_wants_a_new_proof(talk: Talk) -> None:
    await is_registered(talk, housing="other", proof_issued_on="2021-10-28")
    await talk.presses_menu("change")
    await talk.presses("edit")
    await talk.presses("address")
    expect_question(await talk.says("Flat 9, 88 Nathan Road, Yau Ma Tei"), Registration.proof)
    await give(talk, OTHER.answers["proof"].given)
    expect_question(await give(talk, OTHER.answers["proof_issued_on"].given), Registration.truth)
    await talk.presses("edit")
    await talk.presses("address")
    # What was sent for it just now is not asked for once more, for a slip of the pen.
    expect_question(await talk.says("Flat 8, 88 Nathan Road, Yau Ma Tei"), Registration.truth)
    expect(await talk.presses("yes"), "registration.changed")
    assert (await who(talk)).holder.address == "Flat 8, 88 Nathan Road, Yau Ma Tei"


async def test_an_iphones_own_kind_of_picture_is_to_be_sent_as_a_photo(talk: Talk) -> None:
    await is_registered(talk, housing="other", proof_issued_on="2021-10-28")
    await talk.presses_menu("change")
    await talk.presses("edit")
    await talk.presses("address")
    expect_question(await talk.says("Flat 9, 88 Nathan Road, Yau Ma Tei"), Registration.proof)
    heard = await talk.sends(b"\0\0\0\x18ftypheic" + bytes(40), "IMG_2042.HEIC")
    assert "send it as a photo, not as a file" in heard.text
    await give(talk, OTHER.answers["proof"].given)
    expect_question(talk.heard, Registration.proof_issued_on)


async def test_a_new_phone_is_checked_by_sms(talk: Talk) -> None:
    await is_registered(talk)
    await talk.presses_menu("change")
    await talk.presses("edit")
    await talk.presses("mobile")
    expect_question(await talk.says("6123 4567"), Registration.passcode)
    await give(talk, PUBLIC.answers["passcode"].given)
    await talk.presses("yes")
    assert (await who(talk)).holder.mobile == "+85261234567"


async def test_who_moves_is_asked_what_the_new_home_calls_for(talk: Talk) -> None:
    await is_registered(talk)
    await talk.presses_menu("change")
    await talk.presses("edit")
    await talk.presses("housing")
    await talk.presses("other")
    for name in ("proof", "proof_issued_on"):
        assert talk.session.field == name
        await give(talk, OTHER.answers[name].given)
    expect(await talk.presses("yes"), "registration.changed")
    assert (await who(talk)).holder.housing == "other"
    await talk.presses("_cancel")
    await talk.presses("yes")
    expect_question(await talk.presses_menu("change"), Registration.truth)
    expect(await talk.presses("yes"), "registration.changed")
    async with talk.store.reading() as tx:
        assert len((await tx.connection.execute(select(proofs))).all()) == 1


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(
    ("document", "way", "form"),
    [
        ("hkid", "ask", Registration),
        ("birth_certificate", "ask_certificate", Registration),
        ("birth_certificate", "ask_certificate", Dependant),
        ("passport", "ask_other", Registration),
        ("reentry_permit", "ask_other", Dependant),
    ],
)
async def test_where_the_date_of_issue_stands_is_told_of_the_document_in_hand(
    talker: Talker, document: str, way: str, form: type[Form], language: str
) -> None:
    talk = talker(language=TAGS[Language(language)])
    await is_registered(talk)
    heard = await talk.reach(form, "issued_on", {"document": document})
    expect(heard, f"registration.issued_on.{way}", language)


async def test_the_number_of_questions_stays_when_a_phone_is_asked_for(talk: Talk) -> None:
    await is_registered(talk)
    where = next(p for p in PLACES if p.field is Dependant.mobile)
    await talk.reach(Dependant, "mobile", where.known)
    numbers = re.findall(r"Question (\d+) of (\d+)", talk.heard.text)
    await talk.says("6234 5678")
    [(number, of)] = re.findall(r"Question (\d+) of (\d+)", talk.heard.text)
    assert numbers == [(str(int(number) - 1), of)]


async def test_that_there_is_no_chinese_name_leaves_no_empty_one(talk: Talk) -> None:
    known = {"document": "hkid", "number": "A123456(3)", "issued_on": "2019-03-15"}
    names = {"english_name": "CHAN Tai Man", "chinese_name": "陳大文"}
    await talk.reach(Registration, "born_on", {**known, **names})
    await talk.says("sorry, I meant I have no Chinese name")
    assert talk.session.answers["chinese_name"] != ""
