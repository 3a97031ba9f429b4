"""The operator's commands about the audit log: each returns what is printed."""

from __future__ import annotations

from pathlib import Path

from bot.app import opened
from bot.clock import Clock
from bot.operator.kept_checkpoint import FILE, keep, kept, read
from bot.settings import SettingError, Settings
from bot.upkeep.chaining import chain_all, check_beside, in_words
from core.policy import Policy
from core.signing.checkpoint import CheckpointError
from core.store.audit_check import Broken, check


async def verify(
    settings: Settings, policy: Policy, clock: Clock, file: Path | None
) -> tuple[bool, str]:
    """Tell whether the log is whole, and how it is in one sentence.

    It is compared with the check-point in `file`, without one with that in the data folder. Raise
    SettingError where that cannot be used.
    """
    async with opened(settings, policy, clock) as store:
        own = settings.data / FILE
        try:
            if file is None:
                whole = await check_beside(store, own)
            else:
                whole = await check(store, read(file, store.ring))
        except CheckpointError as error:
            raise SettingError(f"The check-point {file or own} {error}.") from None
        except OSError as error:
            raise SettingError(f"{file or own} cannot be read: {error.strerror}.") from None
        except Broken as broken:
            return False, f"The audit log is NOT WHOLE: {broken}."
    return True, in_words(whole)


async def write_checkpoint(settings: Settings, policy: Policy, clock: Clock, output: Path) -> str:
    """Give what waits its place, and write the newest check-point; raise SettingError."""
    async with opened(settings, policy, clock) as store:
        try:
            await chain_all(store, clock)
            async with store.reading() as tx:
                newest, body = await tx.audit.newest(), await tx.audit.newest_signed()
        except CheckpointError as error:
            raise SettingError(f"The newest check-point {error}.") from None
    if newest is None or body is None:
        raise SettingError("The audit log has no entries yet.")
    try:
        kept(output, store.ring)
        keep(output, body)
    except CheckpointError:
        raise SettingError(
            f"{output} is there already, and no check-point: give another FILE."
        ) from None
    except OSError as error:
        raise SettingError(f"{output} cannot be written: {error.strerror}.") from None
    return f"{output}: the check-point of entry {newest.place:,}. Keep it on another machine."
