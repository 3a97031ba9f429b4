"""Holders, the chats that speak for them, and what is kept of them."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from core.store.people import REFERENCE, new_reference, read_reference
from core.store.store import Store
from core.store.tables import audit, consents, exports, holders, links, proofs
from core.vault import Tampered
from core.visits import Export
from tests.core.store.people import NOON, holder, index_of, register


async def test_who_is_registered_is_known_by_chat_and_by_document(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
    async with store.reading() as tx:
        of_chat = await tx.people.of_chat("web:1")
        of_document = await tx.people.of_document(index_of(tx, known.holder))
    for found in (of_chat, of_document):
        assert found is not None
        assert (found.id, found.reference, found.holder) == (known.id, known.reference, holder())


async def test_nobody_is_known_before(store: Store) -> None:
    async with store.reading() as tx:
        assert await tx.people.of_chat("web:1") is None
        assert await tx.people.of_document(index_of(tx, holder())) is None


async def test_the_same_number_of_another_country_is_another_document(store: Store) -> None:
    async with store.writing() as tx:
        japanese = await register(tx, document="passport", number="X1234567", country="JPN")
        korean = await register(tx, "web:2", document="passport", number="X1234567", country="KOR")
    assert japanese.id != korean.id


async def test_a_document_cannot_be_registered_twice(store: Store) -> None:
    async with store.writing() as tx:
        await register(tx)
    with pytest.raises(IntegrityError):
        async with store.writing() as tx:
            await register(tx, "web:2")
    async with store.reading() as tx:
        assert await tx.people.of_chat("web:2") is None


async def test_a_change_keeps_the_reference_and_finds_the_new_document(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        moved = holder(number="G123456(A)", address="Flat 1, Fu Shan Estate", district="WTS")
        changed = await tx.people.change(known, moved, index_of(tx, moved), NOON)
    assert (changed.id, changed.reference, changed.holder) == (known.id, known.reference, moved)
    async with store.reading() as tx:
        assert await tx.people.of_document(index_of(tx, known.holder)) is None
        found = await tx.people.of_document(index_of(tx, moved))
    assert found is not None
    assert found.holder == moved


async def test_a_chat_speaks_for_one_holder_and_a_holder_in_several_chats(store: Store) -> None:
    async with store.writing() as tx:
        first = await register(tx)
        second = await register(tx, "web:2", number="G123456(A)")
        await tx.people.link(first.id, chat="web:2", now=NOON)
    async with store.reading() as tx:
        for chat in ("web:1", "web:2"):
            found = await tx.people.of_chat(chat)
            assert found is not None
            assert found.id == first.id
        assert await tx.people.of_document(index_of(tx, second.holder)) is not None


async def test_consent_is_kept_once_for_each_version_of_the_notice(store: Store) -> None:
    async with store.writing() as tx:
        assert not await tx.people.consented("web:1", "2021-12")
        for _ in range(2):
            await tx.people.consent("web:1", "2021-12", NOON)
    async with store.reading() as tx:
        assert await tx.people.consented("web:1", "2021-12")
        assert not await tx.people.consented("web:1", "2022-01")
        assert not await tx.people.consented("web:2", "2021-12")
        assert len((await tx.connection.execute(select(consents))).all()) == 1


async def test_a_newer_proof_takes_the_place_of_the_older(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        for body in (b"first", b"second"):
            await tx.people.keep_proof(known, body, NOON)
        ((sealed,),) = await tx.connection.execute(select(proofs.c.body))
    assert known.sealer.open(sealed, f"proofs|body|{known.id}") == b"second"


async def test_newer_visit_records_take_the_place_of_the_older(store: Store) -> None:
    day = date(2021, 11, 1)
    first, second = (Export([], day, day, NOON + timedelta(hours=n)) for n in range(2))
    async with store.writing() as tx:
        known = await register(tx)
        assert await tx.people.export_of(known) is None
        assert await tx.people.exported_at(known) is None
        for export in (first, second):
            await tx.people.keep_export(known, export, NOON)
        assert await tx.people.export_of(known) == second
        assert await tx.people.exported_at(known) == second.exported_at
        assert len((await tx.connection.execute(select(exports))).all()) == 1


async def test_nothing_of_a_person_can_be_read_in_the_tables(store: Store) -> None:
    async with store.writing() as tx:
        await register(tx)
    values = [value for value in holder().answers().values() if len(value) > 3]
    async with store.reading() as tx:
        for table in (holders, links):
            for row in await tx.connection.execute(select(table)):
                for cell in row:
                    plain = cell if isinstance(cell, bytes) else str(cell).encode()
                    assert not any(value.encode() in plain for value in values)


async def test_a_record_moved_to_somebody_else_is_not_opened(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        other = await register(tx, "web:2", number="G123456(A)")
        record = select(holders.c.record).where(holders.c.id == other.id).scalar_subquery()
        await tx.connection.execute(
            update(holders).where(holders.c.id == known.id).values(record=record)
        )
    async with store.reading() as tx:
        with pytest.raises(Tampered):
            await tx.people.of_chat("web:1")


async def test_acts_are_recorded_without_content(store: Store) -> None:
    async with store.writing() as tx:
        await tx.people.record("registered", actor="web:1", object="x", now=NOON)
        ((number, at, *rest, mark),) = await tx.connection.execute(select(audit))
    assert (number, at, rest) == (1, NOON.timestamp(), ["web:1", "registered", "x"])
    assert len(mark) == 48


def test_a_reference_has_no_letters_that_are_taken_for_another() -> None:
    references = {new_reference() for _ in range(500)}
    assert len(references) == 500
    for reference in references:
        assert re.fullmatch(rf"HC-[{REFERENCE}]{{5}}-[{REFERENCE}]{{5}}", reference)
    assert not set("IO01") & set(REFERENCE)


async def test_who_is_erased_is_gone_and_nobody_else(store: Store) -> None:
    day = date(2021, 11, 1)
    async with store.writing() as tx:
        known = await register(tx)
        other = await register(tx, "web:2", number="G123456(A)")
        for who, chat in ((known, "web:1"), (other, "web:2")):
            await tx.people.consent(chat, "2021-12", NOON)
            await tx.people.keep_proof(who, b"proof", NOON)
            await tx.people.keep_export(who, Export([], day, day, NOON), NOON)
        await tx.people.erase(known)
    async with store.reading() as tx:
        assert await tx.people.of_chat("web:1") is None
        assert not await tx.people.consented("web:1", "2021-12")
        assert await tx.people.consented("web:2", "2021-12")
        for table in (holders, links, exports, proofs):
            assert len((await tx.connection.execute(select(table))).all()) == 1


async def test_it_is_kept_when_a_registration_was_last_used(store: Store) -> None:
    later = NOON + timedelta(days=1)
    async with store.writing() as tx:
        known = await register(tx)
        await tx.people.used(known, later)
        assert await tx.connection.scalar(select(holders.c.seen_at)) == later.timestamp()


@pytest.mark.parametrize("written", ["{0}", " {0} ", "{1}", "HC{2}"])
async def test_a_holder_is_found_by_his_reference_however_it_is_written(
    store: Store, written: str
) -> None:
    async with store.writing() as tx:
        known = await register(tx)
    ways = known.reference, known.reference.lower(), known.reference[3:].replace("-", "")
    reference = read_reference(written.format(*ways))
    assert reference == known.reference
    async with store.reading() as tx:
        assert await tx.people.of_reference(reference) == known.id


async def test_what_is_no_reference_is_told_from_one_that_nobody_has(store: Store) -> None:
    for written in ("", "HC-", "HC-ABC", new_reference()[:-1], new_reference() + "A"):
        assert read_reference(written) is None
    async with store.reading() as tx:
        assert await tx.people.of_reference(new_reference()) is None


async def test_of_some_ids_those_of_holders_are_told(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        gone = await register(tx, "web:2", number="S123456(2)", mobile="+85261112222")
        await tx.people.erase(gone)
        assert await tx.people.registered([gone.id, "nobody", known.id]) == [known.id]
        assert tx.people.erased == [gone.id]
