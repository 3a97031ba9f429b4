"""The inside of the sandbox: a program that reads a file and says what is in it, within limits.

It is started by its file's name and with `-I`, so that nothing around it changes what it imports.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

ROOT = str(Path(__file__).resolve().parents[2])
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
LATE = (
    "PIL.ImageColor",
    "PIL.ImagePalette",
    "PIL.MpoImagePlugin",
    "PIL.TiffImagePlugin",
    "PIL.WebPImagePlugin",
)
"""What Pillow imports only where a picture needs it, which is then too late."""


def limit() -> None:
    """Set the limits, for good."""
    for kind, value in LIMITS.items():
        resource.setrlimit(kind, (value, value))


def main() -> int:
    """Read the file on standard input as what the argument names; write what came of it."""
    sys.path.insert(0, ROOT)
    from bot.processes.confinement import close_inherited, renounce

    close_inherited()
    limit()
    import msgspec

    from core.answer import Invalid

    data = sys.stdin.buffer.read()
    read, readable = _reader(sys.argv[1], data)
    renounce(readable)
    try:
        answer, code = read(data), 0
    except Invalid as error:
        answer, code = msgspec.msgpack.encode((error.code, error.params)), REFUSED
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
    return code


def _reader(kind: str, data: bytes) -> tuple[Callable[[bytes], bytes], list[str]]:
    """Return what reads a file, all that it needs imported; and the folders that it needs then."""
    # Not at the top: neither needs what the other does, and a process is started for each file.
    if kind == CODES:
        from core.gate.scanning import read_codes
        from core.gate.sighting import pack

        _import_late()
        return lambda photo: pack(read_codes(photo)), []
    from core.proof import clean, is_pdf

    if is_pdf(data):
        from core.drawing.pdf import FONTS

        # A bill is drawn with the fonts of the system where it brings none; pypdf imports late.
        libraries = [folder for folder in sys.path if folder != ROOT]
        return lambda pdf: clean(pdf).to_bytes(), [*FONTS, *libraries]
    _import_late()
    return lambda photo: clean(photo).to_bytes(), []


def _import_late() -> None:
    from PIL import Image

    Image.preinit()
    for module in LATE:
        import_module(module)


if __name__ == "__main__":
    sys.exit(main())
