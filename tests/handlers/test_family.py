"""Somebody else is registered: by his own word, or by that of whoever answers for him."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.conversation.messages import Contact, Press, Withdrawn
from core.conversation.texts import Language
from core.conversation.turn import MENU
from core.family import Relation, Way
from core.policy import FamilyPolicy, Policy
from core.store.codes import Why
from core.store.family import Link
from core.store.people import Known
from core.store.tables import audit, holders, proofs
from handlers.family import Dependant
from handlers.health_code import HealthCode
from handlers.registration import MOST_REFUSED, Registration
from tests.core.store.people import holder, index_of, register
from tests.corpus_proofs import pdf
from tests.handlers.people import agrees, is_registered, records
from tests.reading import expect, expect_error, expect_question, says
from tests.stories.questions import FromSms, Given, Option, Sent, give
from tests.talk import TEXTS_LANGUAGES, Talk, Talker
from tests.world import TAGS, TEXTS, Heard

EVERY_LANGUAGE = pytest.mark.parametrize("language", list(Language))
NAME = "WONG Mei Ling"
NUMBER = "G123456(A)"
MOTHER: dict[str, Given] = {
    "english_name": f"{NAME} 王美玲",
    "document": NUMBER,
    "issued_on": "15/3/2019",
    "born_on": "2 January 1938",
    "same_home": Option("same"),
    "mobile": "6123 4567",
    "passcode": FromSms(),
    "relation": Option("parent"),
    "truth": Option("yes"),
}


async def to(talk: Talk, name: str, **instead: Given) -> Heard:
    """Begin to register somebody else, and answer up to that question."""
    heard = await talk.presses_menu("register_other")
    while talk.session.form == Dependant.name and talk.session.field != name:
        heard = await give(talk, {**MOTHER, **instead}[talk.session.field])
    return heard


async def registers_other(talk: Talk, **instead: Given) -> Heard:
    """Register somebody else: a mother with a phone who lives there, but for what is `instead`."""
    return await to(talk, "", **instead)


async def of_number(talk: Talk, number: str = NUMBER, document: str = "hkid") -> Known | None:
    """Return who is registered under a document."""
    async with talk.store.reading() as tx:
        who = holder(number=number, document=document)
        return await tx.people.of_document(index_of(tx, who))


async def link_to(talk: Talk, known: Known) -> Link:
    """Return the chat's link to somebody."""
    async with talk.store.reading() as tx:
        link = await tx.family.link(talk.chat, known.id)
    assert link is not None
    return link


async def acts(talk: Talk) -> list[str]:
    async with talk.store.reading() as tx:
        return list(await tx.connection.scalars(select(audit.c.act).order_by(audit.c.number)))


async def test_a_mother_agrees_by_her_own_phone_and_her_code_is_next(talk: Talk) -> None:
    await is_registered(talk)
    heard = expect(await registers_other(talk), "dependant.done.phone")
    expect_question(heard, HealthCode.conditions)
    known = await of_number(talk)
    assert known is not None
    assert known.reference in heard.text
    mother, home = known.holder, holder()
    assert (mother.english_name, mother.chinese_name) == (NAME, "王美玲")
    assert mother.mobile == "+85261234567"
    assert (mother.housing, mother.address, mother.district) == (
        home.housing,
        home.address,
        home.district,
    )
    link = await link_to(talk, known)
    assert (link.way, link.relation, link.starts_at) == (Way.PHONE, "", link.made_at)
    assert link.holds(talk.clock())
    assert talk.session.about == known.id
    assert await acts(talk) == ["registered", "care begun"]
    heard = await talk.presses("none")
    heard = expect(await talk.sends(records(talk)), "health_code.caption.green")
    assert f"For {NAME}:" in heard.text
    async with talk.store.reading() as tx:
        own = await tx.people.of_chat(talk.chat)
        assert own is not None
        assert await tx.codes.newest(own) is None
        assert await tx.codes.newest(known) is not None


@pytest.mark.parametrize(
    ("hint", "who"), [("en", "C*** T** M**"), ("zh-hant", "陳*文"), ("zh-hans", "陳*文")]
)
async def test_the_sms_say_who_asks_for_what_and_how_to_stop_it(
    talker: Talker, hint: str, who: str
) -> None:
    talk = talker(language=hint)
    await is_registered(talk)
    await registers_other(talk)
    language = TEXTS_LANGUAGES[hint]
    asked, told = talk.sms
    assert {asked.to, told.to} == {"+85261234567"}
    expect(Heard(asked.text), "dependant.sms_ask", language)
    expect(Heard(told.text), "dependant.sms_told", language)
    known = await of_number(talk)
    assert known is not None
    assert who in asked.text
    assert who in told.text
    assert known.reference in told.text
    assert talk.store.policy.hotline in told.text
    assert not any(part in asked.text + told.text for part in ("CHAN", "WONG", "陳大文"))


async def test_without_the_code_nobody_is_registered(talk: Talk) -> None:
    await is_registered(talk)
    await to(talk, "passcode")
    expect_error(await give(talk, "wrong code"), Dependant.passcode, "code_wrong")
    assert await of_number(talk) is None


async def test_a_code_that_was_sent_to_register_oneself_agrees_to_nothing(talk: Talk) -> None:
    await is_registered(talk)
    await to(talk, "passcode")
    async with talk.store.writing() as tx:
        talk.clock.jump(minutes=2)
        sent = await tx.challenges.send(
            chat=talk.chat,
            phone="+85261234567",
            purpose="registration",
            challenge="",
            now=talk.clock(),
        )
    assert sent.code
    expect_error(await talk.says(sent.code), Dependant.passcode, "code_wrong")


async def test_a_contact_card_is_her_number_and_the_guardians_own_is_not(talk: Talk) -> None:
    await is_registered(talk)
    await to(talk, "mobile")
    for own in ("9123 4567", "+852 9123 4567"):
        expect_error(await talk.says(own), Dependant.mobile, "your_own")
    await talk.take(Contact("85291234567", own=True))
    expect_error(talk.heard, Dependant.mobile, "your_own")
    await talk.take(Contact("+85261234567", own=False))
    expect_question(talk.heard, Dependant.passcode)
    assert talk.session.answers["mobile"] == "+85261234567"


async def test_a_contact_card_may_have_her_number_as_it_stands_in_a_phone(talk: Talk) -> None:
    await is_registered(talk)
    await to(talk, "mobile")
    await talk.take(Contact("6123 4567", own=False))
    expect_question(talk.heard, Dependant.passcode)
    assert talk.session.answers["mobile"] == "+85261234567"


async def test_a_number_in_passing_is_nobodys(talk: Talk) -> None:
    await is_registered(talk)
    await to(talk, "document")
    await talk.says(f"{NUMBER}, mobile 9123 4567, born 2 January 1938")
    assert {"number", "born_on"} <= talk.session.answers.keys()
    assert "mobile" not in talk.session.answers


@pytest.mark.parametrize("words", ["1", "none", "No phone", "沒有", "没有手机，或与我共用"])
async def test_that_there_is_no_phone_can_be_said(talk: Talk, words: str) -> None:
    await is_registered(talk)
    await to(talk, "mobile")
    expect_question(await talk.says(words), Dependant.relation)


@pytest.mark.parametrize(
    "instead",
    [{}, {"mobile": Option("none")}, {"mobile": Option("none"), "relation": Option("letter")}],
)
async def test_she_is_called_as_the_language_calls_her(
    talker: Talker, instead: dict[str, Given]
) -> None:
    talk = talker(language="zh-hant")
    await is_registered(talk)
    heard = await registers_other(talk, **instead)
    assert "王美玲已登記" in heard.text
    assert NAME not in heard.text


@pytest.mark.parametrize("relation", ["child", "parent", "other"])
async def test_without_a_phone_staff_confirm_what_the_guardian_declares(
    talk: Talk, relation: str
) -> None:
    await is_registered(talk)
    heard = await registers_other(talk, mobile=Option("none"), relation=Option(relation))
    expect(heard, "dependant.done.staff")
    known = await of_number(talk)
    assert known is not None
    assert known.reference in heard.text
    assert known.holder.mobile == ""
    link = await link_to(talk, known)
    assert (link.way, link.relation, link.starts_at) == (Way.STAFF, Relation(relation), None)
    assert (talk.sms, talk.session.about) == ([], "")
    assert await acts(talk) == ["registered", "care asked"]
    for command in ("today", "details", "change", "erase", "why_colour", "live_code"):
        replies = len(talk.replies)
        await talk.take(Press(f"{MENU}.{command}.{known.id}"))
        assert talk.replies[replies].notice
        assert not any(NAME in reply.text for reply in talk.replies[replies:])


async def test_a_letter_asks_the_person_himself(talk: Talk) -> None:
    await is_registered(talk)
    heard = await registers_other(talk, mobile=Option("none"), relation=Option("letter"))
    expect(heard, "dependant.done.letter")
    known = await of_number(talk)
    assert known is not None
    link = await link_to(talk, known)
    assert (link.way, link.relation, link.starts_at) == (Way.LETTER, "", None)


@EVERY_LANGUAGE
async def test_who_waits_for_a_letter_sees_it_among_his_people(
    talker: Talker, language: Language
) -> None:
    talk = talker(language=TAGS[language])
    await is_registered(talk)
    await registers_other(talk, mobile=Option("none"), relation=Option("letter"))
    heard = expect(await talk.presses_menu("my_people"), "my_people.waiting.letter", language)
    assert NAME not in heard.text


async def test_who_has_no_name_yet_is_not_named_above_the_question(talk: Talk) -> None:
    await is_registered(talk)
    heard = await talk.presses_menu("register_other")
    assert TEXTS.say("en", "dependant.somebody") not in heard.text
    assert f"For {NAME}:" in (await talk.says(NAME)).text


@EVERY_LANGUAGE
async def test_a_chinese_name_that_comes_first_is_not_asked_for_again(
    talker: Talker, language: Language
) -> None:
    talk = talker(language=TAGS[language])
    await is_registered(talk)
    await talk.presses_menu("register_other")
    heard = expect(await talk.says("王美玲"), "registration.english_name.ask_only", language)
    assert not says(heard, "registration.english_name.ask", language)
    assert talk.session.field == "english_name"
    await talk.says(NAME)
    assert talk.session.field == "document"


@pytest.mark.parametrize(
    ("words", "document"),
    [("出世紙", "birth_certificate"), ("birth cert", "birth_certificate"), ("佢有身份證", "hkid")],
)
async def test_which_document_of_a_child_it_is_may_be_said_in_words(
    talk: Talk, words: str, document: str
) -> None:
    await is_registered(talk)
    young: dict[str, Given] = {"issued_on": "6/5/2015", "born_on": "1/4/2015"}
    await to(talk, "certificate", **young)
    await talk.says(words)
    assert talk.session.answers["document"] == document
    assert talk.session.field == "same_home"


@pytest.mark.parametrize("words", ["I am her helper", "my employer", "我係佢工人"])
async def test_who_is_no_relative_is_told_of_the_letter(talk: Talk, words: str) -> None:
    await is_registered(talk)
    await to(talk, "relation", mobile=Option("none"))
    expect_error(await talk.says(words), Dependant.relation, "not_offered")
    expect(await talk.presses("letter"), "dependant.summary")


async def test_the_summary_says_what_there_is(talk: Talk) -> None:
    await is_registered(talk)
    heard = await to(talk, "truth", mobile=Option("none"))
    for line in (
        "Lives with you: Yes",
        "Mobile number: No phone",
        "Relation, or letter: My mother",
    ):
        assert line in heard.text
    await talk.presses("edit")
    await talk.presses("mobile")
    expect_question(await talk.says("6123 4567"), Dependant.passcode)
    heard = await give(talk, FromSms())
    assert "Mobile number: +852 6123 4567" in heard.text
    assert "Relation, or letter" not in heard.text


async def test_a_child_is_known_by_his_birth_certificate_and_asked_for_no_phone(
    talk: Talk,
) -> None:
    await is_registered(talk)
    child: dict[str, Given] = {
        "english_name": "CHAN Siu Ming 陳小明",
        "document": Option("birth_certificate"),
        "number": "S123456(2)",
        "born_on": "5 May 2015",
        "relation": Option("child"),
    }
    heard = await to(talk, "relation", **child)
    expect(heard, "dependant.relation.ask_child")
    assert {"child", "other"} == {*heard.buttons} & {"child", "parent", "other", "letter"}
    expect_error(await talk.says("my mother or father"), Dependant.relation, "not_offered")
    expect_question(await talk.presses("child"), Dependant.truth)
    expect(await talk.presses("yes"), "dependant.done.staff")
    known = await of_number(talk, "S123456(2)", "birth_certificate")
    assert known is not None
    assert (known.holder.document, known.holder.mobile) == ("birth_certificate", "")


async def test_a_childs_number_typed_at_once_is_asked_about(talk: Talk) -> None:
    await is_registered(talk)
    heard = await to(talk, "certificate", document="S123456(2)", born_on="5 May 2015")
    expect_question(heard, Dependant.certificate)
    await talk.presses("birth_certificate")
    assert talk.session.answers["document"] == "birth_certificate"
    assert talk.session.field == "same_home"
    heard = await give(talk, Option("same"))
    expect(heard, "dependant.relation.ask_child")


@pytest.mark.parametrize(
    ("born", "issued", "asked"),
    [
        ("15 March 2008", "15/3/2019", False),
        ("16 March 2008", "15/3/2019", True),
        ("29 February 2008", "28/2/2019", True),
        ("29 February 2008", "1/3/2019", False),
    ],
)
async def test_a_card_before_the_age_of_eleven_is_doubted(
    talk: Talk, born: str, issued: str, asked: bool
) -> None:
    await is_registered(talk)
    await to(talk, "born_on", issued_on=issued)
    await talk.says(born)
    assert (talk.session.field == "certificate") == asked


async def test_a_relative_in_a_hotel_is_not_at_home(talk: Talk) -> None:
    await is_registered(talk)
    await registers_other(
        talk,
        same_home=Option("other"),
        housing=Option("hotel"),
        hotel="Harbour View Hotel",
        room="1208",
        last_night="24 December 2021",
    )
    known = await of_number(talk)
    assert known is not None
    assert (known.holder.hotel, known.holder.room) == ("Harbour View Hotel", "1208")
    assert (known.holder.address, known.holder.district) == ("", "")


async def test_another_home_is_proved_with_a_paper_of_its_own(talk: Talk) -> None:
    await is_registered(talk)
    heard = await to(
        talk,
        "proof",
        same_home=Option("other"),
        housing=Option("other"),
        address="Flat 5, Long Lane 12, Sha Tin",
    )
    assert "letter from the school" in heard.text
    await give(talk, Sent(pdf(), "letter.pdf"))
    await talk.says("28 October 2021")
    await talk.says("6123 4567")
    await give(talk, FromSms())
    expect(await talk.presses("yes"), "dependant.done.phone")
    known = await of_number(talk)
    assert known is not None
    assert (known.holder.district, known.holder.proof_issued_on) == ("ST", "2021-10-28")
    async with talk.store.reading() as tx:
        assert (await tx.connection.scalars(select(proofs.c.holder))).all() == [known.id]


async def test_a_guest_of_a_hotel_is_not_asked_who_lives_with_him(talk: Talk) -> None:
    stay = {"hotel": "Inn", "room": "1", "last_night": "2021-12-24"}
    await is_registered(talk, housing="hotel", address="", district="", **stay)
    await to(talk, "housing")
    assert talk.session.answers["same_home"] == "other"


async def test_who_is_not_registered_does_that_first(talk: Talk) -> None:
    await agrees(talk)
    heard = expect(await talk.presses_menu("register_other"), "dependant.register_first")
    assert "register" in heard.buttons
    assert talk.session.form == ""


async def test_who_has_erased_himself_meanwhile_registers_nobody(talk: Talk) -> None:
    await is_registered(talk)
    await to(talk, "mobile")
    async with talk.store.writing() as tx:
        own = await tx.people.of_chat(talk.chat)
        assert own is not None
        await tx.people.erase(own)
    await talk.says("6123 4567")
    assert TEXTS.say("en", "dependant.unnamed") in talk.sms[-1].text
    await give(talk, FromSms())
    expect(await talk.presses("yes"), "dependant.register_first")
    assert await of_number(talk) is None


async def test_one_chat_looks_after_so_many_people_as_the_authority_allows(talk: Talk) -> None:
    talk.store.policy = Policy(family=FamilyPolicy(most=1))
    await is_registered(talk)
    await registers_other(talk, mobile=Option("none"))
    heard = expect(await talk.presses_menu("register_other"), "dependant.too_many")
    assert " 1 " in heard.text
    assert talk.session.form == ""


# Whoever is registered already


async def registered_herself(talk: Talk, **changes: str) -> Known:
    """Let the mother be registered in a chat of her own."""
    async with talk.store.writing() as tx:
        return await register(
            tx,
            "web:9",
            **{
                "number": NUMBER,
                "english_name": "WONG Mei Lin",
                "born_on": "1938-01-02",
                "mobile": "+85261234567",
                "address": "Flat 9, Fu Shan Estate",
                **changes,
            },
        )


async def test_who_is_registered_is_looked_after_as_she_declared_herself(talk: Talk) -> None:
    await is_registered(talk)
    known = await registered_herself(talk)
    expect(await registers_other(talk), "dependant.done.phone")
    assert (await of_number(talk)) == known
    assert (await link_to(talk, known)).holds(talk.clock())
    assert await acts(talk) == ["care begun"]
    assert talk.session.about == known.id


@pytest.mark.parametrize(
    "instead",
    [
        {"born_on": "3 January 1938"},
        {"mobile": "6123 9999"},
        {"mobile": Option("none")},
        {"mobile": Option("none"), "relation": Option("letter")},
    ],
    ids=str,
)
async def test_a_stranger_learns_nothing_of_who_is_registered(
    talk: Talk, instead: dict[str, Given]
) -> None:
    await is_registered(talk)
    known = await registered_herself(talk)
    heard = expect(await registers_other(talk, **instead), "registration.refused")
    for secret in ("Mei Lin", known.reference, "Fu Shan"):
        assert secret not in heard.text
    assert await of_number(talk) == known
    async with talk.store.reading() as tx:
        assert await tx.family.link(talk.chat, known.id) is None
        assert await tx.family.in_care(talk.chat) == []
    assert talk.session.about == ""


async def test_the_refusal_is_the_same_whoever_registered_the_document(talker: Talker) -> None:
    talk, other = talker(), talker(chat="telegram:2")
    await is_registered(talk)
    await is_registered(other, number="S123456(2)", mobile="+85261112222")
    await registers_other(other, mobile=Option("none"))
    refusals = set()
    for number in (NUMBER, "S123456(2)", "A123456(3)"):
        talk.clock.jump(minutes=2)
        refusals.add((await registers_other(talk, document=number)).text)
    assert len(refusals) == 1
    assert says(Heard(refusals.pop()), "registration.refused")


async def test_who_is_refused_often_finds_out_no_more(talker: Talker) -> None:
    talk, other = talker(), talker(chat="telegram:2")
    await is_registered(talk)
    await is_registered(other, number="S123456(2)", mobile="+85261112222")
    child = {"mobile": Option("none")}
    for document in [*["S123456(2)"] * MOST_REFUSED, "C668668(9)"]:
        expect(await registers_other(talk, document=document, **child), "registration.refused")
    assert await of_number(talk, "C668668(9)") is None
    talk.clock.jump(hours=24, minutes=1)
    heard = await registers_other(talk, document="C668668(9)", **child)
    expect(heard, "dependant.done.staff")


async def test_asking_once_more_changes_nothing(talk: Talk) -> None:
    await is_registered(talk)
    await registers_other(talk, mobile=Option("none"))
    known = await of_number(talk)
    assert known is not None
    first = await link_to(talk, known)
    talk.clock.jump(minutes=5)
    heard = await registers_other(talk, mobile=Option("none"), relation=Option("letter"))
    expect(heard, "dependant.done.staff")
    assert await link_to(talk, known) == first


async def test_whom_one_looks_after_already_stays_as_she_is(talk: Talk) -> None:
    await is_registered(talk)
    await registers_other(talk)
    known = await of_number(talk)
    assert known is not None
    await talk.presses("_cancel")
    await talk.presses("yes")
    talk.clock.jump(minutes=5)
    heard = await registers_other(talk, english_name="WONG Mai 王美")
    expect(heard, "dependant.already")
    assert await of_number(talk) == known


async def test_a_wish_that_waits_is_fulfilled_by_the_phone(talk: Talk) -> None:
    await is_registered(talk)
    known = await registered_herself(talk)
    async with talk.store.writing() as tx:
        asked = {"relation": Relation.PARENT, "way": Way.STAFF, "starts_at": None}
        await tx.family.look_after(talk.chat, known.id, **asked, now=talk.clock())  # type: ignore[arg-type]
    talk.clock.jump(minutes=5)
    expect(await registers_other(talk), "dependant.done.phone")
    link = await link_to(talk, known)
    assert link.way == Way.STAFF
    assert link.holds(talk.clock())


async def test_a_wish_that_waits_is_not_fulfilled_by_any_other_phone(talk: Talk) -> None:
    await is_registered(talk)
    await registers_other(talk, mobile=Option("none"))
    known = await of_number(talk)
    assert known is not None
    talk.clock.jump(minutes=5)
    expect(await registers_other(talk, mobile="6123 9999"), "registration.refused")
    assert (await link_to(talk, known)).starts_at is None
    assert talk.session.about == ""


async def test_who_waits_is_told_no_name_but_the_one_that_he_gave(talk: Talk) -> None:
    await is_registered(talk)
    known = await registered_herself(talk)
    async with talk.store.writing() as tx:
        asked = {"relation": Relation.PARENT, "way": Way.STAFF, "starts_at": None}
        await tx.family.look_after(talk.chat, known.id, **asked, now=talk.clock())  # type: ignore[arg-type]
    heard = await registers_other(talk, english_name="MOK Sau 莫秀", mobile=Option("none"))
    expect(heard, "dependant.done.staff")
    assert "MOK Sau" in heard.text
    assert known.holder.english_name not in heard.text


async def test_two_people_may_share_a_phone_and_each_agrees(talk: Talk) -> None:
    await is_registered(talk)
    await registers_other(talk)
    await talk.presses("_cancel")
    await talk.presses("yes")
    talk.clock.jump(minutes=2)
    father: dict[str, Given] = {"english_name": "WONG Fu 王富", "document": "C668668(9)"}
    expect(await registers_other(talk, **father), "dependant.done.phone")
    both = await of_number(talk), await of_number(talk, "C668668(9)")
    assert [known and known.holder.mobile for known in both] == ["+85261234567"] * 2
    assert len(talk.sms) == 4


async def test_the_same_number_of_a_document_is_registered_once(talk: Talk) -> None:
    await is_registered(talk)
    await registers_other(talk)
    async with talk.store.reading() as tx:
        assert len((await tx.connection.execute(select(holders))).all()) == 2


# What may be seen and changed


async def her(talk: Talk) -> Known:
    """Let the mother be registered and looked after, with nothing in hand."""
    await is_registered(talk)
    await registers_other(talk)
    await talk.presses("_cancel")
    await talk.presses("yes")
    known = await of_number(talk)
    assert known is not None
    return known


async def menu(talk: Talk, command: str, known: Known) -> Heard:
    await talk.take(Press(f"{MENU}.{command}.{known.id}"))
    return talk.heard


async def has_chat_of_her_own(talk: Talk, known: Known) -> None:
    async with talk.store.writing() as tx:
        await tx.people.link(known.id, chat="web:9", now=talk.clock())


async def test_a_guardian_changes_the_answers_that_he_gave_but_not_the_phone(talk: Talk) -> None:
    known = await her(talk)
    heard = expect_question(await menu(talk, "change", known), Registration.truth)
    assert f"For {NAME}:" in heard.text
    assert "6123" not in heard.text
    heard = await talk.presses("edit")
    assert "mobile" not in heard.buttons
    heard = expect_question(await talk.presses("address"), Registration.address)
    assert f"What is {NAME}'s address?" in heard.text
    await talk.says("Flat 9, Fu Shan Estate")
    heard = expect(await talk.presses("yes"), "registration.changed")
    assert NAME in heard.text
    after = await of_number(talk)
    assert after is not None
    assert after.id == known.id
    assert (after.holder.address, after.holder.mobile) == ("Flat 9, Fu Shan Estate", "+85261234567")
    assert talk.session.about == known.id


async def test_once_she_has_a_chat_of_her_own_she_alone_changes_and_erases(talk: Talk) -> None:
    known = await her(talk)
    details = await menu(talk, "details", known)
    assert "•• •567" in details.text
    assert {f"change.{known.id}", f"erase.{known.id}"} <= details.buttons.keys()
    await menu(talk, "change", known)
    await has_chat_of_her_own(talk, known)
    expect(await talk.presses("yes"), "details.not_yours")
    expect(await menu(talk, "change", known), "details.not_yours")
    details = expect(await menu(talk, "details", known), "details.in_care")
    assert known.reference in details.text
    assert f"change.{known.id}" not in details.buttons
    assert "567" not in details.text.replace(known.reference, "")
    expect(await menu(talk, "erase", known), "erasure.own_chat")
    assert await of_number(talk) is not None


async def test_who_gets_a_chat_while_she_is_to_be_erased_is_not(talk: Talk) -> None:
    known = await her(talk)
    await menu(talk, "erase", known)
    await has_chat_of_her_own(talk, known)
    expect(await talk.presses("erase"), "erasure.own_chat")
    assert await of_number(talk) is not None


async def test_a_guardian_erases_whom_he_registered_and_keeps_his_own(talk: Talk) -> None:
    known = await her(talk)
    heard = await menu(talk, "erase", known)
    assert f"erase {NAME}'s registration?" in heard.text
    heard = expect(await talk.presses("erase"), "erasure.done")
    assert NAME in heard.text
    assert await of_number(talk) is None
    assert "today" in heard.buttons
    async with talk.store.reading() as tx:
        assert await tx.people.of_chat(talk.chat) is not None
    expect(await talk.says("hello"), "menu.ask")


async def test_who_has_no_phone_has_none_in_the_details(talk: Talk) -> None:
    await is_registered(talk)
    await registers_other(talk, mobile=Option("none"))
    known = await of_number(talk)
    assert known is not None
    async with talk.store.writing() as tx:
        assert await tx.family.confirm(talk.chat, known.id, talk.clock())
    heard = await menu(talk, "details", known)
    assert TEXTS.say("en", "registration.mobile.option.none") in heard.text
    expect_question(await menu(talk, "change", known), Registration.truth)
    expect(await talk.presses("yes"), "registration.changed")
    after = await of_number(talk)
    assert after is not None
    assert after.holder.mobile == ""


async def test_the_reasons_are_told_to_who_declared_and_to_nobody_else(talker: Talker) -> None:
    talk = talker()
    known = await her(talk)
    await menu(talk, "today", known)
    await talk.presses("symptoms")
    await talk.presses("done")
    heard = await talk.sends(records(talk))
    assert f"{NAME} had symptoms" in heard.text
    heard = expect(await menu(talk, "why_colour", known), "why.reason.symptoms")
    assert f"{NAME} had symptoms" in heard.text

    await has_chat_of_her_own(talk, known)
    own = talker(chat="web:9")
    await agrees(own)
    talk.clock.jump(minutes=1)
    await own.presses_menu("today")
    await own.presses("positive")
    await own.presses("done")
    expect(await own.presses("no"), "health_code.caption.red")
    expect(await own.presses("why_colour"), "why.reason.positive")

    heard = expect(await menu(talk, "why_colour", known), "why.his_own")
    assert "positive" not in heard.text
    await menu(talk, "live_code", known)
    heard = expect(await talk.says("4821"), "why.his_own")
    assert "positive" not in heard.text
    heard = expect(await menu(talk, "why_colour", known), "why.his_own")
    assert "positive" not in heard.text


async def test_records_that_she_uploaded_herself_never_serve_a_guardian(talker: Talker) -> None:
    talk = talker()
    known = await her(talk)
    await has_chat_of_her_own(talk, known)
    own = talker(chat="web:9")
    await agrees(own)
    await own.presses_menu("today")
    await own.presses("none")
    await own.sends(records(own))
    await menu(talk, "today", known)
    assert "visits" not in talk.session.answers
    await talk.presses("none")
    talk.clock.jump(minutes=1)
    expect(await talk.sends(records(talk)), "health_code.caption.green")
    await menu(talk, "today", known)
    assert talk.session.answers["visits"] == "kept"


async def test_the_menu_of_somebody_else_registers_yet_another(talk: Talk) -> None:
    known = await her(talk)
    heard = await menu(talk, "register_other", known)
    expect_question(heard, Dependant.english_name)
    assert NAME not in heard.text
    assert talk.session.about == ""
    await talk.presses("_cancel")
    await talk.presses("yes")
    expect_question(await menu(talk, "register", known), Registration.truth)
    assert talk.session.about == ""


async def test_the_answers_are_hers_who_gave_them(talker: Talker) -> None:
    talk, second = talker(), talker(chat="telegram:2")
    known = await her(talk)
    await is_registered(second, number="S123456(2)", mobile="+85261112222")
    second.clock.jump(minutes=2)
    expect(await registers_other(second), "dependant.done.phone")
    await second.presses("_cancel")
    await second.presses("yes")
    expect(await menu(second, "change", known), "details.not_yours")
    expect(await menu(second, "details", known), "details.in_care")


@pytest.mark.parametrize("why", [Why.LISTS, Why.KEY, Why.ADDRESS, Why.HEALTH, Why.OTHER])
@pytest.mark.parametrize("hint", ["en", "zh-hant", "zh-hans"])
async def test_news_of_her_code_name_her(talker: Talker, why: Why, hint: str) -> None:
    talk = talker(language=hint)
    language = TEXTS_LANGUAGES[hint]
    known = await her(talk)
    await menu(talk, "today", known)
    await talk.presses("none")
    await talk.sends(records(talk))
    async with talk.store.writing() as tx:
        code = await tx.codes.newest(known)
        assert code is not None
        await tx.codes.withdraw([code.id], why, talk.clock())
    replies = len(talk.replies)
    await talk.take(Withdrawn(code=code.id.hex(), why=str(why), holder=known.id))
    heard = expect(Heard(talk.replies[replies].text), f"withdrawn.{why}_for", language)
    name = known.holder.called(language)
    assert name == (NAME if hint == "en" else "王美玲")
    assert TEXTS.say(language, "engine.concerns", name=name) in heard.text
    for reply in talk.replies[replies:]:
        assert name in reply.text
        assert {b.id.rpartition(".")[2] for row in reply.buttons for b in row} <= {known.id}


async def asked_of(talk: Talk, name: str, words: str, **answers: str) -> object:
    """Say that to a question about somebody else; return what the draft keeps of it."""
    await is_registered(talk)
    await talk.reach(Dependant, name, {"english_name": NAME, "document": "hkid", **answers})
    await talk.says(words)
    return talk.session.answers.get(name)


@pytest.mark.parametrize("words", ["he's 5", "She is 5", "I'm 5"])
async def test_an_age_is_not_the_number_of_an_answer(talk: Talk, words: str) -> None:
    await is_registered(talk)
    await talk.reach(Dependant, "document", {"english_name": NAME, "chinese_name": None})
    expect_error(await talk.says(words), Dependant.document, "not_offered")


@pytest.mark.parametrize(
    ("words", "home"),
    [
        ("we live together", "same"),
        ("同我一樣", "same"),
        ("地址同我一樣", "same"),
        ("我同佢一齊住", "same"),
        ("跟我一起住", "same"),
        ("同一个地址", "same"),
        ("we don't live together", "other"),
        ("佢住第二度", "other"),
        ("我哋分開住", "other"),
        ("不住一起", "other"),
        ("佢同家姐一齊住", None),
        ("佢同細佬同住", None),
        ("她跟我姐姐一起住", None),
        ("My parents live together", None),
    ],
)
async def test_who_it_is_that_lives_together_counts(
    talk: Talk, words: str, home: str | None
) -> None:
    assert await asked_of(talk, "same_home", words) == home


@pytest.mark.parametrize(
    "words",
    [
        "冇㗎",
        "佢冇手提",
        "she doesn't have one",
        "Same as mine",
        "佢唔識用電話",
        "用我嗰個",
        "用我的",
    ],
)
async def test_that_there_is_no_phone_is_said_in_many_ways(talk: Talk, words: str) -> None:
    assert await asked_of(talk, "mobile", words) == ""


@EVERY_LANGUAGE
async def test_the_way_on_without_a_phone_or_a_word_of_hers_is_told(
    talker: Talker, language: Language
) -> None:
    talk = talker(language=TAGS[language])
    await is_registered(talk)
    await to(talk, "mobile")
    await talk.says("23456789")
    name = TEXTS.say(language, "registration.mobile.option.none")
    assert name in talk.heard.text
    expect(talk.heard, "registration.mobile.error.not_mobile_for", language)
    await talk.says("6123 4567")
    heard = await talk.says("她不同意")
    expect(heard, "registration.passcode.error.code_format_for", language)
    assert TEXTS.say(language, "engine.option.cancel") in heard.text


@pytest.mark.parametrize(
    ("words", "relation"),
    [
        ("mom", "parent"),
        ("佢係我媽咪", None),
        ("她是我妈", "parent"),
        ("please send a letter", "letter"),
        ("寄封信俾佢", "letter"),
        ("她是我妈，但请寄信", None),
        ("she's my mother, but by letter", None),
        ("my mother's sister", None),
        ("My son's teacher", None),
        ("我女儿的朋友", None),
        ("佢阿媽嘅朋友", None),
        ("佢係我阿媽嘅", "parent"),
    ],
)
async def test_whose_relative_it_is_counts(talk: Talk, words: str, relation: str | None) -> None:
    assert await asked_of(talk, "relation", words, mobile="") == relation
