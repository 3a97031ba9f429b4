"""The inside of the sandbox: a program that reads a proof and writes it anew, within limits.

It is started by its file's name and with `-I`, so that nothing around it changes what it imports.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

MEBIBYTE = 1 << 20
LIMITS = {
    resource.RLIMIT_AS: 512 * MEBIBYTE,
    resource.RLIMIT_CPU: 10,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_NOFILE: 32,
    resource.RLIMIT_NPROC: 0,
    resource.RLIMIT_CORE: 0,
}
"""Pillow's handbook advises the first two; it opens no file, starts no process, leaves no trace."""
REFUSED = 3
"""The exit code with which the answer is the code and the parameters of an Invalid."""


def confine() -> None:
    """Give up, for good, what a decoder does not need."""
    for limit, value in LIMITS.items():
        resource.setrlimit(limit, (value, value))


def main() -> int:
    """Clean the proof on standard input and write it to standard output."""
    confine()
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    import msgspec

    from core.answer import Invalid
    from core.proof import clean

    try:
        answer, code = clean(sys.stdin.buffer.read()).to_bytes(), 0
    except Invalid as error:
        answer, code = msgspec.msgpack.encode((error.code, error.params)), REFUSED
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
    return code


if __name__ == "__main__":
    sys.exit(main())
