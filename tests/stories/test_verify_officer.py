"""What an officer does at the page, without a camera: lists, pictures, documents, live answers."""

from __future__ import annotations

import asyncio
import base64
import io
import re

import pytest
from PIL import Image, ImageEnhance, ImageOps
from playwright.async_api import Browser, FilePayload, expect

from core.colour import Colour
from tests.stories.at_the_gate import DESK, HOUR, LET_IF, Gate, Issuer, officer, picture

pytestmark = pytest.mark.asyncio(loop_scope="session")


def png(drawing: Image.Image) -> bytes:
    out = io.BytesIO()
    drawing.save(out, "PNG")
    return out.getvalue()


def nothing() -> bytes:
    return png(Image.new("RGB", (600, 400), "white"))


def two_codes(issuer: Issuer) -> bytes:
    cards = [Image.open(io.BytesIO(picture(issuer.code()))).convert("RGB") for _ in range(2)]
    both = Image.new("RGB", (2 * cards[0].width, cards[0].height))
    for place, card in enumerate(cards):
        both.paste(card, (place * card.width, 0))
    return png(both)


async def test_a_list_never_steps_back(browser: Browser, gate: Gate) -> None:
    issuer = gate.issuer
    code = issuer.code(code_id=b"REVOKED!")
    issuer.revoked = [b"REVO"]
    issuer.publish(5)
    async with officer(browser, gate.url) as one:
        await one.opens()
        issuer.revoked = []
        issuer.publish(4)
        await one.page.evaluate("dispatchEvent(new Event('online'))")
        await expect(one.page.locator("#problem")).to_have_text(re.compile("older list"))
        await one.enters(code)
        await one.shows("red", "Do not let through")
        await one.page.reload()
        await expect(one.page.locator("#problem")).to_have_text(re.compile("older list"))
        await one.enters(code)
        await one.shows("red", "Do not let through")
        issuer.publish(6)
        await one.page.evaluate("dispatchEvent(new Event('online'))")
        await expect(one.page.locator("#problem")).to_be_empty()
        await one.enters(code)
        await one.shows("green", LET_IF)


async def test_a_list_signed_by_another_key_is_refused_until_the_officer_trusts_anew(
    browser: Browser, gate: Gate
) -> None:
    async with officer(browser, gate.url) as one:
        await one.opens()
        other = Issuer()
        gate.issuer, first = other, gate.issuer
        await one.page.evaluate("dispatchEvent(new Event('online'))")
        await expect(one.page.locator("#problem")).to_have_text(re.compile("not signed by the key"))
        await one.enters(other.code())
        await one.shows("red", "Do not let through")
        await one.enters(first.code())
        await one.shows("green")
        anew = one.page.get_by_role("button", name="trust this server anew")
        one.page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
        # Without a network he would be left with nothing to trust.
        await gate.stop()
        await anew.click()
        await expect(one.page.locator("#problem")).to_have_text(re.compile("No connection"))
        await one.enters(first.code())
        await one.shows("green")
        await gate.start()
        await one.page.evaluate("dispatchEvent(new Event('online'))")
        await anew.click()
        await expect(one.page.locator("#problem")).to_be_empty()
        await one.enters(other.code())
        await one.shows("green")


async def test_a_key_may_be_newer_than_an_old_list(browser: Browser, gate: Gate) -> None:
    gate.issuer.publish(2, age=25 * HOUR)
    async with officer(browser, gate.url) as one:
        await one.opens()
        await expect(one.page.locator("#list")).to_have_text(re.compile("25 hours old.*too old"))
        await one.enters(Issuer().code())
        await one.shows("ask", "Ask a colleague")
        await one.enters(gate.issuer.code())
        await one.shows("green", LET_IF)
        assert await one.fact("withdrawn") == "the list is 25 hours old"
        await expect(one.page.locator("#how")).to_have_text(re.compile("too old, but still used"))


async def test_a_picture_instead_of_the_camera(browser: Browser, gate: Gate) -> None:
    def file(data: bytes) -> FilePayload:
        return FilePayload(name="code.png", mimeType="image/png", buffer=data)

    async with officer(browser, gate.url, size=DESK) as one:
        await one.opens()
        chosen = one.page.locator("#file")
        await chosen.set_input_files(file(picture(gate.issuer.code())))
        await one.shows("green", LET_IF)
        assert await one.fact("name") == "C*** T** M**"
        assert re.fullmatch(r".* at \d\d:\d\d Hong Kong time", await one.fact("until"))
        assert await one.fact("document") == "not compared"
        await chosen.set_input_files(file(b"no picture"))
        await one.shows("red", "Do not let through")
        await chosen.set_input_files(file(nothing()))
        await one.shows("red", "Do not let through")
        await expect(one.page.locator("#why")).to_have_text(re.compile("no code in this picture"))
        await chosen.set_input_files(file(two_codes(gate.issuer)))
        await one.shows("red", "Do not let through")
        await expect(one.page.locator("#why")).to_have_text(re.compile("More than one code"))
        assert await one.page.locator("#facts").inner_text() == ""


async def test_a_picture_that_is_dark_inverted_or_pasted(browser: Browser, gate: Gate) -> None:
    card = Image.open(io.BytesIO(picture(gate.issuer.code()))).convert("RGB")
    async with officer(browser, gate.url, size=DESK) as one:
        await one.opens()
        for drawing in (ImageEnhance.Brightness(card).enhance(0.05), ImageOps.invert(card)):
            buffer = png(drawing)
            await one.page.locator("#file").set_input_files(
                FilePayload(name="code.png", mimeType="image/png", buffer=buffer)
            )
            await one.shows("green", LET_IF)
            await one.page.get_by_role("button", name="Next person").click()
        await one.page.evaluate(PASTE, base64.b64encode(png(card)).decode())
        await one.shows("green", LET_IF)


PASTE = """(picture) => {
    const bytes = Uint8Array.from(atob(picture), (one) => one.charCodeAt(0));
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([bytes], "image.png", { type: "image/png" }));
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
}"""


async def test_a_text_is_read_however_it_was_copied(browser: Browser, gate: Gate) -> None:
    text = gate.issuer.code()
    async with officer(browser, gate.url) as one:
        await one.opens()
        for given in (
            f" {text} ",
            text.lower(),
            f"{text[:80]}\n{text[80:]}",
            f"My code: “{text}”.",
            text.replace(" ", "\N{NO-BREAK SPACE}"),
            f"\N{ZERO WIDTH SPACE}{text}",
        ):
            await one.enters(given)
            await one.shows("green", LET_IF)
            await one.page.get_by_role("button", name="Next person").click()
            await one.shows("ready")
        # Nothing but spaces is nothing.
        await one.enters("   ")
        await expect(one.page.locator("#text")).to_be_focused()
        await one.shows("ready")
        await one.enters(text[:100])
        await one.shows("red", "Do not let through")


async def test_who_is_not_let_through_is_told_what_to_do(browser: Browser, gate: Gate) -> None:
    issuer = gate.issuer
    issuer.revoked = [b"REVO"]
    issuer.publish(2)
    old = {"issued_at": issuer.now - 3 * HOUR, "expires_at": issuer.now - HOUR}
    async with officer(browser, gate.url) as one:
        await one.opens()
        for text, onward in (
            (issuer.code(**old), "can get a new code at once in the chat"),
            (issuer.code(code_id=b"REVOKED!"), "can see in the chat why"),
            (issuer.code(colour=Colour.AMBER), "can see in the chat why"),
            (issuer.code(colour=Colour.RED), "can see in the chat why"),
            ("HKEN:0gxr8l5A6", "coloured frame"),
            (issuer.code()[:90], "enter the whole of it"),
        ):
            await one.enters(text)
            await expect(one.page.locator("#how")).to_have_text(re.compile(onward))
            await one.page.get_by_role("button", name="Next person").click()
        chosen = one.page.locator("#file")
        for data, onward in ((nothing(), "Take the picture once more"), (b"?", "a screenshot")):
            await chosen.set_input_files(
                FilePayload(name="a.png", mimeType="image/png", buffer=data)
            )
            await expect(one.page.locator("#how")).to_have_text(re.compile(onward))
        await one.enters(issuer.code())
        await one.page.locator("#number").fill("C668668(9)")
        await one.page.locator("#number").press("Enter")
        await expect(one.page.locator("#how")).to_have_text(re.compile("look once more"))
        await one.page.locator("#ask").click()
        await one.enters(issuer.code())
        await expect(one.page.locator("#how")).to_have_text(re.compile("digits that are shown"))


async def test_a_number_of_another_kind_is_asked_about_and_not_refused(
    browser: Browser, gate: Gate
) -> None:
    async with officer(browser, gate.url) as one:
        await one.opens()
        note, number = one.page.locator("#hand-note"), one.page.locator("#number")
        kind = one.page.locator("#kind")
        await one.enters(gate.issuer.code(document=("3", "K12345678")))
        for chosen, typed, words in (
            ("hkid", "K12345678", "and at the kind"),
            ("passport", "A123456(3)", "and at the kind"),
            ("passport", "Passport No. K12345678", "look at the number"),
            ("passport", "К12345678", "only looks like an English one"),
        ):
            await kind.select_option(chosen)
            await number.fill(typed)
            await number.press("Enter")
            await expect(note).to_have_text(re.compile(words))
            await one.shows("green", LET_IF)
        await number.fill("護照 k 1234 5678")
        await number.press("Enter")
        await one.shows("green", "Let through")


async def test_the_kind_may_be_chosen_after_the_number(browser: Browser, gate: Gate) -> None:
    async with officer(browser, gate.url) as one:
        await one.opens()
        number, kind = one.page.locator("#number"), one.page.locator("#kind")
        note = one.page.locator("#hand-note")
        await number.fill("A1234563")
        await number.press("Enter")
        await expect(note).to_have_text(re.compile("next code"))
        await kind.select_option("passport")
        await one.enters(gate.issuer.code(document=("3", "A1234563")))
        await one.shows("green", "Let through")
        await one.page.get_by_role("button", name="Next person").click()
        # What is no number of the other kind is nobody's, and not compared.
        await kind.select_option("passport")
        await number.fill("K12345678")
        await number.press("Enter")
        await kind.select_option("hkid")
        await expect(note).to_have_text(re.compile("and at the kind"))
        await one.enters(gate.issuer.code())
        await one.shows("green", LET_IF)


async def test_the_document_in_hand_is_compared_and_never_kept(
    browser: Browser, gate: Gate
) -> None:
    async with officer(browser, gate.url) as one:
        await one.opens()
        page = one.page
        note, number = page.locator("#hand-note"), page.locator("#number")
        await number.fill("A123456(9)")
        await number.press("Enter")
        await expect(note).to_have_text(re.compile("last character does not fit"))
        # Before the code: it is compared with the next one.
        await number.fill("a 123456 (3)")
        await number.press("Enter")
        await expect(note).to_have_text(re.compile("next code"))
        await one.enters(gate.issuer.code())
        await one.shows("green", "Let through")
        assert await one.fact("document") == "compared: it belongs to this document"
        # The same once more changes nothing; another one is the next person's.
        await number.press("Enter")
        await one.shows("green", "Let through")
        await number.fill("C668668(9)")
        await number.press("Enter")
        await one.shows("ready")
        await expect(note).to_have_text(re.compile("next code"))
        await one.enters(gate.issuer.code())
        await one.shows("red", "Do not let through")
        assert "NOT" in await one.fact("document")
        # After the code: it is judged again, as often as it takes.
        await number.fill("A123456(3)")
        await page.get_by_role("button", name="Compare").click()
        await one.shows("green", "Let through")
        await number.fill("A1234")
        # Nobody's code is compared with somebody else's document.
        await one.enters(gate.issuer.code())
        await expect(page.locator('[data-fact="document"]')).to_have_text("not compared")
        await expect(number).to_have_value("A1234")
        await page.get_by_role("button", name="Next person").click()
        await expect(number).to_have_value("")
        kept = await page.evaluate(KEPT)
        assert "keySet" in kept and "bundle" in kept
        assert "A1234" not in kept and "C6686689" not in kept


KEPT = """async () => {
    const opened = await new Promise((resolve) => {
        const request = indexedDB.open("health-code");
        request.onsuccess = () => resolve(request.result);
    });
    const kept = await new Promise((resolve) => {
        const request = opened.transaction("trust").objectStore("trust").getAll();
        request.onsuccess = () => resolve(request.result);
    });
    const names = kept.flatMap((one) => Object.keys(one));
    return JSON.stringify([names, { ...localStorage }, { ...sessionStorage }, document.cookie]);
}"""


PASSPORT = "\n".join(
    ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")
)
CARD = "\n".join(
    (
        "I<UTOD231458907<<<<<<<<<<<<<<<",
        "7408122F1204159UTO<<<<<<<<<<<6",
        "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
    )
)
"""The specimens of ICAO Doc 9303, parts 4 and 5."""


ZONES = [
    (PASSPORT, "hkid", ("3", "L898902C3")),
    (PASSPORT.splitlines()[1], "passport", ("3", "L898902C3")),
    (CARD, "reentry_permit", ("B", "D23145890")),
    (CARD.splitlines()[0].lower(), "visa_identity", ("A", "D23145890")),
]


async def test_the_machine_readable_lines_stand_for_the_number(
    browser: Browser, gate: Gate
) -> None:
    async with officer(browser, gate.url) as one:
        await one.opens()
        page = one.page
        for zone, kind, document in ZONES:
            await one.enters(gate.issuer.code(document=document))
            await one.shows("green")
            await page.locator("#kind").select_option(kind)
            # As a reader of such lines types them: Enter after each, and the last one sends.
            for line in zone.splitlines():
                await page.locator("#number").press_sequentially(line)
                await page.locator("#number").press("Enter")
            await expect(page.locator('[data-fact="document"]')).to_have_text(re.compile("belongs"))
            await one.shows("green", "Let through")
            await page.get_by_role("button", name="Next person").click()


async def test_wrong_machine_readable_lines_are_explained(browser: Browser, gate: Gate) -> None:
    async with officer(browser, gate.url) as one:
        await one.opens()
        page = one.page
        note, number = page.locator("#hand-note"), page.locator("#number")
        for kind, zone, words in (
            ("passport", PASSPORT.replace("L898902C3", "L898902D3"), "check digit does not fit"),
            ("passport", PASSPORT[:-1], "not complete"),
            ("hkid", CARD, "choose the kind"),
        ):
            await page.locator("#kind").select_option(kind)
            await number.fill(zone)
            await page.get_by_role("button", name="Compare").click()
            await expect(note).to_have_text(re.compile(words))
        await page.locator("#kind").select_option("reentry_permit")
        await page.get_by_role("button", name="Compare").click()
        await expect(note).to_have_text(re.compile("next code"))


async def test_a_live_answer_is_told_from_a_screenshot(browser: Browser, gate: Gate) -> None:
    async with officer(browser, gate.url) as one:
        await one.opens()
        page = one.page
        await page.locator("#number").fill("A123456(3)")
        await page.locator("#number").press("Enter")
        await page.get_by_role("button", name="Ask for a live code").click()
        digits = await page.locator("#four").inner_text()
        assert re.fullmatch(r"[0-9]{4}", digits)
        await one.enters(gate.issuer.code())
        await one.shows("red", "Do not let through")
        await expect(page.locator("#why")).to_have_text(re.compile("No live code"))
        assert await one.fact("live") == "NOT seen"
        # His live answer is compared with the same document, which need not be typed again.
        await one.enters(gate.issuer.code(challenge=digits))
        await one.shows("green", "Let through")
        assert await one.fact("live") == "seen"
        assert "belongs" in await one.fact("document")


async def test_digits_change_each_minute_and_count_for_three(browser: Browser, gate: Gate) -> None:
    async with officer(browser, gate.url) as one:
        await one.opens()
        first, second, later = await one.page.evaluate(
            """async () => {
                const { Live } = await import("/verify/live.js");
                const live = new Live();
                const first = live.digits(1000);
                const same = live.digits(1059.9);
                const second = live.digits(1060);
                return [
                    [first, same, live.left(1060)],
                    [second, live.expected(first, 1179)],
                    [live.digits(1180), live.expected(first, 1180), live.expected(second, 1180)],
                ];
            }"""
        )
        assert first[0] == first[1] != second[0]
        assert first[2] == 60
        assert second[1] == first[0]
        assert later[0] not in (first[0], second[0])
        assert later[1:] == [later[0], second[0]]
