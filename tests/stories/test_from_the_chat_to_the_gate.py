"""One code's day: got in the chat, checked at the gate, answered live, and withdrawn."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, FilePayload, expect

from bot.upkeep import publication
from core.identity import DocumentType
from handlers.health_code import HealthCode
from handlers.live_code import LiveCode
from tests.reading import expect_question
from tests.stories.at_the_gate import DESK, LET_IF, officer
from tests.stories.script import Resident, declares, gets_code, registers
from tests.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_officer_sees_what_the_resident_was_given(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publication, "EVERY", 0.05)
    resident = Resident()
    async with World(tmp_path) as world:
        person = world.on_telegram()
        await registers(world, person, resident)
        first = await gets_code(world, person, "en")
        async with officer(browser, f"http://127.0.0.1:{world.port}/verify", size=DESK) as one:
            page = one.page
            await page.clock.install(time=world.clock())
            await one.opens()

            async def scan(picture: bytes) -> None:
                file = FilePayload(name="code.png", mimeType="image/png", buffer=picture)
                await page.locator("#file").set_input_files(file)

            await scan(first.picture)
            await one.shows("green", LET_IF)
            assert await one.fact("name") == "C*** T** M**"
            assert await one.fact("until") == "10 December at 23:59 Hong Kong time"
            await page.locator("#kind").select_option(DocumentType.HKID)
            await page.locator("#number").fill(resident.number)
            await page.get_by_role("button", name="Compare").click()
            await expect(page.locator("#why")).to_have_text(re.compile("belongs to the document"))

            # A screenshot would be as good, so he asks for a live code.
            await page.get_by_role("button", name="Ask for a live code").click()
            await one.shows("red", "Do not let through")
            await person.says("/help")
            await person.hears()
            await person.presses("live_code")
            expect_question(await person.hears(), LiveCode.digits)
            await person.says(await page.locator("#four").inner_text())
            live = await person.hears()
            await scan(live.picture)
            await one.shows("green", "Let through")
            assert await one.fact("live") == "seen"
            assert "belongs" in await one.fact("document")
            await page.get_by_role("button", name="Ask for a live code").click()
            await page.get_by_role("button", name="Next person").click()

            # He declares something worse: the codes that he has are withdrawn.
            await person.presses("today")
            expect_question(await person.hears(), HealthCode.conditions)
            await declares(person, "en", "positive")
            for picture in (first.picture, live.picture):
                for _ in range(100):
                    await page.evaluate("dispatchEvent(new Event('online'))")
                    await scan(picture)
                    await asyncio.sleep(0.1)
                    if "withdrawn" in await page.locator("#why").inner_text():
                        break
                await one.shows("red", "Do not let through")
                await expect(page.locator("#why")).to_have_text(re.compile("withdrawn"))
