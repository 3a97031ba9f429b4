"""A web chat on 127.0.0.1, with a plain client or a real browser before it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.bot.channels.clerk import clerk
from tests.bot.channels.person import Person, somebody
from tests.bot.channels.transcript import LoopbackChat


@pytest.fixture
async def chat() -> AsyncIterator[LoopbackChat]:
    """Serve a chat to plain clients."""
    chat = LoopbackChat()
    await chat.start()
    yield chat
    await chat.channel.stop()


@pytest.fixture
async def person(chat: LoopbackChat) -> AsyncIterator[Person]:
    """Somebody who has opened the page."""
    async with somebody(chat) as person:
        yield person


@pytest_asyncio.fixture(loop_scope="session")
async def served() -> AsyncIterator[LoopbackChat]:
    chat = LoopbackChat()
    chat.answer = clerk
    await chat.start()
    yield chat
    await chat.channel.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(locale="en-GB", viewport={"width": 320, "height": 640})
    context.set_default_timeout(10_000)
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext, served: LoopbackChat) -> AsyncIterator[Page]:
    """Open the page; it may neither fail nor ask anybody else for anything."""
    page = await context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith(served.url) else failures.append(request.url)
        ),
    )
    await page.goto(served.url)
    await expect(page.get_by_text("Which language")).to_be_visible()
    yield page
    assert failures == []
