"""The words that the web page and the server exchange: JSON text frames over the WebSocket."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec
from msgspec import Meta

from bot.channels.written import START_PARAMETER, written
from core.conversation.messages import Body, Edited, Press, Reply

_ID = r"^[A-Za-z0-9-]{1,40}\Z"
Id = Annotated[str, Meta(pattern=_ID)]
"""A name that the page gives to what it sends, so that a second sending counts once. The news of a
file holds it with the chat twice, in the 120 characters of `inbox.message`."""


class Unreadable(Exception):
    """A frame that is not one of ours."""


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """The page is there and has seen the replies up to `last`; `start` came with the link."""

    id: Id
    last: Annotated[int, Meta(ge=0, le=2**53)] = 0
    language: Annotated[str, Meta(max_length=35)] = ""
    start: Annotated[str, Meta(pattern=rf"^[A-Za-z0-9_-]{{0,{START_PARAMETER}}}\Z")] = ""


class Written(msgspec.Struct, frozen=True, tag="text"):
    """Words that the person wrote."""

    id: Id
    text: str


class Pressed(msgspec.Struct, frozen=True, tag="press"):
    """A button that he pressed."""

    id: Id
    button: Annotated[str, Meta(min_length=1, max_length=256)]


class Changed(msgspec.Struct, frozen=True, tag="edit"):
    """New words for the message that he sent as `message`."""

    id: Id
    message: Id
    text: str


Answer = Written | Pressed | Changed
Frame = Hello | Answer

_decoder: msgspec.json.Decoder[Frame] = msgspec.json.Decoder(Frame)


def read(raw: str) -> Frame:
    """Read a frame of the page, or raise Unreadable."""
    try:
        return _decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Unreadable from error


def is_id(text: str) -> bool:
    """Tell whether `text` may name something that the page sends."""
    return re.match(_ID, text) is not None


def body(answer: Answer) -> Body:
    """Return what the conversation is told of a frame."""
    match answer:
        case Pressed(button=button):
            return Press(button=button)
        case Changed(text=text):
            return Edited(text=text)
        case Written(text=text):
            return written(text)


class Shown(msgspec.Struct, frozen=True, tag="reply"):
    """A reply for the page. `number` is its place in the outbox; `picture` and `sound` are paths
    or null."""

    number: int
    text: str
    buttons: list[list[dict[str, str]]]
    picture: str | None
    sound: str | None
    notice: bool
    file_wanted: bool
    forget: list[str]
    language: str


class Taken(msgspec.Struct, frozen=True, tag="taken"):
    """What the page sent as `id` is committed: it need not be sent again."""

    id: str


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """What the page sent as `id` will never be taken: `why` is `too_long` or `unreadable`."""

    id: str
    why: str


class Said(msgspec.Struct, frozen=True, tag="said"):
    """What the same person said in another tab: words, a file's name, or a button."""

    id: str
    text: str = ""
    button: str = ""
    message: str = ""
    file: bool = False


class Sms(msgspec.Struct, frozen=True, tag="sms"):
    """A text message that reached the person's phone. `id` tells it from others."""

    id: str
    to: str
    text: str


class Typing(msgspec.Struct, frozen=True, tag="typing"):
    """An answer is being written."""


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """All that was there before has been shown: what comes now is new."""

    sms_pane: bool


Outgoing = Shown | Taken | Refused | Said | Sms | Typing | Ready

_encoder = msgspec.json.Encoder()


def write(frame: Outgoing) -> str:
    """Write a frame for the page."""
    return _encoder.encode(frame).decode()


def shown(number: int, reply: Reply) -> Shown:
    """Return the reply as the page gets it; its language as a BCP 47 tag, empty where unknown."""
    return Shown(
        number=number,
        text=reply.text,
        buttons=[[{"id": b.id, "label": b.label} for b in row] for row in reply.buttons],
        picture=f"/picture/{number}" if reply.card else None,
        sound=f"/sound/{number}" if reply.aloud else None,
        notice=reply.notice,
        file_wanted=reply.file_wanted,
        forget=reply.forget,
        language=reply.language.replace("_", "-"),
    )


def said(answer: Answer) -> Said:
    """Return what the other tabs of the same chat are told."""
    match answer:
        case Pressed(id=name, button=button):
            return Said(id=name, button=button)
        case Changed(id=name, message=message, text=text):
            return Said(id=name, text=text, message=message)
        case Written(id=name, text=text):
            return Said(id=name, text=text)
