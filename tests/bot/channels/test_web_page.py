"""The web chat as a person meets it: in a real browser, by eye, by ear and by keyboard."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import msgspec
import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, FilePayload, Page, expect

from bot.channels.web import FILE_BYTES
from core.conversation.messages import Button, Edited, File, Incoming, Press, Reply, Start, Text
from tests.bot.channels.transcript import CARD, LoopbackChat

pytestmark = pytest.mark.asyncio(loop_scope="session")

GREETING = Reply(
    text="Hello, this is the health code. Which language do you prefer?",
    buttons=[[Button("1.en", "English"), Button("1.zh", "繁體中文")], [Button("1._help", "Help")]],
)
DOCUMENT = Reply(
    text="Which document do you have? " + "We ask because the code is bound to it. " * 5,
    buttons=[
        [Button("2.hkid", "Hong Kong identity card")],
        [Button("2.passport", "Passport of any other country or region of the world")],
        [Button("2._back", "Back"), Button("2._why", "Why do you ask?")],
    ],
)
VISITS = Reply(text="Please send the export of your visit records.", file_wanted=True)
CODE = Reply(
    text="GREEN. Valid until 23:59.\nC*** T** M**",
    card=msgspec.structs.replace(CARD, language="en"),
)

SIZES = {"small": (320, 640), "desk": (1280, 800), "enlarged four times": (320, 256)}


def clerk(incoming: Incoming) -> list[Reply]:
    """Answer as a very short conversation would."""
    match incoming.body:
        case Start():
            return [GREETING]
        case Press(button="1.en"):
            return [DOCUMENT]
        case Press(button="2.hkid"):
            return [VISITS]
        case File():
            return [CODE]
        case Press(button="1.zh"):
            return [Reply(text="你好！這是健康碼。請選擇你的證件，我們會為你登記。")]
        case Text(text=text):
            return [Reply(text=f"You wrote {text}.")]
        case _:
            return []


@pytest_asyncio.fixture(loop_scope="session")
async def chat() -> AsyncIterator[LoopbackChat]:
    chat = LoopbackChat()
    chat.answer = clerk
    await chat.start()
    yield chat
    await chat.channel.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(locale="en-GB", viewport={"width": 320, "height": 640})
    context.set_default_timeout(10_000)
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext, chat: LoopbackChat) -> AsyncIterator[Page]:
    """Open the page; it may neither fail nor ask anybody else for anything."""
    page = await context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on(
        "request",
        lambda request: None if request.url.startswith(chat.url) else failures.append(request.url),
    )
    await page.goto(chat.url)
    await expect(page.get_by_text("Which language")).to_be_visible()
    yield page
    assert failures == []


async def walk(page: Page, chat: LoopbackChat) -> None:
    """Go through the whole short conversation, so that all there is can be seen."""
    await page.get_by_role("button", name="English", exact=True).click()
    await page.get_by_role("button", name="Hong Kong identity card").click()
    await expect(page.get_by_role("button", name="Choose the file")).to_be_visible()
    await page.get_by_role("textbox").fill("one word")
    await page.get_by_role("textbox").press("Enter")
    await expect(page.get_by_text("You wrote one word.")).to_be_visible()
    await page.set_input_files("#file", FilePayload(name="a.json", mimeType="", buffer=b"{}"))
    await expect(page.get_by_role("img", name="GREEN")).to_be_visible()
    await chat.channel.show_sms(chat.received[0].chat, "+85291234567", "Your code is 482913.")
    await expect(page.get_by_text("482913")).to_be_visible()


# For everybody.


@pytest.mark.parametrize("size", SIZES.values(), ids=list(SIZES))
@pytest.mark.parametrize("large", [False, True], ids=["normal", "large text"])
async def test_nothing_has_to_be_scrolled_sideways(
    page: Page, chat: LoopbackChat, size: tuple[int, int], large: bool
) -> None:
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    if large:
        await page.get_by_role("button", name="Large text").click()
    await walk(page, chat)
    wide = await page.evaluate(
        """() => [document.documentElement, ...document.querySelectorAll("#log, #phone, article")]
            .filter((e) => e.scrollWidth > e.clientWidth + 1)
            .map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert wide == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("large", [False, True], ids=["normal", "large text"])
@pytest.mark.parametrize("size", [SIZES["small"], SIZES["desk"]], ids=["small", "desk"])
async def test_axe_finds_nothing_wrong(
    page: Page, chat: LoopbackChat, scheme: str, large: bool, size: tuple[int, int]
) -> None:
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    if large:
        await page.get_by_role("button", name="Large text").click()
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    options = {"runOnly": {"type": "tag", "values": tags}}
    await walk(page, chat)
    found = await Axe().run(page, options=options)
    assert found.violations_count == 0, found.generate_report()
    await page.get_by_role("button", name="Show large").click()
    found = await Axe().run(page, options=options)
    assert found.violations_count == 0, found.generate_report()


async def test_everything_to_press_is_large_enough(page: Page, chat: LoopbackChat) -> None:
    await walk(page, chat)
    small = await page.evaluate(
        """() => [...document.querySelectorAll("button, select, textarea")]
            .filter((e) => e.checkVisibility())
            .map((e) => [e.textContent.trim(), e.getBoundingClientRect()])
            .filter(([, box]) => box.width < 44 || box.height < 44).map(([text]) => text)"""
    )
    assert small == []


async def test_the_keyboard_alone_is_enough_and_focus_is_never_taken_away(
    page: Page, chat: LoopbackChat
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
    bodies = [one.body for one in chat.received]
    assert bodies == [Start(), Press(button="1.en"), Press(button="2.hkid"), Text("two")]


async def test_a_new_question_is_announced_but_the_old_ones_are_not(
    page: Page, chat: LoopbackChat
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


async def test_a_chinese_input_method_may_use_enter(page: Page, chat: LoopbackChat) -> None:
    await page.locator("#words").fill("陳大")
    await page.evaluate(
        """() => document.querySelector("#words").dispatchEvent(
            new KeyboardEvent("keydown", { key: "Enter", isComposing: true, cancelable: true }))"""
    )
    await expect(page.locator("#words")).to_have_value("陳大")
    await page.locator("#words").press("Enter")
    assert (await chat.until(2))[-1].body == Text("陳大")


# The conversation.


async def test_the_newest_question_stands_out_and_older_buttons_still_work(
    page: Page, chat: LoopbackChat
) -> None:
    await page.get_by_role("button", name="English", exact=True).click()
    await expect(page.locator(".newest")).to_contain_text("Which document")
    await expect(page.locator(".newest")).to_have_count(1)
    await page.get_by_role("button", name="繁體中文").click()
    await expect(page.get_by_text("你好！")).to_be_visible()


async def test_the_page_follows_the_language_of_the_chat(page: Page, chat: LoopbackChat) -> None:
    await page.get_by_role("button", name="繁體中文").click()
    await expect(page.get_by_role("button", name="傳送檔案")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", "zh-Hant-HK")
    await expect(page.locator("article.reply").last).to_have_attribute("lang", "zh-Hant-HK")
    await expect(page.locator("article.reply").first).to_have_attribute("lang", "en")
    await page.get_by_label("本頁語言").select_option("zh-Hans")
    await page.reload()
    await expect(page.get_by_role("button", name="发送文件")).to_be_visible()


@pytest.mark.parametrize(
    ("locale", "tag", "title"),
    [
        ("zh-HK", "zh-Hant-HK", "健康碼"),
        ("zh-TW", "zh-Hant-HK", "健康碼"),
        ("zh-CN", "zh-Hans", "健康码"),
        ("de-DE", "en", "Health Code"),
    ],
)
async def test_the_page_begins_in_the_language_of_the_browser(
    browser: Browser, chat: LoopbackChat, locale: str, tag: str, title: str
) -> None:
    chat.answer = lambda _: []
    context = await browser.new_context(locale=locale)
    page = await context.new_page()
    await page.goto(chat.url)
    await expect(page).to_have_title(title)
    assert (await chat.until(1))[0].language == tag
    await context.close()


async def test_large_text_is_remembered(page: Page) -> None:
    size = "getComputedStyle(document.querySelector('.text')).fontSize"
    before = float((await page.evaluate(size))[:-2])
    await page.get_by_role("button", name="Large text").click()
    await page.reload()
    await expect(page.get_by_text("Which language")).to_be_visible()
    await expect(page.get_by_role("button", name="Large text", pressed=True)).to_be_visible()
    assert float((await page.evaluate(size))[:-2]) > before * 1.25


async def test_a_sent_message_can_be_changed(page: Page, chat: LoopbackChat) -> None:
    await page.locator("#words").fill("CHAN Tai Mna")
    await page.get_by_role("button", name="Send", exact=True).click()
    await page.get_by_role("button", name="Change", exact=True).click()
    await expect(page.locator("#words")).to_have_value("CHAN Tai Mna")
    await page.keyboard.press("Escape")
    await expect(page.locator("#words")).to_have_value("")
    await page.get_by_role("button", name="Change", exact=True).click()
    await page.locator("#words").fill("CHAN Tai Man")
    await page.keyboard.press("Enter")
    received = await chat.until(3)
    assert received[2].body == Edited("CHAN Tai Man")
    assert received[2].message == received[1].message
    await page.reload()
    await expect(page.locator(".mine")).to_have_text(re.compile("CHAN Tai Man"))


async def test_words_that_are_to_be_forgotten_leave_the_page(
    page: Page, chat: LoopbackChat
) -> None:
    await page.locator("#words").fill("A123456(3)")
    await page.keyboard.press("Enter")
    one = (await chat.until(2))[-1]
    await expect(page.get_by_text("Received")).to_be_visible()
    await chat.reply(one.chat, Reply(text="Thank you.", forget=[one.message]))
    await expect(page.get_by_text("Removed from this page")).to_be_visible()
    assert "A123456" not in await page.locator(".mine").inner_text()
    assert "A123456" not in await page.evaluate("JSON.stringify({ ...sessionStorage })")
    await page.reload()
    await expect(page.get_by_text("Removed from this page")).to_be_visible()


async def test_a_text_that_is_too_long_is_explained(page: Page, chat: LoopbackChat) -> None:
    await page.evaluate("document.querySelector('#words').removeAttribute('maxlength')")
    await page.locator("#words").fill("碼" * 3000)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Too long to send")).to_be_visible()
    await page.locator("#words").fill("shorter")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("You wrote shorter.")).to_be_visible()


async def test_two_tabs_show_the_same(
    context: BrowserContext, page: Page, chat: LoopbackChat
) -> None:
    other = await context.new_page()
    await other.goto(chat.url)
    await expect(other.get_by_text("Which language")).to_be_visible()
    await page.get_by_role("button", name="English", exact=True).click()
    await expect(other.locator(".mine")).to_contain_text("English")
    await expect(other.get_by_text("Which document")).to_be_visible()
    await other.close()


# The line breaks.


async def test_what_is_written_while_the_server_is_away_arrives_once(
    page: Page, chat: LoopbackChat
) -> None:
    await chat.channel.stop()
    await page.locator("#words").fill("while away")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Not sent yet")).to_be_visible()
    await expect(page.get_by_role("status")).to_contain_text("Nothing is lost")
    await page.locator("#words").fill("a half-written")
    await chat.restart()
    await expect(page.get_by_text("You wrote while away.")).to_be_visible(timeout=20_000)
    await expect(page.get_by_role("status")).to_be_empty()
    await expect(page.locator("#words")).to_have_value("a half-written")
    await expect(page.get_by_text("Which language")).to_have_count(1)
    assert [one.body for one in chat.received] == [Start(), Text("while away")]


async def test_a_reload_loses_neither_what_was_said_nor_its_order(
    page: Page, chat: LoopbackChat
) -> None:
    await page.get_by_role("button", name="English", exact=True).click()
    await expect(page.get_by_text("Which document")).to_be_visible()
    await page.locator("#words").fill("two words")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("You wrote two words.")).to_be_visible()
    await page.locator("#words").fill("a draft")
    before = await page.locator("#log .text").all_inner_texts()
    await page.reload()
    await expect(page.get_by_text("You wrote two words.")).to_be_visible()
    assert await page.locator("#log .text").all_inner_texts() == before
    await expect(page.locator("#words")).to_have_value("a draft")


async def test_a_deep_link_is_followed_and_taken_off_the_address(
    context: BrowserContext, chat: LoopbackChat
) -> None:
    page = await context.new_page()
    await page.goto(f"{chat.url}/?start=family_7")
    assert (await chat.until(1))[0].body == Start(payload="family_7")
    assert page.url == f"{chat.url}/"


async def test_without_cookies_the_page_says_what_to_do(
    context: BrowserContext, chat: LoopbackChat
) -> None:
    page = await context.new_page()
    await page.route("**/chat.js", lambda route: route.abort())
    await page.goto(chat.url)
    await context.clear_cookies()
    await page.unroute("**/chat.js")
    await page.add_script_tag(url="/static/chat.js", type="module")
    await expect(page.get_by_role("status")).to_contain_text("needs cookies")


# Files and pictures.


async def test_a_file_shows_how_much_of_it_has_gone(
    context: BrowserContext, page: Page, chat: LoopbackChat
) -> None:
    network = await context.new_cdp_session(page)
    await network.send("Network.enable")
    await network.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 500_000},
    )
    await page.evaluate(
        """() => {
            window.parts = [];
            new MutationObserver(() => {
                const bar = document.querySelector("progress");
                if (bar) window.parts.push(bar.value);
            }).observe(document.querySelector("#log"), { attributes: true, subtree: true });
        }"""
    )
    await page.set_input_files(
        "#file", FilePayload(name="visits.json", mimeType="application/json", buffer=b"x" * 10**6)
    )
    await expect(page.get_by_role("progressbar")).to_be_visible()
    await expect(page.get_by_role("img", name="GREEN")).to_be_visible()
    await expect(page.get_by_role("progressbar")).to_have_count(0)
    parts = await page.evaluate("window.parts")
    assert parts == sorted(parts)
    assert any(0 < part < 1 for part in parts)
    body = chat.received[-1].body
    assert isinstance(body, File)
    assert (body.name, body.size, body.mime) == ("visits.json", 10**6, "application/json")
    assert chat.store.files == [b"x" * 10**6]


async def test_a_file_that_is_too_large_is_explained_without_sending_it(
    page: Page, chat: LoopbackChat
) -> None:
    await page.evaluate(
        f"""() => {{
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array({FILE_BYTES + 1})], "film.mp4"));
            dispatchEvent(new DragEvent("dragover", {{ dataTransfer: data, cancelable: true }}));
            window.invited = document.querySelector("#drop").checkVisibility();
            dispatchEvent(new DragEvent("drop", {{ dataTransfer: data, cancelable: true }}));
        }}"""
    )
    assert await page.evaluate("window.invited")
    await expect(page.get_by_text("up to 10 MB")).to_be_visible()
    await page.set_input_files("#file", FilePayload(name="a.json", mimeType="", buffer=b"{}"))
    await expect(page.get_by_role("img", name="GREEN")).to_be_visible()
    assert chat.store.files == [b"{}"]


async def test_a_file_chosen_while_the_server_is_away_goes_by_itself(
    page: Page, chat: LoopbackChat
) -> None:
    await chat.channel.stop()
    await page.set_input_files("#file", FilePayload(name="a.json", mimeType="", buffer=b"{}"))
    await expect(page.get_by_text("Not sent yet")).to_be_visible()
    await expect(page.get_by_role("button", name="Try again")).to_be_visible()
    await chat.restart()
    await expect(page.get_by_role("img", name="GREEN")).to_be_visible(timeout=20_000)
    assert len([one for one in chat.received if isinstance(one.body, File)]) == 1


async def test_the_code_can_be_shown_large_and_is_told_in_words(
    page: Page, chat: LoopbackChat
) -> None:
    await walk(page, chat)
    await expect(page.get_by_role("img", name="GREEN. Valid until 23:59.")).to_be_visible()
    await page.get_by_role("button", name="Show large").click()
    dialog = page.get_by_role("dialog", name="Your code, large")
    box = await dialog.bounding_box()
    assert box and (box["width"], box["height"]) == (320, 640)
    assert await dialog.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_role("button", name="Show large")).to_be_focused()


async def test_the_phone_appears_with_its_first_message_and_can_be_folded(
    page: Page, chat: LoopbackChat
) -> None:
    phone = page.get_by_role("complementary")
    await expect(phone).to_be_hidden()
    await chat.channel.show_sms(chat.received[0].chat, "+85291234567", "Your code is 482913.")
    await expect(phone).to_contain_text("9••• •567")
    await page.get_by_role("button", name="Hide").click()
    await expect(page.get_by_text("482913")).to_be_hidden()
    await page.get_by_role("button", name="Show", exact=True).click()
    await expect(page.get_by_text("482913")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("482913")).to_be_visible()
