"""What a process that was taken over by a stranger's file can still do: nothing to anybody."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import uvloop

from bot.app import App
from bot.processes import sandbox
from bot.processes.confinement import landlock
from bot.processes.sandbox import Sandbox
from bot.processes.sandboxed import CODES, PROOF
from bot.processes.workers import Workers
from bot.settings import Settings
from core.colour import Colour
from core.conversation.messages import Card
from core.policy import Policy
from core.proof import clean
from tests.clock import NOON
from tests.corpus_proofs import image, pdf, pdf_without_its_fonts

linux = pytest.mark.skipif(sys.platform != "linux", reason="Landlock is Linux's")
ROOT = str(Path(sandbox.__file__).parents[2])
CARD = Card(Colour.GREEN, "HK1:ABC", ["C*"], "456(3)", NOON, NOON, "en")
DENIED = {errno.EACCES, errno.EPERM, errno.EMFILE}

ATTACK = """
import ctypes, os, resource, socket, subprocess

LEFT_OUT = ()

def attack(*_):
    if {raised}:  # As the superuser may.
        try: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        except (ValueError, OSError): pass
    inherited = []
    for number in range(3, 300):
        try: os.fstat(number)
        except OSError: continue
        inherited.append(number)
    outcome = {{}}
    for name, deed in dict(
        passwd=lambda: open("/etc/passwd").read(),
        key=lambda: open({folder!r} + "/key").read(),
        folder=lambda: os.listdir({folder!r}),
        program=lambda: open({root!r} + "/README.md").read(),
        parent=lambda: open(f"/proc/{{os.getppid()}}/environ", "rb").read(),
        temporary=lambda: open("/tmp/taken-over", "w"),
        changed=lambda: open({folder!r} + "/key", "r+"),
        made=lambda: os.mkdir({folder!r} + "/made"),
        removed=lambda: os.unlink({folder!r} + "/key"),
        renamed=lambda: os.rename({folder!r} + "/key", {folder!r} + "/other"),
        linked=lambda: os.symlink("/etc", {folder!r} + "/etc"),
        started=lambda: os.execv("/bin/true", ["true"]),
        connected=lambda: socket.create_connection(("127.0.0.1", {port}), 1),
        bound=lambda: socket.socket().bind(("127.0.0.1", 0)),
        abstract=lambda: socket.socket(socket.AF_UNIX).connect({abstract!r}),
        told=lambda: os.kill(os.getppid(), 0),
        datagram=lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)),
    ).items():
        if name in LEFT_OUT: continue
        try: deed()
        except OSError as error: outcome[name] = error.errno
        else: outcome[name] = 0
    kept = ctypes.CDLL(None).prctl(39, 0, 0, 0, 0)
    import msgspec
    return msgspec.msgpack.encode((outcome, inherited, kept))
"""
HIJACKED = """
import sys
sys.path.insert(0, {root!r})
import msgspec
from bot.processes import confinement, sandboxed
{first}
reader = sandboxed._reader
sandboxed._reader = lambda kind, data: (attack, reader(kind, data)[1])
sys.exit(sandboxed.main())
"""
WITHOUT = "confinement.landlock = lambda: 0; LEFT_OUT = ['started']"
Outcome = tuple[dict[str, int], list[int], int]


class Scene:
    """A server that listens, a key that lies about, and a program that attacks both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "key").write_text("secret")
        self.server = socket.create_server(("127.0.0.1", 0))
        self.abstract = socket.socket(socket.AF_UNIX)
        self.abstract.bind(f"\0{folder}")
        self.abstract.listen()

    def attack(self, raised: bool) -> str:
        return ATTACK.format(
            raised=raised,
            root=ROOT,
            folder=str(self.folder),
            port=self.server.getsockname()[1],
            abstract=f"\0{self.folder}",
        )

    def child(self, raised: bool, first: str = "") -> Path:
        """Return the sandbox's program, taken over once it has read its file."""
        program = self.folder / "child.py"
        program.write_text(self.attack(raised) + HIJACKED.format(root=ROOT, first=first))
        return program

    def unharmed(self) -> bool:
        return sorted(os.listdir(self.folder)) == ["child.py", "key"] or not self.folder.exists()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    made.server.close()
    made.abstract.close()


async def taken_over(kind: str, data: bytes) -> Outcome:
    code, answer = await Sandbox()._run(kind, data)
    assert code == 0
    return msgspec.msgpack.decode(answer, type=Outcome)


@linux
@pytest.mark.parametrize(
    ("kind", "data"), [(PROOF, image("JPEG")), (CODES, image("PNG"))], ids=[PROOF, CODES]
)
async def test_whoever_takes_over_a_photo_opens_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, kind: str, data: bytes
) -> None:
    monkeypatch.setattr(sandbox, "_CHILD", scene.child(raised=False))
    outcome, inherited, no_new_privs = await taken_over(kind, data)
    if landlock() < 6:
        del outcome["told"]
    assert set(outcome.values()) <= DENIED, outcome
    assert inherited == []
    assert no_new_privs == 1
    assert scene.unharmed()


@linux
@pytest.mark.skipif(landlock() < 6, reason="an older kernel forbids less")
@pytest.mark.parametrize("data", [image("JPEG"), pdf()], ids=["photo", "pdf"])
async def test_the_kernel_forbids_it_where_files_could_be_opened(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    monkeypatch.setattr(sandbox, "_CHILD", scene.child(raised=True))
    outcome, inherited, no_new_privs = await taken_over(PROOF, data)
    del outcome["datagram"]  # Older kernels leave it; a PDF's process holds its own file alone.
    assert set(outcome.values()) <= DENIED, outcome
    assert inherited == []
    assert no_new_privs == 1
    assert scene.unharmed()


@linux
@pytest.mark.parametrize("raised", [False, True])
async def test_whoever_takes_over_a_worker_opens_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, raised: bool
) -> None:
    first = "import sys; sys.path.insert(0, sys.argv[1])\nfrom bot.processes import worker\n"
    last = "worker._done = attack\nworker.serve()"
    monkeypatch.setattr("bot.processes.workers.START", first + scene.attack(raised) + last)
    workers = Workers()
    answer = await workers.draw(CARD)
    outcome, inherited, no_new_privs = msgspec.msgpack.decode(answer, type=Outcome)
    if landlock() < 6:
        del outcome["told"]
    if raised:
        del outcome["datagram"]
    if landlock() or not raised:
        assert set(outcome.values()) <= DENIED, outcome
    assert inherited == []
    assert no_new_privs == 1
    workers.close()


@linux
def test_nothing_that_is_open_is_handed_on_by_either_loop(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """uvloop closes nothing by itself."""
    monkeypatch.setattr(sandbox, "_CHILD", scene.child(raised=False))
    with open(scene.folder / "key") as key:
        os.set_inheritable(key.fileno(), True)
        for run in (asyncio.run, uvloop.run):
            _, inherited, _ = run(taken_over(PROOF, image("JPEG")))
            assert inherited == []


@linux
async def test_without_landlock_a_photo_is_read_and_opens_nothing_all_the_same(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = scene.child(raised=False, first=WITHOUT)
    monkeypatch.setattr(sandbox, "_CHILD", program)
    outcome, inherited, _ = await taken_over(PROOF, image("JPEG"))
    for name in ("passwd", "key", "temporary", "connected", "bound", "datagram"):
        assert outcome[name] == errno.EMFILE, name
    assert inherited == []


async def test_what_is_without_landlock_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings.load(
        {"HEALTHCODE_DATA": str(tmp_path), "HEALTHCODE_WEB": "127.0.0.1:0"}, tmp_path / "none"
    )
    for version in (0, 7):
        monkeypatch.setattr("bot.app.landlock", lambda here=version: here)
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            app = App(settings, Policy())
            await app.start()
            await app.stop()
        said = [record for record in caplog.records if "Landlock" in record.getMessage()]
        assert len(said) == (version == 0)


@pytest.mark.parametrize(
    "data",
    [image("JPEG"), image("PNG", mode="RGBA"), pdf(), pdf_without_its_fonts()],
    ids=["photo", "screenshot", "bill", "old bill"],
)
async def test_a_proof_looks_in_there_as_it_looks_here(data: bytes) -> None:
    """Also a bill that names a font of the system, such as MingLiU, and does not bring it."""
    assert await Sandbox().clean_proof(data) == clean(data).to_bytes()
