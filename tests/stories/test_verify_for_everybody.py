"""The officer's page for everybody: languages, small screens, keyboard, eyes, ears and hands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, expect

from bot.channels import web
from core.colour import Colour
from tests.stories.at_the_gate import DESK, HOUR, LET_IF, PHONE, SMALL_PHONE, Gate, officer

LANGUAGES = {
    "en-HK": ("Compare the document", "Do not let through", "Ask a colleague"),
    "zh-HK": ("請核對證件", "不可放行", "請詢問同事"),
    "zh-CN": ("请核对证件", "不可放行", "请询问同事"),
}
AXE = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}
SIDEWAYS = """() => [document.documentElement, ...document.querySelectorAll("main *")]
    .filter((e) => !e.matches("video, select, option, .quiet, svg, svg *"))
    .filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display != "inline")
    .map((e) => e.outerHTML.slice(0, 90))"""
SMALL = """() => [...document.querySelectorAll("button, select, textarea, input")]
    .filter((e) => e.checkVisibility())
    .map((e) => [e.id, e.getBoundingClientRect()])
    .filter(([, box]) => box.width < 44 || box.height < 44).map(([id]) => id)"""

WHOLE = """(e) => {
    const { clientWidth } = e;
    Object.assign(e.style, { overflowWrap: "normal", width: "min-content" });
    const { offsetWidth } = e;
    Object.assign(e.style, { overflowWrap: "", width: "" });
    return offsetWidth <= clientWidth;
}"""
"""Whether no word is broken."""


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(
    ("language", "size", "scheme", "large"),
    [
        ("en-HK", DESK, "light", False),
        ("zh-HK", SMALL_PHONE, "dark", False),
        ("zh-CN", PHONE, "light", False),
        ("en-HK", SMALL_PHONE, "dark", True),
    ],
    ids=["en", "zh_Hant_HK small and dark", "zh_Hans on a phone", "en small, dark and large"],
)
async def test_every_answer_is_clear_in_every_language(
    browser: Browser, gate: Gate, language: str, size: tuple[int, int], scheme: str, large: bool
) -> None:
    let, refuse, ask = LANGUAGES[language]
    ahead = gate.issuer.code(issued_at=gate.issuer.now + HOUR / 4)
    answers = [
        ("green", let, gate.issuer.code()),
        ("amber", refuse, gate.issuer.code(colour=Colour.AMBER)),
        ("red", refuse, gate.issuer.code(colour=Colour.RED)),
        ("ask", ask, ahead),
    ]
    async with officer(browser, gate.url, size=size, language=language) as one:
        page = one.page
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        await one.opens()
        if large:
            await page.locator("#large").click()
        for look, advice, code in answers:
            await one.enters(code)
            await one.shows(look, advice)
            if look == "ask":
                await page.locator("#ask").click()
            body = await page.locator("body").inner_text()
            assert "undefined" not in body
            assert not re.search(r"\d [一-鿿]", body), body
            assert await page.evaluate(SIDEWAYS) == []
            assert await page.evaluate(SMALL) == []
            # The answer's own colours are the same everywhere.
            if look == "ask" or size == DESK:
                found = await Axe().run(page, options=AXE)
                assert found.violations_count == 0, found.generate_report()


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("size", [(320, 640), (844, 390), (320, 256)])
async def test_what_to_do_is_seen_where_the_whole_answer_has_no_room(
    browser: Browser, gate: Gate, size: tuple[int, int]
) -> None:
    async with officer(browser, gate.url, size=size) as one:
        await one.opens()
        await one.page.locator("#large").click()
        await one.page.locator("#ask").click()
        await one.enters(gate.issuer.code(colour=Colour.RED))
        await one.shows("red", "Do not let through")
        await expect(one.page.locator("#advice")).to_be_in_viewport(ratio=1)
        for what in ("#advice", "#four"):
            assert await one.page.locator(what).evaluate(WHOLE), what
        await one.page.locator("#ask").click()
        await one.enters(gate.issuer.code())
        await one.shows("green", LET_IF)
        await expect(one.page.locator("#advice")).to_be_in_viewport(ratio=1)
        assert await one.page.locator("#advice").evaluate(WHOLE)


@pytest.mark.asyncio(loop_scope="session")
async def test_a_chinese_input_method_may_use_enter(browser: Browser, gate: Gate) -> None:
    async with officer(browser, gate.url) as one:
        await one.opens()
        # Safari tells of it by the key's code alone.
        for sign in ("isComposing: true", "keyCode: 229"):
            taken = await one.page.locator("#number").evaluate(
                f"""e => !e.dispatchEvent(new KeyboardEvent(
                    "keydown", {{ key: "Enter", {sign}, bubbles: true, cancelable: true }}))"""
            )
            assert not taken


@pytest.mark.asyncio(loop_scope="session")
async def test_each_advice_has_a_tune_and_a_shake_of_its_own(browser: Browser, gate: Gate) -> None:
    async with officer(browser, gate.url) as one:
        page = one.page
        await page.add_init_script(
            """window.heard = [];
            const { start } = AudioScheduledSourceNode.prototype;
            OscillatorNode.prototype.start = function (when) {
                heard.push(this.frequency.value);
                start.call(this, when);
            };
            navigator.vibrate = (shake) => heard.push(String(shake));"""
        )
        await one.opens()
        heard = []
        for code in (
            gate.issuer.code(),
            gate.issuer.code(colour=Colour.RED),
            gate.issuer.code(issued_at=gate.issuer.now + HOUR / 4),
        ):
            await page.evaluate("heard.length = 0")
            await one.enters(code)
            await one.until("heard.length > 2")
            heard.append(tuple(await page.evaluate("heard")))
        assert len(set(heard)) == 3, heard
        await page.get_by_role("button", name="Sound").click()
        await page.evaluate("heard.length = 0")
        await one.enters(gate.issuer.code())
        await one.shows("green")
        assert await page.evaluate("heard") == []
        await page.reload()
        await expect(page.get_by_role("button", name="Sound")).to_have_attribute(
            "aria-pressed", "false"
        )


@pytest.mark.asyncio(loop_scope="session")
async def test_the_keyboard_alone_is_enough_and_the_answer_is_announced(
    browser: Browser, gate: Gate
) -> None:
    async with officer(browser, gate.url, size=DESK) as one:
        await one.opens()
        page = one.page

        async def tab_to(name: str) -> None:
            for _ in range(30):
                await page.keyboard.press("Tab")
                if await page.evaluate("document.activeElement.id") == name:
                    return
            raise AssertionError(f"{name} is out of reach")

        await tab_to("text")
        await page.keyboard.insert_text(gate.issuer.code(colour=Colour.RED))
        await page.keyboard.press("Enter")
        await one.shows("red")
        answer = page.locator("#answer")
        await expect(answer).to_have_attribute("aria-live", "assertive")
        said = await answer.inner_text()
        assert said.index("Do not let through") < said.index("Red code") < said.index("C*** T**")
        # A hand-held scanner types the next one at once: the focus has stayed where it was.
        await page.keyboard.insert_text(gate.issuer.code())
        await page.keyboard.press("Enter")
        await one.shows("green")
        await page.keyboard.press("Escape")
        await one.shows("ready")
        await tab_to("number")
        await page.keyboard.type("A123456(3)")
        await page.keyboard.press("Enter")
        await expect(page.locator("#hand-note")).to_have_text(re.compile("next code"))
        await tab_to("ask")
        await page.keyboard.press("Space")
        await expect(page.locator("#four")).to_have_text(re.compile(r"^\d{4}$"))
        # A button that goes away hands its focus over.
        await one.enters(gate.issuer.code())
        await page.locator("#next").focus()
        await page.keyboard.press("Enter")
        await one.shows("ready")
        await expect(page.locator("#result")).to_be_focused()


@pytest.mark.asyncio(loop_scope="session")
async def test_what_is_said_of_a_document_is_read_aloud_from_a_place_that_was_there_before(
    browser: Browser, gate: Gate
) -> None:
    async with officer(browser, gate.url) as one:
        await one.opens()
        for place in ("#hand-note", "#problem"):
            assert await one.page.locator(place).evaluate("e => e.checkVisibility()"), place


@pytest.mark.parametrize("words", ["words.js", "verify/words.js"])
def test_the_catalogues_have_the_same_words(words: str) -> None:
    catalogue = (web.PAGE / words).read_text("utf-8")
    blocks = re.split(r'^  (?:en|"zh-Hant-HK"|"zh-Hans"): \{$', catalogue, flags=re.MULTILINE)[1:]
    assert len(blocks) == 3
    texts = [dict(re.findall(r'^    (\w+): "(.+)",$', block, re.MULTILINE)) for block in blocks]
    assert len({tuple(each) for each in texts}) == 1
    for name, text in texts[0].items():
        assert len({tuple(sorted(re.findall(r"{\w+}", each[name]))) for each in texts}) == 1, text


def test_every_word_is_used() -> None:
    folder = Path(web.PAGE) / "verify"
    used = "".join(
        file.read_text("utf-8")
        for file in folder.iterdir()
        if file.suffix in (".js", ".html") and file.name != "words.js"
    )
    for name in re.findall(
        r'^    (\w+): "', (folder / "words.js").read_text("utf-8"), re.MULTILINE
    ):
        stem = re.match(r"(colour|document|live|bad)_(\w+)$", name)
        assert (stem[2] if stem else name) in used, name
