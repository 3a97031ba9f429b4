"""The page when the line breaks, and its files and pictures."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, FilePayload, Page, expect

from bot.channels.web_files import FILE_BYTES
from core.conversation.messages import File, Start, Text
from tests.bot.channels.clerk import walk
from tests.bot.channels.transcript import LoopbackChat

pytestmark = pytest.mark.asyncio(loop_scope="session")


# The line breaks.


async def test_what_is_written_while_the_server_is_away_arrives_once(
    page: Page, served: LoopbackChat
) -> None:
    await served.channel.stop()
    await page.locator("#words").fill("while away")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Not sent yet")).to_be_visible()
    await expect(page.get_by_role("status")).to_contain_text("Nothing is lost")
    await page.locator("#words").fill("a half-written")
    await served.restart()
    await expect(page.get_by_text("You wrote while away.")).to_be_visible(timeout=20_000)
    await expect(page.get_by_role("status")).to_be_empty()
    await expect(page.locator("#words")).to_have_value("a half-written")
    await expect(page.get_by_text("Which language")).to_have_count(1)
    assert [one.body for one in served.received] == [Start(), Text("while away")]


async def test_a_reload_loses_neither_what_was_said_nor_its_order(
    page: Page, served: LoopbackChat
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
    context: BrowserContext, served: LoopbackChat
) -> None:
    page = await context.new_page()
    await page.goto(f"{served.url}/?start=family_7")
    assert (await served.until(1))[0].body == Start(payload="family_7")
    assert page.url == f"{served.url}/"


async def test_without_cookies_the_page_says_what_to_do(
    context: BrowserContext, served: LoopbackChat
) -> None:
    page = await context.new_page()
    await page.route("**/chat.js", lambda route: route.abort())
    await page.goto(served.url)
    await context.clear_cookies()
    await page.unroute("**/chat.js")
    await page.add_script_tag(url="/static/chat.js", type="module")
    await expect(page.get_by_role("status")).to_contain_text("needs cookies")


async def test_where_the_browser_keeps_nothing_at_all_the_page_says_so_too(
    context: BrowserContext, served: LoopbackChat
) -> None:
    page = await context.new_page()
    # As Chromium does it where cookies are blocked.
    await page.add_init_script(
        """for (const name of ["localStorage", "sessionStorage"]) {
            Object.defineProperty(window, name, {
                get() { throw new DOMException("Access is denied", "SecurityError"); },
            });
        }"""
    )
    await page.route("**/chat.js", lambda route: route.abort())
    await page.goto(served.url)
    await context.clear_cookies()
    await page.unroute("**/chat.js")
    await page.add_script_tag(url="/static/chat.js", type="module")
    await expect(page.get_by_role("status")).to_contain_text("needs cookies")
    await page.get_by_role("button", name="Large text").click()
    await expect(page.get_by_role("button", name="Large text", pressed=True)).to_be_visible()


async def test_where_no_line_can_be_opened_at_all_the_page_does_not_say_connecting_for_ever(
    page: Page, served: LoopbackChat
) -> None:
    # As a firewall does that lets pages pass, but no sockets.
    await page.add_init_script(
        """Object.defineProperty(window, "WebSocket", { value: class {
            static OPEN = 1; static CLOSED = 3; readyState = 3;
            constructor() { setTimeout(() => this.onclose?.({ code: 1006 })); }
            close() {}
        } })"""
    )
    await page.reload()
    await expect(page.get_by_role("status")).to_contain_text("No connection just now")


async def test_a_line_that_died_without_a_word_is_found_out(
    context: BrowserContext, served: LoopbackChat
) -> None:
    page = await context.new_page()
    await page.add_init_script(
        """const real = WebSocket.prototype.send, wait = setTimeout;
        let dead;
        WebSocket.prototype.send = function (frame) {
            if (frame.includes("into the void")) dead ??= this;
            if (this !== dead) real.call(this, frame);
        };
        window.setTimeout = (act, ms) => wait(act, ms >= 20000 ? 300 : ms);"""
    )
    await page.goto(served.url)
    await expect(page.get_by_text("Which language")).to_be_visible()
    await page.locator("#words").fill("into the void")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("You wrote into the void.")).to_be_visible()
    await expect(page.get_by_text("Received")).to_be_visible()
    assert [one.body for one in served.received] == [Start(), Text("into the void")]


# Files and pictures.


async def test_a_file_shows_how_much_of_it_has_gone(
    context: BrowserContext, page: Page, served: LoopbackChat
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
    await expect(page.get_by_role("img", name="The code as a picture")).to_be_visible()
    await expect(page.get_by_role("progressbar")).to_have_count(0)
    parts = await page.evaluate("window.parts")
    assert parts == sorted(parts)
    assert any(0 < part < 1 for part in parts)
    body = served.received[-1].body
    assert isinstance(body, File)
    assert (body.name, body.size, body.mime) == ("visits.json", 10**6, "application/json")
    assert served.store.files == [b"x" * 10**6]


async def test_a_file_that_is_too_large_is_explained_without_sending_it(
    page: Page, served: LoopbackChat
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
    await expect(page.get_by_role("img", name="The code as a picture")).to_be_visible()
    assert served.store.files == [b"{}"]


async def test_a_file_chosen_while_the_server_is_away_goes_by_itself(
    page: Page, served: LoopbackChat
) -> None:
    await served.channel.stop()
    await page.set_input_files("#file", FilePayload(name="a.json", mimeType="", buffer=b"{}"))
    await expect(page.get_by_text("Not sent yet")).to_be_visible()
    await expect(page.get_by_role("button", name="Try again")).to_be_visible()
    await served.restart()
    await expect(page.get_by_role("img", name="The code as a picture")).to_be_visible(
        timeout=20_000
    )
    assert len([one for one in served.received if isinstance(one.body, File)]) == 1


@pytest.mark.errors_expected
async def test_a_file_that_fails_while_the_line_is_good_goes_again_by_itself(
    page: Page, served: LoopbackChat
) -> None:
    served.fail = True
    await page.set_input_files("#file", FilePayload(name="a.json", mimeType="", buffer=b"{}"))
    await expect(page.get_by_text("Not sent yet")).to_be_visible()
    served.fail = False
    await expect(page.get_by_role("img", name="The code as a picture")).to_be_visible()
    assert len([one for one in served.received if isinstance(one.body, File)]) == 1


@pytest.mark.errors_expected
async def test_a_file_that_can_no_longer_be_read_is_not_waited_for(
    page: Page, served: LoopbackChat, tmp_path: Path
) -> None:
    file = tmp_path / "a.json"
    file.write_text("{}")
    served.fail = True
    await page.set_input_files("#file", file)
    await expect(page.get_by_text("Not sent yet")).to_be_visible()
    file.unlink()
    served.fail = False
    await expect(page.get_by_text("This file could not be read")).to_be_visible()
    assert [one for one in served.received if isinstance(one.body, File)] == []


async def test_words_can_be_drawn_into_the_place_to_write(page: Page, served: LoopbackChat) -> None:
    stopped = """() => {
        const dataTransfer = new DataTransfer();
        dataTransfer.setData("text/plain", "words");
        const drop = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
        document.querySelector("#words").dispatchEvent(drop);
        return drop.defaultPrevented;
    }"""
    assert not await page.evaluate(stopped)


async def test_a_picture_of_the_screen_is_pasted_but_not_the_picture_of_pasted_words(
    page: Page, served: LoopbackChat
) -> None:
    paste = """(text) => {
        const clipboardData = new DataTransfer();
        clipboardData.items.add(new File(["{}"], "screen.png", { type: "image/png" }));
        if (text) clipboardData.setData("text/plain", text);
        const how = { clipboardData, bubbles: true, cancelable: true };
        const paste = new ClipboardEvent("paste", how);
        document.querySelector("#words").dispatchEvent(paste);
        return paste.defaultPrevented;
    }"""
    assert not await page.evaluate(paste, "words, of which an editor gives a picture too")
    assert await page.evaluate(paste, "")
    await expect(page.get_by_role("img", name="The code as a picture")).to_be_visible()
    (file,) = [one.body for one in served.received if isinstance(one.body, File)]
    assert (file.name, file.photo) == ("screen.png", True)


async def test_a_picture_that_did_not_come_is_fetched_when_the_line_is_back(
    page: Page, served: LoopbackChat
) -> None:
    await page.route("**/picture/*", lambda route: route.abort())
    await walk(page, served)
    picture = page.get_by_role("img", name="The code as a picture")
    assert not await picture.evaluate("e => e.naturalWidth")
    await page.unroute("**/picture/*")
    async with page.expect_response("**/picture/*"):
        await served.restart()
    await picture.evaluate("e => e.decode()")


async def test_the_code_can_be_shown_large_and_is_told_in_words(
    page: Page, served: LoopbackChat
) -> None:
    await walk(page, served)
    # What stands below in words is not said by the picture too.
    await expect(
        page.get_by_role("img", name="The code as a picture, told in words below", exact=True)
    ).to_be_visible()
    await page.get_by_role("button", name="Show large").click()
    dialog = page.get_by_role("dialog", name="Your code, large")
    await expect(dialog.get_by_role("img", name="C*** T** M**")).to_be_visible()
    box = await dialog.bounding_box()
    assert box and (box["width"], box["height"]) == (320, 640)
    assert await dialog.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_role("button", name="Show large")).to_be_focused()


async def test_the_phone_lies_ready_where_there_is_room(browser: Browser) -> None:
    served = LoopbackChat(sms_pane=True)
    await served.start()
    page = await browser.new_page(locale="en-GB", viewport={"width": 1280, "height": 800})
    await page.goto(served.url)
    await expect(page.get_by_text("will appear here")).to_be_visible()
    await page.set_viewport_size({"width": 320, "height": 640})
    await expect(page.get_by_role("complementary")).to_be_hidden()
    await page.close()
    await served.channel.stop()


async def test_the_phone_appears_with_its_first_message_and_can_be_folded(
    page: Page, served: LoopbackChat
) -> None:
    phone = page.get_by_role("complementary")
    await expect(phone).to_be_hidden()
    await served.channel.show_sms(served.received[0].chat, "+85291234567", "Your code is 482913.")
    await expect(phone).to_contain_text("9••• •567")
    await page.get_by_role("button", name="Hide").click()
    await expect(page.get_by_text("482913")).to_be_hidden()
    await page.get_by_role("button", name="Show", exact=True).click()
    await expect(page.get_by_text("482913")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("482913")).to_be_visible()


async def test_files_that_are_chosen_together_are_sent_as_one_album(
    page: Page, served: LoopbackChat
) -> None:
    files = [FilePayload(name=f"{name}.json", mimeType="", buffer=b"{}") for name in "ab"]
    await page.set_input_files("#file", files)
    await expect(page.get_by_role("img", name="The code as a picture")).to_have_count(2)
    bodies = [one.body for one in served.received if isinstance(one.body, File)]
    assert sorted(body.name for body in bodies) == ["a.json", "b.json"]
    [album] = {body.album for body in bodies}
    assert album
