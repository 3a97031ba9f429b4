"""The inside of the sandbox: a program that reads a file and says what is in it, within limits.

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
PROOF, CODES = "proof", "codes"
"""What a file may be read as."""
REFUSED = 3
"""The exit code with which the answer is the code and the parameters of an Invalid."""


def confine() -> None:
    """Give up, for good, what a decoder does not need."""
    for limit, value in LIMITS.items():
        resource.setrlimit(limit, (value, value))


def main() -> int:
    """Read the file on standard input as what the argument names; write what came of it."""
    confine()
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    import msgspec

    from core.answer import Invalid

    try:
        answer, code = _read(sys.argv[1], sys.stdin.buffer.read()), 0
    except Invalid as error:
        answer, code = msgspec.msgpack.encode((error.code, error.params)), REFUSED
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
    return code


def _read(kind: str, data: bytes) -> bytes:
    # Not at the top: neither needs what the other does, and a process is started for each file.
    if kind == CODES:
        from core.scanning import pack, read_codes

        return pack(read_codes(data))
    from core.proof import clean

    return clean(data).to_bytes()


if __name__ == "__main__":
    sys.exit(main())
