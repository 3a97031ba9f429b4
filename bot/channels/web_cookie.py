"""Who a browser is: a cookie with a random token.

Only a hash of the token is the chat's address, so no store and no log holds what opens the chat.
"""

from __future__ import annotations

import hashlib
import re
import secrets

from aiohttp import web

COOKIE = "chat"
COOKIE_DAYS = 180
"""As long as an unused registration is kept."""
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
"""256 random bits in URL-safe base64."""


def address(request: web.Request) -> str | None:
    """Return the address of the browser's chat, None where it shows no token of ours."""
    token = _token(request)
    return hashlib.sha256(token.encode()).hexdigest()[:32] if token else None


def give(request: web.Request, response: web.StreamResponse) -> None:
    """Let the browser keep its token, or a new one."""
    response.set_cookie(
        COOKIE,
        _token(request) or secrets.token_urlsafe(32),
        max_age=COOKIE_DAYS * 24 * 3600,
        httponly=True,
        samesite="Strict",
        secure="https" in (request.scheme, request.headers.get("X-Forwarded-Proto")),
    )


def forget(response: web.StreamResponse) -> None:
    """Let the browser forget its token: nobody can open the chat any more."""
    response.del_cookie(COOKIE, httponly=True, samesite="Strict")


def _token(request: web.Request) -> str:
    token = request.cookies.get(COOKIE, "")
    return token if TOKEN.fullmatch(token) else ""
