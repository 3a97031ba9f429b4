"""Today's code for all: the declarations in a row, the files, the codes, and whoever falls out."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from sqlalchemy import func, select

from core.conversation.messages import File, Finished, Press
from core.conversation.texts import Language
from core.conversation.turn import MENU
from core.declaration import Condition
from core.store.people import Known
from core.store.tables import uploads
from core.visits import Export, read_export
from handlers.everyone import Declaring, Records
from handlers.health_code import HealthCode
from handlers.live_code import LiveCode
from tests.corpus import as_json, export, zipped
from tests.handlers.family import (
    AUNT,
    BO,
    MEI,
    OWN,
    claims,
    ends,
    export_of,
    family,
    in_care,
    phone_of,
)
from tests.handlers.people import agrees, is_registered
from tests.reading import expect, expect_error, says
from tests.talk import Talk, Talker
from tests.world import TAGS, TEXTS, Heard

EVERY_LANGUAGE = pytest.mark.parametrize("language", list(Language))


async def begins(talk: Talk) -> Heard:
    await talk.take(Press(f"{MENU}.everyone"))
    return talk.heard


async def declares(talk: Talk, people: int) -> Heard:
    """Begin, and declare for so many that they have none of it."""
    await begins(talk)
    for _ in range(people):
        await talk.presses("none")
    return talk.heard


def asks_for(heard: Heard, *names: str, language: str = "en") -> Heard:
    """Fail where not just the records of these are asked for."""
    expect(heard, "health_code.visits.ask_all", language)
    for name in (OWN, MEI, BO, AUNT):
        assert (TEXTS.say(language, "everyone.bullet", name=name) in heard.text) is (name in names)
    return heard


def codes(talk: Talk, since: int = 0) -> list[str]:
    """Return the captions of the codes that came."""
    return [reply.text for reply in talk.replies[since:] if reply.card]


async def colours(talk: Talk, people: Mapping[str, Known]) -> dict[str, str]:
    """Return the colour of the code of each who has one."""
    async with talk.store.reading() as tx:
        live = {name: await tx.codes.live(known, talk.clock()) for name, known in people.items()}
    return {name: str(code.assessed.assessment.colour) for name, code in live.items() if code}


async def kept(talk: Talk) -> int:
    async with talk.store.reading() as tx:
        return await tx.connection.scalar(select(func.count()).select_from(uploads)) or 0


async def declared(talk: Talk, known: Known) -> frozenset[Condition]:
    async with talk.store.reading() as tx:
        code = await tx.codes.newest(known)
    assert code is not None
    return code.assessed.declaration.conditions


# The declarations


async def test_a_file_before_its_time_is_asked_for_later(talk: Talk) -> None:
    await family(talk, MEI)
    await begins(talk)
    heard = expect(await talk.sends(b"", "early"), "error.file_not_now")
    expect(expect(heard, "health_code.conditions.error.not_offered"), "engine.file_later")


@EVERY_LANGUAGE
async def test_each_is_named_and_asked_in_a_row(talker: Talker, language: str) -> None:
    talk = talker(language=TAGS[Language(language)])
    people = await family(talk, MEI, BO)
    heard = await begins(talk)
    assert TEXTS.say(language, "everyone.yourself", number=1, of=3) in heard.text
    expect(heard, "health_code.conditions.ask", language)
    heard = await talk.presses("none")
    assert TEXTS.say(language, "everyone.place", name=MEI, number=2, of=3) in heard.text
    await talk.presses("discharged")
    heard = await talk.presses("done")
    assert TEXTS.say(language, "everyone.place", name=MEI, number=2, of=3) in heard.text
    expect(heard, "engine.progress", language)
    expect(await talk.presses("_back"), "health_code.conditions.ask_for", language)
    await talk.presses("_keep")
    heard = await talk.says("1/12/2021")
    assert TEXTS.say(language, "everyone.place", name=BO, number=3, of=3) in heard.text
    assert "_back" not in heard.buttons
    asks_for(await talk.presses("none"), OWN, MEI, BO, language=language)
    for name in people:
        await talk.sends(export_of(talk, name), f"{name}.json")
    assert await colours(talk, people) == {OWN: "green", MEI: "red", BO: "green"}
    assert await declared(talk, people[MEI]) == {Condition.DISCHARGED}
    expect(talk.heard, "everyone.done.other", language)


async def test_a_second_tap_declares_nothing_for_the_next_of_them(talk: Talk) -> None:
    await family(talk, MEI)
    none = (await begins(talk)).ids["none"]
    expect(Heard((await talk.take(Press(none)))[-1].text), "health_code.conditions.ask_for")
    (reply,) = await talk.take(Press(none))
    assert reply.notice
    asks_for(await talk.presses("none"), OWN, MEI)


async def test_an_arrival_is_asked_about_as_for_one(talk: Talk) -> None:
    people = await family(talk, MEI)
    await begins(talk)
    await talk.presses("arrived")
    await talk.presses("done")
    await talk.says("2/12/2021")
    await talk.presses("mainland")
    await talk.presses("other")
    await talk.presses("none")
    for name in people:
        await talk.sends(export_of(talk, name))
    assert await colours(talk, people) == {OWN: "amber", MEI: "green"}


async def test_who_has_a_code_is_not_asked_again(talk: Talk) -> None:
    people = await family(talk, MEI)
    await talk.take(Press(f"{MENU}.today.{people[MEI].id}"))
    await talk.presses("none")
    await talk.sends(export_of(talk, MEI))
    heard = expect(await begins(talk), "everyone.have_one")
    assert MEI in heard.text
    asks_for(await talk.presses("none"), OWN)
    expect(await talk.sends(export_of(talk, OWN)), "everyone.done.one")
    assert codes(talk)[-1].startswith("GREEN CODE for C*** T** M**")
    heard = expect(await begins(talk), "everyone.nobody")
    assert MEI not in heard.text, "that nobody needs one says it already"
    assert talk.session.form == ""


async def test_nobody_at_all_is_told_so(talk: Talk) -> None:
    await agrees(talk)
    expect(await begins(talk), "everyone.nobody")


async def test_who_waits_to_be_confirmed_is_not_asked_about(talk: Talk) -> None:
    await is_registered(talk, chinese_name="")
    await in_care(talk, MEI, holds=False)
    asks_for(await declares(talk, 1), OWN)
    assert not any(MEI in reply.text for reply in talk.replies)


async def test_a_guardian_who_is_not_registered_gets_the_codes_of_his_people(talk: Talk) -> None:
    await agrees(talk)
    known = await in_care(talk, MEI)
    await claims(talk, phone_of(MEI), known.id)
    asks_for(await declares(talk, 1), MEI)
    await talk.sends(export_of(talk, MEI))
    assert await colours(talk, {MEI: known}) == {MEI: "green"}


async def test_fresh_records_need_not_be_sent_again(talk: Talk) -> None:
    people = await family(talk, MEI, BO)
    async with talk.store.writing() as tx:
        for name in (OWN, MEI, BO):
            records = _read(talk, export_of(talk, name))
            await tx.people.keep_export(people[name], records, talk.clock())
    expect(await declares(talk, 3), "everyone.done.other")
    assert len(codes(talk)) == 3


def _read(talk: Talk, data: bytes) -> Export:
    return read_export(data, name="", now=talk.clock(), policy=talk.store.policy.visits)


async def test_a_live_code_for_an_officer_comes_before_the_round(talk: Talk) -> None:
    people = await family(talk, MEI)
    await talk.take(Press(f"{MENU}.today.{people[MEI].id}"))
    await talk.presses("none")
    await talk.sends(export_of(talk, MEI))
    await begins(talk)
    await talk.take(Press(f"{MENU}.live_code.{people[MEI].id}"))
    assert talk.session.form == LiveCode.name


# The files


@pytest.mark.parametrize("at_once", [True, False])
async def test_an_album_finds_its_people_in_whatever_order_it_is_read(
    talk: Talk, at_once: bool
) -> None:
    people = await family(talk, MEI, BO)
    await declares(talk, 3)
    talk.read_at_once = at_once
    files = {name: export_of(talk, name) for name in people}
    for name, data in files.items():
        await talk.sends(data, f"{name}.json", album="a")
    if not at_once:
        assert len(talk.jobs) == 3
        expect(await talk.says("is it there"), "engine.still_reading")
        expect(await talk.presses("done"), "engine.still_reading")
        replies = len(talk.replies)
        for job, (name, data) in reversed(list(zip(talk.jobs, files.items(), strict=True))):
            assert codes(talk) == []
            await talk.finish(job, "exports", data, f"{name}.json")
        received = talk.replies[replies].text
        assert received.count("9 visits") == 3, "all is told at once"
    assert await colours(talk, people) == dict.fromkeys(people, "green")
    assert await kept(talk) == 0
    assert await talk.take(File("late", album="a")) == []


@EVERY_LANGUAGE
async def test_a_zip_finds_its_people_and_says_of_each_file_what_is_wrong(
    talker: Talker, language: str
) -> None:
    talk = talker(language=TAGS[Language(language)])
    people = await family(talk, MEI, BO)
    await claims(talk, "a phone of a stranger", "stranger")
    await declares(talk, 3)
    data = zipped(
        ("me.json", export_of(talk, OWN)),
        ("photo.json", b"\x89PNG"),
        ("who.json", export_of(talk, AUNT, phone="a phone of a stranger")),
        ("mei.json", export_of(talk, MEI)),
    )
    heard = asks_for(await talk.sends(data, "all.zip"), BO, language=language)
    assert TEXTS.say(language, "everyone.stranger", file="who.json") in heard.text
    assert TEXTS.say(language, "everyone.file", file="photo.json") in heard.text
    expect_error(heard, HealthCode.visits, "picture", language)
    for name in (OWN, MEI):
        assert TEXTS.say(language, "everyone.received.other", name=name, count=9) in heard.text
    expect(await talk.sends(export_of(talk, BO), "bo.json"), "everyone.done.other", language)
    assert await colours(talk, people) == dict.fromkeys(people, "green")
    assert await kept(talk) == 0


@EVERY_LANGUAGE
@pytest.mark.parametrize("code", Records.visits.errors)
async def test_what_is_wrong_with_a_file_is_said_with_its_name(
    talker: Talker, language: str, code: str
) -> None:
    talk = talker(language=TAGS[Language(language)])
    await family(talk, MEI)
    await declares(talk, 2)
    if code == "file_wanted":
        heard = await talk.says("here they are")
    elif code in ("too_many_files", "too_many_this_week"):
        most = talk.store.policy.uploads
        talk.has_sent(*((most.per_day, 0) if code == "too_many_files" else (most.per_week, 3)))
        heard = await talk.sends(b"")
    else:
        talk.read_at_once = False
        await talk.sends(b"", "mum.json")
        params = dict.fromkeys(VALUES, "7")
        await talk.take(Finished(talk.jobs[-1], "mum.json", error=code, params=params))
        heard = expect(talk.heard, "everyone.file", language)
        assert "mum.json" in heard.text
    expect_error(heard, HealthCode.visits, code, language)
    assert talk.session.field == "visits"
    asks_for(await talk.starts(), OWN, MEI, language=language)


VALUES = (
    "count",
    "expected",
    "exported",
    "field",
    "found",
    "key",
    "limit",
    "limit_hours",
    "limit_kb",
    "line",
    "missing",
    "name",
    "other_place",
    "other_row",
    "place",
    "row",
)
"""What the texts of the errors may want to be filled with."""


@EVERY_LANGUAGE
async def test_a_new_phone_is_asked_about_once(talker: Talker, language: str) -> None:
    talk = talker(language=TAGS[Language(language)])
    people = await family(talk, MEI, BO)
    await declares(talk, 3)
    data = zipped(
        ("new.json", export_of(talk, MEI, phone="a new phone of Mei")),
        ("own.json", export_of(talk, OWN)),
        ("none.json", as_json(export(visits=[]))),
    )
    heard = expect(await talk.sends(data, "all.zip"), "records.owner.ask", language)
    expect(heard, "everyone.received.other", language)
    assert "new.json" in heard.text
    assert TEXTS.say(language, "health_code.visits_count", count=9) in heard.text
    assert await kept(talk) == 2
    assert [heard.buttons[people[name].id] for name in (MEI, BO)] == [MEI, BO]
    assert people[OWN].id not in heard.buttons
    expect(await talk.says("somebody"), "error.not_offered", language)
    assert "none.json" in (await talk.says(MEI.lower())).text
    expect(talk.heard, "everyone.no_content", language)
    await talk.presses(people[BO].id)
    assert await colours(talk, people) == dict.fromkeys(people, "green")
    assert await kept(talk) == 0
    talk.clock.jump(days=1)
    asks_for(await declares(talk, 3), OWN, MEI, BO, language=language)
    heard = await talk.sends(export_of(talk, MEI, phone="a new phone of Mei"))
    asks_for(heard, OWN, BO, language=language)


async def test_a_file_of_nobody_here_is_put_aside(talk: Talk) -> None:
    await family(talk, MEI)
    await declares(talk, 2)
    await talk.sends(export_of(talk, AUNT, phone="nobody knows it"), "aunt.json")
    heard = asks_for(await talk.presses("none"), OWN, MEI)
    expect(heard, "everyone.put_aside")
    assert await kept(talk) == 0
    # Another may own it later.
    async with talk.store.reading() as tx:
        assert await tx.installations.holder_of(_read(talk, export_of(talk, AUNT))) is None


async def test_the_same_button_cannot_be_pressed_for_two_files(talk: Talk) -> None:
    await family(talk, MEI)
    await declares(talk, 2)
    data = zipped(
        ("a.json", export_of(talk, AUNT, phone="nobody knows it")),
        ("b.json", export_of(talk, BO, phone="nor this one")),
    )
    none = (await talk.sends(data)).ids["none"]
    assert "b.json" in (await talk.take(Press(none)))[-1].text
    await talk.take(Press(none))
    assert talk.replies[-1].notice
    assert await kept(talk) == 1


async def test_a_phone_that_became_anothers_meanwhile_is_refused(talk: Talk) -> None:
    people = await family(talk, MEI)
    await declares(talk, 2)
    await talk.sends(export_of(talk, MEI, phone="a new phone"))
    await claims(talk, "a new phone", "stranger")
    asks_for(expect(await talk.presses(people[MEI].id), "everyone.stranger"), OWN, MEI)


async def test_a_file_that_is_gone_when_its_owner_is_known_is_asked_for_again(talk: Talk) -> None:
    people = await family(talk, MEI)
    await declares(talk, 2)
    await talk.sends(export_of(talk, MEI, phone="a new phone"))
    async with talk.store.writing() as tx:
        await tx.uploads.drop(talk.session.answers["round"]["unclaimed"][0]["upload"])
    asks_for(expect(await talk.presses(people[MEI].id), "health_code.records_gone"), OWN, MEI)


async def test_a_file_without_a_name_is_spoken_of_all_the_same(talk: Talk) -> None:
    await family(talk, MEI)
    await declares(talk, 2)
    heard = await talk.sends(export_of(talk, MEI, phone="a new phone"), "")
    expect(heard, "records.owner.ask")
    assert "“…”" in heard.text


async def test_what_was_read_and_is_gone_is_asked_for_again(talk: Talk) -> None:
    await family(talk, MEI)
    await declares(talk, 2)
    talk.read_at_once = False
    await talk.sends(b"")
    await talk.take(Finished(talk.jobs[-1], "mei.json", upload="gone"))
    asks_for(expect(talk.heard, "error.unavailable"), OWN, MEI)


async def test_a_file_nobody_needs_is_not_kept(talk: Talk) -> None:
    people = await family(talk, MEI, BO)
    await talk.take(Press(f"{MENU}.today.{people[MEI].id}"))
    await talk.presses("none")
    await talk.sends(export_of(talk, MEI))
    await declares(talk, 2)
    data = zipped(
        ("mei.json", export_of(talk, MEI, visits=20)),
        ("own.json", export_of(talk, OWN)),
        ("bo.json", export_of(talk, BO)),
        ("new.json", export_of(talk, AUNT, phone="nobody knows it")),
    )
    replies = len(talk.replies)
    await talk.sends(data)
    told = talk.replies[replies].text
    assert TEXTS.say("en", "everyone.not_needed", file="mei.json", name=MEI) in told
    assert TEXTS.say("en", "everyone.left_over", file="new.json") in told
    async with talk.store.reading() as tx:
        records = await tx.people.export_of(people[MEI])
    assert records is not None
    assert len(records.visits) == 9
    assert await kept(talk) == 0


async def test_of_two_files_of_one_phone_the_newer_counts(talk: Talk) -> None:
    people = await family(talk, MEI)
    await declares(talk, 2)
    older = export_of(talk, MEI, visits=5)
    talk.clock.jump(minutes=5)
    await talk.sends(export_of(talk, MEI, visits=6), "newer.json")
    await talk.sends(older, "older.json")
    async with talk.store.reading() as tx:
        records = await tx.people.export_of(people[MEI])
    assert records is not None
    assert (len(records.visits), records.installation) == (6, "")


async def test_a_file_sent_while_it_is_asked_whose_one_is_is_taken_too(talk: Talk) -> None:
    people = await family(talk, MEI, BO)
    await declares(talk, 3)
    await talk.sends(export_of(talk, MEI, phone="a new phone"), "new.json")
    expect(await talk.sends(export_of(talk, BO), "bo.json"), "everyone.received.other")
    assert talk.session.field == "owner"
    talk.read_at_once = False
    await talk.sends(b"", "late.json")
    await talk.take(Finished(talk.jobs[-1], "late.json", error="empty"))
    expect_error(talk.heard, HealthCode.visits, "empty")
    talk.read_at_once = True
    expect(await talk.sends(export_of(talk, AUNT, phone="a third phone")), "engine.file_noted")
    expect(await talk.presses(people[MEI].id), "records.owner.ask")
    asks_for(await talk.presses("none"), OWN)


async def test_nobody_is_asked_any_more_whose_a_file_is_when_all_have_theirs(talk: Talk) -> None:
    await family(talk, MEI)
    await declares(talk, 2)
    await talk.sends(export_of(talk, MEI))
    await talk.sends(export_of(talk, AUNT, phone="nobody knows it"), "new.json")
    assert talk.session.field == "owner"
    replies = len(talk.replies)
    await talk.sends(export_of(talk, OWN))
    told = "\n".join(reply.text for reply in talk.replies[replies:])
    assert TEXTS.say("en", "everyone.received", name=OWN, count=9) in told
    assert TEXTS.say("en", "everyone.left_over", file="new.json") in told
    assert len(codes(talk, replies)) == 2
    expect(talk.heard, "everyone.done.other")
    assert await kept(talk) == 0


@EVERY_LANGUAGE
@pytest.mark.parametrize("words", ["1", "label"])
async def test_without_the_missing_files_the_others_get_their_codes(
    talker: Talker, language: str, words: str
) -> None:
    talk = talker(language=TAGS[Language(language)])
    people = await family(talk, MEI, BO)
    await declares(talk, 3)
    await talk.sends(export_of(talk, MEI))
    label = TEXTS.say(language, "health_code.visits.option.done")
    heard = expect(
        await talk.says(label if words == "label" else words), "everyone.missing", language
    )
    for name in (OWN, BO):
        assert TEXTS.say(language, "everyone.no_records", name=name) in heard.text
    assert "my_people" in heard.buttons
    assert await colours(talk, people) == {MEI: "green"}
    asks_for(await declares(talk, 2), OWN, BO, language=language)


async def test_an_app_that_is_too_new_gives_no_code_and_says_from_when(talk: Talk) -> None:
    people = await family(talk, MEI)
    await declares(talk, 2)
    app = {"installed": "2021-12-01", "installation": phone_of(MEI)}
    await talk.sends(as_json(export(app=app)))
    heard = expect(await talk.sends(export_of(talk, OWN)), "everyone.too_new")
    assert "22 December 2021" in heard.text
    assert await colours(talk, people) == {OWN: "green"}


# What comes in between


async def test_the_care_that_ends_in_the_middle_takes_only_that_person_out(talk: Talk) -> None:
    people = await family(talk, MEI, BO)
    await begins(talk)
    await talk.presses("none")
    await ends(talk, people[MEI])
    heard = expect(await talk.presses("none"), "engine.ended")
    assert TEXTS.say("en", "everyone.place", name=BO, number=2, of=2) in heard.text
    asks_for(await talk.presses("none"), OWN, BO)


async def test_who_has_gone_before_his_turn_is_not_asked_about(talk: Talk) -> None:
    people = await family(talk, MEI, BO)
    await begins(talk)
    await ends(talk, people[MEI])
    heard = expect(await talk.presses("none"), "everyone.ended")
    assert TEXTS.say("en", "everyone.place", name=BO, number=2, of=2) in heard.text


async def test_who_goes_after_his_declaration_falls_out_too(talk: Talk) -> None:
    people = await family(talk, MEI, BO)
    await begins(talk)
    await talk.presses("none")
    await talk.presses("none")
    await ends(talk, people[MEI])
    heard = expect(await talk.presses("none"), "everyone.ended")
    asks_for(Heard(heard.text.replace(f"• {MEI}: you", "")), OWN, BO)


async def test_who_goes_while_the_files_come_gets_no_code_and_his_file_is_refused(
    talk: Talk,
) -> None:
    people = await family(talk, MEI, BO)
    await declares(talk, 3)
    await talk.sends(export_of(talk, OWN))
    await ends(talk, people[MEI])
    heard = expect(await talk.sends(export_of(talk, MEI)), "everyone.stranger")
    expect(heard, "everyone.ended")
    await ends(talk, people[BO])
    heard = expect(await talk.presses("done"), "everyone.missing")
    assert TEXTS.say("en", "everyone.ended", name=BO) in heard.text
    assert await colours(talk, people) == {OWN: "green"}


async def test_who_goes_while_it_is_asked_whose_a_file_is_does_not_get_it(talk: Talk) -> None:
    people = await family(talk, MEI, BO)
    await declares(talk, 3)
    await talk.sends(export_of(talk, MEI, phone="a new phone"))
    await ends(talk, people[MEI])
    heard = expect(await talk.presses(people[MEI].id), "everyone.put_aside")
    expect(heard, "everyone.ended")
    assert await kept(talk) == 0


async def test_where_everybody_has_gone_nothing_is_asked_any_more(talk: Talk) -> None:
    await agrees(talk)
    known = await in_care(talk, MEI)
    await begins(talk)
    await ends(talk, known)
    expect(await talk.presses("none"), "engine.ended")
    assert talk.session.form == ""
    assert codes(talk) == []


async def test_on_a_new_day_health_is_declared_anew_and_the_files_stay(talk: Talk) -> None:
    people = await family(talk, MEI)
    talk.clock.jump(hours=11, minutes=50)
    await begins(talk)
    await talk.presses("none")
    await talk.presses("none")
    await talk.sends(export_of(talk, OWN))
    talk.clock.jump(minutes=20)
    heard = expect(await talk.sends(export_of(talk, MEI)), "health_code.new_day")
    expect(heard, "everyone.yourself")
    await talk.presses("symptoms")
    await talk.presses("done")
    await talk.presses("none")
    assert await colours(talk, people) == {OWN: "red", MEI: "green"}


async def test_midnight_between_two_declarations_begins_them_anew(talk: Talk) -> None:
    await family(talk, MEI)
    talk.clock.jump(hours=11, minutes=59)
    await begins(talk)
    talk.clock.jump(minutes=2)
    heard = expect(await talk.presses("none"), "health_code.new_day")
    assert TEXTS.say("en", "everyone.yourself", number=1, of=2) in heard.text


async def test_one_may_leave_and_come_back(talk: Talk) -> None:
    people = await family(talk, MEI)
    await begins(talk)
    await talk.presses("none")
    await talk.presses("contact")
    heard = await talk.starts()
    assert TEXTS.say("en", "everyone.place", name=MEI, number=2, of=2) in heard.text
    await talk.presses("done")
    await talk.sends(export_of(talk, MEI))
    asks_for(await talk.starts(), OWN)
    expect(await begins(talk), "engine.unfinished")
    await talk.sends(export_of(talk, OWN))
    assert await colours(talk, people) == {OWN: "green", MEI: "red"}


async def test_stopping_forgets_what_was_declared(talk: Talk) -> None:
    await family(talk, MEI)
    await begins(talk)
    await talk.presses("symptoms")
    await talk.presses("done")
    await talk.sends(export_of(talk, MEI))
    await talk.commands("cancel")
    expect(await talk.presses("yes"), "engine.cancelled")
    assert talk.session.answers == {}
    await begins(talk)
    await talk.presses("discharged")
    await talk.presses("done")
    await talk.starts()
    heard = await talk.presses("no")
    assert TEXTS.say("en", "everyone.yourself", number=1, of=2) in heard.text


async def test_why_it_is_asked(talk: Talk) -> None:
    await family(talk, MEI)
    await declares(talk, 2)
    expect(await talk.presses("_why"), "health_code.visits.why")
    await talk.sends(export_of(talk, MEI, phone="a new phone"))
    expect(await talk.presses("_why"), "records.owner.why")


# One code alone


@EVERY_LANGUAGE
async def test_the_file_of_another_phone_is_refused_for_one(talker: Talker, language: str) -> None:
    talk = talker(language=TAGS[Language(language)])
    people = await family(talk, MEI)
    await talk.take(Press(f"{MENU}.today.{people[MEI].id}"))
    await talk.presses("none")
    heard = await talk.sends(export_of(talk, OWN))
    expect_error(heard, HealthCode.visits, "other_phone", language)
    assert await kept(talk) == 0
    expect(await talk.sends(export_of(talk, MEI)), "health_code.caption.green_for", language)


async def test_a_phone_belongs_to_whoever_sent_its_file_first(talk: Talk) -> None:
    people = await family(talk, MEI)
    for whom, code in (("", ""), (f".{people[MEI].id}", "other_phone")):
        await talk.take(Press(f"{MENU}.today{whom}"))
        await talk.presses("none")
        heard = await talk.sends(export_of(talk, OWN, phone="a phone of the house"))
        assert says(heard, "health_code.visits.error.other_phone") is bool(code)


async def test_a_file_that_came_early_is_looked_at_again_when_it_is_used(talk: Talk) -> None:
    await family(talk)
    await talk.take(Press(f"{MENU}.today"))
    early = export_of(talk, OWN, phone="a new phone")
    await talk.sends(early)
    await claims(talk, "a new phone", "stranger")
    heard = await talk.presses("none")
    expect_error(heard, HealthCode.visits, "other_phone")
    expect(heard, "health_code.conditions.ask")
    expect_error(await talk.sends(early), HealthCode.visits, "other_phone")


def test_the_questions_of_the_round_are_those_of_one() -> None:
    assert list(Declaring.fields) == [name for name in HealthCode.fields if name != "visits"]


@EVERY_LANGUAGE
async def test_whose_cough_is_noted_is_said(talker: Talker, language: Language) -> None:
    talk = talker(language=TAGS[language])
    await family(talk, MEI)
    await declares(talk, 1)
    heard = await talk.presses("symptoms")
    choice = TEXTS.say(language, "health_code.conditions.option.symptoms", symptom_days=14)
    key = "health_code.conditions.noted_for"
    assert TEXTS.say(language, key, name=MEI, choice=choice) in heard.text
