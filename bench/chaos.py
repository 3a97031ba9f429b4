"""The kill test: SIGKILL at random moments and at every boundary of a turn; the ledger decides.

    python -m bench.chaos --kills 200
    python -m bench.chaos --kills 100 --processes 2 --troubles 10

People go through whole journeys on the loopback Bot API, alone or with their mothers, while the
program is killed and started again. At the end, by the ledger: every update that was acknowledged
was applied exactly once, and every reply arrived, in order. A reply may arrive twice where the
program died between sending it and marking it as sent; then it is the same to the letter.

One process works on SQLite, and polls. Several share a database of PostgreSQL and a data folder,
and a load balancer brings them the updates: one is killed while the others go on, and send what it
had taken when its lease is over. Troubles are those of the server: it ends at once and starts
again, or cuts every connection; no process is started anew for that.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, count, cycle, repeat
from pathlib import Path
from signal import SIGKILL, SIGTERM, SIGUSR1

from bench.balancer import Balancer
from bench.doomed import BOUNDARIES
from bench.journeys import Journey, Step, family, first_code, same_day, travel
from bench.judge import Count, judge
from bench.target import Target, free_port
from core.sample import sample_export
from tests.loopback import twilio
from tests.loopback.telegram import TOKEN, LoopbackTelegram
from tests.loopback.twilio import LoopbackTwilio
from tests.postgres import Postgres, serving

RARE = "taken again"
"""A boundary that one process passes only where a death left replies unsent: once, after the next
start."""

LEAVES_UNSENT = "before delivering"

SHORTEST, LONGEST = 0.02, 0.6
"""Seconds that the program lives after it began to serve."""


PATIENCE = 5.0
"""Seconds in which a boundary is reached, or else the program is killed where it is."""

GOES_ON = 30.0
"""Seconds in which every process sends something again after the server had trouble."""

LEASE = 10.0
"""Seconds after which the others take what a dead process had taken, instead of the program's
minute: the test is shorter, and more of it goes on at once."""

LONGER_THAN_ALL = 900.0
"""Seconds that a person waits for a reply: longer than a busy machine takes for all the deaths."""


@dataclass(frozen=True)
class Setting:
    """A kill test. `postgres` is the server that several processes share, None for SQLite;
    `boundaries` are those at which they die, besides any moment."""

    kills: int
    people: int
    seed: int
    postgres: Postgres | None = None
    processes: int = 1
    troubles: int = 0
    lease: float = LEASE
    boundaries: Sequence[str] = BOUNDARIES


class Process:
    """One of the processes: its lives, one after the other."""

    def __init__(
        self,
        environ: Mapping[str, str],
        port: int,
        log: Path,
        bot_api: LoopbackTelegram,
        *,
        waits: bool,
    ) -> None:
        """With `waits` a life is in no danger until it is its turn to die."""
        self.environ = environ
        self.port = port
        self.log = log
        self.bot_api = bot_api
        self.waits = waits
        self.life = 0
        """The port of the Bot API that this life calls, and no other."""
        self.doom = ""
        self.target: Target | None = None

    async def start(self, doom: str = "") -> bool:
        """Start a life; False where it died before it served anybody, as some boundaries are
        passed before."""
        url = await self.bot_api.listen()
        self.life, self.doom = int(url.rpartition(":")[2]), doom
        environ = {
            **self.environ,
            "HEALTHCODE_WEB": f"127.0.0.1:{self.port}",
            "HEALTHCODE_TELEGRAM_API": url,
            "DOOM": doom,
            "DOOM_WAITS": "yes" if self.waits else "",
        }
        doomed = doom or "DOOM_LEASE" in environ
        command = ["-m", "bench.doomed"] if doomed else ["-m", "bot", "run"]
        self.target = Target(command, environ, self.log)
        try:
            await self.target.start(self.port)
        except RuntimeError:
            process = self.target.process
            if not doom or process is None or process.returncode != -SIGKILL:
                raise
            return False
        return True

    async def die(self, chance: random.Random) -> bool:
        """Let it die; tell whether it did so by itself, at its boundary."""
        assert self.target and self.target.process
        if self.doom and self.waits:
            self.target.process.send_signal(SIGUSR1)
        patience = PATIENCE if self.doom else chance.uniform(SHORTEST, LONGEST)
        try:
            await asyncio.wait_for(self.target.process.wait(), patience)
        except TimeoutError:
            await self.target.kill()
            return False
        return bool(self.doom)

    async def end(self) -> None:
        """Let it end as it should."""
        assert self.target is not None
        await self.target.kill(SIGTERM)

    async def gone(self) -> None:
        """Leave nothing behind, also where the test itself has failed."""
        if self.target and self.target.process:
            await self.target.kill()


async def chaos(folder: Path, setting: Setting) -> Count:
    """Run the whole test in an empty folder."""
    chance = random.Random(setting.seed)
    async with AsyncExitStack() as stack:
        bot_api = await stack.enter_async_context(LoopbackTelegram())
        phones = await stack.enter_async_context(LoopbackTwilio())
        environ = environment(folder, phones.url)
        if setting.postgres:
            environ |= await _shared(setting.postgres, setting.lease)
        several = setting.processes > 1
        ports = [free_port() for _ in range(setting.processes)]
        if several:
            balancer = await stack.enter_async_context(Balancer(ports))
            environ |= {
                "HEALTHCODE_TELEGRAM_WEBHOOK": balancer.url,
                "HEALTHCODE_TELEGRAM_SECRET": "chaos",
            }
        log = folder / "log.txt"
        processes = [Process(environ, port, log, bot_api, waits=several) for port in ports]
        for process in processes:
            stack.push_async_callback(process.gone)
        crowd = Crowd(bot_api, phones, setting)
        result, deaths = await _kill(processes, bot_api, setting, chance)
        finished = await crowd.finished()
        await bot_api.updates.all_acknowledged()
        for process in processes:
            await process.end()
        judge(bot_api, finished, deaths, result)
    return result


class Crowd:
    """The people: in each of some places one after another, until enough has been killed."""

    def __init__(self, bot_api: LoopbackTelegram, phones: LoopbackTwilio, setting: Setting) -> None:
        self._bot_api = bot_api
        self._phones = phones
        now = datetime.now(UTC)
        self._export = sample_export(31, 48, setting.seed, now, name="visits.json")
        self._numbers = count(1)
        self._finished: list[tuple[list[Step], Journey]] = []
        self._stopping = False
        self._tasks = [asyncio.create_task(self._live()) for _ in range(setting.people)]

    async def finished(self) -> list[tuple[list[Step], Journey]]:
        """Let all who are on their way arrive; return what each did."""
        self._stopping = True
        await asyncio.gather(*self._tasks)
        return self._finished

    async def _live(self) -> None:
        while not self._stopping:
            number = next(self._numbers)
            alone = [*first_code(number, self._export), *same_day()]
            steps = family(number, self._export) if number % 2 else alone
            journey = await travel(self._bot_api, self._phones, number, steps, LONGER_THAN_ALL)
            self._finished.append((steps, journey))


async def _kill(
    processes: list[Process], bot_api: LoopbackTelegram, setting: Setting, chance: random.Random
) -> tuple[Count, dict[int, float]]:
    """Start all, kill one after the other in turn, and leave all of them alive; return what was
    done, and when each life had ended."""
    result = Count()
    deaths: dict[int, float] = {}
    dooms = chain(plan(setting.kills, setting.boundaries, chance), repeat(""))
    troubles = set(chance.sample(range(setting.kills), setting.troubles))
    served = await asyncio.gather(*(process.start(next(dooms)) for process in processes))
    victims = zip(cycle(processes), range(setting.kills), strict=False)
    alive = served[0]
    for victim, number in victims:
        if number in troubles:
            await _trouble(setting.postgres, processes, bot_api, chance)
        if not alive or await victim.die(chance):
            result.boundaries.add(victim.doom.partition(":")[0])
        deaths[victim.life] = time.time()
        result.kills += 1
        alive = await victim.start(next(dooms)) or len(processes) > 1
    return result, deaths


async def _trouble(
    postgres: Postgres | None,
    processes: list[Process],
    bot_api: LoopbackTelegram,
    chance: random.Random,
) -> None:
    """Let the server have trouble in the middle of work, and wait until every process goes on."""
    assert postgres is not None
    await asyncio.sleep(chance.uniform(SHORTEST, LONGEST))
    await (postgres.restart() if chance.random() < 0.5 else postgres.cut())
    before, idle = len(bot_api.sent), {process.life for process in processes}
    async with asyncio.timeout(GOES_ON):
        while idle := idle - {entry.port for entry in bot_api.sent[before:]}:
            bot_api.arrived.clear()
            await bot_api.arrived.wait()


def plan(kills: int, boundaries: Sequence[str], chance: random.Random) -> list[str]:
    """Return the deaths in random order: each boundary at its first and a later hit, the rest
    at any moment (empty)."""
    dooms = [f"{b}:{1 if b == RARE else chance.choice((1, 2, 5, 9))}" for b in boundaries]
    if kills >= 2 * len(boundaries):
        dooms += [f"{b}:{chance.randint(10, 30)}" for b in boundaries]
    dooms = dooms[:kills] + [""] * (kills - len(dooms))
    chance.shuffle(dooms)
    if f"{RARE}:1" in dooms:
        dooms.remove(f"{RARE}:1")
        before = next((n for n, doom in enumerate(dooms) if doom.startswith(LEAVES_UNSENT)), 0)
        dooms.insert(before + 1, f"{RARE}:1")
    return dooms


def environment(folder: Path, phones: str) -> dict[str, str]:
    """Return the settings of the program under test, all but those of one process: where its web
    server stands, and which Bot API it calls."""
    policy = folder / "policy.toml"
    policy.write_text("telegram_per_second = 0\n\n[passcode]\nper_day_at_least = 1000000\n")
    return {
        "HEALTHCODE_DATA": str(folder / "var"),
        "HEALTHCODE_POLICY": str(policy),
        "HEALTHCODE_TELEGRAM_TOKEN": TOKEN,
        "HEALTHCODE_SMS": "twilio",
        "HEALTHCODE_TWILIO_API": phones,
        "HEALTHCODE_TWILIO_ACCOUNT": twilio.ACCOUNT,
        "HEALTHCODE_TWILIO_TOKEN": twilio.TOKEN,
        "HEALTHCODE_TWILIO_FROM": twilio.FROM,
    }


async def _shared(postgres: Postgres, lease: float) -> dict[str, str]:
    """Return the settings that name a database without a schema, and how long a lease is."""
    name = await postgres.create("template1")
    return {"HEALTHCODE_DATABASE": postgres.url(name), "DOOM_LEASE": str(lease)}


def main() -> int:
    """Run it; the exit code is 0 only where nothing was lost, doubled or out of order."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--people", type=int, default=12)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--processes", type=int, default=1, help="several share a PostgreSQL")
    parser.add_argument("--troubles", type=int, default=0, help="of that PostgreSQL")
    parser.add_argument("--lease", type=float, default=LEASE, help="in seconds")
    options = vars(parser.parse_args())
    print(f"seed={options['seed']}")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = stack.enter_context(serving()) if options["processes"] > 1 else None
        result = asyncio.run(chaos(folder, Setting(postgres=postgres, **options)))
    print(f"boundaries={len(result.boundaries)}/{len(BOUNDARIES)}")
    for missed in sorted(set(BOUNDARIES) - result.boundaries):
        print(f"not reached: {missed}")
    print(f"repeated={result.repeated}")
    print(result)
    return 0 if result.good else 1


if __name__ == "__main__":
    sys.exit(main())
