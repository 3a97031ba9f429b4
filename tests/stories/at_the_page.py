"""A person at the web page, in a real browser, before the real program with its console SMS."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import Browser, FilePayload, Locator, Page, expect

from bot.app import App
from bot.settings import Settings
from core.conversation.texts import Language
from core.policy import Policy
from tests.clock import TestClock
from tests.world import PATIENCE, Heard

LOCALES = {Language.ENGLISH: "en-HK", Language.TRADITIONAL: "zh-HK", Language.SIMPLIFIED: "zh-CN"}
REPLIES = "#log > article:not(.mine)"
MOST_TABS = 80
"""More than there is to reach on the page."""


class Program:
    """The program as `make run` starts it, with a clock in our hands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = TestClock()
        self.port = 0

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.port}/"

    async def start(self) -> None:
        """Start it; after the first time on the same port."""
        environ = {"HEALTHCODE_DATA": str(self.folder), "HEALTHCODE_WEB": f"127.0.0.1:{self.port}"}
        self.app = App(Settings.load(environ, self.folder / "none"), Policy(), self.clock)
        await self.app.start()
        assert self.app.web is not None
        self.port = self.app.web.port

    async def stop(self) -> None:
        """Stop it as SIGTERM does."""
        await self.app.stop()


class AtThePage:
    """Somebody who reads the page and answers on it.

    `keyboard`: without a mouse or a finger; `scale`: pixels of the screen to one of CSS.
    """

    def __init__(
        self, program: Program, page: Page, *, keyboard: bool = False, scale: float = 1
    ) -> None:
        self.program = program
        self.page = page
        self.keyboard = keyboard
        self.scale = scale
        self.chat = ""
        self.last = Heard("")
        self.heard = 0

    @classmethod
    async def sit_down(
        cls,
        browser: Browser,
        program: Program,
        language: str,
        size: tuple[int, int],
        *,
        keyboard: bool = False,
        scale: float = 1,
    ) -> AtThePage:
        """Open a browser window of that size, in CSS pixels; a narrow one is a phone's."""
        phone = size[0] < 600
        context = await browser.new_context(
            locale=LOCALES[Language(language)],
            viewport={"width": size[0], "height": size[1]},
            has_touch=phone,
            is_mobile=phone,
            device_scale_factor=scale,
        )
        context.set_default_timeout(PATIENCE * 1000)
        return cls(program, await context.new_page(), keyboard=keyboard, scale=scale)

    async def leave(self) -> None:
        """Close the window."""
        await self.page.context.close()

    async def starts(self, payload: str = "") -> None:
        """Open the page."""
        await self.page.goto(f"{self.program.url}?start={payload}" if payload else self.program.url)

    async def says(self, text: str) -> None:
        """Write something and send it."""
        words = self.page.locator("#words")
        if self.keyboard:
            await self._tab_to(words)
            await self.page.keyboard.type(text)
            await self.page.keyboard.press("Enter")
        else:
            await words.fill(text)
            await self.page.locator("#send").click()

    async def presses(self, option: str) -> None:
        """Press an answer of the newest message that offers any."""
        await self._press(self.page.locator(f'.newest [data-button$=".{option}"]'))

    async def sends(self, name: str, data: bytes) -> None:
        """Choose a file and send it."""
        await self.sends_all((name, data))

    async def sends_all(self, *files: tuple[str, bytes]) -> None:
        """Choose some files at once and send them."""
        async with self.page.expect_file_chooser() as chooser:
            await self._press(self.page.locator("#attach"))
        kind = "application/octet-stream"
        chosen = [FilePayload(name=name, mimeType=kind, buffer=data) for name, data in files]
        await (await chooser.value).set_files(chosen)

    async def hears(self) -> Heard:
        """Read the next message."""
        one = self.page.locator(REPLIES).nth(self.heard)
        await expect(one).to_be_visible(timeout=PATIENCE * 1000)
        self.heard += 1
        self.last = await _read(one)
        return self.last

    async def sees(self) -> Heard:
        """Read the last message that was read, once more."""
        one = self.page.locator(REPLIES).nth(self.heard - 1)
        await expect(one).to_be_in_viewport()
        return await _read(one)

    async def reads_sms(self) -> str:
        """Return the code in the newest text message on the phone beside the chat."""
        newest = self.page.locator("#sms article").first
        await expect(newest).to_be_visible()
        [code] = re.findall(r"\d{6}", await newest.inner_text())
        return str(code)

    async def shows_code(self) -> bytes:
        """Show the newest code large, and return what the officer's scanner sees of the screen."""
        await self._press(self.page.locator(".open").last)
        image = self.page.locator("#gate img")
        await expect(image).to_be_in_viewport(ratio=0.9)
        # It takes its place at once, and is there to see when it has been decoded.
        await image.evaluate("image => image.decode()")
        seen = await self.page.screenshot()
        await self.page.keyboard.press("Escape")
        return seen

    async def _press(self, button: Locator) -> None:
        if self.keyboard:
            await self._tab_to(button)
            await self.page.keyboard.press("Enter")
        else:
            await button.click()

    async def _tab_to(self, wanted: Locator) -> None:
        await expect(wanted).to_be_visible()
        for _ in range(MOST_TABS):
            if await wanted.evaluate("e => e === document.activeElement"):
                return
            # What is newest stands last, just before the place to write.
            await self.page.keyboard.press("Shift+Tab")
        raise AssertionError("out of the keyboard's reach")


async def _read(one: Locator) -> Heard:
    lines = await one.locator(".text span").all_text_contents()
    pairs = await one.locator("button[data-button]").evaluate_all(
        "all => all.map((e) => [e.dataset.button, e.textContent])"
    )
    named = {name.partition(".")[2]: (name, label) for name, label in pairs}
    return Heard(
        "\n".join(lines),
        {option: label for option, (_, label) in named.items()},
        {option: name for option, (name, _) in named.items()},
    )
