"""Other people on file: what the program keeps of them, sealed and kept as it keeps it."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from core.assessment import Assessment
from core.colour import Colour
from core.conversation.session import Session
from core.declaration import Declaration
from core.holder import Holder
from core.identity import DocumentType, check_character, normalise
from core.sample import sample_export
from core.store import tables
from core.store.codes import Assessed
from core.store.store import Store, Transaction
from core.visits import Export
from core.visits.reading import read_export

SINCE = timedelta(days=29)
"""How long ago the first of them came: of all there is something left to be kept."""

VISITS = 60
MESSAGES = 14
"""Messages that each has sent, and replies that each has got."""

CODES = 3
"""Codes that each has got, one a day."""

AT_ONCE = 500


async def settle(store: Store, now: datetime, people: int) -> None:
    """Keep so many people, who came evenly in the days before `now`, and what each has left."""
    data = sample_export(31, VISITS, 7, now, name="visits.json")
    export = read_export(data, name="visits.json", now=now, policy=store.policy.visits)
    for begin in range(0, people, AT_ONCE):
        async with store.writing() as tx:
            rows: dict[str, list[dict[str, Any]]] = {}
            for number in range(begin, min(begin + AT_ONCE, people)):
                await _one(tx, number, now - SINCE * (1 - number / people), export, rows)
            for table, some in rows.items():
                await tx.connection.execute(insert(tables.metadata.tables[table]), some)


async def _one(
    tx: Transaction,
    number: int,
    at: datetime,
    export: Export,
    rows: dict[str, list[dict[str, Any]]],
) -> None:
    """Keep one of them through the store, and put into `rows` what it has no call for."""
    chat, ring, seconds = f"telegram:{10_000_000_000 + number}", tx.ring, at.timestamp()
    holder = _holder(number)
    document = normalise(DocumentType.HKID, holder.number)
    known = await tx.people.register(
        holder, tx.people.document_index(holder.document, document), chat=chat, now=at
    )
    await tx.people.consent(chat, "1", at)
    await tx.people.keep_export(known, export, at)
    await tx.people.keep_proof(known, secrets.token_bytes(2_000), at)
    assessed = Assessed(Assessment(Colour.GREEN, ()), Declaration(), await tx.lists.version())
    for day in range(CODES):
        issued_at = at - timedelta(days=day)
        await tx.codes.keep(
            known,
            assessed,
            code_id=secrets.token_bytes(8),
            kid=bytes(8),
            chat=chat,
            issued_at=issued_at,
            expires_at=issued_at + timedelta(hours=12),
        )
        await tx.people.record("code issued", actor=chat, object=known.id, now=issued_at)

    def add(table: str, **row: Any) -> None:
        rows.setdefault(table, []).append(row)

    key = ring.new_key()
    session = ring.owner(key).seal(Session().to_bytes(), f"chats|session|{chat}")
    add("chats", id=chat, key=key, session=session, seen_at=seconds)
    done = {"chat": chat, "due_at": seconds, "state": tables.DONE}
    for message in range(MESSAGES):
        name = f"telegram:of-{number}-{message}"
        add("inbox", message=name, received_at=seconds, **done)
        add("outbox", route="telegram", made_at=seconds, **done)
    phone = ring.index("phone", holder.mobile)
    sent = {"id": secrets.token_hex(16), "chat": chat, "phone": phone, "made_at": seconds}
    add("dispatches", challenge=secrets.token_hex(16), block=phone[:8], **sent)
    end = {"expires_at": seconds + 600, "ready_at": seconds, "verified_at": seconds}
    add("challenges", purpose="registration", **sent, **end)
    installation = {"installation": secrets.token_bytes(32), "holder": known.id}
    add("installations", made_at=seconds, **installation)


def _holder(number: int) -> Holder:
    body = f"E{number % 1_000_000:06}" if number < 1_000_000 else f"F{number % 1_000_000:06}"
    answers = {
        "document": DocumentType.HKID,
        "number": f"{body}({check_character(body)})",
        "issued_on": "2019-03-15",
        "english_name": "CHAN Tai Man",
        "chinese_name": "陳大文",
        "born_on": "1958-01-02",
        "housing": "public",
        "mobile": f"+8526{number:07}",
        "address": "Flat 1203, Block 5, Mei Lam Estate",
        "district": "ST",
    }
    return Holder.from_answers(answers, language="en")
