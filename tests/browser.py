"""A real Chromium without a window, for tests of the web page."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, async_playwright

SYSTEM = "/usr/bin/chromium-headless-shell", "/usr/bin/chromium"
"""Where the system's packages put it, the one that starts sooner first."""

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
"""Run as root, in a container, and speak to nobody but the page under test."""


def chromium() -> str | None:
    """Return the browser to use: CHROMIUM, the system's own, or None for Playwright's."""
    found = (path for path in SYSTEM if Path(path).exists())
    return os.environ.get("CHROMIUM") or next(found, None)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Give one browser to all tests; each opens contexts of its own.

    It lives in the session's event loop, so its tests do too:
    `pytestmark = pytest.mark.asyncio(loop_scope="session")`.
    """
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield running
        await running.close()
