"""SIGTERM and Ctrl-C in the middle of the work: the turns in hand are finished, nothing is lost."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.bot.machine import until
from tests.bot.process import program
from tests.loopback.telegram import TOKEN, LoopbackTelegram

PEOPLE, MESSAGES = 12, 6


def runs(folder: Path, bot_api: LoopbackTelegram) -> subprocess.Popen[str]:
    """Start the program on Telegram alone, as fast as it can."""
    policy = folder / "policy.toml"
    policy.write_text("telegram_per_second = 0\n")
    return program(
        folder,
        "run",
        WEB="off",
        POLICY=str(policy),
        TELEGRAM_TOKEN=TOKEN,
        TELEGRAM_API=bot_api.url,
    )


async def is_told(process: subprocess.Popen[str], number: int, when: Callable[[], bool]) -> None:
    """Send a signal once something is true, and see the process end well."""
    try:
        await until(when)
        process.send_signal(number)
        out, err = await asyncio.to_thread(process.communicate, timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0, err
    assert out == "The bot listens on Telegram.\n"
    assert "ERROR" not in err
    assert "Traceback" not in err


async def test_whoever_wrote_is_answered_once_whichever_signal_came_between(
    tmp_path: Path,
) -> None:
    async with LoopbackTelegram(delay=0.03) as bot_api:
        people = [bot_api.person(1001 + number) for number in range(PEOPLE)]
        for person in people:
            await person.says("/start")
        for number in range(MESSAGES - 1):
            for person in people:
                await person.says(f"message {number}")

        def replies() -> int:
            return sum(len(person.received) for person in people)

        await is_told(runs(tmp_path, bot_api), signal.SIGTERM, lambda: replies() >= 10)
        after_first = replies()
        assert 10 <= after_first < PEOPLE * MESSAGES, "it was stopped in the middle"
        await is_told(runs(tmp_path, bot_api), signal.SIGINT, lambda: replies() >= after_first + 10)
        after_second = replies()
        assert after_second < PEOPLE * MESSAGES, "it was stopped in the middle"
        await is_told(
            runs(tmp_path, bot_api), signal.SIGTERM, lambda: replies() >= PEOPLE * MESSAGES
        )
        assert not bot_api.updates.pending
        assert [len(person.received) for person in people] == [MESSAGES] * PEOPLE
