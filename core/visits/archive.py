"""Exports inside a ZIP. Nothing is ever written to a disk."""

from __future__ import annotations

import codecs
import io
import re
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
    OSError,
    RuntimeError,
    ValueError,
)
"""What the library raises for a damaged file."""
_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_SEPARATOR = re.compile(r"[/\\]")
"""Some programs on Windows write theirs, which APPNOTE.TXT 4.4.17 forbids."""
_DRIVE = re.compile("[A-Za-z]:")
_OF_FOLDERS = ("desktop.ini", "thumbs.db")
"""What Windows keeps in a folder, beside the hidden files of macOS that begin with a dot."""
_SHEET = b"application/vnd.oasis.opendocument.spreadsheet"
"""The first file of an .ods holds nothing else, and is not compressed (OpenDocument 1.3, 3.3)."""


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
            _check_no_document(archive, data)
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
    members = [member for member in archive.infolist() if not _is_by_the_way(member)]
    if not members:
        raise Invalid("empty")
    if len(members) > most:
        raise Invalid("zip_members", count=len(members))
    for member in members:
        _check(member)
    return members


def _check_no_document(archive: zipfile.ZipFile, data: bytes) -> None:
    """Raise Invalid for a file of an office program: it is a ZIP as well."""
    names = archive.namelist()
    if any(name.startswith("xl/") or name.endswith(".iwa") for name in names):
        raise Invalid("spreadsheet")
    if "[Content_Types].xml" in names or "mimetype" in names:
        raise Invalid("spreadsheet" if _SHEET in data[:200] else "not_export", name="")


def _is_by_the_way(member: zipfile.ZipInfo) -> bool:
    """Tell whether it is a folder, or what a system puts beside the files that it packs."""
    *folders, name = _SEPARATOR.split(member.filename)
    if not name or "__MACOSX" in folders:
        return True
    return name.startswith(".") or name.lower() in _OF_FOLDERS


def _check(member: zipfile.ZipInfo) -> None:
    name = member.orig_filename
    parts = _SEPARATOR.split(name)
    if not parts[0] or ".." in parts or _DRIVE.match(name):
        raise Invalid("zip_path")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise Invalid("zip_link")
    if member.flag_bits & _ENCRYPTED:
        raise Invalid("zip_encrypted")
    if member.compress_type not in _READABLE:
        raise Invalid("zip_broken")
