"""Codes that were issued."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from core.assessment import Assessment, Colour, Reason, ReasonCode
from core.store.store import Store
from core.store.tables import codes
from tests.core.store.people import NOON, register

HOUR = timedelta(hours=1)


def assessment(code: ReasonCode, colour: Colour) -> Assessment:
    return Assessment(colour, [Reason(code, colour)])


async def test_the_newest_code_is_found_with_its_reasons(store: Store) -> None:
    green = assessment(ReasonCode.CLEAR, Colour.GREEN)
    red = assessment(ReasonCode.SYMPTOMS, Colour.RED)
    async with store.writing() as tx:
        known = await register(tx)
        other = await register(tx, "web:2", number="G123456(A)")
        assert await tx.codes.newest(known) is None
        for number, (who, given, at) in enumerate(
            [(known, red, NOON), (known, green, NOON - HOUR), (other, green, NOON + HOUR)]
        ):
            await tx.codes.keep(
                who,
                given,
                code_id=bytes([number] * 8),
                chat="web:1",
                issued_at=at,
                expires_at=at + HOUR,
            )
    async with store.reading() as tx:
        assert await tx.codes.newest(known) == (red, NOON, NOON + HOUR)


async def test_why_is_sealed(store: Store) -> None:
    red = assessment(ReasonCode.LISTED_CONFIRMED, Colour.RED)
    async with store.writing() as tx:
        known = await register(tx)
        await tx.codes.keep(
            known, red, code_id=bytes(8), chat="web:1", issued_at=NOON, expires_at=NOON + HOUR
        )
        body = await tx.connection.scalar(select(codes.c.body))
    assert b"listed" not in body
