"""A city on file: what the bot does beside so many people who are registered, and beside few.

    python -m bench.city --people 100000 --seconds 10 --rounds 2

Two stores are filled by the bot's own store, with what each of these people has left in a month.
Then the bot is run on the one and on the other in turn, with the same crowd in front of it as in
`bench.run`, and with a tenth of it: there, what the program does at its start and every hour (to
erase what is old, to trim visit records, to check the audit log) is going on, and what counts is
how long the others wait meanwhile.

To fill a store with 1,000,000 takes half an hour: `--keep FOLDER` keeps both, and a later run of
the same day finds them there.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import uvloop

from bench.journeys import Step, first_code
from bench.run import Result, measure, ours, percentile
from bench.target import Target, free_port
from bot.app import opened
from bot.clock import system_clock
from bot.settings import Settings
from bot.upkeep.chaining import chain_all
from core.policy import Policy
from core.sample import sample_export
from tests.crowd import settle
from tests.loopback.telegram import LoopbackTelegram
from tests.loopback.twilio import LoopbackTwilio

FEW = 1_000
EVERY = 0.1
"""Seconds between two people of those who come one by one."""

SETTLED = 3.0
"""Seconds after which the program is looked at while nobody writes."""


@dataclass
class City:
    """A filled store, and what was measured on it. `started`: seconds to serving; `idle`: MiB."""

    data: Path
    people: int
    numbers: count[int]
    crowded: list[Result] = field(default_factory=list)
    calm: list[Result] = field(default_factory=list)
    started: list[float] = field(default_factory=list)
    idle: list[float] = field(default_factory=list)

    def make(
        self, folder: Path, bot_api: LoopbackTelegram, phones: LoopbackTwilio, port: int
    ) -> Target:
        """Make the bot that runs on this store."""
        target = ours(folder, bot_api, phones, port)
        target.environ["HEALTHCODE_DATA"] = str(self.data)
        return target

    async def fill(self) -> None:
        """Fill the store, the audit log in its chain, unless it has been filled before."""
        filled = self.data / "filled"
        if filled.exists():
            return
        settings = Settings.load({"HEALTHCODE_DATA": str(self.data)}, self.data / "none")
        async with opened(settings, Policy(), system_clock) as store:
            await settle(store, system_clock(), self.people)
            await chain_all(store, system_clock)
        filled.touch()

    async def start(self) -> None:
        """Start the bot, look at it while nobody writes, stop it."""
        with tempfile.TemporaryDirectory() as folder:
            async with LoopbackTelegram() as bot_api, LoopbackTwilio() as phones:
                port = free_port()
                target = self.make(Path(folder), bot_api, phones, port)
                began = time.perf_counter()
                await target.start(port)
                self.started.append(time.perf_counter() - began)
                await asyncio.sleep(SETTLED)
                self.idle.append(sum(target.memory()))
                await target.kill(15)

    async def serve(self, seconds: float, steps: Callable[[int], list[Step]]) -> None:
        """Run the bot with a crowd in front of it, and again with some who come one by one."""
        for results, every in ((self.crowded, 0.0), (self.calm, EVERY)):
            result = await measure(self.make, seconds, steps, every=every, numbers=self.numbers)
            results.append(result)

    @property
    def rate(self) -> float:
        """Journeys a second, with the crowd."""
        return statistics.median(result.rate for result in self.crowded)

    @property
    def waits(self) -> list[float]:
        """How long those waited who came one by one, beyond the Bot API's own time."""
        return [wait for result in self.calm for wait in result.waits]

    def __str__(self) -> str:
        size = sum(file.stat().st_size for file in self.data.iterdir()) / 2**20
        loaded = statistics.median(sum(result.memory) for result in self.crowded)
        stuck = sum(result.stuck for result in (*self.crowded, *self.calm))
        return (
            f"{self.people:9,} people, {size:6.0f} MiB  {self.rate:5.1f} journeys/s  "
            f"99 % within {percentile(self.waits, 0.99):5.1f} ms, "
            f"longest {max(self.waits) * 1000:6.1f} ms  stuck {stuck}  "
            f"started in {statistics.median(self.started):.2f} s  "
            f"{statistics.median(self.idle):.0f} MiB idle, {loaded:.0f} MiB loaded"
        )


async def run(options: argparse.Namespace) -> None:
    """Fill, measure in turn, print."""
    export = sample_export(31, options.visits, 7, datetime.now(UTC), name="visits.json")
    # Nobody who wrote in an earlier run of the day.
    numbers = count(int(time.time()) % 86_400 * 10)
    with tempfile.TemporaryDirectory() as folder:
        stores = options.keep or Path(folder)
        cities = [City(stores / str(n), n, numbers) for n in (FEW, options.people)]
        for city in cities:
            began = time.perf_counter()
            await city.fill()
            print(f"filled with {city.people:,} in {time.perf_counter() - began:.0f} s", flush=True)
        for _ in range(options.rounds):
            for city in cities:
                await city.start()
                await city.serve(options.seconds, lambda number: first_code(number, export))
        for city in cities:
            print(city)
        few, many = cities
        print(
            f"people={many.people} journeys_per_s={many.rate:.1f} beside_few={few.rate:.1f} "
            f"ratio={many.rate / few.rate:.2f} "
            f"p99_ms={percentile(many.waits, 0.99):.1f} "
            f"beside_few_p99_ms={percentile(few.waits, 0.99):.1f}"
        )


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--visits", type=int, default=600)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    uvloop.run(run(options))


if __name__ == "__main__":
    main()
