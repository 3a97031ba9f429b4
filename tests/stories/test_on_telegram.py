"""What Telegram alone can do: delete, protect, share a number, show a toast."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.conversation.texts import Language
from handlers.health_code import HealthCode
from handlers.registration import Registration
from tests.bot.machine import until
from tests.corpus_proofs import pdf
from tests.loopback.faults import Fault
from tests.loopback.person import Person as TelegramSide
from tests.reading import expect, expect_error, expect_question
from tests.stories.script import (
    Resident,
    Tenant,
    consents,
    declares,
    export_for,
    gets_code,
    gives,
    registers,
)
from tests.world import TEXTS, OnTelegram, World

EVERY_LANGUAGE = pytest.mark.parametrize("language", list(Language))


def side_of(person: object) -> TelegramSide:
    """Return the person at the loopback server."""
    assert isinstance(person, OnTelegram)
    return person.side


@EVERY_LANGUAGE
@pytest.mark.parametrize("option", ["agree", "agree_erase"])
async def test_messages_with_a_number_are_deleted_if_he_agreed(
    tmp_path: Path, language: str, option: str
) -> None:
    async with World(tmp_path) as world:
        person = world.on_telegram(language)
        resident = Resident(language)
        await consents(person, language, option)
        await person.says(resident.number[:3])
        wrong = side_of(person).last_message
        await person.hears()
        await person.says(f"my number is {resident.number}")
        right = side_of(person).last_message
        await person.hears()
        await person.says("15/3/2019")
        await person.hears()
        deleted = {number for _, number in world.bot_api.deleted}
        assert deleted & {wrong, right} == ({right} if option == "agree_erase" else set())
        assert len(deleted) <= 1


@EVERY_LANGUAGE
async def test_only_the_code_is_protected(tmp_path: Path, language: str) -> None:
    async with World(tmp_path) as world:
        person = world.on_telegram(language)
        await registers(world, person, Resident(language))
        heard = await gets_code(world, person, language)
        assert heard.picture
        received = side_of(person).received
        assert [bool(r.photo) for r in received] == [r.protected for r in received]
        assert received[-1].protected


@EVERY_LANGUAGE
async def test_the_number_may_be_shared_by_button_and_is_checked_all_the_same(
    tmp_path: Path, language: str
) -> None:
    async with World(tmp_path) as world:
        person, resident = world.on_telegram(language), Resident(language)
        heard = await consents(person, language)
        for question, given in resident.steps():
            expect_question(heard, question, language)
            if question is Registration.mobile:
                break
            await gives(world, person, given)
            heard = await person.hears()
        side = side_of(person)
        assert side.received[-1].wants_contact
        await side.shares_contact("85261234567", own=False)
        expect_error(await person.hears(), Registration.mobile, "not_own", language)
        await side.shares_contact("852" + resident.mobile)
        expect_question(await person.hears(), Registration.passcode, language)
        await person.says(await world.sms("+852" + resident.mobile))
        expect_question(await person.hears(), Registration.truth, language)


@EVERY_LANGUAGE
async def test_an_old_button_is_answered_with_a_toast(tmp_path: Path, language: str) -> None:
    async with World(tmp_path) as world:
        person = world.on_telegram(language)
        await consents(person, language)
        side = side_of(person)
        consent = side.received[0]
        await side.presses(consent.buttons[0][0][0], consent)
        assert await side.toast() == ""
        assert await side.toast() == TEXTS.say(language, "engine.stale")
        await person.says("A123456(3)")
        expect_question(await person.hears(), Registration.issued_on, language)


async def test_an_album_a_sticker_and_an_edited_message(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        person = world.on_telegram()
        await registers(world, person, Resident())
        side = side_of(person)
        await side.sends_sticker()
        expect(await person.hears(), "engine.other.sticker")
        await person.says("nonsense")
        expect_error(await person.hears(), HealthCode.conditions, "not_offered")
        await side.edits("1")
        expect_question(await person.hears(), HealthCode.visits)
        for number in range(3):
            await side.sends_file(f"{number}.json", export_for(world), album="a")
        expect(await person.hears(), "health_code.caption.green")
        await person.says("hello")
        expect(await person.hears(), "menu.ask")


@EVERY_LANGUAGE
async def test_every_command_of_the_menu_is_known(tmp_path: Path, language: str) -> None:
    async with World(tmp_path) as world:
        person = world.on_telegram(language)
        await registers(world, person, Resident(language))
        menus = world.bot_api.menus
        await until(lambda: len(menus) == 3)
        commands = {command["command"] for command in menus[""]}
        # Without it Telegram shows a policy of its own in the place of ours.
        assert "privacy" in commands
        for command in sorted(commands):
            await person.says(f"/{command}")
            heard = await person.hears()
            assert TEXTS.say(language, "engine.unknown_command") not in heard.text, command


async def test_a_message_that_nobody_changed_is_not_said_to_be_changed(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        person, resident = world.on_telegram(), Resident()
        await consents(person, "en")
        side = side_of(person)
        await person.says("nonsense")
        expect_error(await person.hears(), Registration.document, "not_offered")
        await side.reacts()
        await person.says(resident.number)
        expect_question(await person.hears(), Registration.issued_on)
        await side.reacts()
        await person.says("15/3/2019")
        expect_question(await person.hears(), Registration.english_name)
        assert side.quiet()


async def test_an_album_that_cannot_be_read_gets_one_answer(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        person = world.on_telegram()
        await registers(world, person, Resident())
        await declares(person, "en")
        side = side_of(person)
        for _ in range(3):
            await side.sends_video("a")
        expect(await person.hears(), "engine.other.video")
        await side.sends_video("b")
        await side.sends_file("visits.json", export_for(world), album="b")
        await side.sends_video("b")
        expect(await person.hears(), "engine.other.video")
        expect(await person.hears(), "health_code.caption.green")
        assert side.quiet()


@EVERY_LANGUAGE
async def test_another_file_may_be_put_in_the_place_of_a_bad_one(
    tmp_path: Path, language: str
) -> None:
    async with World(tmp_path) as world:
        person = world.on_telegram(language)
        await registers(world, person, Resident(language))
        await declares(person, language)
        side = side_of(person)
        await side.sends_file("visits.pdf", pdf(), caption="my visits")
        expect_error(await person.hears(), HealthCode.visits, "pdf", language)
        await side.edits_file("visits.json", export_for(world))
        expect(await person.hears(), "health_code.caption.green", language)
        await side.edits_file("visits.json", export_for(world))
        expect(await person.hears(), "engine.edited_at_rest", language)


@EVERY_LANGUAGE
async def test_the_good_file_of_an_album_is_found_behind_others(
    tmp_path: Path, language: str
) -> None:
    async with World(tmp_path) as world:
        person = world.on_telegram(language)
        await registers(world, person, Resident(language))
        await declares(person, language)
        side = side_of(person)
        for name, data in (("1.pdf", pdf()), ("2.pdf", pdf()), ("3.json", export_for(world))):
            await side.sends_file(name, data, album="a")
        expect(await person.hears(), "health_code.caption.green", language)
        assert side.quiet()


@EVERY_LANGUAGE
@pytest.mark.parametrize("as_photo", [True, False])
async def test_what_stands_below_a_file_is_an_answer(
    tmp_path: Path, language: str, as_photo: bool
) -> None:
    async with World(tmp_path) as world:
        person, resident = world.on_telegram(language), Resident(language)
        await consents(person, language, "agree_erase")
        side = side_of(person)
        await side.sends_file("card", b"x", as_photo=as_photo, caption=f"{resident.number} 多謝")
        card = side.last_message
        expect_question(await person.hears(), Registration.issued_on, language)
        await side.sends_file("card", b"x", as_photo=as_photo, caption="2019-3-15")
        expect_question(await person.hears(), Registration.english_name, language)
        await side.sends_file("card", b"x", as_photo=as_photo, caption="my card")
        expect_error(await person.hears(), Registration.english_name, "file_not_now", language)
        assert {number for _, number in world.bot_api.deleted} == {card}


@EVERY_LANGUAGE
async def test_a_file_that_comes_early_is_kept_and_what_stands_below_it_taken(
    tmp_path: Path, language: str
) -> None:
    async with World(tmp_path) as world:
        person = world.on_telegram(language)
        heard = await consents(person, language)
        for question, given in Tenant(language).steps():
            expect_question(heard, question, language)
            if question is Registration.district:
                break
            await gives(world, person, given)
            heard = await person.hears()
        side = side_of(person)
        await side.sends_file("bill.pdf", pdf(), caption="9123 4567")
        heard = expect(await person.hears(), "engine.file_noted", language)
        expect_question(expect(heard, "engine.noted", language), Registration.district, language)


async def test_ten_messages_at_once(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        person, resident = world.on_telegram(), Resident()
        await consents(person, "en")
        said = [given for _, given in resident.steps()[:4]]
        for words in (*said, "public", resident.steps()[5][1], "a", "b", "c", "d"):
            await person.says(str(words))
        for _ in range(10):
            heard = await person.hears()
        expect_error(heard, Registration.mobile, "format")


@EVERY_LANGUAGE
@pytest.mark.errors_expected
async def test_a_question_that_telegram_refuses_is_asked_again_with_a_word_why(
    tmp_path: Path, language: str
) -> None:
    async with World(tmp_path) as world:
        person, resident = world.on_telegram(language), Resident(language)
        await consents(person, language)
        refused = Fault(method="sendMessage", status=400, description="Bad Request: BUTTON_INVALID")
        world.bot_api.faults.add(refused)
        await person.says(resident.number)
        heard = expect(await person.hears(), "engine.undelivered.reply", language)
        expect_question(heard, Registration.issued_on, language)
        await person.says("15/3/2019")
        expect_question(await person.hears(), Registration.english_name, language)


@pytest.mark.errors_expected
async def test_what_tells_of_a_refused_reply_is_not_told_of_in_turn(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        person, resident = world.on_telegram(), Resident()
        await consents(person, "en")
        refused = Fault(method="sendMessage", status=400, description="Bad Request", times=2)
        world.bot_api.faults.add(refused)
        await person.says(resident.number)
        await until(lambda: not world.bot_api.faults.waiting)
        await person.says("15/3/2019")
        expect_question(await person.hears(), Registration.english_name)
        assert side_of(person).quiet()


@EVERY_LANGUAGE
@pytest.mark.errors_expected
async def test_a_picture_that_telegram_refuses_can_be_asked_for_again(
    tmp_path: Path, language: str
) -> None:
    async with World(tmp_path) as world:
        person = world.on_telegram(language)
        await registers(world, person, Resident(language))
        await declares(person, language)
        world.bot_api.faults.add(
            Fault(method="sendPhoto", status=400, description="Bad Request: PHOTO_INVALID")
        )
        await side_of(person).sends_file("visits.json", export_for(world))
        heard = expect(await person.hears(), "engine.undelivered.picture", language)
        expect(heard, "menu.ask", language)
        await person.presses("today")
        await person.hears()
        assert expect(
            await declares(person, language), "health_code.caption.green", language
        ).picture
