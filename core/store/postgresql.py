"""PostgreSQL: connections that keep what was committed, and end when nothing moves in them."""

from __future__ import annotations

import socket
from asyncio import Transport
from typing import Any

import asyncpg
from sqlalchemy import URL, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

CONNECTIONS = 10

STANDS_STILL = 60
"""Seconds after which the server ends a transaction in which nothing is asked for any more: its
process stands still, or is gone with its machine, and its chats are locked for the others."""

WRITTEN_FIRST = (
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit') = 'off'"
)
"""On a server that is set to tell of a commit before it is written down, let it be the other way
round: what a platform was told is received must outlive the server."""

LOOKS, APART = 4, 5
"""So many looks, so many seconds apart, at a server that is silent; then its machine is held to
have lost its power or its network. TCP by itself would send a question again for a quarter of an
hour, and wait for the answer for ever. The server looks at us in the same way, and gives up the
chats that a machine of ours which is gone had locked."""


def engine(url: URL) -> AsyncEngine:
    """Return the way to a database; it has a pool of connections."""
    made = create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        pool_size=CONNECTIONS,
        pool_pre_ping=True,
        # What the server does where nobody says. A row that was waited for is looked at as it is
        # then: under any other level the transaction would fail instead.
        isolation_level="READ COMMITTED",
        # While it is being made, nobody watches a connection yet.
        connect_args={"connection_class": Watched, "timeout": LOOKS * APART},
    )
    event.listen(made.sync_engine, "connect", _set_up)
    return made


class Watched(asyncpg.Connection):  # type: ignore[misc]  # it has no types
    """A connection that fails when the server's machine is gone without a word."""

    def __init__(self, protocol: Any, transport: Transport, *rest: Any) -> None:
        super().__init__(protocol, transport, *rest)
        to_server = transport.get_extra_info("socket")
        if to_server.family == socket.AF_UNIX:
            return  # It is on this machine.
        watch = (
            (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
            (socket.IPPROTO_TCP, "TCP_KEEPIDLE", APART),
            (socket.IPPROTO_TCP, "TCP_KEEPINTVL", APART),
            (socket.IPPROTO_TCP, "TCP_KEEPCNT", LOOKS),
            (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", LOOKS * APART * 1000),
        )
        # Not every system has each of them.
        for level, option, value in [each for each in watch if hasattr(socket, each[1])]:
            to_server.setsockopt(level, getattr(socket, option), value)


def _set_up(connection: Any, _record: Any) -> None:
    """Make what is committed durable, and let nothing stand still."""
    settings = {
        "idle_in_transaction_session_timeout": f"{STANDS_STILL}s",
        "tcp_keepalives_idle": f"{APART}s",
        "tcp_keepalives_interval": f"{APART}s",
        "tcp_keepalives_count": f"{LOOKS}",
        "tcp_user_timeout": f"{LOOKS * APART}s",
    }
    given = [f"SET {name} = '{value}'" for name, value in settings.items()]
    set_up = "; ".join([WRITTEN_FIRST, *given])
    connection.run_async(lambda driver: driver.execute(set_up))
