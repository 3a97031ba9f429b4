"""Whole journeys a second: the bot, the naive one and the bare floor, side by side in one run.

    python -m bench.run --seconds 20 --rounds 2

The Bot API of the loopback answers after 100 ms; 100 people go from hello to their code at once,
each writing as soon as he has a reply. It, the SMS server and the people share one process, the
program under test has the other core. Rounds alternate, and medians are compared. Then the bot
alone is given half of the load it held, for the time of a reply beyond the Bot API's own delay.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import uvloop

from bench.chaos import environment
from bench.journeys import Step, first_code, next_day, same_day, travel
from bench.target import Target, free_port
from core.sample import sample_export
from tests.loopback.telegram import TOKEN, LoopbackTelegram
from tests.loopback.twilio import LoopbackTwilio

DELAY = 0.1
"""Seconds after which the Bot API answers."""

PEOPLE = 100
WARM_UP = 4.0


@dataclass
class Result:
    """What one program did in one round. `waits`: seconds from a message to its reply, beyond
    what the Bot API itself took."""

    steps: int
    messages: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    stuck: int = 0
    memory: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Journeys a second, a part of a journey counting as that part."""
        return self.journeys / self.seconds

    @property
    def journeys(self) -> float:
        """Journeys, by the messages that were answered."""
        return self.messages / self.steps

    @property
    def cpu_each(self) -> float:
        """Milliseconds of CPU a journey."""
        return self.cpu / max(self.journeys, 0.1) * 1000


Make = Callable[[Path, LoopbackTelegram, LoopbackTwilio, int], Target]


def ours(folder: Path, bot_api: LoopbackTelegram, phones: LoopbackTwilio, port: int) -> Target:
    """The bot, by webhook."""
    settings = environment(folder, phones.url)
    settings |= {
        "HEALTHCODE_WEB": f"127.0.0.1:{port}",
        "HEALTHCODE_TELEGRAM_API": bot_api.url,
        "HEALTHCODE_TELEGRAM_WEBHOOK": f"http://127.0.0.1:{port}/telegram",
        "HEALTHCODE_TELEGRAM_SECRET": "bench",
    }
    return Target(["-m", "bot", "run"], settings, folder / "log.txt")


def naive(concurrent: int) -> Make:
    """The naive bot, with so many updates worked on at once (0: one by one)."""

    def make(folder: Path, api: LoopbackTelegram, phones: LoopbackTwilio, port: int) -> Target:
        command = ["-m", "bench.naive", "--api", api.url, "--sms", phones.url]
        command += ["--token", TOKEN, "--port", str(port), "--data", str(folder)]
        return Target([*command, "--concurrent", str(concurrent)], {}, folder / "log.txt")

    return make


def floor(folder: Path, bot_api: LoopbackTelegram, phones: LoopbackTwilio, port: int) -> Target:
    """A handler that commits each message and posts one reply."""
    command = ["-m", "bench.floor", "--api", bot_api.url, "--token", TOKEN]
    return Target([*command, "--port", str(port), "--data", str(folder)], {}, folder / "log.txt")


@contextmanager
def undisturbed() -> Iterator[None]:
    """Collect no garbage in this process: it would stop everybody who writes for 60 ms."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def measure(
    make: Make,
    seconds: float,
    steps: Callable[[int], list[Step]],
    *,
    every: float = 0.0,
    numbers: Iterator[int] | None = None,
) -> Result:
    """Run one program for a while. `every`: a new person each so many seconds, 0 for a crowd of
    PEOPLE of whom each begins anew as soon as he is done. `numbers`: theirs, where the program
    has seen others before."""
    async with AsyncExitStack() as stack:
        stack.enter_context(undisturbed())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        # Later numbers than any before: to a program that has seen them updates are old ones.
        telegram = LoopbackTelegram(delay=DELAY, after=time.time_ns() // 1_000_000)
        bot_api = await stack.enter_async_context(telegram)
        phones = await stack.enter_async_context(LoopbackTwilio())
        port = free_port()
        target = make(folder, bot_api, phones, port)
        await target.start(port)
        stack.push_async_callback(target.kill, 15)
        result, numbers = Result(len(steps(1))), numbers or count(1)
        began = time.perf_counter() + WARM_UP
        ends = began + seconds

        async def person() -> None:
            number = next(numbers)
            todo = steps(number)
            calls = iter(step.calls for step in todo)

            def passed(wait: float) -> None:
                beyond = wait - DELAY * next(calls)
                if began <= time.perf_counter() < ends:
                    result.messages += 1
                    result.waits.append(beyond)

            journey = await travel(bot_api, phones, number, todo, passed=passed)
            bot_api.sent.clear()
            if journey.surprises:
                result.stuck += 1
                print(journey.surprises[0][:200], file=sys.stderr)

        async def crowd() -> None:
            while time.perf_counter() < ends:
                try:
                    await person()
                except AssertionError:
                    result.stuck += 1

        async def one_by_one() -> None:
            async with asyncio.TaskGroup() as group:
                while True:
                    group.create_task(person())
                    await asyncio.sleep(every)

        people = [one_by_one()] if every else [crowd() for _ in range(PEOPLE)]
        tasks = [asyncio.create_task(each) for each in people]
        await asyncio.sleep(began - time.perf_counter())
        cpu = target.cpu()
        await asyncio.sleep(ends - time.perf_counter())
        result.seconds, result.cpu = seconds, target.cpu() - cpu
        result.memory = target.memory()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return result


def as_floor(steps: list[Step]) -> list[Step]:
    """The same number of messages for a program that answers anything with anything."""
    return [Step(says="hello") for _ in steps]


def percentile(waits: list[float], part: float) -> float:
    """Return that part of the waits, in milliseconds."""
    return sorted(waits)[min(int(len(waits) * part), len(waits) - 1)] * 1000


async def run(options: argparse.Namespace) -> None:
    """Measure, compare, print."""
    export = sample_export(31, options.visits, 7, datetime.now(UTC), name="visits.json")

    def first(number: int) -> list[Step]:
        return first_code(number, export)

    programs: dict[str, tuple[Make, Callable[[int], list[Step]]]] = {
        "ours": (ours, first),
        "naive": (naive(0), first),
        "naive, concurrent": (naive(256), first),
        "floor": (floor, lambda number: as_floor(first(number))),
    }
    results: dict[str, list[Result]] = {name: [] for name in programs}
    for _ in range(options.rounds):
        for name, (make, steps) in programs.items():
            result = await measure(make, options.seconds, steps)
            results[name].append(result)
            print(
                f"{name:18} {result.rate:7.1f} journeys/s  {result.messages / options.seconds:7.0f}"
                f" messages/s  {result.cpu_each:6.1f} ms CPU a journey  stuck {result.stuck}"
                f"  {' + '.join(f'{each:.0f}' for each in result.memory)} MiB",
                flush=True,
            )
    rate = {name: statistics.median(r.rate for r in each) for name, each in results.items()}
    best_naive = max(rate["naive"], rate["naive, concurrent"])
    half = await measure(ours, options.seconds, first, every=2 / rate["ours"])
    waits = half.waits
    print(
        f"at half of that load: {half.rate:.1f} journeys/s, a reply in the median after "
        f"{percentile(waits, 0.5):.1f} ms, 99 % within {percentile(waits, 0.99):.1f} ms, "
        f"{half.cpu_each:.1f} ms CPU a journey"
    )
    print(f"export: {len(export)} bytes, {options.visits} visits")
    print(
        f"messages from hello to the first code: {len(first(1))}; a later day: "
        f"{len(next_day(export))}; again while the records are fresh: {len(same_day())}"
    )
    print(
        f"journeys_per_s={rate['ours']:.1f} naive={best_naive:.1f} floor={rate['floor']:.1f} "
        f"ratio_naive={rate['ours'] / best_naive:.2f} "
        f"ratio_floor={rate['ours'] / rate['floor']:.2f} "
        f"p50_ms={percentile(waits, 0.5):.1f} p99_ms={percentile(waits, 0.99):.1f}"
    )


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--visits", type=int, default=600)
    options = parser.parse_args()
    uvloop.run(run(options))


if __name__ == "__main__":
    main()
