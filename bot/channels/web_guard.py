"""What holds for everything that the web server answers: who may ask, what a browser may do with
it, and that a failure tells nothing of what was said."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.channels import Stopping, web_cookie

log = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "media-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

HTTPS_SECONDS = 365 * 24 * 3600
"""Who has been here by https comes by nothing else for so long (OWASP ASVS 5.0, 3.4.1)."""

PORTS = {"http": 80, "https": 443}


def check_origin(request: web.Request) -> None:
    """Refuse other sites: a browser sends them our cookie's chat, but names them here."""
    scheme, _, host = request.headers.get("Origin", "").partition("://")
    # A browser leaves out the port that goes without saying; a proxy may tell us of it.
    if not host or request.host not in (host, f"{host}:{PORTS.get(scheme)}"):
        raise web.HTTPForbidden(text="This page may not talk to the chat.")


@web.middleware
async def discreet(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Log a failure by its type alone: its words may hold what a person wrote."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Stopping:
        raise web.HTTPServiceUnavailable from None
    except Exception as error:
        log.error("a web request failed: %s", type(error).__name__)
        return web.Response(status=500, text="Something went wrong. Please try again.\n")


async def harden(request: web.Request, response: web.StreamResponse) -> None:
    """Tell the browser what it may do with an answer, where the answer does not tell it itself."""
    for name, value in {**HEADERS, "Cache-Control": "no-cache"}.items():
        response.headers.setdefault(name, value)
    # The library would tell its version, and Python's (OWASP ASVS 5.0, 13.4.6).
    response.headers["Server"] = "health-code"
    if web_cookie.is_secure(request):
        response.headers.setdefault("Strict-Transport-Security", f"max-age={HTTPS_SECONDS}")
