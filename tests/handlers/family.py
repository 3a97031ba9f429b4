"""A chat that looks after several people, each with a phone of his own."""

from __future__ import annotations

from core.family import Relation, Way
from core.sample import sample_export
from core.store.people import Known
from core.visits import Export
from tests.core.store.people import holder, index_of
from tests.handlers.people import is_registered
from tests.talk import Talk

MEI, BO, AUNT = "WONG Mei", "CHAN Bo", "LEE Fong"
OWN = "CHAN Tai Man"
NUMBERS = {MEI: "G123456(A)", BO: "B123456(6)", AUNT: "C123456(9)"}


async def in_care(
    talk: Talk, name: str = MEI, *, holds: bool = True, relation: Relation = Relation.PARENT
) -> Known:
    """Let the chat look after somebody, or wait to."""
    who = holder(number=NUMBERS[name], english_name=name, chinese_name="")
    now = talk.clock()
    async with talk.store.writing() as tx:
        known = await tx.people.register(who, index_of(tx, who), chat=None, now=now)
        starts_at = now if holds else None
        await tx.family.look_after(
            talk.chat, known.id, relation=relation, way=Way.STAFF, starts_at=starts_at, now=now
        )
    talk.clock.jump(seconds=1)
    return known


async def ends(talk: Talk, known: Known) -> None:
    """Let the care have ended."""
    async with talk.store.writing() as tx:
        assert await tx.family.end(talk.chat, known.id)


def phone_of(name: str) -> str:
    """Return what the app calls itself on somebody's phone."""
    return f"the phone of {name}"


def export_of(talk: Talk, name: str, visits: int = 9, **more: str) -> bytes:
    """Return the visit records of just now from somebody's phone."""
    phone = more.get("phone", phone_of(name))
    return sample_export(31, visits, len(name), talk.clock(), installation=phone)


async def claims(talk: Talk, phone: str, holder: str) -> None:
    """Let a phone be somebody's already."""
    day = talk.clock().date()
    export = Export([], day, day, talk.clock(), installation=phone)
    async with talk.store.writing() as tx:
        assert await tx.installations.claim(export, holder, talk.clock())


async def family(talk: Talk, *names: str) -> dict[str, Known]:
    """Let him be registered and look after these, the phones of all being known."""
    await is_registered(talk, chinese_name="")
    async with talk.store.reading() as tx:
        own = await tx.people.of_chat(talk.chat)
    assert own is not None
    people = {OWN: own, **{name: await in_care(talk, name) for name in names}}
    for name, known in people.items():
        await claims(talk, phone_of(name), known.id)
    return people
