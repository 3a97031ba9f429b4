"""Temporary files in memory: thousands of small stores are made, and a disk lets each wait."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ENOUGH = 4 << 30
"""Bytes that must be free there; all tests together need a part of them at a time."""


def keep_in_memory() -> None:
    """Have temporary files made there, where the system has it and nobody asks for another place.

    What is tested on a kill and on a broken file is so there too: only a loss of power is not, and
    no test takes that away.
    """
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    if shutil.disk_usage(MEMORY).free >= ENOUGH:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)
