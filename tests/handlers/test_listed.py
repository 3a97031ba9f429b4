"""The authorities' lists find whom they name: by his document, or by where he lives."""

from __future__ import annotations

import itertools

import pytest

from core.identity import DocumentType, normalise
from core.lists import CASE_COLUMNS, PLACE_COLUMNS, read_cases, read_places
from core.store import lists, loading
from tests.handlers.people import is_registered, records
from tests.reading import expect
from tests.talk import Talk

CARD, CERTIFICATE, RECEIPT = (
    DocumentType.HKID,
    DocumentType.BIRTH_CERTIFICATE,
    DocumentType.ACKNOWLEDGEMENT,
)


def written(columns: tuple[str, ...], row: str) -> bytes:
    """Return a list of one row as its file."""
    return f"{','.join(columns)}\n{row}\n".encode()


async def gets_colour(talk: Talk, colour: str) -> None:
    """Get today's code, and fail where it has another colour."""
    await talk.presses_menu("today")
    await talk.presses("none")
    expect(await talk.sends(records(talk)), f"health_code.caption.{colour}")


@pytest.mark.parametrize(
    ("paper", "listed"), [*itertools.product((CARD, CERTIFICATE, RECEIPT), repeat=2)]
)
async def test_a_number_is_one_persons_on_whichever_paper_it_stands(
    talk: Talk, paper: DocumentType, listed: DocumentType
) -> None:
    (found,) = read_cases(written(CASE_COLUMNS, f"{listed},A123456(3),confirmed,2021-12-01,"))
    async with talk.store.reading() as tx:
        index = tx.people.document_index(found.document, found.number)
    await loading.replace(talk.store, lists.cases([(index, found.case)]), talk.clock())
    await is_registered(talk, document=paper, number="A123456(3)")
    await gets_colour(talk, "red")


async def test_a_passport_of_the_same_characters_is_somebody_elses(talk: Talk) -> None:
    async with talk.store.reading() as tx:
        index = tx.people.document_index(CARD, normalise(CARD, "A123456(3)"))
    (found,) = read_cases(written(CASE_COLUMNS, "hkid,A123456(3),confirmed,2021-12-01,"))
    await loading.replace(talk.store, lists.cases([(index, found.case)]), talk.clock())
    await is_registered(talk, document=DocumentType.PASSPORT, number="A1234563", country="JPN")
    await gets_colour(talk, "green")


@pytest.mark.parametrize(
    ("hotel", "colour"),
    [
        ("Harbour View", "amber"),
        ("the harbour view hotel", "amber"),
        ("灣景", "amber"),
        ("湾景酒店", "amber"),
        ("Harbour Plaza", "green"),
    ],
)
async def test_a_hotel_is_found_without_the_word_for_it(
    talk: Talk, hotel: str, colour: str
) -> None:
    row = "WC,The Harbour View Hotel,灣景酒店,2021-12-01,2021-12-08"
    places = lists.places(read_places(written(PLACE_COLUMNS, row)))
    await loading.replace(talk.store, places, talk.clock())
    stay = {"hotel": hotel, "room": "1208", "last_night": "2021-12-24"}
    await is_registered(talk, housing="hotel", address="", district="", **stay)
    await gets_colour(talk, colour)


@pytest.mark.parametrize(
    ("address", "colour"),
    [
        ("Flat A, 20/F, Block 12, Laguna City, Kwun Tong", "amber"),
        ("藍田麗港城第十二座20樓A室", "amber"),
        ("Flat A, 12/F, Block 1, Laguna City, Kwun Tong", "green"),
    ],
)
async def test_a_block_is_found_however_the_address_is_written(
    talk: Talk, address: str, colour: str
) -> None:
    row = "KT,Laguna City Block 12,麗港城12座,2021-12-01,2021-12-08"
    places = lists.places(read_places(written(PLACE_COLUMNS, row)))
    await loading.replace(talk.store, places, talk.clock())
    await is_registered(talk, address=address, district="KT")
    await gets_colour(talk, colour)
