"""What an officer does at the page, without a camera: lists, pictures, documents, live answers."""

from __future__ import annotations

import asyncio
import io
import re

import pytest
from PIL import Image
from playwright.async_api import Browser, FilePayload, expect

from tests.stories.at_the_gate import DESK, HOUR, Gate, Issuer, officer, picture

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
        await one.shows("green", "Let through")


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
        await one.shows("green", "Let through")
        assert await one.fact("withdrawn") == "the list is 25 hours old"
        await expect(one.page.locator("#how")).to_have_text(re.compile("too old, but still used"))


async def test_a_picture_instead_of_the_camera(browser: Browser, gate: Gate) -> None:
    def file(data: bytes) -> FilePayload:
        return FilePayload(name="code.png", mimeType="image/png", buffer=data)

    async with officer(browser, gate.url, size=DESK) as one:
        await one.opens()
        chosen = one.page.locator("#file")
        await chosen.set_input_files(file(picture(gate.issuer.code())))
        await one.shows("green", "Let through")
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
