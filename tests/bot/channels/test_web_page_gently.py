"""The page for hands that tremble, for ears instead of eyes, and where the line is poor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Dialog, FilePayload, Locator, Page, Route, expect

from bot.channels.web_files import FILE_BYTES
from core.conversation.messages import Reply, Start, Text
from tests.bot.channels.clerk import walk
from tests.bot.channels.transcript import LoopbackChat

pytestmark = pytest.mark.asyncio(loop_scope="session")

FILE = FilePayload(name="a.json", mimeType="", buffer=b"{}")
SMS = "健康碼：您的驗證碼是 482913，10分鐘內有效。請勿告訴任何人。"

SIDEWAYS = """() => [...document.querySelectorAll("html, header, main, article")]
    .filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.outerHTML.slice(0, 80))"""

DIGITS = """(article) => {
    // Where the digits of the text message are, and whether that is in sight.
    const text = article.lastElementChild.firstChild;
    const range = document.createRange();
    range.setStart(text, text.data.search(/\\d{6}/));
    range.setEnd(text, text.data.search(/\\d{6}/) + 6);
    const digits = range.getBoundingClientRect();
    const phone = document.querySelector("#phone").getBoundingClientRect();
    return digits.top >= phone.top && digits.bottom <= phone.bottom;
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def touched(browser: Browser, served: LoopbackChat) -> AsyncIterator[Page]:
    """Open the page on a phone."""
    context = await browser.new_context(
        locale="en-GB", viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True
    )
    context.set_default_timeout(10_000)
    page = await context.new_page()
    await page.goto(served.url)
    await expect(page.get_by_text("Which language")).to_be_visible()
    yield page
    await context.close()


async def tap_twice(page: Page, button: Locator) -> None:
    """Tap where a button is, and again as soon as a hand that trembles would."""
    await button.scroll_into_view_if_needed()
    box = await button.bounding_box()
    assert box
    for _ in range(2):
        await page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


# Hands.


async def test_two_taps_show_the_code_and_a_thumb_on_it_does_not_take_it_away(
    touched: Page, served: LoopbackChat
) -> None:
    await walk(touched, served)
    dialog = touched.get_by_role("dialog", name="Your code, large")
    await tap_twice(touched, touched.get_by_role("button", name="Show large"))
    await asyncio.sleep(0.6)
    await expect(dialog).to_be_visible()
    await touched.touchscreen.tap(180, 300)
    await expect(dialog).to_be_visible()
    await touched.get_by_role("button", name="Close").click()
    await expect(dialog).to_be_hidden()


async def test_two_taps_on_a_switch_switch_once(touched: Page) -> None:
    await touched.goto(touched.url + "verify")
    sound = touched.locator("#sound")
    await tap_twice(touched, sound)
    await expect(sound).to_have_attribute("aria-pressed", "false")
    await asyncio.sleep(0.6)
    await expect(sound).to_have_attribute("aria-pressed", "false")


async def test_pulling_too_far_does_not_load_the_page_again(touched: Page) -> None:
    style = "getComputedStyle(document.documentElement).overscrollBehaviorY"
    assert await touched.evaluate(style) == "none"


async def test_a_file_on_its_way_is_not_lost_by_a_swipe_too_far_but_by_leaving(
    page: Page, served: LoopbackChat
) -> None:
    asked: list[str] = []

    async def no(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    page.on("dialog", no)
    await page.locator("#words").click()
    await page.evaluate("location.reload()")
    await expect(page.get_by_text("Which language")).to_be_visible()
    assert asked == []
    await page.route("**/upload", lambda route: route.abort())
    await page.locator("#words").click()
    await page.set_input_files("#file", FILE)
    await expect(page.get_by_text("Not sent yet")).to_be_visible()
    await page.evaluate("location.reload()")
    await expect(page.get_by_text("Not sent yet")).to_be_visible()
    assert asked == ["beforeunload"]
    await page.get_by_role("button", name="Leave this device").click()
    await page.get_by_role("button", name="Yes, leave").click()
    await expect(page.get_by_text("Which language")).to_be_visible()
    await expect(page.get_by_text("a.json")).to_have_count(0)
    assert asked == ["beforeunload"]


async def test_leaving_is_done_once_however_often_it_is_pressed_on_a_slow_line(
    page: Page, served: LoopbackChat
) -> None:
    posted: list[str] = []

    async def slowly(route: Route) -> None:
        posted.append(route.request.url)
        await asyncio.sleep(0.5)
        await route.continue_()

    await page.route("**/leave", slowly)
    await page.get_by_role("button", name="Leave this device").click()
    await page.get_by_role("button", name="Yes, leave").press("Enter")
    await page.get_by_role("button", name="Yes, leave").press("Enter")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    assert len(posted) == 1


async def test_of_languages_that_the_arrow_keys_pass_by_only_the_last_is_asked_for(
    page: Page, served: LoopbackChat
) -> None:
    await page.get_by_label("Language of this page").focus()
    await page.keyboard.press("ArrowDown")
    await expect(page).to_have_title("健康碼")
    await page.keyboard.press("ArrowDown")
    await expect(page).to_have_title("健康码")
    bodies = [one.body for one in await served.until(2)]
    assert bodies == [Start(), Text("简体中文")]


# Ears.


async def test_a_text_message_is_read_aloud_from_a_place_that_was_there_before(page: Page) -> None:
    live = """e => {
        const region = e.closest("[aria-live], [role=log], [role=status]");
        return [region.ariaLive, region.checkVisibility()];
    }"""
    await expect(page.get_by_role("complementary")).to_be_hidden()
    assert await page.locator("#sms").evaluate(live) == ["polite", True]
    # Of what surrounds it the conversation alone is read, by itself.
    assert (
        await page.locator("#composer").evaluate("e => e.closest('[aria-live]').ariaLive") == "off"
    )
    assert await page.locator("#fold").evaluate("e => e.ariaLive") == "off"


async def test_what_could_not_be_sent_is_read_aloud_and_so_is_that_a_file_has_come(
    page: Page, served: LoopbackChat
) -> None:
    # A screen reader is told of what comes into the conversation, not of other words in it.
    await page.evaluate(
        """() => {
            window.heard = [];
            new MutationObserver((all) => {
                for (const { addedNodes } of all) for (const one of addedNodes) {
                    if (one.ariaLive === "polite") heard.push(one.textContent);
                }
            }).observe(document.querySelector("#log"), { childList: true, subtree: true });
        }"""
    )
    await page.locator("#words").fill("one word")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Received")).to_be_visible()
    assert await page.evaluate("heard") == []
    large = FilePayload(name="film.mp4", mimeType="", buffer=b"x" * (FILE_BYTES + 1))
    await page.set_input_files("#file", large)
    await expect(page.get_by_text("up to 10 MB")).to_be_visible()
    await page.set_input_files("#file", FILE)
    await expect(page.get_by_role("img", name="The code as a picture")).to_be_visible()
    assert await page.evaluate("heard") == [
        "This file is too large. It can be up to 10 MB.",
        "Received",
    ]


async def test_it_is_said_when_the_line_is_back(page: Page, served: LoopbackChat) -> None:
    await served.restart(2)
    status = page.get_by_role("status")
    await expect(status).to_contain_text("Connected again", timeout=20_000)
    await expect(status).to_be_empty(timeout=10_000)


async def test_a_button_that_goes_away_leaves_the_focus_with_its_message(
    page: Page, served: LoopbackChat
) -> None:
    await served.channel.stop()
    await page.set_input_files("#file", FILE)
    await page.get_by_role("button", name="Try again").focus()
    await served.restart()
    await expect(page.get_by_role("button", name="Try again")).to_have_count(0, timeout=20_000)
    await expect(page.locator('.mine[data-kind="file"]')).to_be_focused()
    await page.locator("#words").fill("one")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Change", exact=True).focus()
    # What does not change the newest words does not touch their button.
    await served.restart()
    await expect(page.get_by_role("status")).to_be_empty()
    await expect(page.get_by_role("button", name="Change", exact=True)).to_be_focused()


# Eyes.


@pytest.mark.parametrize("large", [False, True], ids=["normal", "large text"])
@pytest.mark.parametrize("place", ["/", "/verify"])
async def test_a_browser_whose_own_letters_are_large_loses_nothing(
    page: Page, served: LoopbackChat, place: str, large: bool
) -> None:
    network = await page.context.new_cdp_session(page)
    await network.send("Page.enable")
    await network.send("Page.setFontSizes", {"fontSizes": {"standard": 24, "fixed": 24}})
    await page.goto(served.url + place)
    if large:
        await page.get_by_role("button", name="Large text").click()
    assert await page.evaluate(SIDEWAYS) == []
    if place == "/":
        await walk(page, served)
        assert await page.evaluate(SIDEWAYS) == []
        box = await page.locator("#words").bounding_box()
        assert box and box["width"] > 130
    else:
        letters = "e => { e.style.overflowWrap = 'normal'; return e.scrollWidth <= e.clientWidth; }"
        assert await page.locator("#start").evaluate(letters)


async def test_an_empty_place_to_write_is_as_high_as_its_buttons_however_the_window_turns(
    page: Page,
) -> None:
    await page.locator("#words").fill("two\nlines")
    await page.keyboard.press("Enter")
    for size in ((320, 640), (640, 320)):
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        field, button = [await page.locator(e).bounding_box() for e in ("#words", "#send")]
        assert field and button and field["height"] == button["height"]


async def test_in_a_small_window_the_digits_of_a_text_message_are_in_sight(
    page: Page, served: LoopbackChat
) -> None:
    await page.set_viewport_size({"width": 320, "height": 256})
    await page.get_by_role("button", name="Large text").click()
    await served.channel.show_sms(served.received[0].chat, "+85291234567", SMS)
    await expect(page.get_by_text("482913")).to_be_in_viewport()
    assert await page.locator("#sms article").evaluate(DIGITS)


@pytest.mark.parametrize("size", [(844, 390), (320, 256)])
async def test_on_its_side_a_phone_shows_the_code_as_high_as_it_can(
    page: Page, served: LoopbackChat, size: tuple[int, int]
) -> None:
    await walk(page, served)
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    await page.get_by_role("button", name="Show large").click()
    image, close = page.locator("#gate img"), page.get_by_role("button", name="Close")
    seen = await image.bounding_box()
    assert seen and seen["height"] > size[1] * 0.9
    assert seen["width"] / seen["height"] > 820 / 1160
    await expect(close).to_be_in_viewport(ratio=1)


async def test_a_switch_that_is_on_is_seen_where_colours_are_forced(page: Page) -> None:
    await page.emulate_media(forced_colors="active")
    await page.get_by_role("button", name="Large text").click()
    border = "e => getComputedStyle(e).borderTopWidth"
    assert await page.locator("#large").evaluate(border) == "3px"
    await page.goto(page.url + "verify")
    assert await page.locator("#sound").evaluate(border) == "3px"
    assert await page.locator("#ask").evaluate(border) == "1px"
    await page.locator("#ask").click()
    assert await page.locator("#ask").evaluate(border) == "3px"


# Lines.


@pytest.mark.parametrize(("place", "part"), [("/", "log.js"), ("/verify", "trust.js")])
async def test_a_page_of_which_a_part_did_not_come_says_what_to_do(
    browser: Browser, served: LoopbackChat, place: str, part: str
) -> None:
    page = await browser.new_page(locale="en-GB")
    await page.route(f"**/{part}", lambda route: route.abort())
    await page.goto(served.url + place)
    alert = page.get_by_role("alert").filter(has_text="did not load completely")
    await expect(alert).to_be_hidden()
    # Some seconds later:
    await page.evaluate("document.getAnimations().forEach((one) => one.finish())")
    await expect(alert).to_contain_text("重新載入")
    await page.unroute(f"**/{part}")
    await page.get_by_role("link", name="Load again").click()
    await expect(page.locator("#late")).to_have_count(0)
    await page.close()


async def test_after_a_sleep_the_page_does_not_trust_a_line_that_may_be_dead(
    page: Page, served: LoopbackChat
) -> None:
    await page.add_init_script(
        """const { now } = Date;
        window.slept = 0;
        Date.now = () => now() + slept;
        window.lines = [];
        window.WebSocket = class extends WebSocket {
            constructor(url) { super(url); lines.push(this); }
        };"""
    )
    await page.reload()
    await expect(page.get_by_text("Which language")).to_be_visible()
    # It looks open, and nothing comes through it.
    await page.evaluate("() => { lines[0].onmessage = null; }")
    await served.reply(served.received[0].chat, Reply(text="While you slept."))
    look = "document.dispatchEvent(new Event('visibilitychange'))"
    await page.evaluate(look)
    assert await page.evaluate("lines.length") == 1
    await page.evaluate(f"slept = 3600_000; {look}")
    await expect(page.get_by_text("While you slept.")).to_have_count(1)
    await expect(page.get_by_role("status")).to_be_empty()
