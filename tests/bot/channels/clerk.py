"""A very short conversation for the page, and a walk through it in a browser."""

from __future__ import annotations

from playwright.async_api import FilePayload, Page, expect

from core.conversation.messages import Button, File, Incoming, Press, Reply, Start, Text
from tests.bot.channels.transcript import CARD, LoopbackChat

GREETING = Reply(
    language="en",
    text="Hello, this is the health code. Which language do you prefer?",
    buttons=[[Button("1.en", "English"), Button("1.zh", "繁體中文")], [Button("1._help", "Help")]],
)
DOCUMENT = Reply(
    language="en",
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
    language="en",
    card=CARD,
)


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
            return [Reply(text="你好！請選擇你的證件。", language="zh_Hant_HK")]
        case Text(text=text):
            return [Reply(text=f"You wrote {text}.", aloud=True)]
        case _:
            return []


async def walk(page: Page, served: LoopbackChat) -> None:
    """Go through the whole short conversation, so that all there is can be seen."""
    await page.get_by_role("button", name="English", exact=True).click()
    await page.get_by_role("button", name="Hong Kong identity card").click()
    await expect(page.get_by_role("button", name="Choose the file")).to_be_visible()
    await page.get_by_role("textbox").fill("one word")
    await page.get_by_role("textbox").press("Enter")
    await expect(page.get_by_text("You wrote one word.")).to_be_visible()
    await page.set_input_files("#file", FilePayload(name="a.json", mimeType="", buffer=b"{}"))
    await expect(page.get_by_role("img", name="The code as a picture")).to_be_visible()
    await served.channel.show_sms(served.received[0].chat, "+85291234567", "Your code is 482913.")
    await expect(page.get_by_text("482913")).to_be_visible()
