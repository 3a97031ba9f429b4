"""The same journey as one would otherwise write it, with the same libraries.

python-telegram-bot's Application, ConversationHandler and PicklePersistence, long polling, sqlite3
and `qrcode` on the loop. It asks what the real conversation asks of somebody in public housing and
answers in the same words, so that the same people (`bench.journeys`) can be sent through it; it
has one language, no way back, and nothing of what makes a message count once.

    python -m bench.naive --api http://127.0.0.1:8081 --token T --port 0 --data DIR \
        --sms http://127.0.0.1:8082 --concurrent 256
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import io
import json
import re
import secrets
import sqlite3
import warnings
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import qrcode
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    ConversationHandler,
    MessageHandler,
    PersistenceInput,
    PicklePersistence,
    filters,
)
from telegram.warnings import PTBUserWarning

from tests.loopback.twilio import ACCOUNT, FROM, TOKEN

(
    CONSENT,
    NUMBER,
    ISSUED,
    NAME,
    BORN,
    HOUSING,
    ADDRESS,
    MOBILE,
    PASSCODE,
    TRUTH,
    HEALTH,
    FILE,
) = range(12)

TABLES = """
create table if not exists person (
    chat integer primary key, number text, issued text, name text, born text, address text,
    mobile text
);
create table if not exists visit (chat integer, place text, entered text, left text);
create table if not exists code (chat integer, issued text, code text);
"""

Turn = ContextTypes.DEFAULT_TYPE
KEY = secrets.token_bytes(32)


async def ask(update: Update, text: str, *buttons: tuple[str, str]) -> None:
    """Send a question with a row of buttons."""
    row = [InlineKeyboardButton(label, callback_data=data) for data, label in buttons]
    markup = InlineKeyboardMarkup([row]) if row else None
    assert update.effective_message
    await update.effective_message.reply_text(text, reply_markup=markup)


def words(update: Update) -> str:
    """Return what the person wrote."""
    assert update.message and update.message.text
    return update.message.text.strip()


def known(turn: Turn) -> dict[str, str]:
    """Return what the person has answered so far."""
    assert turn.user_data is not None
    return turn.user_data


def day(text: str) -> date | None:
    """Return the day that is written in one of two ways."""
    for form in ("%d/%m/%Y", "%d %B %Y"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    return None


async def start(update: Update, turn: Turn) -> int:
    await ask(update, "Privacy notice. Do you agree?", ("c.agree", "Agree"), ("c.no", "No"))
    return CONSENT


async def consent(update: Update, turn: Turn) -> int:
    assert update.callback_query
    await update.callback_query.answer()
    await ask(update, "Which identity document do you have? Send its number.")
    return NUMBER


async def number(update: Update, turn: Turn) -> int:
    if not re.fullmatch(r"[A-Z]{1,2}\d{6}\([0-9A]\)", words(update)):
        await ask(update, "That is no identity card number.")
        return NUMBER
    known(turn)["number"] = words(update)
    await ask(update, "When was the document issued?")
    return ISSUED


async def issued(update: Update, turn: Turn) -> int:
    found = day(words(update))
    if found is None:
        await ask(update, "That is no date.")
        return ISSUED
    known(turn)["issued"] = found.isoformat()
    await ask(update, "What is your name in English, and in Chinese if you have one?")
    return NAME


async def name(update: Update, turn: Turn) -> int:
    known(turn)["name"] = words(update)
    await ask(update, "When were you born?")
    return BORN


async def born(update: Update, turn: Turn) -> int:
    found = day(words(update))
    if found is None:
        await ask(update, "That is no date.")
        return BORN
    known(turn)["born"] = found.isoformat()
    await ask(
        update,
        "Where do you live?",
        ("h.public", "Public housing"),
        ("h.other", "Other housing"),
        ("h.hotel", "A hotel"),
    )
    return HOUSING


async def housing(update: Update, turn: Turn) -> int:
    assert update.callback_query
    await update.callback_query.answer()
    await ask(update, "What is your address?")
    return ADDRESS


async def address(update: Update, turn: Turn) -> int:
    known(turn)["address"] = words(update)
    await ask(update, "What is your Hong Kong mobile number?")
    return MOBILE


async def mobile(update: Update, turn: Turn) -> int:
    phone = words(update)
    if not re.fullmatch(r"[4-9]\d{7}", phone):
        await ask(update, "That is no Hong Kong mobile number.")
        return MOBILE
    code = f"{secrets.randbelow(1_000_000):06}"
    known(turn).update(mobile=phone, code=code)
    sms: httpx.AsyncClient = turn.bot_data["sms"]
    answer = await sms.post(
        f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
        data={"To": f"+852{phone}", "From": FROM, "Body": f"Health code: {code}"},
    )
    answer.raise_for_status()
    await ask(update, "I have sent a code to that number. What is it?")
    return PASSCODE


async def passcode(update: Update, turn: Turn) -> int:
    if not hmac.compare_digest(words(update), known(turn)["code"]):
        await ask(update, "That is not the code.")
        return PASSCODE
    answers = ("number", "issued", "name", "born", "address", "mobile")
    summary = "\n".join(str(known(turn)[key]) for key in answers)
    await ask(update, f"{summary}\nDo you declare that all this is true?", ("t.yes", "Yes"))
    return TRUTH


async def truth(update: Update, turn: Turn) -> int:
    assert update.callback_query and update.effective_chat
    await update.callback_query.answer()
    answers = ("number", "issued", "name", "born", "address", "mobile")
    row = (update.effective_chat.id, *(known(turn)[key] for key in answers))
    database: sqlite3.Connection = turn.bot_data["database"]
    database.execute("insert or replace into person values (?, ?, ?, ?, ?, ?, ?)", row)
    database.commit()
    await ask(update, "Today's health declaration", ("d.none", "None of these"))
    return HEALTH


async def health(update: Update, turn: Turn) -> int:
    assert update.callback_query
    await update.callback_query.answer()
    await ask(update, "Send the export of your visit records.")
    return FILE


async def file(update: Update, turn: Turn) -> int:
    assert update.message and update.message.document and update.effective_chat
    chat = update.effective_chat.id
    document = await update.message.document.get_file()
    visits = json.loads(bytes(await document.download_as_bytearray()))["visits"]
    rows = [(chat, json.dumps(each), str(each.get("in")), str(each.get("out"))) for each in visits]
    now = datetime.now(UTC)
    until = now + timedelta(days=1)
    claims = json.dumps({"chat": chat, "status": 1, "iat": now.timestamp()}).encode()
    code = "HKT:" + (claims + hmac.digest(KEY, claims, hashlib.sha256)).hex().upper()
    database: sqlite3.Connection = turn.bot_data["database"]
    database.execute("delete from visit where chat = ?", (chat,))
    database.executemany("insert into visit values (?, ?, ?, ?)", rows)
    database.execute("insert into code values (?, ?, ?)", (chat, now.isoformat(), code))
    database.commit()
    picture = io.BytesIO()
    qrcode.make(code).save(picture)
    await update.message.reply_photo(
        picture.getvalue(),
        caption=f"GREEN CODE\n{known(turn)['name']}\nuntil {until:%d %B %Y}",
        protect_content=True,
    )
    return ConversationHandler.END


async def listen(port: int) -> None:
    """Listen on a port, so that it can be seen that the program is there."""

    async def close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    await asyncio.start_server(close, "127.0.0.1", port)


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--api", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--port", type=int, default=0, help="listens there once it is ready")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sms", required=True, help="where Twilio's API is")
    parser.add_argument("--concurrent", type=int, default=0, help="concurrent_updates, 0 for off")
    options = parser.parse_args()
    warnings.simplefilter("ignore", PTBUserWarning)
    options.data.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(options.data / "naive.db")
    database.executescript(TABLES)

    async def ready(application: Any) -> None:
        # Put there at each start, as neither can be pickled.
        application.bot_data["database"] = database
        application.bot_data["sms"] = httpx.AsyncClient(
            base_url=options.sms, auth=(ACCOUNT, TOKEN), trust_env=False
        )
        if options.port:
            await listen(options.port)
        print("ready", flush=True)

    texts = filters.TEXT & ~filters.COMMAND
    states: dict[object, list[Any]] = {
        CONSENT: [CallbackQueryHandler(consent)],
        NUMBER: [MessageHandler(texts, number)],
        ISSUED: [MessageHandler(texts, issued)],
        NAME: [MessageHandler(texts, name)],
        BORN: [MessageHandler(texts, born)],
        HOUSING: [CallbackQueryHandler(housing)],
        ADDRESS: [MessageHandler(texts, address)],
        MOBILE: [MessageHandler(texts, mobile)],
        PASSCODE: [MessageHandler(texts, passcode)],
        TRUTH: [CallbackQueryHandler(truth)],
        HEALTH: [CallbackQueryHandler(health)],
        FILE: [MessageHandler(filters.Document.ALL, file)],
    }
    persistence = PicklePersistence(
        options.data / "naive.pickle", store_data=PersistenceInput(bot_data=False)
    )
    application = (
        Application.builder()
        .token(options.token)
        .base_url(f"{options.api}/bot")
        .base_file_url(f"{options.api}/file/bot")
        .persistence(persistence)
        .concurrent_updates(options.concurrent or False)
        .post_init(ready)
        .build()
    )
    application.add_handler(
        ConversationHandler(
            [CommandHandler("start", start)],
            states,
            [CommandHandler("start", start)],
            name="journey",
            persistent=True,
        )
    )
    application.run_polling(drop_pending_updates=False)


if __name__ == "__main__":
    main()
