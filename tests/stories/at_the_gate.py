"""An officer at the page /verify, and an issuer whose keys, codes and bundles are in our hands."""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Page, Playwright, expect

from bot.channels import web_verify
from bot.channels.published import PLACE, Published
from core.colour import Colour
from core.conversation.messages import Card
from core.credential import issue
from core.picture import draw
from core.signing.bundle import open_bundle, sign_bundle
from core.signing.issuer_keys import IssuerKey, PublicKey, PublicKeys, Realm
from core.vault import KeyRing, Purpose
from tests.bot.channels.transcript import LoopbackChat
from tests.browser import FLAGS, chromium

HOUR = timedelta(hours=1)
DOCUMENT = ("0", "A1234563")
LET_IF = "Compare the document"
"""What is said of a good green code before the document is compared."""
PHONE, SMALL_PHONE, DESK = (390, 844), (320, 640), (1280, 800)

WATCH = """() => {
    // When a card comes into view: the square in the film's corner turns white.
    window.came = [];
    window.answers = [];
    const canvas = new OffscreenCanvas(8, 8);
    const drawing = canvas.getContext("2d", { willReadFrequently: true });
    addEventListener("DOMContentLoaded", () => {
        const video = document.querySelector("video");
        let before = false;
        const look = () => {
            drawing.drawImage(video, 8, 8, 16, 16, 0, 0, 8, 8);
            const white = drawing.getImageData(4, 4, 1, 1).data[0] > 128;
            if (white && !before) came.push(performance.now());
            before = white;
            video.requestVideoFrameCallback(look);
        };
        video.requestVideoFrameCallback(look);
        new MutationObserver(() => answers.push({
            at: performance.now(),
            look: document.querySelector("#answer").dataset.look,
            advice: document.querySelector("#advice").textContent,
            why: document.querySelector("#why").textContent,
        })).observe(document.querySelector("#answer"), {
            attributes: true, attributeFilter: ["data-look"],
        });
    });
}"""


def report(words: str) -> None:
    """Write a figure that a test has measured where a person who runs it sees it."""
    sys.stdout.write(f"\n/verify: {words}\n")


class Issuer:
    """An issuer with the time of the browser, which is the machine's."""

    def __init__(self, realm: Realm = Realm.HONG_KONG) -> None:
        self.realm = realm
        self.now = datetime.now(UTC).replace(microsecond=0)
        ring = KeyRing.generate(self.now - 48 * HOUR)
        self.key = IssuerKey.current(ring, self.now, realm)
        self.bundling = IssuerKey.current(ring, self.now, realm, Purpose.BUNDLE)
        self.keys: list[PublicKey] = [self.key.public]
        self.revoked: list[bytes] = []
        self.bundle = b""
        self.publish(1)

    def publish(self, sequence: int, age: timedelta = timedelta()) -> None:
        """Publish a bundle of that age."""
        self.bundle = sign_bundle(
            self.bundling,
            sequence=sequence,
            issued_at=self.now - age,
            expires_at=self.now - age + 2 * HOUR,
            keys=self.keys,
            revoked=self.revoked,
        )
        trusted = PublicKeys({}, bundle_keys={self.bundling.kid: self.bundling.public})
        opened = open_bundle(self.bundle, trusted, self.now)
        self.published = Published.of(sequence, self.bundle, opened)

    def code(self, key: IssuerKey | None = None, **changes: Any) -> str:
        """Issue a code, green and good for the next hour unless told otherwise."""
        arguments: dict[str, Any] = {
            "name": "C*** T** M**",
            "colour": Colour.GREEN,
            "document": DOCUMENT,
            "issued_at": self.now,
            "expires_at": self.now + HOUR,
            "code_id": secrets.token_bytes(8),
        }
        return issue(key or self.key, **{**arguments, **changes})


def picture(code: str, colour: Colour = Colour.GREEN) -> bytes:
    """Draw the card of a code (PNG)."""
    now = datetime.now(UTC)
    return draw(
        Card(
            colour=colour,
            code=code,
            name=["C*** T** M**", "陳*文"],
            tail="456(3)",
            issued_at=now,
            expires_at=now + HOUR,
            language="en",
        )
    )


class Gate:
    """A web server with the page and what an issuer publishes; every request is remembered."""

    def __init__(self, issuer: Issuer) -> None:
        self.issuer = issuer
        self.chat = LoopbackChat(routes=[web.get(PLACE + "/{name}", self._document)])
        self.documents = dict(issuer.published.documents)

    async def _document(self, request: web.Request) -> web.Response:
        return web.Response(body=self.issuer.published.documents[request.match_info["name"]])

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"{self.chat.url}{web_verify.PAGE}"

    async def start(self) -> None:
        """Open the door."""
        await self.chat.start()

    async def stop(self) -> None:
        """Close it."""
        await self.chat.channel.stop()


async def camera_browser(playwright: Playwright, film: Path) -> Browser:
    """Start a browser whose camera plays a film, from its beginning whenever it is opened."""
    flags = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
        "--autoplay-policy=no-user-gesture-required",
    ]
    return await playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, *flags])


class Officer:
    """Somebody at the page."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.requests: list[str] = []
        self.failures: list[str] = []
        page.context.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.failures.append(str(error)))

    async def opens(self) -> None:
        """Open the page, and wait until it works without a network."""
        await self.page.goto(self.url)
        await self.page.evaluate("navigator.serviceWorker.ready")
        await expect(self.page.locator("#list")).not_to_be_empty()

    async def enters(self, text: str) -> None:
        """Enter a code's text."""
        await self.page.locator("#text").fill(text)
        await self.page.locator("#other form button").click()

    async def until(self, expression: str) -> None:
        """Wait until that is true in the page."""
        for _ in range(400):
            if await self.page.evaluate(expression):
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"never: {expression}")

    async def shows(self, look: str, advice: str = "") -> None:
        """See that answer."""
        answer = self.page.locator("#answer")
        await expect(answer).to_have_attribute("data-look", look, timeout=10_000)
        if advice:
            await expect(self.page.locator("#advice")).to_have_text(advice)

    async def fact(self, name: str) -> str:
        """Read one thing that is said of the code."""
        return await self.page.locator(f'[data-fact="{name}"]').inner_text()


@asynccontextmanager
async def officer(
    browser: Browser, url: str, *, size: tuple[int, int] = PHONE, language: str = "en-HK"
) -> AsyncIterator[Officer]:
    """Sit an officer down at the page, with a camera; nothing in it may fail."""
    context: BrowserContext = await browser.new_context(
        locale=language, viewport={"width": size[0], "height": size[1]}
    )
    context.set_default_timeout(10_000)
    await context.grant_permissions(["camera"])
    await context.add_init_script(f"({WATCH})()")
    one = Officer(await context.new_page(), url)
    yield one
    await context.close()
    assert one.failures == []
    assert [url for url in one.requests if not url.startswith(url.partition("/verify")[0])] == []
