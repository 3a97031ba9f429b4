"""What a process gives up, for good, before it looks at what strangers have sent.

On Linux the kernel's Landlock takes away the files, TCP, and signals to others, without any
privilege (https://docs.kernel.org/userspace-api/landlock.html). It is three system calls.
"""

from __future__ import annotations

import ctypes
import os
import resource
import struct
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
"""The system calls, on every architecture that Python runs on."""

WHICH_VERSION = 1
PATH_BENEATH = 1
SET_NO_NEW_PRIVS = 38
READ_FILE, READ_DIR = 1 << 2, 1 << 3

FILES = ((1, 13), (2, 14), (3, 15), (5, 16), (9, 17))
NETWORKS = ((4, 2), (10, 4))
SCOPES = ((6, 2),)
"""How many rights of a kind there are, from which version of Landlock on (linux/landlock.h).

The networks are TCP and, the later two, UDP; the scopes abstract sockets and signals.
"""


def landlock() -> int:
    """Return the version of Landlock that the kernel offers, 0 for none."""
    return max(_call(CREATE_RULESET, None, 0, WHICH_VERSION), 0) if sys.platform == "linux" else 0


def close_inherited() -> None:
    """Close all but standard input, output and error: uvloop hands a process whatever is open."""
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))


def renounce(readable: Sequence[str] = ()) -> None:
    """Open nothing any more but files below those folders, to read; run no other program.

    Without any folder no socket of any kind can be opened either, also where there is no
    Landlock. What is open stays so. Raise OSError where the kernel refuses.
    """
    if sys.platform == "linux":
        _checked("no_new_privs", _libc().prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        if version := landlock():
            _restrict(version, readable)
    if not readable:
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def _restrict(version: int, readable: Sequence[str]) -> None:
    """Forbid all that this version of Landlock knows, except to read below some folders."""
    handled = (_rights(kind, version) for kind in (FILES, NETWORKS, SCOPES))
    # An older kernel takes a longer record than its own where the rest is zero.
    rules = struct.pack("=3Q", *handled)
    made = _checked("create_ruleset", _call(CREATE_RULESET, rules, len(rules), 0))
    with _closed(made):
        for folder in filter(os.path.isdir, readable):
            with _closed(os.open(folder, os.O_RDONLY | os.O_DIRECTORY)) as below:
                rule = struct.pack("=Qi", READ_FILE | READ_DIR, below)
                _checked("add_rule", _call(ADD_RULE, made, PATH_BENEATH, rule, 0))
        _checked("restrict_self", _call(RESTRICT_SELF, made, 0))


def _rights(kind: tuple[tuple[int, int], ...], version: int) -> int:
    return (1 << max((count for since, count in kind if version >= since), default=0)) - 1


@contextmanager
def _closed(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _call(number: int, *arguments: int | bytes | None) -> int:
    """Do a system call; return what it does, -1 where it fails."""
    wide = (ctypes.c_long(each) if isinstance(each, int) else each for each in arguments)
    return int(_libc().syscall(ctypes.c_long(number), *wide))


def _checked(what: str, result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), what)
    return result


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
