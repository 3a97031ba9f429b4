"""The files of the web chat in the store."""

from __future__ import annotations

import pytest

from bot.channels import Refused, TooLarge
from bot.channels.web_transcript import Transcript
from core.store.store import Store
from tests.clock import TestClock


async def test_a_file_is_for_its_own_chat_and_no_larger_than_asked_for(
    store: Store, clock: TestClock
) -> None:
    transcript = Transcript(store, clock)
    ref = await transcript.keep("web:1", b"0123456789", "1")
    assert await transcript.read(ref, 10) == b"0123456789"
    with pytest.raises(TooLarge):
        await transcript.read(ref, 9)
    name = ref.partition("|")[2]
    for other in (f"web:2|{name}", f"web:1|{name[:-1]}x", "", "web:1"):
        with pytest.raises(Refused):
            await transcript.read(other, 10)
