"""What statements are run on: a connection of either database, with one interface."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from core.store.inline import InlineConnection, InlineEngine

Connection = AsyncConnection | InlineConnection
Engine = AsyncEngine | InlineEngine
