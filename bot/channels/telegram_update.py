"""What a Telegram update means: from the Bot API's types to an Incoming."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import replace
from telegram import (
    CallbackQuery,
    Chat,
    ChatMemberUpdated,
    InaccessibleMessage,
    Message,
    Update,
    User,
)
from telegram.constants import (
    ChatMemberStatus,
    ChatType,
    MessageAttachmentType,
    MessageType,
    UpdateType,
)

from bot.channels.written import written
from core.conversation.messages import (
    Body,
    Contact,
    Edited,
    File,
    Incoming,
    Left,
    Other,
    Press,
    Text,
)

CHANNEL = "telegram"

ALLOWED_UPDATES = [
    UpdateType.MESSAGE,
    UpdateType.EDITED_MESSAGE,
    UpdateType.CALLBACK_QUERY,
    UpdateType.MY_CHAT_MEMBER,
]
"""All that `read` understands; asked for by name, as my_chat_member would else be left out."""

WRITTEN = (UpdateType.MESSAGE, UpdateType.EDITED_MESSAGE)
"""Updates that hold a whole message."""

LOCAL_DIGITS = 8
"""Of a number in Hong Kong."""

SERVICE = (
    frozenset(MessageType)
    - frozenset(MessageType(kind.value) for kind in MessageAttachmentType)
    - {
        MessageType.TEXT,
        MessageType.CHECKLIST,
        MessageType.GIVEAWAY,
        MessageType.BUSINESS_CONNECTION_ID,
        MessageType.EFFECT_ID,
        MessageType.REPLY_TO_STORY,
        MessageType.SENDER_BOOST_COUNT,
        MessageType.SENDER_BUSINESS_BOT,
    }
)
"""Notes that Telegram itself puts into a chat (a message was pinned, …): nobody wrote them."""

BARE = frozenset(
    {
        "message_id",
        "date",
        "edit_date",
        "chat",
        "from",
        "text",
        "caption",
        "media_group_id",
        "photo",
        "document",
        "animation",
        "contact",
    }
)
"""All of a message that is understood here. The rest may be as another Bot API describes it than
the one that the library knows."""


def parsed(raw: dict[str, Any]) -> Update:
    """Return an update from its JSON, or raise whatever the library does where it is none.

    With a press comes the whole message of ours that the button stands under. Which one it is and
    in which chat is all that we want of it: InaccessibleMessage is the Bot API's type for that.
    """
    match raw:
        case {"update_id": number, "callback_query": {"message": dict() as message} as query}:
            chat = Chat.de_json(message["chat"])
            under = InaccessibleMessage(chat, message["message_id"])
            sender = User.de_json(query["from"])
            press = CallbackQuery(
                query["id"], sender, query["chat_instance"], under, query.get("data")
            )
            return Update(number, callback_query=press)
    try:
        return Update.de_json(raw)
    except Exception:
        return Update.de_json(_bare(raw))


def _bare(raw: dict[str, Any]) -> dict[str, Any]:
    """Return an update with no more of what a person wrote than is understood."""
    return {
        name: {part: value[part] for part in BARE & value.keys()}
        if name in WRITTEN and SERVICE.isdisjoint(value)
        else value
        for name, value in raw.items()
    }


def read(update: Update, now: datetime) -> Incoming | None:
    """Return what an update says, None where it says nothing to us.

    Only private chats are served: a health code shown in a group would be shown to all of it. So
    what is written in groups and channels is None, as are service messages. `now` is the instant
    (UTC) at which a press arrived, since the Bot API dates only messages.
    """
    number = str(update.update_id)
    if update.message is not None:
        return _message(number, update.message, edited=False)
    if update.edited_message is not None:
        return _message(number, update.edited_message, edited=True)
    if update.callback_query is not None:
        return _press(number, update.callback_query, now)
    if update.my_chat_member is not None:
        return _membership(number, update.my_chat_member)
    return None


def _message(number: str, message: Message, edited: bool) -> Incoming | None:
    if message.chat.type != ChatType.PRIVATE:
        return None
    body = _edited(message) if edited else _body(message)
    if body is None:
        return None
    sender = message.from_user
    return Incoming(
        chat=f"{CHANNEL}:{message.chat.id}",
        id=number,
        body=body,
        sent_at=message.edit_date or message.date,
        message=str(message.message_id),
        language=(sender.language_code if sender else None) or "",
    )


def _press(number: str, query: CallbackQuery, now: datetime) -> Incoming | None:
    message = query.message
    if query.data is None or message is None or message.chat.type != ChatType.PRIVATE:
        return None
    return Incoming(
        chat=f"{CHANNEL}:{message.chat.id}",
        id=number,
        body=Press(button=query.data, acknowledge=query.id),
        sent_at=now,
        message=str(message.message_id),
        language=query.from_user.language_code or "",
    )


def _membership(number: str, change: ChatMemberUpdated) -> Incoming | None:
    if change.chat.type != ChatType.PRIVATE:
        return None
    gone = change.new_chat_member.status in (ChatMemberStatus.BANNED, ChatMemberStatus.LEFT)
    return Incoming(
        chat=f"{CHANNEL}:{change.chat.id}",
        id=number,
        body=Left(gone),
        sent_at=change.date,
        language=change.from_user.language_code or "",
    )


def _edited(message: Message) -> Body | None:
    if message.edit_date is None:
        # So comes what nobody has changed, as when he put a thumb on it.
        return None
    body = _body(message)
    # It comes by itself, whatever it was sent with.
    file = replace(body, album="") if isinstance(body, File) else None
    text = message.text or message.caption or ""
    # A place that moves comes by the dozen.
    return Edited(text, file) if text or file else None


def _body(message: Message) -> Body | None:
    if message.text is not None:
        body = written(message.text)
        under = _serial(message.reply_to_message) if message.reply_to_message else 0
        return replace(body, under=under) if under and isinstance(body, Text) else body
    if message.photo:
        # The same picture in several sizes, in an order that is not promised.
        largest = max(message.photo, key=lambda size: size.width * size.height)
        return File(
            ref=largest.file_id,
            size=largest.file_size or 0,
            mime="image/jpeg",
            photo=True,
            album=message.media_group_id or "",
            caption=message.caption or "",
        )
    # An animation comes with a document as well, for clients that are older than animations.
    if message.document and not message.animation:
        return File(
            ref=message.document.file_id,
            name=message.document.file_name or "",
            size=message.document.file_size or 0,
            mime=message.document.mime_type or "",
            album=message.media_group_id or "",
            caption=message.caption or "",
        )
    if message.contact:
        # Anybody's contact can be forwarded; only the sender's own carries his user id.
        sender = message.from_user
        own = sender is not None and message.contact.user_id == sender.id
        return Contact(phone=_phone(message.contact.phone_number), own=own)
    for kind in MessageAttachmentType:
        if getattr(message, kind.value, None):
            return Other(kind.value, album=message.media_group_id or "")
    if any(getattr(message, kind.value, None) for kind in SERVICE):
        return None
    return Other("unknown")


def _serial(message: Message) -> int:
    """Return the serial of the buttons under a message, 0 where none has one."""
    keyboard = message.reply_markup.inline_keyboard if message.reply_markup else ()
    serials = (str(button.callback_data).partition(".")[0] for row in keyboard for button in row)
    return next((int(serial) for serial in serials if serial.isdecimal()), 0)


def _phone(shared: str) -> str:
    """Return a number with the plus that clients leave out before a country's code; one as short as
    those of Hong Kong has none: so it stands in the phone from which it is shared."""
    local = sum(map(str.isdigit, shared)) <= LOCAL_DIGITS
    return shared if local or shared.startswith("+") else f"+{shared}"
