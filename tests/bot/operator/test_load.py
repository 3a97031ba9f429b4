"""The operator's lists, loaded as by the command line, and what they do to a code."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.app import open_store
from bot.clock import system_clock
from bot.operator.load import load
from bot.settings import Settings
from core.assessment import Case, CaseKind
from core.identity import DocumentType, normalise
from core.lists import ListError
from core.policy import Policy
from core.store.schema import migrate
from handlers.commands import conversation
from tests.clock import TestClock
from tests.handlers.people import is_registered, records
from tests.reading import expect
from tests.talk import Talk
from tests.world import Heard

CASES = b"document,number,kind,since,until\n"
GOOD = (
    CASES + b"hkid,A123456(3),close_contact,2021-12-01,\npassport,K1234567,confirmed,2021-12-03,\n"
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load({"HEALTHCODE_DATA": str(tmp_path)}, tmp_path / "none")


async def listed(settings: Settings, document: str, number: str) -> list[Case]:
    store = open_store(settings, Policy(), system_clock)
    try:
        async with store.reading() as tx:
            plain = normalise(DocumentType(document), number)
            return await tx.lists.cases_of(tx.people.document_index(document, plain))
    finally:
        await store.close()


async def test_a_list_takes_the_place_of_the_one_before(settings: Settings) -> None:
    assert (await load(settings, Policy(), "cases", GOOD)).startswith("2 cases are loaded")
    (case,) = await listed(settings, "hkid", "a123456 3")
    assert case.kind == CaseKind.CLOSE_CONTACT
    assert (await load(settings, Policy(), "cases", CASES)).startswith("0 cases are loaded")
    assert await listed(settings, "hkid", "A123456(3)") == []


async def test_a_bad_list_changes_nothing_and_names_each_bad_line(settings: Settings) -> None:
    await load(settings, Policy(), "cases", GOOD)
    bad = GOOD + b"hkid,A123456(4),confirmed,2021-12-03,\nhkid,A123456(3),what,2021-12-03,\n"
    with pytest.raises(ListError) as caught:
        await load(settings, Policy(), "cases", bad)
    assert [row.line for row in caught.value.rows] == [4, 5]
    assert len(await listed(settings, "passport", "K1234567")) == 1


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        (
            "exposures",
            b"kind,place,from,to,source\ntaxi,KB4484,2021-12-09,2021-12-09,\n",
            "1 exposure is loaded",
        ),
        (
            "places",
            b"district,name_en,name_zh,from,to\nST,Mei Lam Estate,,2021-12-09,2021-12-19\n",
            "1 place is loaded",
        ),
        (
            "tenants",
            b"document,number,estate_en,estate_zh\nhkid,A123456(3),Mei Lam Estate,\n",
            "1 tenant is loaded",
        ),
    ],
)
async def test_the_other_lists(settings: Settings, kind: str, data: bytes, said: str) -> None:
    assert (await load(settings, Policy(), kind, data)).startswith(said)


async def code_of(
    settings: Settings, clock: TestClock, kind: str, data: bytes, **who: str
) -> Heard:
    """Load a list into the store of somebody, and return the message with his code."""
    store = open_store(settings, Policy(), clock)
    await migrate(store)
    await load(settings, Policy(), kind, data)
    talk = Talk(store, conversation(), clock)
    await is_registered(talk, **who)
    await talk.presses_menu("today")
    await talk.presses("none")
    heard = await talk.sends(records(talk))
    await store.close()
    return heard


@pytest.mark.parametrize(
    "document",
    [{"document": "hkid"}, {"document": "passport", "number": "K1234567", "country": "JPN"}],
    ids=lambda given: given["document"],
)
async def test_who_is_listed_is_red_whichever_document_he_has(
    settings: Settings, document: dict[str, str], clock: TestClock
) -> None:
    heard = await code_of(settings, clock, "cases", GOOD, **document)
    expect(heard, "health_code.caption.red")


@pytest.mark.parametrize("district", ["ST", ""])
async def test_who_lives_at_a_listed_place_is_yellow_whether_or_not_its_district_is_named(
    settings: Settings, district: str, clock: TestClock
) -> None:
    place = f"district,name_en,name_zh,from,to\n{district},Mei Lam Estate,,2021-12-09,2021-12-19\n"
    who = {"address": "Flat 5, Block 1, Mei Lam Estate", "district": "ST"}
    heard = await code_of(settings, clock, "places", place.encode(), **who)
    expect(heard, "health_code.caption.amber")


@pytest.mark.parametrize("district", ["YTM", ""])
async def test_who_is_a_guest_of_a_listed_hotel_is_yellow_whichever_district_it_is_in(
    settings: Settings, district: str, clock: TestClock
) -> None:
    place = f"district,name_en,name_zh,from,to\n{district},Jade Hotel,,2021-12-09,2021-12-19\n"
    home = {"address": "", "district": "", "housing": "hotel", "room": "12"}
    heard = await code_of(settings, clock, "places", place.encode(), hotel="The Jade Hotel", **home)
    expect(heard, "health_code.caption.amber")
    assert "Jade Hotel" in heard.text
