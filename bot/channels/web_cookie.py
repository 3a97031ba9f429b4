"""Who a browser is: a cookie with a random token.

Only a hash of the token is the chat's address, so no store and no log holds what opens the chat.
"""

from __future__ import annotations

import hashlib
import re
import secrets

from aiohttp import web

COOKIE = "chat"
HOST_ONLY = "__Host-"
"""Before a cookie's name: browsers take such a one from this host alone, by https. Otherwise a
neighbour of its domain could set it, and have somebody write into the neighbour's own chat."""
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
    _set(request, response, _token(request) or _new())


def renew(request: web.Request, response: web.StreamResponse) -> None:
    """Give the browser a new token: nobody can open the chat any more.

    The tabs begin anew at the same time; without a token each would be given one of its own.
    """
    _set(request, response, _new())


def _new() -> str:
    return secrets.token_urlsafe(32)


def _set(request: web.Request, response: web.StreamResponse, token: str) -> None:
    response.set_cookie(
        _name(request),
        token,
        max_age=COOKIE_DAYS * 24 * 3600,
        httponly=True,
        # Not Strict: whoever follows a link to the chat from elsewhere would come without it, be
        # given another, and lose his chat. What other sites may not do is seen by the Origin.
        samesite="Lax",
        secure=is_secure(request),
    )


def _token(request: web.Request) -> str:
    token = request.cookies.get(_name(request), "")
    return token if TOKEN.fullmatch(token) else ""


def _name(request: web.Request) -> str:
    return HOST_ONLY + COOKIE if is_secure(request) else COOKIE


def is_secure(request: web.Request) -> bool:
    """Tell whether the browser's own connection is by https; each proxy on the way may add its
    own."""
    forwarded = request.headers.get("X-Forwarded-Proto", "").partition(",")[0].strip().lower()
    return "https" in (request.scheme, forwarded)
