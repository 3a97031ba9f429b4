"""The conversation on the page: questions, languages, changes, tabs."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, BrowserContext, FilePayload, Page, expect

from core.conversation.messages import Button, Edited, Press, Reply, Start, Text
from tests.bot.channels.clerk import DOCUMENT
from tests.bot.channels.transcript import LoopbackChat

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_newest_question_stands_out_and_older_buttons_still_work(
    page: Page, served: LoopbackChat
) -> None:
    await page.get_by_role("button", name="English", exact=True).click()
    await expect(page.locator(".newest")).to_contain_text("Which document")
    await expect(page.locator(".newest")).to_have_count(1)
    await page.get_by_role("button", name="繁體中文").click()
    await expect(page.get_by_text("你好！")).to_be_visible()


async def test_the_second_click_of_two_in_haste_presses_nothing(
    page: Page, served: LoopbackChat
) -> None:
    await page.get_by_role("button", name="English", exact=True).click()
    await page.locator('[data-button="2.passport"]').dispatch_event("click", {"detail": 2})
    await page.locator("#words").fill("hello")
    await page.keyboard.press("Enter")
    bodies = [one.body for one in await served.until(3)]
    assert bodies == [Start(), Press(button="1.en"), Text("hello")]


async def test_a_finger_that_taps_twice_presses_once_whatever_lies_under_it_by_then(
    page: Page, served: LoopbackChat
) -> None:
    await page.clock.install()
    await page.reload()
    await expect(page.get_by_text("Which language")).to_be_visible()
    await page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))

    async def tap(button: str) -> None:
        one = page.locator(f'[data-button="{button}"]')
        where = {"clientX": 100, "clientY": 100, "pointerType": "touch"}
        await one.dispatch_event("pointerdown", where)
        await one.dispatch_event("click", where | {"detail": 1})

    await tap("1.en")
    await expect(page.locator(".newest")).to_contain_text("Which document")
    await tap("2.passport")
    await page.clock.run_for(1000)
    await tap("2.hkid")
    pressed = [one.body for one in await served.until(3)]
    assert pressed == [Start(), Press(button="1.en"), Press(button="2.hkid")]
    await expect(page.locator('.mine[data-kind="press"]')).to_have_count(2)


@pytest.mark.parametrize("touch", [True, False], ids=["finger", "mouse"])
async def test_what_lay_under_the_finger_is_pressed_though_a_message_moves_it_away(
    page: Page, served: LoopbackChat, touch: bool
) -> None:
    await page.get_by_role("button", name="English", exact=True).click()
    document = page.locator('[data-button="2.hkid"]')
    await expect(document).to_be_in_viewport(ratio=1)
    box = await document.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    finger = await page.context.new_cdp_session(page)
    if touch:
        down = {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]}
        await finger.send("Input.dispatchTouchEvent", down)
    else:
        await page.mouse.move(x, y)
        await page.mouse.down()
    # It takes the other's place, and has its buttons where that had them.
    buttons = [[Button(f"other.{one.id}", one.label) for one in row] for row in DOCUMENT.buttons]
    same = Reply(language="en", text=DOCUMENT.text, buttons=buttons)
    await served.reply(served.received[0].chat, same)
    await page.wait_for_function(
        "([x, y]) => document.elementFromPoint(x, y)?.dataset.button === 'other.2.hkid'",
        arg=[x, y],
    )
    if touch:
        await finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    else:
        await page.mouse.up()
    await expect(page.get_by_role("button", name="Choose the file")).to_be_visible()
    bodies = [one.body for one in await served.until(3)]
    assert bodies == [Start(), Press(button="1.en"), Press(button="2.hkid")]


async def test_who_draws_his_finger_away_from_a_button_presses_nothing(
    page: Page, served: LoopbackChat
) -> None:
    box = await page.locator('[data-button="1.en"]').bounding_box()
    assert box
    await page.mouse.move(box["x"] + 5, box["y"] + 5)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 5, box["y"] - 60)
    await page.mouse.up()
    await page.locator("#words").fill("hello")
    await page.keyboard.press("Enter")
    bodies = [one.body for one in await served.until(2)]
    assert bodies == [Start(), Text("hello")]


async def test_the_page_follows_the_language_of_the_chat(page: Page, served: LoopbackChat) -> None:
    await page.get_by_role("button", name="繁體中文").click()
    await expect(page.get_by_role("button", name="傳送檔案")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", "zh-Hant-HK")
    for part in (".text", ".buttons"):
        await expect(page.locator(f".reply {part}").first).to_have_attribute("lang", "en")
    await expect(page.locator(".reply .text").last).to_have_attribute("lang", "zh-Hant-HK")
    # What the page says beside it is in the page's language now, and is read out in that.
    spoken = page.locator(".reply").first.get_by_text("健康碼：")
    assert await spoken.evaluate("e => e.closest('[lang]').lang") == "zh-Hant-HK"
    await page.get_by_label("本頁語言").select_option("zh-Hans")
    await page.reload()
    await expect(page.get_by_role("button", name="发送文件")).to_be_visible()


async def test_the_chat_follows_the_language_that_is_chosen_for_the_page(
    page: Page, served: LoopbackChat
) -> None:
    await page.get_by_label("Language of this page").select_option("zh-Hant-HK")
    assert (await served.until(2))[-1].body == Text("繁體中文")
    await page.get_by_role("button", name="繁體中文").click()
    await expect(page.get_by_text("你好！")).to_be_visible()
    # What the chat speaks already need not be asked of it.
    await page.get_by_label("本頁語言").select_option("zh-Hant-HK")
    await page.locator("#words").fill("一")
    await page.keyboard.press("Enter")
    bodies = [one.body for one in await served.until(4)]
    assert bodies[1:] == [Text("繁體中文"), Press(button="1.zh"), Text("一")]


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
    browser: Browser, served: LoopbackChat, locale: str, tag: str, title: str
) -> None:
    served.answer = lambda _: []
    context = await browser.new_context(locale=locale)
    page = await context.new_page()
    await page.goto(served.url)
    await expect(page).to_have_title(title)
    assert (await served.until(1))[0].language == tag
    await context.close()


async def test_large_text_is_remembered(page: Page) -> None:
    size = "getComputedStyle(document.querySelector('.text')).fontSize"
    before = float((await page.evaluate(size))[:-2])
    await page.get_by_role("button", name="Large text").click()
    await page.reload()
    await expect(page.get_by_text("Which language")).to_be_visible()
    await expect(page.get_by_role("button", name="Large text", pressed=True)).to_be_visible()
    assert float((await page.evaluate(size))[:-2]) > before * 1.25


async def test_a_sent_message_can_be_changed(page: Page, served: LoopbackChat) -> None:
    await page.locator("#words").fill("CHAN Tai Mna")
    await page.get_by_role("button", name="Send", exact=True).click()
    await page.get_by_role("button", name="Change", exact=True).click()
    await expect(page.locator("#words")).to_have_value("CHAN Tai Mna")
    await page.keyboard.press("Escape")
    await expect(page.locator("#words")).to_have_value("")
    await page.get_by_role("button", name="Change", exact=True).click()
    await page.locator("#words").fill("CHAN Tai Man")
    await page.keyboard.press("Enter")
    received = await served.until(3)
    assert received[2].body == Edited("CHAN Tai Man")
    assert received[2].message == received[1].message
    await page.reload()
    await expect(page.locator(".mine")).to_have_text(re.compile("CHAN Tai Man"))


async def test_what_was_being_written_is_still_there_after_a_change(
    page: Page, served: LoopbackChat
) -> None:
    change = page.get_by_role("button", name="Change", exact=True)
    await page.locator("#words").fill("first")
    await page.keyboard.press("Enter")
    await expect(change).to_be_visible()
    await page.locator("#words").fill("half-written")
    await change.click()
    await page.get_by_role("button", name="Leave it as it was").click()
    await expect(page.locator("#words")).to_have_value("half-written")
    await change.click()
    await page.locator("#words").fill("1st")
    await page.keyboard.press("Enter")
    await expect(page.locator("#words")).to_have_value("half-written")
    await page.keyboard.press("Enter")
    await expect(page.locator("#words")).to_have_value("")
    assert [one.body for one in (await served.until(4))[2:]] == [
        Edited("1st"),
        Text("half-written"),
    ]


async def test_words_that_are_to_be_forgotten_leave_the_page(
    page: Page, served: LoopbackChat
) -> None:
    await page.locator("#words").fill("A123456(3)")
    await page.keyboard.press("Enter")
    one = (await served.until(2))[-1]
    await expect(page.get_by_text("Received")).to_be_visible()
    await served.reply(one.chat, Reply(text="Thank you.", forget=[one.message]))
    await expect(page.get_by_text("Removed from this page")).to_be_visible()
    assert "A123456" not in await page.locator(".mine").inner_text()
    assert "A123456" not in await page.evaluate("JSON.stringify({ ...sessionStorage })")
    await page.reload()
    await expect(page.get_by_text("Removed from this page")).to_be_visible()


async def test_a_text_that_is_too_long_is_explained(page: Page, served: LoopbackChat) -> None:
    # As it is pasted: what is too long may not be cut off without a word.
    await page.locator("#words").focus()
    await page.keyboard.insert_text("碼" * 30_000)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Too long to send")).to_be_visible()
    await page.locator("#words").fill("shorter")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("You wrote shorter.")).to_be_visible()


async def test_two_tabs_show_the_same(
    context: BrowserContext, page: Page, served: LoopbackChat
) -> None:
    other = await context.new_page()
    await other.goto(served.url)
    await expect(other.get_by_text("Which language")).to_be_visible()
    await page.get_by_role("button", name="English", exact=True).click()
    await expect(other.locator(".mine")).to_contain_text("English")
    await expect(other.get_by_text("Which document")).to_be_visible()
    # A file's name is no text that could be changed.
    await other.locator("#words").fill("words")
    await other.keyboard.press("Enter")
    await expect(other.locator(".mine").last).to_contain_text("Received")
    await page.set_input_files("#file", FilePayload(name="a.json", mimeType="", buffer=b"{}"))
    await expect(other.locator(".mine").last).to_contain_text("a.json")
    await other.get_by_role("button", name="English", exact=True).click()
    await expect(other.locator(".mine").last).to_contain_text("Received")
    await expect(other.locator(".mine", has=other.locator(".edit"))).to_contain_text("words")
    await other.close()


async def test_a_question_that_is_answered_keeps_its_answers_but_not_its_ways_out(
    page: Page, served: LoopbackChat
) -> None:
    await page.get_by_role("button", name="English", exact=True).click()
    await expect(page.get_by_role("button", name="Back")).to_be_visible()
    await expect(page.get_by_role("button", name="Help")).to_have_count(0)
    await expect(page.get_by_role("button", name="English", exact=True)).to_be_visible()
    # The way out that was pressed keeps the focus until another one is gone on to.
    await page.get_by_role("button", name="Why do you ask?").focus()
    await served.reply(served.received[0].chat, DOCUMENT)
    await expect(page.get_by_role("button", name="Why do you ask?")).to_have_count(2)
    await expect(page.get_by_role("button", name="Why do you ask?").first).to_be_focused()
    await page.locator("#words").focus()
    await served.reply(served.received[0].chat, DOCUMENT)
    await expect(page.get_by_role("button", name="Why do you ask?")).to_have_count(1)


async def test_a_text_message_that_was_put_away_stays_away_after_a_reload(
    page: Page, served: LoopbackChat
) -> None:
    chat = served.received[0].chat
    await served.channel.show_sms(chat, "+85291234567", "Your code is 482913.")
    await expect(page.get_by_text("482913")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("482913")).to_be_visible()
    await page.get_by_role("button", name="Hide").click()
    await expect(page.get_by_text("482913")).to_be_hidden()
    await page.reload()
    await expect(page.get_by_role("button", name="Show", exact=True)).to_be_visible()
    await expect(page.get_by_text("482913")).to_be_hidden()
    await served.channel.show_sms(chat, "+85291234567", "Your code is 110022.")
    await expect(page.get_by_text("110022")).to_be_visible()
