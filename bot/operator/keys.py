"""The operator's commands about keys: each returns what is printed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.app import opened
from bot.clock import Clock
from bot.settings import SettingError, Settings
from bot.upkeep.publication import Publication
from core.days import HONG_KONG, clock_time
from core.policy import Policy
from core.signing.issuer_keys import SECOND, IssuerKey
from core.signing.rotation import NOTICE, State, distrust, rotate, state, withdraw
from core.store.audit import OPERATOR
from core.store.signed_by import count_signed_by
from core.vault import SIGNS, Key, KeyRing, Purpose

NAME, REASON = 80, 60
"""How long they may be: the audit log has room for so much."""


def listed(settings: Settings, policy: Policy, clock: Clock) -> str:
    """Return all keys, a line each. Makes none: raise SettingError where there are none yet."""
    file = settings.data / "keys.json"
    if not KeyRing.there(file):
        raise SettingError(
            f"{file} is not there: the first start makes it, and one that is lost comes from its "
            "backup."
        )
    now = clock()
    ring = KeyRing.open(file, now, policy.keys.life)
    heads = ("ID", "KID", "PURPOSE", "CREATED", "NOT BEFORE", "NOT AFTER", "STATE")
    rows = [heads, *(_row(ring, key, now) for purpose in Purpose for key in ring.of(purpose))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join([*(line.rstrip() for line in lines), "Times are Hong Kong time."])


def _row(ring: KeyRing, key: Key, now: datetime) -> tuple[str, ...]:
    if key.purpose not in SIGNS:
        return key.id, "", str(key.purpose), clock_time(key.created), "", "", "in use"
    signer = IssuerKey.of(key)
    begins, ends = clock_time(signer.not_before), clock_time(signer.not_after)
    words = {
        State.SIGNS: "signing",
        State.WAITS: f"published, signs from {begins}",
        State.ACCEPTED: f"accepted until {ends}",
        State.WITHDRAWN: f"withdrawn on {clock_time(key.withdrawn or now)}",
        State.OVER: "over",
    }[state(ring, key, now)]
    if key.iat_min and not key.withdrawn:
        words += f", without what it signed before {clock_time(key.iat_min)}"
    return key.id, signer.kid.hex(), str(key.purpose), clock_time(key.created), begins, ends, words


async def rotated(settings: Settings, policy: Policy, clock: Clock, hours: int) -> str:
    """Publish the next key, which signs in so many hours. Raise KeysError if one waits already."""
    async with opened(settings, policy, clock) as store:
        now = clock()
        async with store.writing() as tx:
            new = IssuerKey.of(rotate(store.ring, now, timedelta(hours=hours), policy.keys.life))
            name = new.kid.hex()
            await tx.people.record("key made", actor=OPERATOR, object=name, now=now)
        await Publication(store, settings.data, clock).first_look()
    lines = [
        f"Key {name} is published. It signs from {clock_time(new.not_before)}, Hong Kong time, "
        f"until {clock_time(new.not_after)}.",
        "Until then the key before it signs; what that one signed stays good until it expires.",
        "A bot that is running takes it up by itself.",
    ]
    if new.not_before - now < NOTICE - SECOND:
        lines[1] = (
            "That is sooner than 24 hours, as no other key may sign until then: a verifier that "
            "has not fetched the list anew by that time refuses its codes."
        )
    return "\n".join(lines)


async def revoked(
    settings: Settings, policy: Policy, clock: Clock, given: str, by: str, reason: str
) -> str:
    """Withdraw a key, recorded with who did it and why. Raise KeysError for an unknown one."""
    _check(by, reason)
    async with opened(settings, policy, clock) as store:
        now = clock()
        async with store.writing() as tx:
            key, new = withdraw(store.ring, given, now, policy.keys.life)
            gone = IssuerKey.of(key)
            what = f"{gone.kid.hex()}: {reason}"
            await tx.people.record("key withdrawn", actor=by, object=what, now=now)
            affected = await count_signed_by(tx, {gone.kid: gone.void_before or now}, now)
        await Publication(store, settings.data, clock).first_look()
    if key.purpose is Purpose.BUNDLE:
        effect = [
            "Verifiers that know only this key take no new list until they have fetched the keys "
            "anew: tell those who run them."
        ]
    else:
        effect = [
            "Each verifier refuses what it signed from the next list that it fetches on.",
            _told(affected),
        ]
    lines = [f"Key {gone.kid.hex()} is withdrawn.", *effect]
    if new is not None:
        begun = IssuerKey.of(new)
        lines.append(
            f"No other key may sign now, so key {begun.kid.hex()} is made, and signs from now on "
            f"until {clock_time(begun.not_after)}, Hong Kong time."
        )
    return "\n".join([*lines, "A bot that is running takes this up by itself."])


async def distrusted(
    settings: Settings,
    policy: Policy,
    clock: Clock,
    given: str,
    before: str,
    by: str,
    reason: str,
) -> str:
    """Let no code count that a key signed before an instant, recorded with who did it and why.

    Raise SettingError where the instant cannot be read, KeysError as
    `core.signing.rotation.distrust`.
    """
    _check(by, reason)
    since = _read(before)
    async with opened(settings, policy, clock) as store:
        now = clock()
        async with store.writing() as tx:
            key = IssuerKey.of(distrust(store.ring, given, since, now))
            name, since = key.kid.hex(), key.iat_min or since
            what = f"{name}: {since:%Y-%m-%dT%H:%M:%SZ}"
            await tx.people.record("key distrusted before", actor=by, object=what, now=now)
            await tx.people.record("key distrusted", actor=by, object=f"{name}: {reason}", now=now)
            affected = await count_signed_by(tx, {key.kid: since}, now)
        await Publication(store, settings.data, clock).first_look()
    return "\n".join(
        [
            f"What key {name} signed before {since.astimezone(HONG_KONG):%Y-%m-%d %H:%M:%S}, Hong "
            "Kong time, does not count any more. It goes on signing.",
            "Each verifier refuses those codes from the next list that it fetches on.",
            _told(affected),
            "A bot that is running takes this up by itself.",
        ]
    )


def _told(affected: int) -> str:
    if affected == 1:
        return "1 live code is affected: its holder is told, and sent a new one."
    return f"{affected} live codes are affected: their holders are told, and sent a new one."


def _check(by: str, reason: str) -> None:
    if not by.strip() or len(by) > NAME or not by.isprintable():
        raise SettingError(f"--by must be a name of up to {NAME} letters.")
    if not reason.strip() or len(reason) > REASON or not reason.isprintable():
        raise SettingError(f"--reason must be a text of up to {REASON} letters.")


def _read(given: str) -> datetime:
    """Return an instant in UTC and whole seconds; without an offset it is Hong Kong's."""
    try:
        read = datetime.fromisoformat(given)
        instant = (read if read.tzinfo else read.replace(tzinfo=HONG_KONG)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise SettingError(
            "--before must be a time such as '2021-12-10 09:30', which is Hong Kong time."
        ) from None
    # Codes are stamped in whole seconds, downwards: what came before is then before the next one.
    return instant.replace(microsecond=0) + (SECOND if instant.microsecond else timedelta(0))
