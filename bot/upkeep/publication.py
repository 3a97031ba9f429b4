"""Publish what verifiers must know: at once when it changes, and anew every hour.

A process looks every other second: at its key ring, which another process may have changed, and
at the store, where the newest bundle is and the codes that were withdrawn. Whichever process sees
a change first signs the next bundle, and all serve it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.channels.published import Published
from bot.clock import Clock
from bot.logs import where
from bot.settings import SettingError
from core.days import HONG_KONG
from core.signing.bundle import BundleError, Untrusted, open_bundle, sign_bundle
from core.signing.issuer_keys import IssuerKey, PublicKey, PublicKeys
from core.signing.rotation import NOTICE, rotate, signs_until
from core.store.bundles import Bundles, Kept
from core.store.store import Store, Transaction
from core.vault import KeyRingError, Purpose

EVERY = 2.0
"""Seconds between two looks."""

ANEW = timedelta(hours=1)
"""After so long a new bundle is signed where nothing has changed: verifiers see how fresh it is."""

ENDING = timedelta(days=14)
"""So long before no key may sign codes any more, the next one is made, or asked for."""

AGAIN = timedelta(days=1)
"""What the operator is to know is told again after so long."""

ITSELF = "program"
"""Who has acted, in the audit log."""

ROTATE = "run `python -m bot keys rotate`"
OLDER = (
    "the key ring is older than what was published, so codes signed with it may be refused: put "
    "the newest ring in its place"
)
STRANGE = (
    "another process publishes with another key ring: all processes need a copy of the same one"
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Seen:
    """What one look finds: the newest bundle, what it says (None: it is not ours to open), what
    it should say, and whether the next is due."""

    kept: Kept | None
    says: PublicKeys | None
    wanted: PublicKeys
    due: bool


class Publication:
    """Keeps the issuer's keys and the newest bundle published, in `folder` and on the web."""

    def __init__(self, store: Store, folder: Path, clock: Clock) -> None:
        self.store = store
        self.folder = folder
        self.clock = clock
        self.newest = Published(-1, {})
        """What was published last; there is something after the first look."""
        self._opened: tuple[tuple[Kept, Mapping[bytes, PublicKey]], PublicKeys] | None = None
        self._signed_at: datetime | None = None
        self._told: dict[str, datetime] = {}

    async def first_look(self) -> None:
        """Publish before anything is served. Raise SettingError where a file cannot be written."""
        try:
            await self.look()
        except OSError as error:
            raise SettingError(f"{error.filename} cannot be written: {error.strerror}.") from None

    async def keep_publishing(self) -> None:
        """Look again and again, until cancelled; what fails is told once, and tried again."""
        failed = ""
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self.look()
            except Exception as error:
                if (why := where(error)) != failed:
                    log.error("keys and bundle could not be published: %s", why)
                    failed = why
            else:
                failed = ""

    async def look(self) -> None:
        """Take up what changed in the key ring, sign a bundle if one is due, publish the newest.

        Raise OSError where a file cannot be written, KeysError where no key may sign bundles.
        """
        try:
            self.store.ring.refresh()
        except KeyRingError as error:
            log.error("the keys stay as they are: %s", error)
        now = self.clock()
        await self._see_to_the_next_key(now)
        async with self.store.reading() as tx:
            seen = await self._see(tx, now)
        if seen.due:
            async with self.store.writing() as tx:
                await self._sign(tx, now)
            async with self.store.reading() as tx:
                seen = await self._see(tx, now)
        if seen.kept and seen.says and seen.kept.sequence > self.newest.sequence:
            published = Published.of(seen.kept.sequence, seen.kept.body, seen.says)
            await asyncio.to_thread(published.save, self.folder)
            self.newest = published

    async def _see(self, tx: Transaction, now: datetime) -> _Seen:
        own = PublicKeys.published(self.store.ring, now, self.store.policy.realm)
        kept = await Bundles(tx.connection).newest()
        says, strange = None, False
        if kept is not None:
            try:
                says = self._open(kept, own, now)
            except Untrusted:
                strange = True
                self._tell(now, logging.ERROR, STRANGE)
            except BundleError as error:
                self._tell(now, logging.WARNING, f"the newest bundle {error}: the next is signed")
        joined = own if says is None else own.joined(says)
        if any(joined.keys[kid] != key for kid, key in own.keys.items()):
            self._tell(now, logging.ERROR, OLDER)
        alive = {kid: key for kid, key in joined.keys.items() if now <= key.not_after}
        wanted = replace(own, keys=alive, revoked=frozenset(await tx.codes.revoked(now)))
        if strange:
            due = self._signed_at is None or now - self._signed_at >= ANEW
        else:
            due = says is None or _is_behind(says, wanted) or abs(_age(says, now)) >= ANEW
        return _Seen(kept, says, wanted, due)

    def _open(self, kept: Kept, own: PublicKeys, now: datetime) -> PublicKeys:
        """Return what the newest bundle says; the same one is read once."""
        if self._opened is None or self._opened[0] != (kept, own.bundle_keys):
            self._opened = (kept, own.bundle_keys), open_bundle(kept.body, own, now)
        return self._opened[1]

    async def _sign(self, tx: Transaction, now: datetime) -> None:
        """Sign and keep the next bundle, unless another process was first."""
        seen = await self._see(tx, now)
        if not seen.due:
            return
        policy = self.store.policy
        now = now.replace(microsecond=0)
        key = IssuerKey.current(self.store.ring, now, policy.realm, Purpose.BUNDLE)
        bundles = Bundles(tx.connection)
        sequence = await bundles.next(now)
        expires_at = min(now + timedelta(hours=policy.keys.bundle_hours), key.not_after)
        body = sign_bundle(
            key,
            sequence=sequence,
            issued_at=now,
            expires_at=expires_at,
            keys=seen.wanted.keys.values(),
            revoked=seen.wanted.revoked,
        )
        await bundles.keep(sequence, body, issued_at=now, expires_at=expires_at)
        self._signed_at = now

    async def _see_to_the_next_key(self, now: datetime) -> None:
        """Make the next key in time. Where the store is shared each process may have a copy of the
        ring, which only the operator can keep alike: there he is told instead."""
        until = signs_until(self.store.ring, now)
        if until is not None and until - now >= ENDING:
            return
        if not self.store.shared:
            await self._rotate(now)
        elif until is None:
            self._tell(now, logging.ERROR, f"no key may sign codes: {ROTATE}")
        else:
            words = f"the signing key ends on {_moment(until)}: {ROTATE}"
            self._tell(now, logging.WARNING, words)

    async def _rotate(self, now: datetime) -> None:
        async with self.store.writing() as tx:
            new = IssuerKey.of(rotate(self.store.ring, now, NOTICE, self.store.policy.keys.life))
            await tx.people.record("key made", actor=ITSELF, object=new.kid.hex(), now=now)
        log.warning(
            "a key is made and published, and signs codes from %s on: keep a copy of the key ring",
            _moment(new.not_before),
        )

    def _tell(self, now: datetime, level: int, words: str) -> None:
        told = self._told.get(words)
        if told is None or now - told >= AGAIN:
            self._told[words] = now
            log.log(level, "%s", words)


def _moment(at: datetime) -> str:
    """Return an instant as the log shows it: of a date in figures it makes "…"."""
    local = at.astimezone(HONG_KONG)
    return f"{local.day} {local:%B %Y, %H:%M}, Hong Kong time"


def _is_behind(says: PublicKeys, wanted: PublicKeys) -> bool:
    """Tell whether verifiers must learn more than the newest bundle says.

    What is over by itself may stay in it for a while.
    """
    keys = any(says.keys.get(kid) != key for kid, key in wanted.keys.items())
    return keys or not wanted.revoked <= says.revoked


def _age(says: PublicKeys, now: datetime) -> timedelta:
    """Return how old a bundle is; less than nothing where the clock was put back since."""
    return now - (says.issued_at or now)
