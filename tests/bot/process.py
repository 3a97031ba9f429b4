"""The program as a process of its own, with nothing around it but what a test gives."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]


def environment(folder: Path, **given: str) -> dict[str, str]:
    """Return the environment of a program with its data in a folder; names without prefix."""
    settings = {"DATA": str(folder / "data"), "WEB": "127.0.0.1:0", **given}
    outside = {k: v for k, v in os.environ.items() if not k.startswith("HEALTHCODE_")}
    return {
        **outside,
        "PYTHONPATH": str(HERE),
        **{f"HEALTHCODE_{name}": value for name, value in settings.items()},
    }


def program(folder: Path, *arguments: str, **given: str) -> subprocess.Popen[str]:
    """Start `python -m bot` in a folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env=environment(folder, **given),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
