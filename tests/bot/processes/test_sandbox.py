"""The sandbox with real processes and the files that do harm."""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from pathlib import Path

import msgspec
import pytest

from bot.processes import sandbox as module
from bot.processes.sandbox import Sandbox
from core.answer import Invalid
from core.clean_proof import CleanProof
from core.colour import Colour
from core.conversation.messages import Card
from core.gate.sighting import unpack
from core.picture import draw
from tests.clock import NOON
from tests.corpus_proofs import flate_bomb_pdf, image, pdf, png_claiming

SECONDS = 10


async def code_of(box: Sandbox, data: bytes) -> str:
    try:
        CleanProof.from_bytes(await box.clean_proof(data))
    except Invalid as error:
        return error.code
    return ""


def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """Put a program of the test's own in the place of the one that cleans."""
    program = tmp_path / "child.py"
    program.write_text(body)
    monkeypatch.setattr(module, "_CHILD", program)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (image("JPEG"), ""),
        (image("PNG", (5_000, 4_999), "RGBA"), ""),
        (pdf(pages=10), ""),
        (b"", "empty"),
        (b"\xff\xd8\xff" + bytes(25_000_000), "too_large"),
        (b"hello", "file_type"),
        (png_claiming(20_000, 20_000), "pixels"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "unreadable"),
        (pdf(pages=11), "pages"),
    ],
    ids=range(9),
)
async def test_a_proof_is_cleaned_or_refused(data: bytes, code: str) -> None:
    begun = time.monotonic()
    assert await code_of(Sandbox(), data) == code
    assert time.monotonic() - begun < SECONDS


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (image("JPEG", (4_000, 3_000)), ""),
        (image("PNG", (5_000, 5_000), "RGBA"), ""),
        (image("JPEG", (8_900, 8_900)), ""),
        (b"", "empty"),
        (b"\xff\xd8\xff" + bytes(20_000_000), "too_large"),
        (b"GIF89a", "file_type"),
        (pdf(), "file_type"),
        (png_claiming(20_000, 20_000), "pixels"),
        (png_claiming(65_535, 1_000), "pixels"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "unreadable"),
    ],
    ids=range(10),
)
async def test_a_photo_is_read_or_refused(data: bytes, code: str) -> None:
    begun = time.monotonic()
    box, refused = Sandbox(), ""
    try:
        assert unpack(await box.read_codes(data)) == []
    except Invalid as error:
        refused = error.code
    assert refused == code
    assert time.monotonic() - begun < SECONDS


async def test_the_codes_of_a_photo_come_out() -> None:
    code = Card(Colour.GREEN, "HK1:" + "A" * 200, ["C*"], "456(3)", NOON, NOON, "en")
    (seen,) = unpack(await Sandbox().read_codes(draw(code)))
    assert seen.text == code.code


async def test_what_is_no_list_of_codes_is_an_unreadable_photo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child(tmp_path, monkeypatch, "import sys; sys.stdout.write('not codes')")
    with pytest.raises(Invalid, match="unreadable"):
        await Sandbox().read_codes(image("JPEG"))


async def test_a_pdf_bomb_costs_its_process_alone() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.monotonic()
    assert await code_of(Sandbox(), flate_bomb_pdf()) in ("", "unreadable")
    assert time.monotonic() - begun < SECONDS + 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


async def test_the_loop_runs_on_meanwhile() -> None:
    box = Sandbox()
    work = asyncio.create_task(code_of(box, image("JPEG", (5_000, 5_000))))
    turns = 0
    while not work.done():
        await asyncio.sleep(0.005)
        turns += 1
    assert await work == ""
    # Read in the loop, it would leave it two.
    assert turns > 10


@pytest.mark.parametrize(
    "body",
    [
        "import os; os.abort()",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "raise SystemExit(1)",
        "import sys; sys.stdin.buffer.read(); sys.stdout.write('not a proof')",
        "import sys; sys.stdout.write('not a refusal'); sys.exit(3)",
        "import sys, msgspec; sys.stdout.buffer.write(msgspec.msgpack.encode(('x', {})));"
        " sys.exit(3)",
        "import sys; sys.stdin.buffer.read()\nwhile True: sys.stdout.write('x' * 1_000_000)",
    ],
)
async def test_a_crash_is_an_unreadable_file(
    body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child(tmp_path, monkeypatch, body)
    assert await code_of(Sandbox(), bytes(5_000_000)) == "unreadable"


async def test_it_is_killed_when_its_time_is_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "alive"
    child(
        tmp_path,
        monkeypatch,
        f"import time\ntime.sleep(1)\nopen({str(marker)!r}, 'w').close()\n",
    )
    assert await code_of(Sandbox(seconds=0.3), b"x") == "unreadable"
    await asyncio.sleep(1.2)
    assert not marker.exists()


async def test_it_is_killed_when_nobody_waits_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "alive"
    child(
        tmp_path,
        monkeypatch,
        f"import time\ntime.sleep(1)\nopen({str(marker)!r}, 'w').close()\n",
    )
    task = asyncio.create_task(Sandbox().clean_proof(b"x"))
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(1.2)
    assert not marker.exists()


async def test_no_more_than_two_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log"
    child(
        tmp_path,
        monkeypatch,
        "import os, sys, time\n"
        f"log = os.open({str(log)!r}, os.O_APPEND | os.O_CREAT | os.O_WRONLY)\n"
        "os.write(log, b'+'); time.sleep(0.2); os.write(log, b'-'); sys.exit(1)\n",
    )
    box = Sandbox()
    await asyncio.gather(*(code_of(box, b"x") for _ in range(6)))
    running = most = 0
    for mark in log.read_text():
        running += 1 if mark == "+" else -1
        most = max(most, running)
    assert (running, most) == (0, 2)


async def test_it_sees_nothing_of_our_surroundings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEALTHCODE_TELEGRAM_TOKEN", "12345:canary")
    seen = tmp_path / "seen"
    child(
        tmp_path,
        monkeypatch,
        "import json, os\n"
        "seen = dict(os.environ), os.getcwd(), os.listdir('/proc/self/fd')\n"
        f"open({str(seen)!r}, 'w').write(json.dumps(seen))\n",
    )
    await code_of(Sandbox(), b"x")
    environment, folder, files = msgspec.json.decode(seen.read_bytes())
    assert not [name for name in environment if name != "LC_CTYPE"]
    assert folder == "/"
    assert len(files) <= 5


async def test_the_limits_hold_inside() -> None:
    program = (
        "import json, resource, sys\n"
        f"sys.path.insert(0, {str(Path(module.__file__).parents[2])!r})\n"
        "from bot.processes.sandboxed import limit\n"
        "limit()\n"
        "names = ['AS', 'CPU', 'FSIZE', 'NOFILE', 'NPROC', 'CORE']\n"
        "print(json.dumps([resource.getrlimit(getattr(resource, f'RLIMIT_{n}')) for n in names]))\n"
        "try:\n    bytearray(600 << 20)\nexcept MemoryError:\n    print('no memory')\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-c", program, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    limits, memory = output.decode().splitlines()
    assert msgspec.json.decode(limits) == [[limit, limit] for limit in (512 << 20, 10, 0, 32, 0, 0)]
    assert memory == "no memory"
