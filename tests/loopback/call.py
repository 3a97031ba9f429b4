"""A call of the Bot API: how its parameters are read, refused and entered in the ledger."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from aiohttp import hdrs, parse_content_disposition, web
from aiohttp.multipart import BodyPartReader

from tests.loopback.faults import Fault

Params = dict[str, Any]


class Sent(msgspec.Struct):
    """A call that reached the server: an entry of the ledger.

    `at` is in seconds since the epoch; `message` the id of the message that it made, 0 for none;
    `outcome` is the status answered, or 0 where the connection was broken off after the effect;
    `port` the one of ours that it came to, 0 for the answer of a webhook.
    """

    at: float
    method: str
    chat: int
    params: dict[str, Any]
    message: int = 0
    photo: bytes = b""
    outcome: int = 200
    port: int = 0


class Refusal(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status = status
        self.answer = {"ok": False, "error_code": status, "description": description}
        if parameters:
            self.answer["parameters"] = parameters


async def parameters_of(request: web.Request) -> tuple[Params, bytes]:
    """Return a call's parameters, and the file in it: JSON, form, multipart or query alike."""
    upload = b""
    params: Params = {}
    # aiohttp reads the header anew for each boundary, and that of a part for each of its values.
    kind = request.headers.get(hdrs.CONTENT_TYPE, "").partition(";")[0]
    if kind == "application/json":
        return msgspec.json.decode(await request.read()), upload
    if kind == "multipart/form-data":
        async for part in await request.multipart():
            assert isinstance(part, BodyPartReader)
            _, named = parse_content_disposition(part.headers[hdrs.CONTENT_DISPOSITION])
            if named.get("filename"):
                upload = bytes(await part.read())
            else:
                params[named["name"]] = bytes(await part.read()).decode()
    else:
        params.update(await request.post())
    params.update(request.query)
    for key in ("reply_markup", "commands", "scope", "allowed_updates"):
        if isinstance(params.get(key), str):
            params[key] = json.loads(params[key])
    for key in ("protect_content", "disable_notification"):
        if key in params:
            params[key] = params[key] == "true"
    return params, upload


def refusal_for(fault: Fault) -> Refusal:
    """Return the answer that a fault with a status gives."""
    parameters = {"retry_after": fault.retry_after} if fault.retry_after else {}
    return Refusal(fault.status, fault.description, **parameters)
