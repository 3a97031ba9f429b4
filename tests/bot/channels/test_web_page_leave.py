"""Leaving a shared computer."""

from __future__ import annotations

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, FilePayload, Page, expect

from tests.bot.channels.clerk import walk
from tests.bot.channels.transcript import LoopbackChat

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def kept(page: Page) -> str:
    """Return all that the browser keeps for the page."""
    return str(await page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])"))


async def test_nothing_stays_behind_in_any_tab(
    context: BrowserContext, page: Page, served: LoopbackChat
) -> None:
    await walk(page, served)
    other = await context.new_page()
    await other.goto(served.url)
    await expect(other.get_by_role("img", name="The code as a picture")).to_be_visible()
    before = [cookie.get("value") for cookie in await context.cookies()]
    await page.locator("#words").fill("half a secret")
    await page.get_by_role("button", name="Leave this device").click()
    await page.get_by_role("button", name="Yes, leave").click()
    for tab in (page, other):
        await expect(tab.get_by_text("Which document")).to_have_count(0)
        await expect(tab.get_by_text("Which language")).to_be_visible()
        await expect(tab.get_by_text("one word")).to_have_count(0)
        await expect(tab.get_by_text("482913")).to_have_count(0)
        await expect(tab.locator("#words")).to_have_value("")
        assert "word" not in await kept(tab) and "secret" not in await kept(tab)
    after = [cookie.get("value") for cookie in await context.cookies()]
    assert len(after) == 1
    assert after != before


async def test_it_is_asked_first_and_escape_means_no(page: Page, served: LoopbackChat) -> None:
    opener = page.get_by_role("button", name="Leave this device")
    dialog = page.get_by_role("dialog", name="Leave this device?")
    left: list[str] = []
    page.on("request", lambda request: left.append(request.url))
    await opener.click()
    await expect(dialog).to_contain_text("Your registration stays")
    assert (await Axe().run(page)).violations_count == 0
    # Whoever pressed the key twice has not answered yet.
    await page.keyboard.press("Enter")
    await expect(dialog).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(opener).to_be_focused()
    await opener.click()
    await page.get_by_role("button", name="No, stay").click()
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_text("Which language")).to_be_visible()
    assert len(served.received) == 1
    assert left == []


async def test_without_a_connection_it_says_that_the_conversation_is_still_there(
    page: Page, served: LoopbackChat
) -> None:
    await page.get_by_role("button", name="Leave this device").click()
    await served.channel.stop()
    await page.get_by_role("button", name="Yes, leave").click()
    await expect(page.get_by_role("alert")).to_contain_text("still here")
    await served.restart()
    await page.get_by_role("button", name="Yes, leave").click()
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await expect(page.get_by_text("Which language")).to_be_visible()
    assert {one.chat for one in served.received} != {served.received[0].chat}


async def test_what_comes_while_the_page_goes_away_harms_nothing_and_is_not_kept(
    page: Page, served: LoopbackChat
) -> None:
    await page.evaluate(
        "() => { window.WebSocket = class extends WebSocket {"
        " constructor(...given) { super(...given); window.line = this; } }; }"
    )
    await walk(page, served)
    await served.restart()
    await page.wait_for_function("() => window.line?.readyState === WebSocket.OPEN")
    kept_after = await page.evaluate(
        """() => {
            const hear = (frame) => line.onmessage({ data: JSON.stringify(frame) });
            localStorage.setItem("stay", "another's");
            dispatchEvent(new Event("visibilitychange"));
            hear({ type: "ready", sms_pane: true });
            hear({ type: "taken", id: JSON.parse(sessionStorage.said ?? "[]")[0]?.id ?? "1" });
            hear({ type: "sms", id: "1", to: "9••• •567", text: "482913" });
            return JSON.stringify({...sessionStorage});
        }"""
    )
    assert "word" not in kept_after
    await expect(page.get_by_text("Which language")).to_be_visible()
    await expect(page.get_by_text("482913")).to_have_count(0)


async def test_a_file_of_who_left_does_not_go_to_the_next_person(
    page: Page, served: LoopbackChat
) -> None:
    await page.evaluate(
        "() => { window.WebSocket = class extends WebSocket {"
        " constructor(...given) { super(...given); window.line = this; } }; }"
    )
    await served.restart()
    await page.wait_for_function("() => window.line?.readyState === WebSocket.OPEN")
    await page.route("**/upload", lambda route: route.abort())
    await page.set_input_files("#file", FilePayload(name="a.json", mimeType="", buffer=b"{}"))
    await expect(page.locator('[data-kind="file"][data-state="waiting"]')).to_be_visible()
    sent = await page.evaluate(
        """() => {
            let sent = 0;
            XMLHttpRequest.prototype.send = () => sent++;
            localStorage.setItem("stay", "another's");
            dispatchEvent(new Event("visibilitychange"));
            line.onopen();
            return sent;
        }"""
    )
    assert sent == 0
    await expect(page.get_by_text("Which language")).to_be_visible()


async def test_a_tab_without_a_connection_forgets_too(
    context: BrowserContext, page: Page, served: LoopbackChat
) -> None:
    await walk(page, served)
    # It can neither be told by the server nor say hello to it.
    await page.evaluate("() => { window.WebSocket = class { readyState = 0; close() {} }; }")
    await served.restart()
    other = await context.new_page()
    await other.goto(served.url)
    await expect(other.get_by_role("img", name="The code as a picture")).to_be_visible()
    await other.get_by_role("button", name="Leave this device").click()
    await other.get_by_role("button", name="Yes, leave").click()
    await expect(page.get_by_text("one word")).to_have_count(0)
    await expect(page.get_by_text("Which language")).to_be_visible()


async def test_a_tab_that_is_opened_again_after_somebody_left_shows_nothing_of_him(
    context: BrowserContext, page: Page, served: LoopbackChat
) -> None:
    await walk(page, served)
    closed = await page.evaluate("({ ...sessionStorage })")
    await page.get_by_role("button", name="Leave this device").click()
    await page.get_by_role("button", name="Yes, leave").click()
    await expect(page.get_by_text("Which document")).to_have_count(0)
    again = await context.new_page()
    # As the browser brings back what the tab kept.
    await again.goto(f"{served.url}/static/mark.svg")
    await again.evaluate("(kept) => Object.assign(sessionStorage, kept)", closed)
    await again.goto(served.url)
    await expect(again.get_by_text("Which language")).to_be_visible()
    await expect(again.get_by_text("one word")).to_have_count(0)
    assert "word" not in await kept(again)


async def test_who_follows_a_link_from_another_site_finds_his_chat(
    page: Page, served: LoopbackChat, context: BrowserContext
) -> None:
    (before,) = await context.cookies(served.url)
    await page.get_by_role("button", name="English", exact=True).click()
    await expect(page.get_by_text("Which document do you have?")).to_be_visible()
    elsewhere = await context.new_page()
    link = f'<a href="{served.url}/">The health code</a>'
    await elsewhere.route(
        "http://elsewhere.example/",
        lambda route: route.fulfill(body=link, content_type="text/html"),
    )
    await elsewhere.goto("http://elsewhere.example/")
    await elsewhere.get_by_role("link").click()
    await expect(elsewhere.get_by_text("Which document do you have?")).to_be_visible()
    (after,) = await context.cookies(served.url)
    assert after["value"] == before["value"]
