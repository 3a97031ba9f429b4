"""What comes in from a person and what goes out to him, whatever the platform."""

from __future__ import annotations

from datetime import datetime

import msgspec

from core.colour import Colour


class Text(msgspec.Struct, frozen=True, tag="text"):
    """Words that a person wrote. `under`: the serial of the buttons under the message of ours that
    he replied to, 0 for none."""

    text: str
    under: int = 0


class Press(msgspec.Struct, frozen=True, tag="press"):
    """A button that was pressed: the button's id, and the platform's handle to acknowledge it."""

    button: str
    acknowledge: str = ""


class File(msgspec.Struct, frozen=True, tag="file"):
    """A photo or document that was sent. Only its handle: the bytes are fetched later.

    `ref` is what the channel's `fetch` takes; `size` is in bytes, 0 where the platform is silent;
    `album` groups files that were sent together, empty for none.
    """

    ref: str
    name: str = ""
    size: int = 0
    mime: str = ""
    photo: bool = False
    album: str = ""
    caption: str = ""


class Contact(msgspec.Struct, frozen=True, tag="contact"):
    """A phone number that was shared, with a plus before a country's code, if it has one. `own`: it
    is the sender's own, by the platform's word."""

    phone: str
    own: bool


class Edited(msgspec.Struct, frozen=True, tag="edited"):
    """A message that the person changed after sending it; `Incoming.message` says which. `text` and
    `file` are what it holds now, be they new or not."""

    text: str
    file: File | None = None


class Start(msgspec.Struct, frozen=True, tag="start"):
    """The beginning of a chat (or /start again), with a deep link's parameter."""

    payload: str = ""


class Command(msgspec.Struct, frozen=True, tag="command"):
    """A command, without the stroke it begins with: today, help, language, cancel, back, …"""

    name: str


class Other(msgspec.Struct, frozen=True, tag="other"):
    """Something we cannot read: sticker, voice, video, location, poll, … `album` as of a File."""

    kind: str
    album: str = ""


class Left(msgspec.Struct, frozen=True, tag="left"):
    """The person blocked the bot (`gone`) or let it in again."""

    gone: bool


class Finished(msgspec.Struct, frozen=True, tag="finished"):
    """Background work has ended: the upload's id, or the code of what was wrong with it.

    `name` is what the file is called.
    """

    job: str
    name: str = ""
    upload: str = ""
    error: str = ""
    params: dict[str, str | int] = {}


class Undelivered(msgspec.Struct, frozen=True, tag="undelivered"):
    """Something was given up: `what` is `sms`, `message` (one that came in), `reply`, or `picture`
    (a reply with a card)."""

    what: str


class Withdrawn(msgspec.Struct, frozen=True, tag="withdrawn"):
    """A code was withdrawn: its id in hexadecimal digits, why, in one word, and whose it was."""

    code: str
    why: str
    holder: str


class Answered(msgspec.Struct, frozen=True, tag="answered"):
    """A wish to look after somebody has its answer: `confirmed`, `refused`, or `lapsed` as there
    was none. Whom it concerns: the holder's id, his names, and his reference number."""

    holder: str
    name: str
    reference: str
    what: str
    chinese_name: str = ""


class LinkNews(msgspec.Struct, frozen=True, tag="links"):
    """Something became of the links of a holder: his id, his names, and what it is.

    `asked`: another chat asks to be his own, from `starts_at` on. `stopped`: it will not be.
    `linked`, `moved`: a chat is his own from now on, at the registered phone or at another one.
    `ended`: this chat looks after him no longer. `unlinked`: it is not his own any more. `left`: a
    guardian looks after him no longer.
    """

    holder: str
    name: str
    what: str
    starts_at: datetime | None = None
    chinese_name: str = ""


class TakeoverDue(msgspec.Struct, frozen=True, tag="takeover_due"):
    """The chat has waited long enough to become somebody's own; the id of its wait."""

    takeover: str


News = Withdrawn | Answered | LinkNews | TakeoverDue
"""What has happened outside the chat, and is told in it."""

Body = (
    Text
    | Press
    | File
    | Contact
    | Edited
    | Start
    | Command
    | Other
    | Left
    | Finished
    | Undelivered
    | News
)


class Incoming(msgspec.Struct, frozen=True):
    """One thing that reached us from one chat.

    `chat` is `<channel>:<address>`; `id` is unique within the channel and is what makes a message
    count once; `message` is the platform's message id inside the chat (for edits and deletion);
    `language` is the platform's hint, a BCP 47 tag or empty; `sent_at` is UTC.
    """

    chat: str
    id: str
    body: Body
    sent_at: datetime
    message: str = ""
    language: str = ""


def channel_of(chat: str) -> str:
    """Return the channel of a chat."""
    return chat.partition(":")[0]


class Button(msgspec.Struct, frozen=True):
    """A button: the id that comes back when it is pressed, and its label in the chat's language."""

    id: str
    label: str


class Card(msgspec.Struct, frozen=True):
    """What the picture of a code shows. Everything on it is also in the caption, in words.

    `code` is the whole QR text; `name` the masked names, a line each; `tail` the last characters
    of the document; `issued_at` and `expires_at` are UTC; `challenge` an officer's digits, in a
    live answer.
    """

    colour: Colour
    code: str
    name: list[str]
    tail: str
    issued_at: datetime
    expires_at: datetime
    language: str
    challenge: str = ""


class Reply(msgspec.Struct, frozen=True, tag="reply"):
    """One message to a person, already in his language; channels send it as it stands.

    `notice`: a short word in answer to a press, shown as a toast where the platform has one.
    `contact`: label of a button that shares the person's own phone number, where there is one;
    `put_away`: the button that an earlier reply had for this is not to be offered any more.
    `protect`: not to be forwarded or saved. `forget`: ids of his messages to delete from the chat.
    `acknowledge`: the press that this answers. `file_wanted`: the answer hoped for is a file.
    `aloud`: the text is wanted as a voice message too, where the platform has one.
    `instead`: it tells of something that was given up; if it is given up too, nothing tells of it.
    `language` is the text's, as its catalogue is named.
    """

    text: str
    buttons: list[list[Button]] = []
    card: Card | None = None
    notice: bool = False
    contact: str = ""
    put_away: bool = False
    protect: bool = False
    forget: list[str] = []
    acknowledge: str = ""
    file_wanted: bool = False
    aloud: bool = False
    instead: bool = False
    language: str = ""


class Capabilities(msgspec.Struct, frozen=True):
    """What a platform can show. Lengths in characters; 0 buttons means numbered text instead."""

    buttons: int
    label: int
    text: int
    caption: int
    share_contact: bool = False
    toast: bool = False
    delete: bool = False
    voice: bool = False
