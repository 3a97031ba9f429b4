"""The page on which an officer checks codes: its files, and what it needs of the browser.

All of it runs in the browser and works without a network after the first visit; nothing that is
checked comes back here.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path

from aiohttp import web

from bot import decoder

PAGE = "/verify"
WORKER = f"{PAGE}/sw.js"
FOLDER = Path(__file__).with_name("web")
SHARED = ("page.css", "kept.js", "language.js", "large.js", "mark.svg", "taps.js")
"""Files of the chat's page that this one uses too."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
        "img-src 'self'; connect-src 'self'; worker-src 'self'; form-action 'none'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
}
"""In place of the chat's: the decoder is WebAssembly, and looks through the camera."""


def routes() -> list[web.RouteDef]:
    """Return the routes of the page."""
    return [
        web.get(PAGE, _index),
        web.get(f"{PAGE}/", _index),
        web.get(WORKER, _worker),
        web.get(PAGE + r"/{name:[a-z0-9]+\.(?:js|css)}", _own),
        web.get(PAGE + "/zxing/{name}", _decoder),
    ]


async def _index(_: web.Request) -> web.StreamResponse:
    return _file(FOLDER / "verify" / "index.html")


async def _own(request: web.Request) -> web.StreamResponse:
    return _file(FOLDER / "verify" / request.match_info["name"])


async def _decoder(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    if name not in decoder.FILES:
        raise web.HTTPNotFound
    return _file(decoder.folder() / name)


def _file(file: Path) -> web.StreamResponse:
    if not file.is_file():
        raise web.HTTPNotFound
    return web.FileResponse(file, headers=HEADERS)


async def _worker(_: web.Request) -> web.Response:
    """Serve the service worker with what it keeps; another version once a file is another."""
    return web.Response(
        text=await asyncio.to_thread(worker),
        content_type="text/javascript",
        headers={**HEADERS, "Service-Worker-Allowed": PAGE},
    )


def worker() -> str:
    """Return the service worker's script."""
    files = _files()
    version = hashlib.sha256()
    for path, file in files.items():
        data = file.read_bytes()
        version.update(f"{path} {len(data)} ".encode() + data)
    script = files.pop(WORKER).read_text("utf-8")
    known = {"VERSION": version.hexdigest()[:16], "FILES": list(files)}
    return "".join(f"const {name} = {json.dumps(is_)};\n" for name, is_ in known.items()) + script


def _files() -> dict[str, Path]:
    """Return the page's files by the path under which each is served."""
    own = sorted(file for file in (FOLDER / "verify").iterdir() if file.suffix in (".js", ".css"))
    fetched = [decoder.folder() / name for name in decoder.FILES]
    return {
        PAGE: FOLDER / "verify" / "index.html",
        **{f"{PAGE}/{file.name}": file for file in own},
        **{f"{PAGE}/zxing/{file.name}": file for file in fetched if file.is_file()},
        **{f"/static/{name}": FOLDER / name for name in SHARED},
    }
