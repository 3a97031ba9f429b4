"""The page for everybody: small screens, large text, keyboard, screen reader."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

import bot.channels
from core.conversation.messages import Press, Reply, Start, Text
from tests.bot.channels.clerk import walk
from tests.bot.channels.transcript import LoopbackChat

pytestmark = pytest.mark.asyncio(loop_scope="session")
PAGES = Path(bot.channels.__file__).with_name("web")
SIZES = {"small": (320, 640), "desk": (1280, 800), "enlarged four times": (320, 256)}


@pytest.mark.parametrize("size", SIZES.values(), ids=list(SIZES))
@pytest.mark.parametrize("large", [False, True], ids=["normal", "large text"])
async def test_nothing_has_to_be_scrolled_sideways(
    page: Page, served: LoopbackChat, size: tuple[int, int], large: bool
) -> None:
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    if large:
        await page.get_by_role("button", name="Large text").click()
    await walk(page, served)
    wide = await page.evaluate(
        """() => [document.documentElement, ...document.querySelectorAll("#log, #phone, article")]
            .filter((e) => e.scrollWidth > e.clientWidth + 1)
            .map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert wide == []


async def test_what_one_writes_with_makes_the_page_larger_in_no_browser(
    page: Page, served: LoopbackChat
) -> None:
    below = await page.locator("#composer").evaluate(
        """(composer) => [...composer.children].filter((e) => e.checkVisibility()).filter(
            (e) => e.getBoundingClientRect().bottom >= composer.getBoundingClientRect().bottom
        ).map((e) => e.outerHTML)"""
    )
    assert below == []
    # Firefox gives a place to write its own width, in a column that says nothing against it.
    for sheet in PAGES.rglob("*.css"):
        assert not re.search(r"(?<!minmax\(0, )\b1fr", sheet.read_text()), sheet.name


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("large", [False, True], ids=["normal", "large text"])
@pytest.mark.parametrize("size", [SIZES["small"], SIZES["desk"]], ids=["small", "desk"])
async def test_axe_finds_nothing_wrong(
    page: Page, served: LoopbackChat, scheme: str, large: bool, size: tuple[int, int]
) -> None:
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    if large:
        await page.get_by_role("button", name="Large text").click()
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    options = {"runOnly": {"type": "tag", "values": tags}}
    await walk(page, served)
    found = await Axe().run(page, options=options)
    assert found.violations_count == 0, found.generate_report()
    await page.get_by_role("button", name="Show large").click()
    found = await Axe().run(page, options=options)
    assert found.violations_count == 0, found.generate_report()


async def test_everything_to_press_is_large_enough(page: Page, served: LoopbackChat) -> None:
    await walk(page, served)
    small = await page.evaluate(
        """() => [...document.querySelectorAll("button, select, textarea")]
            .filter((e) => e.checkVisibility())
            .map((e) => [e.textContent.trim(), e.getBoundingClientRect()])
            .filter(([, box]) => box.width < 44 || box.height < 44).map(([text]) => text)"""
    )
    assert small == []


async def test_the_keyboard_alone_is_enough_and_focus_is_never_taken_away(
    page: Page, served: LoopbackChat
) -> None:
    focused = page.locator(":focus")

    async def tab_to(name: str) -> None:
        for _ in range(30):
            await page.keyboard.press("Tab")
            if name in await focused.evaluate("e => e.localName == 'button' ? e.innerText : ''"):
                return
        raise AssertionError(f"{name} is out of reach")

    await tab_to("English")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Which document")).to_be_visible()
    await expect(focused).to_have_text("English")
    await tab_to("identity card")
    await page.keyboard.press("Space")
    await expect(page.get_by_text("Please send the export")).to_be_visible()
    while await focused.get_attribute("id") != "words":
        await page.keyboard.press("Tab")
    await page.keyboard.type("two\nlines", delay=1)
    await expect(page.get_by_text("You wrote two.")).to_be_visible()
    await expect(focused).to_have_value("lines")
    bodies = [one.body for one in served.received]
    assert bodies == [Start(), Press(button="1.en"), Press(button="2.hkid"), Text("two")]


async def test_a_new_question_is_announced_but_the_old_ones_are_not(
    page: Page, served: LoopbackChat
) -> None:
    log = page.get_by_role("log", name="Conversation")
    await expect(log).to_have_attribute("aria-live", "polite")
    await expect(log).to_have_attribute("aria-busy", "false")
    # While the page is loaded again, what was said before comes in silence.
    await page.add_init_script(
        """addEventListener("DOMContentLoaded", () => {
            window.busy = document.querySelector("#log").getAttribute("aria-busy");
        })"""
    )
    await page.reload()
    await expect(log).to_have_attribute("aria-busy", "false")
    assert await page.evaluate("window.busy") == "true"
    assert "Which language" in await log.inner_text()


async def test_a_chinese_input_method_may_use_enter(page: Page, served: LoopbackChat) -> None:
    await page.locator("#words").fill("陳大")
    # Safari tells of it by the key's code alone.
    for sign in ("isComposing: true", "keyCode: 229"):
        await page.evaluate(
            f"""() => document.querySelector("#words").dispatchEvent(
                new KeyboardEvent("keydown", {{ key: "Enter", {sign}, cancelable: true }}))"""
        )
        await expect(page.locator("#words")).to_have_value("陳大")
    await page.locator("#words").press("Enter")
    assert (await served.until(2))[-1].body == Text("陳大")


async def test_the_whole_conversation_can_be_printed_and_the_large_code_alone(
    page: Page, served: LoopbackChat
) -> None:
    await walk(page, served)
    await page.emulate_media(media="print")
    seen = "e => e.checkVisibility() && e.getBoundingClientRect().height > 0"
    log = page.locator("#log")
    assert await log.evaluate("e => e.scrollHeight <= e.clientHeight + 1")
    assert await page.locator("body").evaluate("e => getComputedStyle(e).height") != "640px"
    for hidden in ("#composer", "header", "#phone", ".open"):
        assert not await page.locator(hidden).first.evaluate(seen), hidden
    await page.emulate_media(media="screen")
    await page.get_by_role("button", name="Show large").click()
    await page.emulate_media(media="print")
    assert not await log.evaluate(seen)
    assert await page.locator("#gate img").evaluate(seen)


async def test_whose_words_are_whose_is_seen_where_colours_are_forced(
    page: Page, served: LoopbackChat
) -> None:
    await page.emulate_media(forced_colors="active")
    await walk(page, served)
    edge = "e => getComputedStyle(e).borderTopColor"
    ground = "e => getComputedStyle(e).backgroundColor"
    mine = page.locator(".mine").first
    assert await mine.evaluate(edge) != await mine.evaluate(ground)
    assert await mine.evaluate("e => getComputedStyle(e).borderTopWidth") == "1px"
    large = page.get_by_role("button", name="Large text")
    await large.click()
    # By its width: all borders have one colour there.
    assert await large.evaluate("e => getComputedStyle(e).borderTopWidth") == "3px"


async def test_what_can_be_pressed_and_what_is_asked_first_have_an_edge_where_colours_are_forced(
    page: Page, served: LoopbackChat
) -> None:
    await page.emulate_media(forced_colors="active")
    await page.get_by_role("button", name="English", exact=True).click()
    await page.get_by_role("button", name="Hong Kong identity card").click()
    width = "e => parseFloat(getComputedStyle(e).borderTopWidth)"
    assert await page.get_by_role("button", name="Choose the file").evaluate(width) == 2
    await page.get_by_role("button", name="Leave this device").click()
    assert await page.get_by_role("dialog").evaluate(width) == 1


SMALL = [(320, 256), (844, 390), (360, 340)]
"""A page enlarged four times, a phone on its side, a phone with its keyboard."""


@pytest.mark.parametrize("size", SMALL)
async def test_in_a_small_window_all_that_comes_is_seen(
    page: Page, served: LoopbackChat, size: tuple[int, int]
) -> None:
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    await page.get_by_role("button", name="English", exact=True).click()
    asked = page.get_by_text("Which document")
    await expect(asked).to_be_in_viewport()
    await page.locator("#words").fill("one word")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_text("You wrote one word.")).to_be_in_viewport(ratio=1)
    await expect(page.locator("#words")).to_be_in_viewport(ratio=1)
    await served.channel.show_sms(served.received[0].chat, "+85291234567", "Your code is 482913.")
    await expect(page.get_by_text("482913")).to_be_in_viewport()
    await page.reload()
    await expect(page.get_by_text("You wrote one word.")).to_be_in_viewport(ratio=1)
    phone, newest = page.locator("#phone"), page.locator(".reply").last
    edge, words = await phone.bounding_box(), await newest.bounding_box()
    assert edge and words and edge["y"] + edge["height"] <= words["y"]
    await served.restart(2)
    await expect(page.get_by_text("No connection just now")).to_be_in_viewport(ratio=1)


async def test_in_a_small_window_nothing_moves_while_one_writes_and_no_button_is_covered(
    page: Page, served: LoopbackChat
) -> None:
    await page.set_viewport_size({"width": 360, "height": 340})
    await page.get_by_role("button", name="English", exact=True).click()
    await expect(page.get_by_text("Which document")).to_be_in_viewport()
    answers = page.locator(".newest button")
    await answers.first.focus()
    for _ in range(await answers.count() - 1):
        await page.keyboard.press("Tab")
        focused = await page.locator(":focus").bounding_box()
        composer = await page.locator("#composer").bounding_box()
        assert focused and composer and focused["y"] + focused["height"] <= composer["y"]
    await page.evaluate("scrollTo(0, 100)")
    await page.locator("#words").click()
    await page.keyboard.type("words")
    assert await page.evaluate("scrollY") == 100


async def test_in_a_small_window_there_is_room_to_read_what_file_is_wanted(
    page: Page, served: LoopbackChat
) -> None:
    await page.set_viewport_size({"width": 320, "height": 256})
    await page.get_by_role("button", name="Large text").click()
    await page.get_by_role("button", name="English", exact=True).click()
    await page.get_by_role("button", name="Hong Kong identity card").click()
    await expect(page.get_by_role("button", name="Choose the file to send")).to_be_in_viewport()
    composer = await page.locator("#composer").bounding_box()
    assert composer and composer["height"] < 256 / 2


async def test_the_question_stays_in_sight_when_the_keyboard_of_a_phone_opens(
    page: Page, served: LoopbackChat
) -> None:
    await page.get_by_role("button", name="English", exact=True).click()
    question = page.locator(".newest .text")
    await expect(question).to_be_in_viewport()
    await served.channel.show_sms(served.received[0].chat, "+85291234567", "Your code is 482913.")
    await page.get_by_role("button", name="Hide").click()
    await expect(question).to_be_in_viewport()
    # Whoever has moved the conversation by hand is not to lose his place in it either.
    await page.locator("#log").dispatch_event("touchmove")
    for height in (256, 640):
        await page.set_viewport_size({"width": 320, "height": height})
        await expect(question).to_be_in_viewport()
        where, composer = await question.bounding_box(), await page.locator("form").bounding_box()
        assert where and composer and where["y"] + 100 < composer["y"]


async def test_the_way_to_what_is_below_covers_no_words(page: Page, served: LoopbackChat) -> None:
    await served.reply(served.received[0].chat, Reply(text="A long answer.\n" * 60))
    newer = page.get_by_role("button", name="More below")
    await expect(newer).to_be_visible()
    # It stands across the whole width: words end above it, and are not hidden in their middle.
    edge, log = await newer.bounding_box(), await page.locator("#log").bounding_box()
    words = await page.locator(".text").last.bounding_box()
    assert edge and log and words
    assert edge["x"] <= words["x"] and edge["x"] + edge["width"] >= words["x"] + words["width"]
    assert edge["y"] + edge["height"] == log["y"] + log["height"]
    await newer.click()
    await expect(newer).to_be_hidden()
    await expect(page.locator(".text").last).to_be_in_viewport()
