"""An export inside a ZIP. Nothing is ever written to a disk."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib

from core.answer import Invalid

SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
_ENCRYPTED = 0x1 | 0x40 | 0x2000
"""Any of the three flags of APPNOTE.TXT 4.4.4 that say so."""
_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def unzip(data: bytes, max_bytes: int) -> bytes:
    """Return the one file in a ZIP, reading no more than `max_bytes` of it, or raise Invalid."""
    stream = io.BytesIO(data)
    if not zipfile.is_zipfile(stream):
        raise Invalid("truncated")
    try:
        with zipfile.ZipFile(stream) as archive:
            member = _only_member(archive)
            if member.file_size > max_bytes:
                raise Invalid("too_large", limit_kb=max_bytes // 1000)
            with archive.open(member) as file:
                # Without a number it would unpack all there is, whatever the directory says.
                content = file.read(max_bytes)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
        raise Invalid("zip_broken") from error
    if content.startswith(SIGNATURES):
        raise Invalid("zip_nested")
    return content


def _only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    # macOS puts a file of its own beside each one that it packs.
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir() and not member.filename.startswith("__MACOSX/")
    ]
    if any(member.filename == "[Content_Types].xml" for member in members):
        raise Invalid("spreadsheet")
    if len(members) != 1:
        raise Invalid("zip_members", count=len(members))
    member = members[0]
    name = member.orig_filename
    if name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/"):
        raise Invalid("zip_path")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise Invalid("zip_link")
    if member.flag_bits & _ENCRYPTED:
        raise Invalid("zip_encrypted")
    if member.compress_type not in _READABLE:
        raise Invalid("zip_broken")
    return member
