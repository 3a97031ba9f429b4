"""The program under test as a process of its own: start, wait until it serves, kill."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]


def free_port() -> int:
    """Return a port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Target:
    """One program: its command, its environment, and the file that gets what it writes."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], log: Path) -> None:
        self.command = [sys.executable, *command]
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("HEALTHCODE_")}
        self.environ = {**inherited, "PYTHONPATH": str(ROOT), **environ}
        self.log = log
        self.process: asyncio.subprocess.Process | None = None

    async def start(self, port: int, within: float = 120.0) -> None:
        """Start it, and return once it listens on a port."""
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.command, env=self.environ, cwd=self.log.parent, stdout=log, stderr=log
            )
        async with asyncio.timeout(within):
            while not await _listens(port):
                if self.process.returncode is not None:
                    raise RuntimeError(f"it ended at once: {self.log.read_text()[-2000:]}")
                await asyncio.sleep(0.01)

    async def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal, and wait for the end."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(number)
        await self.process.wait()

    def cpu(self) -> float:
        """Return the CPU seconds that it and its own processes have used."""
        return sum(map(_cpu, self._family()))

    def memory(self) -> list[float]:
        """Return the resident memory in MiB: its own, and that of each process that it started."""
        return [_memory(pid) for pid in self._family()]

    def _family(self) -> list[int]:
        assert self.process is not None
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next((line for line in status.splitlines() if line.startswith("VmRSS")), "VmRSS: 0 kB")
    return int(line.split()[1]) / 1024


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
