"""The officer's page as it is served: what the browser may do, and what is there to get."""

from __future__ import annotations

import json
import re
from pathlib import Path

import aiohttp
import pytest

from bot import decoder
from bot.channels import web_verify
from tests.bot.channels.transcript import LoopbackChat


async def test_every_file_is_hardened_and_asks_nobody_else(chat: LoopbackChat) -> None:
    script = web_verify.worker()
    match = re.search(r"^const FILES = (.*);$", script, re.MULTILINE)
    assert match
    paths = json.loads(match[1])
    assert {"/verify", "/verify/page.js", "/verify/zxing/zxing_reader.wasm"} <= set(paths)
    async with aiohttp.ClientSession() as session:
        for path in [*paths, "/verify/", web_verify.WORKER]:
            async with session.get(chat.url + path) as response:
                assert response.status == 200, path
                assert "Set-Cookie" not in response.headers
                assert response.headers["Cache-Control"] == "no-cache"
                assert response.headers["X-Content-Type-Options"] == "nosniff"
                if path.startswith("/verify"):
                    policy = response.headers["Content-Security-Policy"]
                    assert "default-src 'none'" in policy
                    assert "connect-src 'self'" in policy
                    assert policy.count("unsafe") == 1 and "'wasm-unsafe-eval'" in policy
                    assert "camera=(self)" in response.headers["Permissions-Policy"]
                if path.startswith("/verify") and "zxing" not in path:
                    assert "://" not in await response.text()


async def test_the_chat_may_not_look_through_the_camera(chat: LoopbackChat) -> None:
    async with aiohttp.ClientSession() as session, session.get(chat.url) as response:
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        assert "camera=()" in response.headers["Permissions-Policy"]


async def test_nothing_else_is_served(chat: LoopbackChat) -> None:
    async with aiohttp.ClientSession() as session:
        for path in (
            "/verify/nothing.js",
            "/verify/index.html",
            "/verify/../web.py",
            "/verify/zxing/..%2findex.js",
            "/verify/zxing/other.js",
            "/verify/zxing/",
        ):
            async with session.get(chat.url + path) as response:
                assert response.status == 404, path


async def test_a_decoder_that_is_missing_is_not_promised(
    chat: LoopbackChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_it = web_verify.worker()
    monkeypatch.setattr(decoder, "folder", lambda: tmp_path)
    without = web_verify.worker()
    assert "/verify/zxing/" in with_it
    assert "/verify/zxing/" not in without
    assert with_it.splitlines()[0] != without.splitlines()[0]
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{chat.url}/verify/zxing/index.js") as response,
    ):
        assert response.status == 404
