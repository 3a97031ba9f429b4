"""The officer in the chat: each code gets plain advice, each document is compared and not kept."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.colour import Colour
from core.conversation.messages import (
    Card,
    Edited,
    File,
    Finished,
    Incoming,
    Left,
    Press,
    Text,
)
from core.conversation.texts import Language
from core.conversation.turn import Turn
from core.credential import Reason, Verdict, expiry, issue
from core.gate.inspection import ASKED, LASTS
from core.gate.live import MINUTES, digits_of
from core.gate.sighting import Sighting
from core.identity import DocumentType, normalise
from core.picture import draw
from core.signing.issuer_keys import IssuerKey
from core.store.staff import Role
from core.vault import KeyRing
from core.words.mrz import check_digit
from handlers import officer
from handlers.health_code import HealthCode
from handlers.registration import Registration
from tests.core.words.test_mrz import PASSPORT
from tests.handlers.people import agrees, is_registered, records
from tests.photos import photo
from tests.reading import expect, expect_question
from tests.talk import Talk, Talker
from tests.world import TAGS, TEXTS, Heard

HKID = (DocumentType.HKID, "A123456(3)")
MENU = {"live_challenge", "officer_help"}

_numbers = itertools.count(1)


async def enrols(talk: Talk) -> None:
    """Let the chat be an officer's."""
    async with talk.store.writing() as tx:
        word = await tx.staff.add("chan", Role.OFFICER, talk.clock())
        await tx.staff.enrol(word, chat=talk.chat, now=talk.clock())


@pytest.fixture
async def at_the_gate(talk: Talk) -> Talk:
    """An officer's chat."""
    await enrols(talk)
    return talk


def code(
    talk: Talk,
    colour: Colour = Colour.GREEN,
    *,
    document: tuple[DocumentType, str] = HKID,
    name: str = "C* T* M*",
    ring: KeyRing | None = None,
    **changes: Any,
) -> str:
    """Return a code that was issued just now."""
    now = talk.clock().replace(microsecond=0)
    key = IssuerKey.current(ring or talk.store.ring, now, talk.store.policy.realm)
    kind, number = document
    arguments: dict[str, Any] = {
        "name": name,
        "colour": colour,
        "document": (kind.code, normalise(kind, number)),
        "issued_at": now,
        "expires_at": expiry(key, now),
        "code_id": next(_numbers).to_bytes(8, "big"),
    }
    return issue(key, **{**arguments, **changes})


def picture(talk: Talk, text: str) -> bytes:
    now = talk.clock()
    return draw(Card(Colour.GREEN, text, ["C*** T**"], "456(3)", now, now, "en"))


def begins(heard: Heard, advice: str, language: str = "en") -> Heard:
    """Fail where the first words of a reply are not that advice."""
    words = TEXTS.say(language, f"officer.advice.{advice}")
    assert heard.text.split("\n")[0] == words, heard.text
    return heard


def protections(heard: Heard, document: str, live: str, language: str = "en") -> None:
    """Fail where a reply does not say so of the two protections."""
    expect(heard, f"officer.document.{document}", language)
    expect(heard, f"officer.live.{live}", language)


# One code


@pytest.mark.parametrize("language", list(Language))
async def test_a_green_code_and_its_document_are_let_through(talker: Talker, language: str) -> None:
    talk = talker(language=TAGS[Language(language)])
    await enrols(talk)
    heard = begins(await talk.says(f" {code(talk)}\n"), "pass_if", language)
    expect(heard, "officer.colour.green", language)
    assert "C* T* M*" in heard.text
    assert TEXTS.say(language, "officer.until", until=expiry_of(talk)) in heard.text
    assert TEXTS.say(language, "officer.age.minutes", count=0) in heard.text
    protections(heard, "none", "none", language)
    expect(heard, "officer.type_number", language)
    assert heard.buttons.keys() == MENU
    heard = begins(await talk.says("A123456(3)"), "pass", language)
    expect(heard, "officer.colour.green", language)
    protections(heard, "match", "none", language)


def expiry_of(talk: Talk) -> Any:
    return expiry(IssuerKey.current(talk.store.ring, talk.clock()), talk.clock())


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("colour", [Colour.AMBER, Colour.RED])
async def test_another_colour_is_refused_also_for_its_own_document(
    talker: Talker, language: str, colour: Colour
) -> None:
    talk = talker(language=TAGS[Language(language)])
    await enrols(talk)
    heard = begins(await talk.says(code(talk, colour)), f"refuse_{colour}", language)
    expect(heard, f"officer.colour.{colour}", language)
    assert TEXTS.say(language, "officer.type_number") not in heard.text
    heard = begins(await talk.says("A123456(3)"), f"refuse_{colour}", language)
    protections(heard, "match", "none", language)


async def test_a_code_is_known_however_it_was_copied(at_the_gate: Talk) -> None:
    talk = at_the_gate
    text = code(talk)
    for typed in (
        text.lower(),
        f"{text[:80]}\n{text[80:]}",
        f"Here is his code: “{text}”, please look",
        text.replace(" ", "\N{NO-BREAK SPACE}"),
        f"\N{ZERO WIDTH SPACE}{text}",
    ):
        begins(await talk.says(typed), "pass_if")
        begins(await talk.says("A123456(3)"), "pass")
    expect(begins(await talk.says(text[:100]), "refuse"), "officer.reason.malformed")


@pytest.mark.parametrize(
    "text", ["HKEN:0gxr8l5A6", "HC1:NCFOXN%TS3DH 1234", "https://example.com/1234", "shc:/5676290"]
)
async def test_another_kind_of_code_is_no_document(at_the_gate: Talk, text: str) -> None:
    talk = at_the_gate
    for _ in range(2):
        expect(begins(await talk.says(text), "refuse"), "officer.reason.not_a_code")
        begins(await talk.says(code(talk)), "pass_if")


async def test_anothers_document_is_refused(at_the_gate: Talk) -> None:
    talk = at_the_gate
    await talk.says(code(talk))
    heard = begins(await talk.says("G123456(A)"), "refuse")
    expect(heard, "officer.reason.other_document")
    expect(heard, "officer.refused.green")
    protections(heard, "other", "none")
    assert "other" in heard.buttons


async def test_a_forged_code_is_told_and_no_document_helps(at_the_gate: Talk) -> None:
    talk = at_the_gate
    stranger = KeyRing.generate(talk.clock() - timedelta(hours=1))
    heard = begins(await talk.says(code(talk, ring=stranger)), "refuse")
    expect(heard, "officer.reason.unknown_key")
    assert "C*" not in heard.text
    protections(heard, "none", "none")
    heard = begins(await talk.says("A123456(3)"), "refuse")
    expect(heard, "officer.reason.unknown_key")
    protections(heard, "none", "none")


async def test_yesterdays_code_is_expired_with_its_age(at_the_gate: Talk) -> None:
    talk = at_the_gate
    mine = code(talk)
    for jump, key, count in (
        ({"seconds": 90}, "minutes", 1),
        ({"minutes": 58}, "minutes", 59),
        ({"minutes": 1}, "hours", 1),
        ({"hours": 10}, "hours", 11),
    ):
        talk.clock.jump(**jump)
        heard = begins(await talk.says(mine), "pass_if")
        assert TEXTS.say("en", f"officer.age.{key}", count=count) in heard.text
    talk.clock.jump(days=2)
    heard = begins(await talk.says(mine), "refuse")
    expect(heard, "officer.reason.expired")
    expect(heard, "officer.refused.green")
    assert TEXTS.say("en", "officer.age.days", count=2) in heard.text


async def test_a_withdrawn_code_is_refused_at_once(at_the_gate: Talk) -> None:
    talk = at_the_gate
    holder = Talk(talk.store, talk.conversation, talk.clock, chat="web:7")
    await is_registered(holder)
    mine = await gets_code(holder)
    begins(await talk.says(mine), "pass_if")
    await holder.presses_menu("erase")
    await holder.presses("erase")
    heard = begins(await talk.says("A123456(3)"), "refuse")
    expect(heard, "officer.reason.revoked")
    protections(heard, "match", "none")


async def gets_code(talk: Talk) -> str:
    """Let a registered holder get today's code; return its text."""
    await talk.presses_menu("today")
    await talk.presses("none")
    await talk.sends(records(talk))
    card = talk.replies[-1].card
    assert card is not None
    return card.code


async def test_where_our_own_clock_may_be_wrong_a_colleague_is_asked(at_the_gate: Talk) -> None:
    talk = at_the_gate
    later = (talk.clock() + timedelta(minutes=10)).replace(microsecond=0)
    heard = begins(await talk.says(code(talk, issued_at=later)), "ask")
    expect(heard, "officer.reason.from_future")
    assert TEXTS.say("en", "officer.age.minutes", count=0) in heard.text


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("genuine", [False, True])
async def test_every_reason_has_plain_words(
    talker: Talker,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    reason: Reason,
    genuine: bool,
) -> None:
    talk = talker(language=TAGS[Language(language)])
    await enrols(talk)

    def judged(*given: Any) -> Verdict:
        verdict = real(*given)
        return replace(verdict, reason=reason, claims=verdict.claims if genuine else None)

    real = officer.check
    monkeypatch.setattr(officer, "check", judged)
    advice = "ask" if reason in (Reason.CLOCK, Reason.FROM_FUTURE) else "refuse"
    heard = begins(await talk.says(code(talk)), advice, language)
    assert TEXTS.say(language, f"officer.reason.{reason}") in heard.text
    assert (TEXTS.say(language, "officer.refused.green") in heard.text) == genuine
    assert TEXTS.say(language, "officer.colour.green") not in heard.text


# Pictures


async def test_a_photo_of_a_code_is_read(at_the_gate: Talk) -> None:
    talk = at_the_gate
    taken = photo([picture(talk, code(talk))], tilt=0.1, turn=20, blur=2, quality=50)
    begins(await talk.sends(taken, "IMG_1.JPG"), "pass_if")
    assert len(talk.replies) == 1
    begins(await talk.says("A123456(3)"), "pass")
    assert talk.session.inspection is not None
    assert not talk.session.inspection.scans


@pytest.mark.parametrize("language", list(Language))
async def test_a_number_below_a_picture_is_erased_and_asked_for_again(
    talker: Talker, language: str
) -> None:
    talk = talker(language=TAGS[Language(language)])
    await enrols(talk)
    talk.read_at_once = False
    talk.files["f"] = picture(talk, code(talk))
    await talk.take(File(ref="f", photo=True, caption="A123456(3)"))
    expect(talk.heard, "officer.number_below", language)
    assert len(talk.replies[-1].forget) == 1
    assert "A123456" not in talk.state.decode()
    begins(await heard_of(talk, talk.jobs[-1]), "pass_if", language)
    begins(await talk.says("A123456(3)"), "pass", language)
    assert await talk.take(File(ref="f", photo=True, caption="his code")) == []


@pytest.mark.parametrize(
    "file",
    [
        {"photo": True},
        {"mime": "image/png"},
        {"name": "code.webp"},
        {"name": "IMG.HEIC"},
    ],
)
async def test_pictures_are_known_by_what_the_platform_says(
    at_the_gate: Talk, file: Mapping[str, Any]
) -> None:
    at_the_gate.files["f"] = b"GIF89a"
    await at_the_gate.take(File(ref="f", **file))
    expect(at_the_gate.heard, "officer.error.file_type")


@pytest.mark.parametrize("language", list(Language))
async def test_several_codes_are_named_by_their_places(talker: Talker, language: str) -> None:
    talk = talker(language=TAGS[Language(language)])
    await enrols(talk)
    numbers = ("A123456(3)", "G123456(A)", "C668668(9)")
    codes = [
        code(talk, colour, document=(DocumentType.HKID, number), name=name)
        for colour, number, name in zip(Colour, numbers, ("A* B*", "C* D*", "E* F*"), strict=True)
    ]
    taken = photo([picture(talk, each) for each in codes], size=(1280, 1280))
    heard = await talk.sends(taken, "all.jpg")
    blocks = heard.text.split("\n\n")
    for number, (block, place) in enumerate(
        zip(blocks, ("upper_left", "upper_right", "lower_left"), strict=False), 1
    ):
        where = TEXTS.say(language, f"officer.place.{place}")
        assert TEXTS.say(language, "officer.where", number=number, of=3, place=where) in block
        assert ("A* B*", "C* D*", "E* F*")[number - 1] in block
    advice = [block.split("\n")[0] for block in blocks[:3]]
    order = {Colour.GREEN: "pass_if", Colour.AMBER: "refuse_amber", Colour.RED: "refuse_red"}
    assert advice == [TEXTS.say(language, f"officer.advice.{order[c]}") for c in Colour]
    assert blocks[3] == TEXTS.say(language, "officer.type_number")
    green = numbers[list(Colour).index(Colour.GREEN)]
    heard = await talk.says("E364912(5)")
    expect(heard, "officer.none_matches", language)
    heard = begins(await talk.says(green), "pass", language)
    expect(heard, "officer.where", language)
    assert heard.text.count(TEXTS.say(language, "officer.document.match")) == 1


async def test_a_code_that_stays_unread_is_told_beside_the_others(
    at_the_gate: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = at_the_gate
    seen = [Sighting(code(talk), 0.2, 0.5), Sighting("", 0.8, 0.5)]
    monkeypatch.setattr("core.gate.scanning.read_codes", lambda _: seen)
    heard = begins(await talk.sends(b"", "a.jpg"), "pass_if")
    expect(heard, "officer.unread.one")
    seen.append(Sighting("", 0.8, 0.9))
    expect(await talk.sends(b"", "a.jpg"), "officer.unread.other")
    seen[0] = Sighting("", 0.1, 0.1)
    expect(await talk.sends(b"", "a.jpg"), "officer.no_code")
    heard = expect(await talk.says("A123456(3)"), "officer.code_first")


@pytest.mark.parametrize("language", list(Language))
async def test_the_pictures_of_an_album_are_told_apart(talker: Talker, language: str) -> None:
    talk = talker(language=TAGS[Language(language)])
    await enrols(talk)
    mine = code(talk)
    stranger = code(talk, ring=KeyRing.generate(talk.clock()))
    for number, content in enumerate(
        (photo([picture(talk, mine)]), photo([picture(talk, stranger)]), photo([], share=1), b"?"),
        1,
    ):
        heard = await talk.sends(content, "a.jpg", album="family")
        assert TEXTS.say(language, "officer.picture", number=number) in heard.text
    assert len(talk.replies) == 4
    begins(await talk.says("A123456(3)"), "pass", language)
    expect(talk.heard, "officer.picture", language)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(
    ("error", "params"),
    [
        ("empty", {}),
        ("file_type", {}),
        ("pixels", {"limit": 25}),
        ("too_large", {"limit_mb": 20, "limit_kb": 20_000}),
        ("unreadable", {}),
        ("unavailable", {}),
    ],
)
async def test_a_picture_that_cannot_be_read_lets_nobody_through(
    talker: Talker, language: str, error: str, params: dict[str, int]
) -> None:
    talk = talker(language=TAGS[Language(language)])
    await enrols(talk)
    begins(await talk.says(code(talk)), "pass_if", language)
    talk.read_at_once = False
    await talk.sends(b"", "a.jpg")
    heard = expect(await talk.fails(error, **params), f"officer.error.{error}", language)
    assert heard.buttons.keys() == MENU
    expect(await talk.says("A123456(3)"), "officer.code_first", language)


async def test_what_was_read_may_be_gone(at_the_gate: Talk) -> None:
    talk = at_the_gate
    talk.read_at_once = False
    assert await talk.take(File(ref="f", photo=True)) == []
    await talk.take(Finished(job=talk.jobs[-1], upload="gone"))
    expect(talk.heard, "officer.error.unavailable")
    before = len(talk.replies)
    await talk.take(Finished(job=talk.jobs[-1], upload="gone"))
    assert len(talk.replies) == before, "a job ends once"


# The document in hand


@pytest.mark.parametrize("language", list(Language))
async def test_the_kind_of_document_is_asked_where_its_number_does_not_tell(
    talker: Talker, language: str
) -> None:
    talk = talker(language=TAGS[Language(language)])
    await enrols(talk)
    document = (DocumentType.CONSULAR, "TR1234568")
    await talk.says(code(talk, document=document))
    heard = expect(await talk.says("tr 1234568"), "officer.ask_kind", language)
    assert list(heard.buttons) == list(DocumentType)
    begins(await talk.presses("passport"), "refuse", language)
    expect(await talk.presses("other"), "officer.ask_kind", language)
    expect(await talk.presses("hkid"), "officer.error.kind", language)
    heard = begins(await talk.presses("consular"), "pass", language)
    protections(heard, "match", "none", language)
    expect(await talk.presses("passport"), "officer.code_first", language)
    expect(await talk.presses("other"), "officer.code_first", language)


async def test_the_kind_may_be_typed(at_the_gate: Talk) -> None:
    talk = at_the_gate
    labels = TEXTS.everywhere("registration.document.option.consular")
    place = list(DocumentType).index(DocumentType.CONSULAR) + 1
    for answer in (str(place), *labels):
        await talk.says(code(talk, document=(DocumentType.CONSULAR, "TR1234568")))
        await talk.says("TR1234568")
        begins(await talk.says(answer), "pass")


async def test_a_bare_number_that_looks_like_an_identity_cards_may_be_a_passports(
    at_the_gate: Talk,
) -> None:
    talk = at_the_gate
    await talk.says(code(talk, document=(DocumentType.PASSPORT, "TR1234567")))
    expect(await talk.says("TR1234567"), "officer.ask_kind")
    begins(await talk.presses("passport"), "pass")
    await talk.says(code(talk))
    begins(await talk.says("a1234563"), "pass")


async def test_lines_of_a_passport_are_understood_and_checked(at_the_gate: Talk) -> None:
    talk = at_the_gate
    assert check_digit("L898902C3") == "6"
    await talk.says(code(talk, document=(DocumentType.PASSPORT, "L898902C3")))
    expect(await talk.says(PASSPORT.replace("C36", "C37")), "officer.error.mrz")
    begins(await talk.says(PASSPORT), "pass")


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(
    ("typed", "error"), [("A123456(4)", "check_digit"), ("A12345(3)", "format"), ("1234", "length")]
)
async def test_a_mistyped_number_is_explained_and_can_be_mended(
    talker: Talker, language: str, typed: str, error: str
) -> None:
    talk = talker(language=TAGS[Language(language)])
    await enrols(talk)
    await talk.says(code(talk))
    expect(await talk.says(typed), f"registration.number.error.{error}", language)
    begins(await talk.says("A123456(3)"), "pass", language)


async def test_a_document_is_erased_from_the_chat_and_kept_nowhere(at_the_gate: Talk) -> None:
    talk = at_the_gate
    await talk.says(code(talk))
    for typed in ("G123456(A)", "TR1234568", "A123456(4)"):
        await talk.says(typed)
        assert len(talk.replies[-1].forget) == 1, typed
        for part in ("G123456", "TR123456", "A123456"):
            assert part not in talk.state.decode(), typed
            assert part not in talk.replies[-1].text, typed


async def test_a_number_before_any_code_is_erased_too(at_the_gate: Talk) -> None:
    talk = at_the_gate
    expect(await talk.says("A123456(3)"), "officer.code_first")
    assert len(talk.replies[-1].forget) == 1
    expect(await talk.says("hello"), "officer.ask")
    assert talk.replies[-1].forget == []
    await talk.says(code(talk))
    expect(await talk.says("hello"), "officer.ask")
    talk.clock.jump(seconds=LASTS.total_seconds() + 1)
    expect(await talk.says("A123456(3)"), "officer.code_first")
    await talk.says(code(talk))
    await talk.says("TR1234568")
    talk.clock.jump(seconds=LASTS.total_seconds() + 1)
    expect(await talk.presses("passport"), "officer.code_first")


async def test_where_a_message_has_no_number_nothing_is_erased(at_the_gate: Talk) -> None:
    talk = at_the_gate
    await talk.says(code(talk))
    turns = len(talk.replies)
    async with talk.store.writing() as tx:
        turn = Turn(
            session=talk.session,
            incoming=Incoming(talk.chat, "x", Text("A123456(3)"), talk.clock()),
            now=talk.clock(),
            texts=TEXTS,
            policy=talk.store.policy,
            tx=tx,
            capabilities=talk.can,
        )
        await talk.conversation.take(turn)
    assert turn.replies[0].forget == []
    assert len(talk.replies) == turns


async def test_a_number_chooses_a_language_where_that_is_asked(at_the_gate: Talk) -> None:
    talk = at_the_gate
    await talk.says(code(talk))
    expect(await talk.says("TR1234568"), "officer.ask_kind")
    expect(await talk.commands("language"), "engine.aside.language")
    expect(await talk.says("2"), "engine.language_chosen", "zh_Hant_HK")
    begins(await talk.says("3"), "refuse", "zh_Hant_HK")


# The live challenge


@pytest.mark.parametrize("language", list(Language))
async def test_a_screenshot_cannot_answer_and_a_live_code_does(
    talker: Talker, language: str
) -> None:
    talk = talker(language=TAGS[Language(language)])
    await enrols(talk)
    heard = expect(await talk.presses_menu("live_challenge"), "officer.challenge", language)
    digits = digits_of(talk.store.ring, talk.chat, talk.clock())
    assert " ".join(digits) in heard.text
    before = code(talk)
    heard = begins(await talk.says(before), "refuse", language)
    expect(heard, "officer.reason.other_challenge", language)
    protections(heard, "none", "missing", language)
    talk.clock.jump(minutes=MINUTES)
    heard = begins(await talk.says(code(talk, challenge=digits)), "pass_if", language)
    protections(heard, "none", "seen", language)
    talk.clock.jump(minutes=MINUTES)
    heard = begins(await talk.says("A123456(3)"), "pass", language)
    protections(heard, "match", "seen", language)
    protections(begins(await talk.says(before), "pass_if", language), "none", "none", language)


async def test_digits_of_another_officer_or_another_time_do_not_answer(at_the_gate: Talk) -> None:
    talk = at_the_gate
    old = digits_of(talk.store.ring, talk.chat, talk.clock() - timedelta(minutes=MINUTES + 1))
    others = digits_of(talk.store.ring, "telegram:2", talk.clock())
    for digits in (old, others):
        answered = code(talk, challenge=digits)
        protections(begins(await talk.says(answered), "pass_if"), "none", "none")
        await talk.presses_menu("live_challenge")
        protections(begins(await talk.says(answered), "refuse"), "none", "missing")
        talk.clock.jump(seconds=ASKED.total_seconds() + 1)
        protections(begins(await talk.says(code(talk)), "pass_if"), "none", "none")


async def test_the_digits_change_every_minute(at_the_gate: Talk) -> None:
    talk = at_the_gate
    first = (await talk.presses_menu("live_challenge")).text
    assert (await talk.presses_menu("live_challenge")).text == first
    talk.clock.jump(minutes=1)
    assert (await talk.presses_menu("live_challenge")).text != first


# Who is an officer, and when


@pytest.mark.parametrize("language", list(Language))
async def test_an_officer_has_a_menu_and_help_of_his_own(talker: Talker, language: str) -> None:
    talk = talker(language=TAGS[Language(language)])
    await enrols(talk)
    heard = expect(await talk.starts(), "officer.ask", language)
    assert heard.buttons.keys() == MENU
    expect(await talk.presses("officer_help"), "officer.help", language)
    expect(await talk.commands("officer"), "officer.help", language)
    label = TEXTS.say(language, "menu.option.live_challenge")
    expect(await talk.says(label), "officer.challenge", language)
    expect(await talk.sends(b"{}", "visits.json"), "officer.ask", language)


@pytest.mark.parametrize("words", ["help", "/help", "點用", "怎么查", "How do I check?"])
async def test_an_officer_who_asks_for_help_is_told_how_codes_are_checked(
    at_the_gate: Talk, words: str
) -> None:
    talk = at_the_gate
    command = words.removeprefix("/")
    heard = await (talk.says(words) if command == words else talk.commands(command))
    expect(heard, "officer.help")


@pytest.mark.parametrize("words", ["live code", "即時碼", "实时码"])
async def test_an_officer_asks_for_a_live_code_and_a_holder_shows_one(
    at_the_gate: Talk, words: str
) -> None:
    talk = at_the_gate
    expect(await talk.says(words), "officer.challenge")
    await is_registered(talk)
    expect(await talk.says(words), "officer.challenge")
    expect_question(await talk.presses_menu("today"), HealthCode.conditions)
    expect(await talk.commands("help"), "engine.help")
    expect(await talk.says("help"), "engine.help")


async def test_residents_never_see_what_is_an_officers(talk: Talk) -> None:
    await is_registered(talk)
    taken = photo([picture(talk, code(talk))])
    talk.read_at_once = False
    expect_question(await talk.sends(taken, "photo.jpg"), HealthCode.conditions)
    await talk.commands("cancel")
    await talk.presses("yes")
    expect(await talk.commands("officer"), "engine.unknown_command")
    for option in ("live_challenge", "officer_help"):
        await talk.take(Press(f"menu.{option}", acknowledge="press"))
        assert talk.replies[-2].notice
        assert not MENU & talk.heard.buttons.keys()
    await talk.take(Press("document.passport", acknowledge="press"))
    assert not MENU & talk.heard.buttons.keys()
    assert not MENU & (await talk.says(code(talk))).buttons.keys()
    assert not MENU & (await talk.says("Ask for a live code")).buttons.keys()
    assert talk.session.inspection is None


async def test_an_officer_who_is_removed_is_a_resident_from_the_next_message_on(
    at_the_gate: Talk,
) -> None:
    talk = at_the_gate
    await agrees(talk)
    begins(await talk.says(code(talk)), "pass_if")
    talk.read_at_once = False
    await talk.sends(photo([picture(talk, code(talk))]), "a.jpg")
    async with talk.store.writing() as tx:
        await tx.staff.remove("chan", talk.clock())
    job = talk.jobs[-1]
    begins((await heard_of(talk, job)), "pass_if")
    heard = await talk.says("A123456(3)")
    assert not MENU & heard.buttons.keys()
    expect_question(heard, Registration.document)
    await talk.commands("cancel")
    heard = await talk.presses("yes")
    assert not MENU & heard.buttons.keys()


async def heard_of(talk: Talk, job: str) -> Heard:
    """Let what was read of the newest picture be heard."""
    await talk.finish(job, "codes", next(reversed(talk.files.values())))
    return talk.heard


async def test_who_registers_himself_is_asked_for_a_proof_and_not_for_codes(
    at_the_gate: Talk,
) -> None:
    talk = at_the_gate
    await agrees(talk)
    begins(await talk.says(code(talk)), "pass_if")
    expect_question(await talk.presses_menu("register"), Registration.document)
    expect_question(await talk.says("A123456(3)"), Registration.issued_on)
    begins(await talk.says(code(talk)), "pass_if")
    await talk.take(File(ref="x", name="bill.jpg", photo=True))
    expect(talk.heard, "error.file_not_now")


async def test_an_officer_who_has_his_own_code_here_has_both_menus(at_the_gate: Talk) -> None:
    talk = at_the_gate
    await is_registered(talk)
    heard = expect(await talk.starts(), "officer.ask")
    assert heard.buttons.keys() > MENU | {"today"}
    expect_question(await talk.presses("today"), HealthCode.conditions)
    begins(await talk.sends(photo([picture(talk, code(talk))]), "a.jpg"), "pass_if")
    expect(await talk.presses("none"), "health_code.visits.ask")


async def test_what_is_no_message_is_left_to_others(at_the_gate: Talk) -> None:
    talk = at_the_gate
    assert await talk.take(Left(gone=True)) == []
    await talk.take(Edited("A123456(3)"))
    expect(talk.heard, "engine.edited_at_rest")
    await talk.take(Press("menu.officer_help.somebody", acknowledge="press"))
    expect(talk.heard, "officer.help")
    await talk.take(Press("7.nothing", acknowledge="press"))
    assert talk.replies[-2].notice
    expect(await talk.commands("unheard"), "engine.unknown_command")
