"""The tables. Personal data stands only in sealed columns; what is looked up stands as an index.

A chat, who writes in it and whom it is about are three things: `chats`, and `holders` joined by
`links`. Instants are UTC seconds (float where order within a second matters).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)

metadata = MetaData()

# SQLite gives a growing row number only to a column of type INTEGER.
Serial = BigInteger().with_variant(Integer, "sqlite")


def _partial_index(name: str, *columns: Column[Any], where: ColumnElement[bool]) -> None:
    """Index just the rows of which a condition is true."""
    Index(name, *columns, sqlite_where=where, postgresql_where=where)


def _load() -> Column[int]:
    """Return the column that says with which load a row of a list came, see `lists`."""
    return Column("load", Integer, nullable=False, server_default="0")


chats = Table(
    "chats",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("key", LargeBinary, nullable=False),
    Column("session", LargeBinary, nullable=False),
    Column("seen_at", Float, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("number", Serial, primary_key=True, autoincrement=True),
    Column("chat", String(80), nullable=False),
    Column("message", String(120), nullable=False, unique=True),
    Column("body", LargeBinary),
    Column("received_at", Float, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("state", Integer, nullable=False, default=0),
    sqlite_autoincrement=True,
)
_partial_index(
    "inbox_waiting",
    inbox.c.chat,
    inbox.c.number,
    where=inbox.c.state == 0,
)
_partial_index(
    "inbox_kept",
    inbox.c.received_at,
    where=inbox.c.body.is_not(None) & (inbox.c.state != 0),
)

outbox = Table(
    "outbox",
    metadata,
    Column("number", Serial, primary_key=True, autoincrement=True),
    Column("route", String(20), nullable=False),
    Column("chat", String(80), nullable=False),
    Column("body", LargeBinary),
    Column("made_at", Float, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("state", Integer, nullable=False, default=0),
    sqlite_autoincrement=True,
)
_partial_index(
    "outbox_waiting",
    outbox.c.route,
    outbox.c.chat,
    outbox.c.number,
    where=outbox.c.state == 0,
)
Index("outbox_chat", outbox.c.chat, outbox.c.number)
_partial_index(
    "outbox_kept",
    outbox.c.made_at,
    where=outbox.c.body.is_not(None) & (outbox.c.state != 0),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("chat", String(80), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("made_at", Float, nullable=False, index=True),
)

holders = Table(
    "holders",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("reference", String(20), nullable=False, unique=True),
    Column("key", LargeBinary, nullable=False),
    Column("document", LargeBinary, nullable=False, unique=True),
    Column("record", LargeBinary, nullable=False),
    Column("made_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False, index=True),
)

proofs = Table(
    "proofs",
    metadata,
    Column("holder", String(40), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("made_at", Float, nullable=False, index=True),
)

links = Table(
    "links",
    metadata,
    Column("chat", String(80), primary_key=True),
    Column("holder", String(40), primary_key=True, index=True),
    Column("role", String(20), nullable=False),
    Column("made_at", Float, nullable=False),
    Column("relation", String(20), nullable=False, default=""),
    Column("way", String(20), nullable=False, default=""),
    Column("starts_at", Float),
    Column("letter", LargeBinary),
    Column("letter_until", Float),
)
_partial_index(
    "links_waiting",
    links.c.way,
    links.c.made_at,
    where=links.c.starts_at.is_(None),
)

takeovers = Table(
    "takeovers",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("chat", String(80), nullable=False, index=True),
    Column("holder", String(40), nullable=False, index=True),
    Column("mobile", LargeBinary),
    Column("made_at", Float, nullable=False),
    Column("starts_at", Float, nullable=False),
    Column("ended_at", Float),
)
_partial_index(
    "takeovers_waiting",
    takeovers.c.starts_at,
    where=takeovers.c.ended_at.is_(None),
)

consents = Table(
    "consents",
    metadata,
    Column("chat", String(80), primary_key=True),
    Column("notice", String(20), primary_key=True),
    Column("given_at", Float, nullable=False),
)

challenges = Table(
    "challenges",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("chat", String(80), nullable=False),
    Column("purpose", String(20), nullable=False),
    Column("phone", LargeBinary, nullable=False),
    Column("made_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("ready_at", Float, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("verified_at", Float),
)
Index("challenges_phone", challenges.c.phone, challenges.c.made_at)
Index("challenges_made", challenges.c.made_at)

dispatches = Table(
    "dispatches",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("challenge", String(40), nullable=False),
    Column("chat", String(80), nullable=False),
    Column("phone", LargeBinary, nullable=False),
    Column("block", LargeBinary, nullable=False),
    Column("made_at", Float, nullable=False),
)
Index("dispatches_chat", dispatches.c.chat, dispatches.c.made_at)
Index("dispatches_phone", dispatches.c.phone, dispatches.c.made_at)
Index("dispatches_block", dispatches.c.block, dispatches.c.made_at)
Index("dispatches_made", dispatches.c.made_at)

tallies = Table(
    "tallies",
    metadata,
    Column("name", String(30), primary_key=True),
    Column("period", String(20), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("counted_at", Float),
)

exports = Table(
    "exports",
    metadata,
    Column("holder", String(40), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("exported_at", Float, nullable=False, index=True),
    Column("made_at", Float, nullable=False),
)

installations = Table(
    "installations",
    metadata,
    Column("installation", LargeBinary, primary_key=True),
    Column("holder", String(40), nullable=False, index=True),
    Column("made_at", Float, nullable=False, index=True),
)

lists = Table(
    "lists",
    metadata,
    Column("name", String(20), primary_key=True),
    # The load whose rows are in force, and the newest, which may not be there as a whole.
    Column("load", Integer, nullable=False),
    Column("loading", Integer, nullable=False),
)

exposures = Table(
    "exposures",
    metadata,
    Column("number", Serial, primary_key=True, autoincrement=True),
    _load(),
    Column("kind", String(10), nullable=False),
    Column("place", String(60), nullable=False),
    Column("starts", Float, nullable=False),
    Column("ends", Float, nullable=False),
    Column("source", String(120), nullable=False),
)
Index("exposures_place", exposures.c.place, exposures.c.ends)

places = Table(
    "places",
    metadata,
    Column("number", Serial, primary_key=True, autoincrement=True),
    _load(),
    Column("district", String(5), nullable=False, index=True),
    Column("name_en", String(120), nullable=False),
    Column("name_zh", String(120), nullable=False),
    Column("starts", Float, nullable=False),
    Column("ends", Float, nullable=False),
)

cases = Table(
    "cases",
    metadata,
    Column("number", Serial, primary_key=True, autoincrement=True),
    _load(),
    Column("document", LargeBinary, nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("since", String(10), nullable=False),
    Column("until", String(10), nullable=False, default=""),
)

tenants = Table(
    "tenants",
    metadata,
    Column("number", Serial, primary_key=True, autoincrement=True),
    _load(),
    Column("document", LargeBinary, nullable=False, index=True),
    Column("name_en", String(200), nullable=False),
    Column("name_zh", String(200), nullable=False),
)

codes = Table(
    "codes",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("holder", String(40), nullable=False),
    Column("chat", String(80), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("issued_at", Float, nullable=False, index=True),
    Column("expires_at", Float, nullable=False),
    Column("kid", LargeBinary),
    Column("declaration", LargeBinary),
    Column("lists", Integer),
    Column("withdrawn_at", Float),
    Column("withdrawn_why", String(20)),
)
Index("codes_holder", codes.c.holder, codes.c.issued_at)
Index("codes_lists", codes.c.lists, codes.c.expires_at)
Index("codes_kid", codes.c.kid, codes.c.expires_at)
_partial_index(
    "codes_withdrawn",
    codes.c.expires_at,
    where=codes.c.withdrawn_at.is_not(None),
)

withdrawals = Table(
    "withdrawals",
    metadata,
    Column("number", Serial, primary_key=True, autoincrement=True),
    Column("request", LargeBinary, nullable=False, index=True),
    Column("holder", String(40), nullable=False, index=True),
    Column("code", LargeBinary),
    Column("why", String(20), nullable=False),
    Column("reason", LargeBinary, nullable=False),
    Column("first", String(40), nullable=False),
    Column("second", String(40)),
    Column("made_at", Float, nullable=False),
    Column("done_at", Float),
)

refusals = Table(
    "refusals",
    metadata,
    Column("number", Serial, primary_key=True, autoincrement=True),
    Column("reference", String(20), nullable=False),
    Column("staff", String(40), nullable=False),
    Column("reason", LargeBinary, nullable=False),
    Column("made_at", Float, nullable=False),
)

staff = Table(
    "staff",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("role", String(20), nullable=False),
    Column("chat", String(80), unique=True),
    Column("enrolment", LargeBinary, unique=True),
    Column("expires_at", Float),
    Column("made_at", Float, nullable=False),
    Column("removed_at", Float),
)

bundles = Table(
    "bundles",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
    Column("issued_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("number", Serial, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False),
    Column("actor", String(80), nullable=False),
    Column("act", String(40), nullable=False),
    Column("object", String(80), nullable=False),
    Column("mark", LargeBinary),
    sqlite_autoincrement=True,
)
Index("audit_actor", audit.c.actor, audit.c.at)

audit_chain = Table(
    "audit_chain",
    metadata,
    Column("place", Serial, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("hash", LargeBinary, nullable=False),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    Column("begins", Integer, primary_key=True, autoincrement=False),
    Column("at", Float, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
Index("checkpoints_begin", checkpoints.c.begins, checkpoints.c.place)

OF_A_HOLDER = (links, exports, installations, proofs, codes, withdrawals)
"""The tables whose rows go with their `holder`."""

WAITING, DONE, PARKED = 0, 1, 2
"""States of a row of the inbox and the outbox."""


def instant(at: float | None) -> datetime | None:
    """Return the instant of a column of seconds that may be empty."""
    return None if at is None else datetime.fromtimestamp(at, UTC)
