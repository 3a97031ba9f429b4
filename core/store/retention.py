"""Retention: what is older than it may be is erased. The periods are the policy's."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, text, update

from core.policy import RetentionPolicy
from core.store import tables
from core.store.codes import TOLERANCE
from core.store.connection import Connection
from core.store.tables import WAITING
from core.store.visit_days import first_kept

PASSING = timedelta(days=1)
"""How long an upload may wait for its place."""


async def erase_what_is_old(connection: Connection, keep: RetentionPolicy, now: datetime) -> int:
    """Erase what is beyond its time; return how many rows. The same call again does no harm.

    Of the audit log only its own beginning may go: `Audit.forget`.
    """

    def ago(days: int) -> float:
        return (now - timedelta(days=days)).timestamp()

    # An export that is older than the visits that are kept holds none of them any more.
    visits = first_kept(keep.visit_days, now).timestamp()
    unused = select(tables.holders.c.id).where(
        tables.holders.c.seen_at < ago(keep.registration_days)
    )
    inbox, outbox, chats = tables.inbox, tables.outbox, tables.chats
    linked = select(tables.links.c.chat)
    unanswered = select(inbox.c.chat).where(inbox.c.state == WAITING)
    statements = [
        delete(tables.challenges).where(tables.challenges.c.expires_at < ago(keep.passcode_days)),
        delete(tables.dispatches).where(tables.dispatches.c.made_at < ago(keep.message_id_days)),
        delete(tables.uploads).where(tables.uploads.c.made_at < (now - PASSING).timestamp()),
        delete(tables.takeovers).where(
            or_(
                tables.takeovers.c.ended_at < (now - PASSING).timestamp(),
                tables.takeovers.c.starts_at < ago(keep.draft_days),
            )
        ),
        delete(tables.proofs).where(tables.proofs.c.made_at < ago(keep.proof_days)),
        delete(tables.exports).where(tables.exports.c.exported_at < visits),
        delete(tables.installations).where(tables.installations.c.made_at < visits),
        delete(tables.codes).where(tables.codes.c.issued_at < ago(keep.code_days)),
        # Of who was erased there are only the ids of codes that were still good, until they end.
        delete(tables.codes).where(
            tables.codes.c.holder == "",
            tables.codes.c.expires_at < (now - TOLERANCE).timestamp(),
        ),
        delete(tables.withdrawals).where(tables.withdrawals.c.made_at < ago(keep.code_days)),
        delete(tables.refusals).where(tables.refusals.c.made_at < ago(keep.code_days)),
        *(
            delete(table).where(table.c.holder.in_(unused))
            for table in (
                tables.exports,
                tables.installations,
                tables.proofs,
                tables.codes,
                tables.withdrawals,
                tables.links,
            )
        ),
        delete(tables.holders).where(tables.holders.c.seen_at < ago(keep.registration_days)),
        delete(chats).where(
            chats.c.id.not_in(linked),
            chats.c.id.not_in(unanswered),
            chats.c.seen_at < ago(keep.draft_days),
        ),
        delete(tables.consents).where(
            tables.consents.c.chat.not_in(select(chats.c.id)),
            tables.consents.c.given_at < ago(keep.draft_days),
        ),
        *(
            update(rows)
            .where(rows.c.state != WAITING, rows.c.body.is_not(None), at < ago(keep.message_days))
            .values(body=None)
            for rows, at in ((inbox, inbox.c.received_at), (outbox, outbox.c.made_at))
        ),
        delete(outbox).where(
            outbox.c.state != WAITING, outbox.c.made_at < ago(keep.message_id_days)
        ),
        delete(inbox).where(
            inbox.c.state != WAITING, inbox.c.received_at < ago(keep.message_id_days)
        ),
        delete(tables.tallies).where(tables.tallies.c.counted_at < ago(keep.registration_days)),
        delete(tables.staff).where(tables.staff.c.removed_at < ago(keep.audit_days)),
    ]
    erased = 0
    for statement in statements:
        erased += (await connection.execute(statement)).rowcount
    return erased


async def empty_the_log(connection: Connection) -> None:
    """Take what was erased out of SQLite's write-ahead log, which keeps it otherwise."""
    if connection.dialect.name == "sqlite":
        await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
