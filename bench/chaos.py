"""The kill test: SIGKILL at random moments and at every boundary of a turn; the ledger decides.

    python -m bench.chaos --kills 200

People go through whole journeys on the loopback Bot API, alone or with their mothers, while the
program is killed and started again. At the end, by the ledger: every update that was acknowledged
was applied exactly once, and every reply arrived, in order. A reply may arrive twice where the
program died between sending it and marking it as sent; then it is the same to the letter.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from signal import SIGKILL

from bench.doomed import BOUNDARIES
from bench.journeys import Journey, Step, family, first_code, same_day, travel
from bench.target import Target, free_port
from core.sample import sample_export
from tests.loopback import twilio
from tests.loopback.telegram import TOKEN, LoopbackTelegram
from tests.loopback.twilio import LoopbackTwilio

RARE = "taken again"
"""A boundary that is passed only where a death left replies unsent: once, after the next start."""

LEAVES_UNSENT = "before delivering"

SHORTEST, LONGEST = 0.02, 0.6
"""Seconds that the program lives after it began to serve."""


PATIENCE = 5.0
"""Seconds in which a boundary is reached, or else the program is killed where it is."""

LONGER_THAN_ALL = 900.0
"""Seconds that a person waits for a reply: longer than a busy machine takes for all the deaths."""


@dataclass
class Count:
    """What the ledger says. `boundaries`: those at which the program died, of BOUNDARIES."""

    boundaries: set[str] = field(default_factory=set)
    kills: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0

    def __str__(self) -> str:
        return (
            f"kills={self.kills} acknowledged={self.acknowledged} lost={self.lost} "
            f"doubled={self.doubled} out_of_order={self.out_of_order}"
        )


async def chaos(folder: Path, kills: int, people: int, seed: int) -> Count:
    """Run the whole test in an empty folder."""
    chance = random.Random(seed)
    export = sample_export(31, 48, seed, datetime.now(UTC), name="visits.json")
    count = Count()
    async with LoopbackTelegram() as bot_api, LoopbackTwilio() as phones:
        port = free_port()
        environ = environment(folder, bot_api.url, phones.url, port)
        plans = plan(kills, chance)
        numbers = iter(range(1, 10_000_000))
        finished: list[tuple[list[Step], Journey]] = []
        stopping = asyncio.Event()

        async def live() -> None:
            """One person after another, until enough has been killed."""
            while not stopping.is_set():
                number = next(numbers)
                alone = [*first_code(number, export), *same_day()]
                steps = family(number, export) if number % 2 else alone
                journey = await travel(bot_api, phones, number, steps, LONGER_THAN_ALL)
                finished.append((steps, journey))

        crowd = [asyncio.create_task(live()) for _ in range(people)]
        for doom in plans:
            command = ["-m", "bench.doomed"] if doom else ["-m", "bot", "run"]
            target = Target(command, {**environ, "DOOM": doom}, folder / "log.txt")
            try:
                await target.start(port)
            except RuntimeError:
                # Some boundaries are passed before the program serves anybody.
                if not doom or target.process is None or target.process.returncode != -SIGKILL:
                    raise
                count.boundaries.add(doom.partition(":")[0])
            else:
                if await _die(target, doom, chance):
                    count.boundaries.add(doom.partition(":")[0])
            count.kills += 1
        stopping.set()
        target = Target(["-m", "bot", "run"], environ, folder / "log.txt")
        await target.start(port)
        await asyncio.gather(*crowd)
        await bot_api.updates.all_acknowledged()
        await target.kill(15)
        judge(bot_api, finished, count)
    return count


def plan(kills: int, chance: random.Random) -> list[str]:
    """Return the deaths in random order: each boundary at its first and a later hit, the rest
    at any moment (empty)."""
    dooms = [f"{b}:{1 if b == RARE else chance.choice((1, 2, 5, 9))}" for b in BOUNDARIES]
    if kills >= 2 * len(BOUNDARIES):
        dooms += [f"{b}:{chance.randint(10, 30)}" for b in BOUNDARIES]
    dooms = dooms[:kills] + [""] * (kills - len(dooms))
    chance.shuffle(dooms)
    if f"{RARE}:1" in dooms:
        dooms.remove(f"{RARE}:1")
        before = next((n for n, doom in enumerate(dooms) if doom.startswith(LEAVES_UNSENT)), 0)
        dooms.insert(before + 1, f"{RARE}:1")
    return dooms


async def _die(target: Target, doom: str, chance: random.Random) -> bool:
    """Let the program die; tell whether it did so by itself, at its boundary."""
    assert target.process is not None
    patience = PATIENCE if doom else chance.uniform(SHORTEST, LONGEST)
    try:
        await asyncio.wait_for(target.process.wait(), patience)
    except TimeoutError:
        await target.kill()
        return False
    return bool(doom)


def judge(
    bot_api: LoopbackTelegram, finished: list[tuple[list[Step], Journey]], count: Count
) -> None:
    """Compare the ledger with what the people did and had to hear."""
    count.acknowledged = sum(1 for p in bot_api.updates.passed.values() if p.acknowledged)
    heard: dict[int, list[tuple[str, str, bytes]]] = defaultdict(list)
    for sent in bot_api.sent:
        if sent.method in ("sendMessage", "sendPhoto") and sent.message:
            text = str(sent.params.get("text") or sent.params.get("caption") or "")
            if sent.params.get("disable_notification"):
                continue
            reply = (text, str(sent.params.get("reply_markup")), sent.photo)
            # The same once more is a reply that was sent again, not a message applied again.
            if reply not in heard[sent.chat]:
                heard[sent.chat].append(reply)
    for steps, journey in finished:
        expected = [step.expects for step in steps if not step.sms]
        replies = [text for text, _, _ in heard[journey.chat]]
        found = [next((e for e in expected if e in text), "") for text in replies]
        count.lost += max(len(expected) - len(replies), 0) + (not journey.done)
        count.doubled += max(len(replies) - len(expected), 0)
        matched = all(e in text for e, text in zip(expected, replies, strict=False))
        count.out_of_order += not matched
        if journey.surprises or not matched:
            print(f"chat {journey.chat}: {journey.surprises} {found}", file=sys.stderr)


def environment(folder: Path, bot_api: str, phones: str, port: int) -> dict[str, str]:
    """Return the settings of the program under test."""
    policy = folder / "policy.toml"
    policy.write_text("telegram_per_second = 0\n\n[passcode]\nper_day_at_least = 1000000\n")
    return {
        "HEALTHCODE_DATA": str(folder / "var"),
        "HEALTHCODE_POLICY": str(policy),
        "HEALTHCODE_WEB": f"127.0.0.1:{port}",
        "HEALTHCODE_TELEGRAM_TOKEN": TOKEN,
        "HEALTHCODE_TELEGRAM_API": bot_api,
        "HEALTHCODE_SMS": "twilio",
        "HEALTHCODE_TWILIO_API": phones,
        "HEALTHCODE_TWILIO_ACCOUNT": twilio.ACCOUNT,
        "HEALTHCODE_TWILIO_TOKEN": twilio.TOKEN,
        "HEALTHCODE_TWILIO_FROM": twilio.FROM,
    }


def main() -> int:
    """Run it; the exit code is 0 only where nothing was lost, doubled or out of order."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--people", type=int, default=12)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options = parser.parse_args()
    print(f"seed={options.seed}")
    with tempfile.TemporaryDirectory() as folder:
        count = asyncio.run(chaos(Path(folder), options.kills, options.people, options.seed))
    print(f"boundaries={len(count.boundaries)}/{len(BOUNDARIES)}")
    for missed in sorted(set(BOUNDARIES) - count.boundaries):
        print(f"not reached: {missed}")
    print(count)
    return 1 if count.lost or count.doubled or count.out_of_order else 0


if __name__ == "__main__":
    sys.exit(main())
