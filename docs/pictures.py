"""Make the README's pictures from the running program: `python -m docs.pictures`.

A code is another one each time, so a picture is written anew only where something else on it has
changed.
"""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from io import BytesIO
from pathlib import Path
from typing import cast

from PIL import Image, ImageChops, UnidentifiedImageError
from playwright.async_api import Browser, Playwright, async_playwright, expect

from core.colour import Colour
from core.conversation.messages import Card
from core.conversation.texts import Language
from core.credential import expiry, issue
from core.identity import DocumentType, normalise, tail
from core.masked_name import masked_name
from core.picture import MARGIN, PANEL, PANEL_TOP, draw
from core.signing.issuer_keys import IssuerKey, Realm
from core.vault import KeyRing
from handlers.registration import Registration
from tests.browser import FLAGS, chromium
from tests.clock import NOON
from tests.film import film
from tests.stories.at_the_gate import camera_browser, officer
from tests.stories.at_the_page import AtThePage, Program
from tests.stories.script import Resident, consents, gets_code, gives
from tests.world import World

HERE = Path(__file__).parent / "pictures"
MOST_BYTES = 200_000
"""Of one picture: a README should be there at once."""
UNLIKE, LETTER = 64, 20
"""How far apart two shades of a pixel are, of 255, and how many such pixels are more than the
unevenness with which a browser draws an edge."""
COLOURS = 128
"""Enough for text, buttons and codes; a palette makes a picture half as large."""

Box = tuple[int, int, int, int]

DESK, PHONE = (1180, 760), (390, 844)
CARD_WIDTH, GAP = 400, 24

HOLDERS = (
    (Colour.GREEN, "CHAN Tai Man", "陳大文", "A123456(3)"),
    (Colour.AMBER, "WONG Siu Ming", "黃小明", "C668668(9)"),
    (Colour.RED, "LEE Ka Yan", "李嘉欣", "G123456(A)"),
)


async def main() -> None:
    """Make all pictures."""
    HERE.mkdir(exist_ok=True)
    cards = [card(*holder) for holder in HOLDERS]
    keep("codes.png", *side_by_side(cards))
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        stack.push_async_callback(browser.close)
        program = Program(Path(folder))
        await program.start()
        stack.push_async_callback(program.stop)
        await chat(browser, program)
        await chat_with_code(browser, program)
        await gate(playwright, program)


def card(
    colour: Colour, english: str, chinese: str, number: str, ring: KeyRing | None = None
) -> Card:
    """Issue a code with a key of the ring, or with one that nobody trusts."""
    key = IssuerKey.current(ring or KeyRing.generate(NOON), NOON, Realm.HONG_KONG)
    name, document, expires_at = masked_name(english, chinese), DocumentType.HKID, expiry(key, NOON)
    code = issue(
        key,
        name=name.claim,
        colour=colour,
        document=(document.code, normalise(document, number)),
        issued_at=NOON,
        expires_at=expires_at,
        code_id=secrets.token_bytes(8),
    )
    return Card(
        colour=colour,
        code=code,
        name=name.lines,
        tail=tail(number),
        issued_at=NOON,
        expires_at=expires_at,
        language=Language.ENGLISH,
    )


def side_by_side(cards: Sequence[Card]) -> tuple[Image.Image, list[Box]]:
    """Draw cards in a row; return the picture and where the codes are."""
    drawn = [Image.open(BytesIO(draw(one))).convert("RGB") for one in cards]
    scale = CARD_WIDTH / drawn[0].width
    height = round(drawn[0].height * scale)
    row = Image.new("RGB", (len(drawn) * (CARD_WIDTH + GAP) - GAP, height), "white")
    boxes = []
    for place, one in enumerate(drawn):
        left = place * (CARD_WIDTH + GAP)
        row.paste(one.resize((CARD_WIDTH, height), Image.Resampling.LANCZOS), (left, 0))
        panel = MARGIN, PANEL_TOP, MARGIN + PANEL, PANEL_TOP + PANEL
        x0, y0, x1, y1 = (round(edge * scale) for edge in panel)
        boxes.append((left + x0, y0, left + x1, y1))
    return row, boxes


async def chat(browser: Browser, program: Program) -> None:
    """Show the chat at a desk, where the code that came by SMS is asked for."""
    resident = Resident(Language.ENGLISH, number="A123456(3)", mobile="91234567")
    person = await AtThePage.sit_down(browser, program, resident.language, DESK)
    await register(program, person, resident, until_sms=True)
    await person.reads_sms()
    await snap(person, "chat.png")


async def chat_with_code(browser: Browser, program: Program) -> None:
    """Show the chat on a phone, where the code has just come."""
    resident = Resident(Language.TRADITIONAL, number="C668668(9)", mobile="61234567")
    person = await AtThePage.sit_down(browser, program, resident.language, PHONE, scale=1.5)
    await register(program, person, resident)
    await gets_code(cast(World, program), person, resident.language)
    await snap(person, "chat-zh-hk.png")


async def gate(playwright: Playwright, program: Program) -> None:
    """Show an officer at a desk, who sees a green code and has compared the document."""
    held = draw(card(*HOLDERS[0], ring=program.app.store.ring))
    file = program.folder / "film.mjpeg"
    film(file, [held], shown=6, between=0.2)
    browser = await camera_browser(playwright, file)
    async with officer(browser, f"{program.url}verify", size=DESK) as one:
        await one.page.clock.install(time=program.clock())
        await one.opens()
        await one.shows("green")
        await one.page.locator("#number").fill(HOLDERS[0][-1])
        await one.page.locator("#number").press("Enter")
        await expect(one.page.locator('[data-fact="document"]')).to_contain_text("belongs")
        await one.page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        shot = Image.open(BytesIO(await one.page.screenshot())).convert("RGB")
        # What the camera sees moves, as the code in it does.
        left = (0, 0, shot.width // 2, shot.height)
        keep("gate.png", shot, [left])
    await browser.close()


async def register(
    program: Program, person: AtThePage, resident: Resident, *, until_sms: bool = False
) -> None:
    """Register, or stop where the code that came by SMS is asked for."""
    await consents(person, resident.language)
    for question, given in resident.steps():
        if question is Registration.passcode:
            if until_sms:
                return
            await person.says(await person.reads_sms())
        else:
            await gives(cast(World, program), person, given)
        await person.hears()


async def snap(person: AtThePage, name: str) -> None:
    """Take a picture of the page."""
    page = person.page
    await page.mouse.move(0, 0)
    await page.wait_for_load_state("networkidle")
    boxes = []
    for code in (page.locator("#sms"), page.locator("figure")):
        if await code.is_visible() and (where := await code.bounding_box()):
            edges = (
                where["x"],
                where["y"],
                where["x"] + where["width"],
                where["y"] + where["height"],
            )
            x0, y0, x1, y1 = (round(edge * person.scale) for edge in edges)
            boxes.append((x0, y0, x1, y1))
    keep(name, Image.open(BytesIO(await page.screenshot())).convert("RGB"), boxes)
    await person.leave()


def keep(name: str, picture: Image.Image, codes: Sequence[Box]) -> None:
    """Write a picture, unless all that would change are the codes on it."""
    file = HERE / name
    picture = picture.quantize(COLOURS, dither=Image.Dither.NONE)
    with suppress(FileNotFoundError, UnidentifiedImageError), Image.open(file) as before:
        if alike(before, picture, codes):
            return
    picture.save(file, optimize=True)
    if file.stat().st_size > MOST_BYTES:
        raise SystemExit(f"{name} has more than {MOST_BYTES // 1_000} KB")


def alike(one: Image.Image, other: Image.Image, codes: Sequence[Box]) -> bool:
    """Tell whether two pictures look the same outside the codes."""
    if one.size != other.size:
        return False
    difference = ImageChops.difference(one.convert("L"), other.convert("L"))
    for box in codes:
        difference.paste(0, box)
    return sum(difference.histogram()[UNLIKE:]) < LETTER


if __name__ == "__main__":
    asyncio.run(main())
