"""The officer's page in a real browser, before a camera that plays a film of real cards."""

from __future__ import annotations

import asyncio
import io
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image, ImageOps
from playwright.async_api import Browser, async_playwright, expect

from bot import decoder
from bot.channels import web_verify
from core.colour import Colour
from core.signing.issuer_keys import IssuerKey
from core.vault import KeyRing
from tests.film import film, still
from tests.stories.at_the_gate import (
    HOUR,
    LET_IF,
    Gate,
    Issuer,
    camera_browser,
    officer,
    picture,
    report,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHOWN, BETWEEN = 0.6, 0.3
MOST_MS = 1000
"""From the moment that a card is in view to the answer."""


@pytest.fixture
def camera(tmp_path: Path) -> Path:
    """The film that the camera will play; until a test puts in another there is nothing to see."""
    file = tmp_path / "film.mjpeg"
    still(file, 1)
    return file


@pytest_asyncio.fixture(loop_scope="session")
async def watching(camera: Path) -> AsyncIterator[Browser]:
    """A browser with a camera. Each test has its own: a camera that is still open plays on."""
    async with async_playwright() as playwright:
        running = await camera_browser(playwright, camera)
        yield running
        await running.close()


def stranger() -> IssuerKey:
    now = Issuer().now
    return IssuerKey.current(KeyRing.generate(now - 24 * HOUR), now)


def forged(code: str) -> str:
    """Return a code with another last byte of its signature."""
    return code[:-1] + ("0" if code[-1] != "0" else "1")


async def test_a_queue_is_answered_within_a_second_each(
    watching: Browser, gate: Gate, camera: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    issuer = gate.issuer
    revoked = issuer.code(code_id=b"REVOKED!")
    issuer.revoked = [b"REVO"]
    issuer.publish(2)
    old = {"issued_at": issuer.now - 3 * HOUR, "expires_at": issuer.now - HOUR}
    queue = [
        ("green", "Green code", issuer.code(), Colour.GREEN),
        ("amber", "Yellow code", issuer.code(colour=Colour.AMBER), Colour.AMBER),
        ("red", "Red code", issuer.code(colour=Colour.RED), Colour.RED),
        ("red", "its time is over", issuer.code(**old), Colour.GREEN),
        ("red", "withdrawn by the issuer", revoked, Colour.GREEN),
        ("red", "Forged or altered", forged(issuer.code()), Colour.GREEN),
        ("red", "not the issuer's", issuer.code(stranger()), Colour.GREEN),
        ("red", "not a Health Code", "HC1:NCFOXN%TS3DH3ZSUZK+.V0ETD%65NL-AH", Colour.GREEN),
    ]
    film(
        camera, [picture(text, colour) for *_, text, colour in queue], shown=SHOWN, between=BETWEEN
    )
    async with officer(watching, gate.url) as one:
        await one.opens()
        page = one.page
        await one.until("answers.length > 1")
        requested = len(one.requests)
        await one.until(f"answers.length > {len(queue)}")
        answers = (await page.evaluate("answers"))[1 : len(queue) + 1]
        came = await page.evaluate("came")
        for (look, why, *_), answer in zip(queue, answers, strict=True):
            assert (answer["look"], why in answer["why"]) == (look, True), answer
        took = [
            answer["at"] - max(moment for moment in came if moment <= answer["at"])
            for answer in answers
        ]
        with capsys.disabled():
            report(f"{', '.join(f'{ms:.0f}' for ms in took)} ms from in view to answer")
        assert max(took) < MOST_MS
        # The page and what the issuer publishes was asked for; while codes are checked nothing is.
        assert one.requests[requested:] == []


async def test_the_same_code_held_up_is_read_once(
    watching: Browser, gate: Gate, camera: Path
) -> None:
    film(camera, [picture(gate.issuer.code())], shown=1.5, between=0.1)
    async with officer(watching, gate.url) as one:
        await one.opens()
        await one.shows("green")
        await one.page.get_by_role("button", name="Next person").click()
        await one.shows("ready")
        assert await one.page.locator("#facts").inner_text() == ""
        await asyncio.sleep(1)
        await one.shows("ready")
        assert [answer["look"] for answer in await one.page.evaluate("answers")] == [
            "ready", "green", "ready",
        ]  # fmt: skip


async def test_a_screen_with_inverted_colours_is_read_too(
    watching: Browser, gate: Gate, camera: Path
) -> None:
    card = Image.open(io.BytesIO(picture(gate.issuer.code()))).convert("RGB")
    inverted = io.BytesIO()
    ImageOps.invert(card).save(inverted, "PNG")
    film(camera, [inverted.getvalue()], shown=2, between=0.2)
    async with officer(watching, gate.url) as one:
        await one.opens()
        await one.shows("green", LET_IF)


async def test_it_works_with_the_server_stopped(
    watching: Browser, gate: Gate, camera: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gate.issuer.publish(2, age=3 * HOUR)
    film(camera, [picture(gate.issuer.code())], shown=2, between=0.5)
    async with officer(watching, gate.url) as one:
        await one.opens()
        await gate.stop()
        page = one.page
        await page.goto(f"{gate.url}/")
        await one.shows("green", LET_IF)
        answer, came = await page.evaluate("[answers.at(-1).at, came[0]]")
        with capsys.disabled():
            report(f"server stopped, {answer - came:.0f} ms from in view to answer")
        assert answer - came < MOST_MS
        await expect(page.locator("#problem")).to_have_text(re.compile("No connection"))
        await expect(page.locator("#list")).to_have_text(re.compile("3 hours old.*too old"))
        await gate.start()


async def test_nothing_readable_is_said_and_what_was_read_goes_by_itself(
    watching: Browser, gate: Gate, camera: Path
) -> None:
    async with officer(watching, gate.url) as one:
        page = one.page
        await page.clock.install()
        await one.opens()
        await expect(page.locator("#view")).to_have_attribute("data-watching", "true")
        await page.clock.fast_forward(4_000)
        await asyncio.sleep(0.3)
        await one.shows("ready")
        await page.clock.fast_forward(6_000)
        await one.shows("nothing", "No code can be read")
        await expect(page.locator("#how")).to_have_text(re.compile("Hold the phone still"))
        await page.locator("#number").fill("A123456(3)")
        await one.enters(gate.issuer.code())
        await one.shows("green")
        await page.clock.fast_forward(20_000)
        await one.shows("green")
        # Whoever is still at work with it keeps it.
        await page.locator("#number").press("Shift")
        await page.clock.fast_forward(20_000)
        await one.shows("green")
        await page.clock.fast_forward(10_000)
        await one.shows("ready")
        assert await page.locator("#facts").inner_text() == ""
        await expect(page.locator("#number")).to_have_value("")


UPDATED = """(() => {
    // Not too often: who asks again and again keeps the browser from looking.
    if (!(performance.now() - window.asked < 8000)) {
        window.asked = performance.now();
        dispatchEvent(new Event("online"));
    }
    return caches.keys().then((versions) => !versions.includes("%s"));
})()"""


async def test_a_new_version_comes_by_itself(
    browser: Browser, gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "web"
    shutil.copytree(web_verify.FOLDER, copy)
    monkeypatch.setattr(web_verify, "FOLDER", copy)
    before = web_verify.worker()
    async with officer(browser, gate.url) as one:
        await one.opens()
        await one.enters(gate.issuer.code())
        await one.shows("green")
        # The page looked for a new version as it was opened; the browser is done with that.
        await one.page.evaluate("navigator.serviceWorker.ready.then((it) => it.update())")
        words = copy / "verify" / "words.js"
        words.write_text(words.read_text("utf-8").replace(LET_IF, "Go on"), "utf-8")
        assert web_verify.worker() != before
        (version,) = await one.page.evaluate("caches.keys()")
        await one.until(UPDATED % version)
        # Nobody loses the answer that he is looking at.
        await one.shows("green", LET_IF)
        async with one.page.expect_navigation():
            await one.page.get_by_role("button", name="Next person").click()
        await one.enters(gate.issuer.code())
        await one.shows("green", "Go on")
        assert len(await one.page.evaluate("caches.keys()")) == 1


async def test_without_the_decoder_it_says_so_and_still_checks_a_text(
    browser: Browser, gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoder, "folder", lambda: tmp_path / "missing")
    async with officer(browser, gate.url) as one:
        await one.opens()
        trouble = one.page.get_by_role("alert").filter(has_text="The reader of QR codes is missing")
        await expect(trouble).to_be_visible()
        await expect(one.page.get_by_role("button", name="Choose a picture")).to_be_disabled()
        await one.enters(gate.issuer.code())
        await one.shows("green", LET_IF)


async def test_a_camera_that_stops_is_said_and_can_be_started_again(
    watching: Browser, gate: Gate, camera: Path
) -> None:
    cards = [picture(gate.issuer.code()) for _ in range(2)]
    film(camera, cards, shown=0.6, between=0.2)
    async with officer(watching, gate.url) as one:
        await one.opens()
        await one.shows("green")
        await one.page.evaluate(
            "document.querySelector('video').srcObject.getTracks().forEach((one) => one.stop())"
        )
        await expect(one.page.get_by_role("alert")).to_have_text(re.compile("camera has stopped"))
        await one.page.get_by_role("button", name="Next person").click()
        await one.shows("ready")
        await one.page.get_by_role("button", name="Start the camera").click()
        await one.shows("green")
        await expect(one.page.get_by_role("alert")).to_be_hidden()


async def test_an_address_without_https_is_explained(browser: Browser, gate: Gate) -> None:
    async with officer(browser, gate.url.replace("127.0.0.1", "0.0.0.0")) as one:  # noqa: S104
        await one.page.goto(one.url)
        await expect(one.page.get_by_role("alert")).to_have_text(re.compile("only over https"))
        await one.enters(gate.issuer.code())
        await one.shows("ask")
