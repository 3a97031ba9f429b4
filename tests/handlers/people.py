"""Somebody in a chat, as far as he has come."""

from __future__ import annotations

from core.sample import sample_export
from handlers.welcome import NOTICE
from tests.core.store.people import register
from tests.stories.questions import JOURNEYS, Journey, give
from tests.talk import Talk
from tests.world import Heard

PUBLIC, OTHER, HOTEL = JOURNEYS[:3]


async def agrees(talk: Talk) -> None:
    """Let him have consented."""
    async with talk.store.writing() as tx:
        await tx.people.consent(talk.chat, NOTICE, talk.clock())


async def is_registered(talk: Talk, **changes: str) -> None:
    """Let him be registered: a resident in public housing, but for the changes."""
    await agrees(talk)
    async with talk.store.writing() as tx:
        await register(tx, talk.chat, **changes)


async def registers(talk: Talk, journey: Journey = PUBLIC, **instead: str) -> Heard:
    """Register in that way from the first question on; `instead` are other words in answer."""
    await agrees(talk)
    await talk.starts()
    form = journey.form
    while talk.session.form == form.name:
        name = talk.session.field
        await give(talk, instead.get(name) or journey.answers[name].given)
    return talk.heard


def records(talk: Talk, **more: int) -> bytes:
    """Return visit records of just now."""
    return sample_export(more.get("days", 31), more.get("visits", 48), 7, talk.clock())
