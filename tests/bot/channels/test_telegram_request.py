"""The connection itself: who is trusted, and what is not followed."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from telegram.error import NetworkError, TelegramError

from bot.channels.telegram_request import AiohttpRequest, decode
from tests.loopback.telegram import TOKEN, LoopbackTelegram


@pytest.fixture
async def server() -> AsyncIterator[LoopbackTelegram]:
    async with LoopbackTelegram() as server:
        yield server


def self_signed(folder: Path) -> ssl.SSLContext:
    """Return a server's context with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime(2020, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today)
        .not_valid_after(today + timedelta(days=36500))
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    reached: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        reached.append(request.path)
        return web.json_response({"ok": True, "result": True})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self_signed(tmp_path)).start()
    request = AiohttpRequest(f"https://127.0.0.1:{runner.addresses[0][1]}", TOKEN)
    await request.initialize()
    with pytest.raises(NetworkError, match="Certificate"):
        await request.post("/getMe")
    await request.shutdown()
    await runner.cleanup()
    assert reached == []


async def test_redirects_are_not_followed() -> None:
    reached: list[str] = []

    async def redirect(request: web.Request) -> web.Response:
        reached.append(request.path)
        raise web.HTTPFound("/elsewhere")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", redirect)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    request = AiohttpRequest(f"http://127.0.0.1:{runner.addresses[0][1]}", TOKEN)
    await request.initialize()
    with pytest.raises(NetworkError, match="302"):
        await request.post("/getMe")
    await request.shutdown()
    await runner.cleanup()
    assert reached == [f"/bot{TOKEN}/getMe"]


async def test_proxies_of_the_environment_are_ignored(
    server: LoopbackTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    request = AiohttpRequest(server.url, TOKEN)
    await request.initialize()
    await request.initialize()
    assert isinstance(await request.post("/getMe"), dict)
    await request.shutdown()
    await request.shutdown()
    with pytest.raises(NetworkError, match="not connected"):
        await request.post("/getMe")


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (rb'{"text": "\ud83d\ude00"}', {"text": "😀"}),
        (rb'{"text": "\ud83d"}', {"text": "?"}),
        (b'{"text": "\xff"}', {"text": "\ufffd"}),
    ],
)
def test_spoilt_characters_do_not_spoil_the_rest(payload: bytes, expected: object) -> None:
    assert decode(payload) == expected


@pytest.mark.parametrize("payload", [b"", b"<html>", b"{", b"[" * 100_000, b'{"a": NaN}'])
def test_what_is_no_json_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError):
        decode(payload)
    with pytest.raises(TelegramError):
        AiohttpRequest.parse_json_payload(payload)


@pytest.mark.parametrize("payload", [b"[]", b"{}", b'{"message": "Forbidden"}'])
def test_an_answer_is_the_bot_apis(payload: bytes) -> None:
    with pytest.raises(TelegramError, match="not one of the Bot API"):
        AiohttpRequest.parse_json_payload(payload)
