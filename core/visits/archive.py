"""Exports inside a ZIP. Nothing is ever written to a disk."""

from __future__ import annotations

import codecs
import io
import stat
import zipfile
import zlib

from core.answer import Invalid

SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
_ENCRYPTED = 0x1 | 0x40 | 0x2000
"""Any of the three flags of APPNOTE.TXT 4.4.4 that say so."""
codecs.lookup("cp437")  # Of members' names. Now, as it could not be loaded once files are given up.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    IndexError,
    OSError,
    RuntimeError,
    ValueError,
)
"""What the library raises for a damaged file; a member without a name is an IndexError."""
_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def unzip(data: bytes, max_bytes: int) -> bytes:
    """Return the one file in a ZIP, reading no more than `max_bytes` of it, or raise Invalid."""
    [(_, content)] = unzip_all(data, max_bytes, most=1)
    return content


def unzip_all(data: bytes, max_bytes: int, *, most: int) -> list[tuple[str, bytes]]:
    """Return the files in a ZIP by their names: one to `most` of them, and no more than `max_bytes`
    of all together. Raise Invalid."""
    stream = io.BytesIO(data)
    if not zipfile.is_zipfile(stream):
        raise Invalid("truncated")
    found, left = [], max_bytes
    try:
        with zipfile.ZipFile(stream) as archive:
            members = _members(archive, most)
            if sum(member.file_size for member in members) > max_bytes:
                raise Invalid("too_large", limit_kb=max_bytes // 1000)
            for member in members:
                with archive.open(member) as file:
                    # Without a number it would unpack all there is, whatever the directory says.
                    content = file.read(left)
                found.append((member.filename, content))
                left -= len(content)
    except _BROKEN as error:
        raise Invalid("zip_broken") from error
    if any(content.startswith(SIGNATURES) for _, content in found):
        raise Invalid("zip_nested")
    return found


def _members(archive: zipfile.ZipFile, most: int) -> list[zipfile.ZipInfo]:
    # macOS puts a file of its own beside each one that it packs.
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir() and not member.filename.startswith("__MACOSX/")
    ]
    if any(member.filename == "[Content_Types].xml" for member in members):
        raise Invalid("spreadsheet")
    if not members:
        raise Invalid("empty")
    if len(members) > most:
        raise Invalid("zip_members", count=len(members))
    for member in members:
        _check(member)
    return members


def _check(member: zipfile.ZipInfo) -> None:
    name = member.orig_filename
    if name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/"):
        raise Invalid("zip_path")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise Invalid("zip_link")
    if member.flag_bits & _ENCRYPTED:
        raise Invalid("zip_encrypted")
    if member.compress_type not in _READABLE:
        raise Invalid("zip_broken")
