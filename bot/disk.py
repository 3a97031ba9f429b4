"""How full the disk is: what strangers send must leave room for words, and for erasing."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

SPARED, ENOUGH = 0.15, 5_000_000_000
"""What stays free of files: this part of the disk, or so many bytes where that is less. On a full
disk nothing can be erased either, as a database writes down first what it is going to erase."""

log = logging.getLogger(__name__)


def nearly_full(folder: Path) -> bool:
    """Tell whether files are no longer to be taken; the log is told too."""
    disk = shutil.disk_usage(folder)
    full = disk.free < min(SPARED * disk.total, ENOUGH)
    if full:
        log.error("the disk is nearly full: no files are taken until there is room again")
    return full
