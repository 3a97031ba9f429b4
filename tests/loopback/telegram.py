"""A Bot API server on the loopback, with a ledger of all that reached it.

It answers as https://core.telegram.org/bots/api says, as far as a bot for private chats needs it,
and refuses what the real one refuses. In a process of its own:

    python -m tests.loopback.telegram --port 8081 --delay 0.1 --ledger FILE
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import secrets
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Self

import msgspec
import uvloop
from aiohttp import web

from tests.loopback.call import Params, Refusal, Sent, parameters_of, refusal_for
from tests.loopback.delivery import Updates, WebhookCaller
from tests.loopback.faults import Faults, break_off
from tests.loopback.person import Person, Received

TOKEN = "1234567:loopback-token"
BOT = {"id": 1234567, "is_bot": True, "first_name": "Health Code", "username": "health_code_bot"}
MAX_DOWNLOAD = 20_000_000


NAMES = {
    name.lower(): name
    for name in (
        "sendMessage",
        "sendPhoto",
        "sendDocument",
        "sendVoice",
        "answerCallbackQuery",
        "deleteMessage",
    )
}
"""Methods as the ledger names them, however they were written."""


class LoopbackTelegram:
    """The server. `delay` is in seconds before a call has its effect and its answer.

    A long poll has none: it is open already when something comes. Nobody sees a message before
    its sender is told that it was sent, as is the rule with a phone at the other end.

    `sent` is the ledger of calls, in the order in which they came; `updates` that of updates.
    `file` gets both, a JSON object a line. Updates are numbered from `after` on.
    """

    def __init__(
        self,
        token: str = TOKEN,
        delay: float = 0.0,
        file: Path | None = None,
        after: int = 1000,
    ) -> None:
        self.token = token
        self.delay = delay
        self.faults = Faults()
        self.sent: list[Sent] = []
        self.arrived = asyncio.Event()
        self._ledger = file.open("ab", buffering=0) if file else None
        self.updates = Updates(self._record, after)
        self.webhook = WebhookCaller(self.updates, self._answered)
        self.people: dict[int, Person] = {}
        self.messages: dict[tuple[int, int], dict[str, Any]] = {}
        self.deleted: set[tuple[int, int]] = set()
        self.blocked: set[int] = set()
        self.menus: dict[str, list[dict[str, str]]] = {}
        self.menus_in_groups: dict[str, list[dict[str, str]]] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.toasts: dict[str, asyncio.Future[str]] = {}
        self._numbers = itertools.count(1)
        self._runner: web.AppRunner | None = None
        self.url = ""
        self._methods: dict[str, Callable[[Params, bytes], Awaitable[Any]]] = {
            "getme": self._get_me,
            "getupdates": self._get_updates,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._delete_webhook,
            "getwebhookinfo": self._get_webhook_info,
            "sendmessage": self._send_message,
            "sendphoto": self._send_photo,
            "senddocument": self._send_document,
            "sendvoice": self._send_voice,
            "answercallbackquery": self._answer_callback_query,
            "deletemessage": self._delete_message,
            "setmycommands": self._set_my_commands,
            "sendchataction": self._send_chat_action,
            "getfile": self._get_file,
        }

    async def start(self, port: int = 0, extra: list[web.RouteDef] | None = None) -> None:
        """Listen on 127.0.0.1 at `port`, 0 for any; `url` then says where."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.add_routes(
            [
                web.route("*", "/bot{token}/{method}", self._call),
                web.get("/file/bot{token}/{path:.+}", self._download),
                *(extra or []),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        self.url = await self.listen(port)

    async def listen(self, port: int = 0) -> str:
        """Listen at one more port, to tell by it who calls; return its url."""
        assert self._runner
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        return f"http://127.0.0.1:{self._runner.addresses[-1][1]}"

    async def stop(self) -> None:
        """Stop listening and calling."""
        await self.webhook.set("")
        self.updates.interrupt()
        if self._runner:
            await self._runner.cleanup()
        if self._ledger:
            self._ledger.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def person(self, chat: int, name: str = "Chan", language: str = "en") -> Person:
        """Return the person with that id, who is met here for the first time."""
        if chat not in self.people:
            self.people[chat] = Person(self, chat, name, language)
        return self.people[chat]

    def push(self, **update: Any) -> int:
        """Queue an update, such as `message={…}`; return its update_id."""
        return self.updates.push(update)

    def next_number(self) -> int:
        """Return a message id that is free."""
        return next(self._numbers)

    def to(self, chat: int) -> list[Sent]:
        """Return the ledger of one chat."""
        return [entry for entry in self.sent if entry.chat == chat]

    def calls(self, method: str) -> list[Sent]:
        """Return the ledger of one method, such as `sendMessage`."""
        return [entry for entry in self.sent if entry.method == method]

    def keep(self, name: str, content: bytes) -> str:
        """Store a file as if it had been sent; return its file_id."""
        ref = secrets.token_urlsafe(12)
        self.files[ref] = (f"documents/{ref}{Path(name).suffix}", content)
        return ref

    # The calls

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        name = method.lower()
        try:
            params, upload = await parameters_of(request)
        except ConnectionResetError:
            # The bot died in the middle of a call: nothing reached us, and nobody waits.
            raise web.HTTPBadRequest from None
        chat = int(params.get("chat_id") or 0)
        port = request.get_extra_info("sockname")[1]
        entry = Sent(time.time(), NAMES.get(name, method), chat, params, photo=upload, port=port)
        fault = self.faults.take(entry.method, chat)
        try:
            if request.match_info["token"] != self.token:
                raise Refusal(401, "Unauthorized")
            if name not in self._methods:
                raise Refusal(404, "Not Found")
            if fault and fault.hang:
                await asyncio.sleep(fault.hang)
            if self.delay and name != "getupdates":
                await asyncio.sleep(self.delay)
            if fault and fault.page:
                return web.Response(status=fault.status, text=fault.page)
            if fault and fault.status:
                raise refusal_for(fault)
            if chat in self.blocked and name.startswith("send"):
                raise Refusal(403, "Forbidden: bot was blocked by the user")
            result = await self._methods[name](params, upload)
        except Refusal as refusal:
            entry.outcome = refusal.status
            self._enter(name, entry)
            return web.json_response(refusal.answer, status=refusal.status)
        if isinstance(result, dict):
            entry.message = result.get("message_id", 0)
        entry.outcome = 0 if fault and fault.reset else 200
        self._enter(name, entry)
        if fault and fault.reset:
            return await break_off(request)
        return web.Response(
            body=msgspec.json.encode({"ok": True, "result": result}),
            content_type="application/json",
        )

    def _enter(self, name: str, entry: Sent) -> None:
        if name == "getupdates":
            return
        self.sent.append(entry)
        self.arrived.set()
        self._record(
            event="sent",
            method=entry.method,
            chat=entry.chat,
            message=entry.message,
            outcome=entry.outcome,
            text=entry.params.get("text") or entry.params.get("caption") or "",
            photo=len(entry.photo),
        )

    def _record(self, **line: Any) -> None:
        if self._ledger:
            self._ledger.write(msgspec.json.encode({"at": time.time(), **line}) + b"\n")

    async def _answered(self, call: Params) -> None:
        """Do the call that a webhook's answer is."""
        name = call.pop("method").lower()
        entry = Sent(time.time(), NAMES.get(name, name), int(call.get("chat_id") or 0), call)
        try:
            result = await self._methods[name](call, b"")
        except Refusal as refusal:
            entry.outcome = refusal.status
        else:
            entry.message = result.get("message_id", 0) if isinstance(result, dict) else 0
        self._enter(name, entry)

    async def _get_me(self, params: Params, upload: bytes) -> Any:
        return BOT

    async def _get_updates(self, params: Params, upload: bytes) -> Any:
        if self.webhook.url:
            raise Refusal(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook",
            )
        found = await self.updates.poll(
            int(params.get("offset") or 0),
            int(params.get("limit") or 100),
            float(params.get("timeout") or 0),
        )
        if found is None:
            raise Refusal(409, "Conflict: terminated by other getUpdates request")
        return found

    async def _set_webhook(self, params: Params, upload: bytes) -> Any:
        await self.webhook.set(
            params["url"], params.get("secret_token", ""), int(params.get("max_connections") or 40)
        )
        return True

    async def _delete_webhook(self, params: Params, upload: bytes) -> Any:
        await self.webhook.set("")
        return True

    async def _get_webhook_info(self, params: Params, upload: bytes) -> Any:
        return {
            "url": self.webhook.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self.updates.pending),
        }

    async def _send_message(self, params: Params, upload: bytes) -> Any:
        if not params.get("text"):
            raise Refusal(400, "Bad Request: message text is empty")
        if _units(params["text"]) > 4096:
            raise Refusal(400, "Bad Request: message is too long")
        return self._message(params, text=params["text"])

    async def _send_photo(self, params: Params, upload: bytes) -> Any:
        size = {"file_id": self.keep("photo.png", upload), "file_unique_id": "u"}
        photo = [{**size, "width": 800, "height": 800, "file_size": len(upload)}]
        return self._media(params, upload, photo=photo)

    async def _send_document(self, params: Params, upload: bytes) -> Any:
        document = {"file_id": self.keep("document", upload), "file_unique_id": "u"}
        return self._media(params, upload, document=document)

    async def _send_voice(self, params: Params, upload: bytes) -> Any:
        voice = {"file_id": self.keep("voice.mp3", upload), "file_unique_id": "u", "duration": 9}
        return self._media(params, upload, voice=voice)

    def _media(self, params: Params, upload: bytes, **content: Any) -> Any:
        if not upload:
            raise Refusal(400, "Bad Request: there is no file in the request")
        if _units(params.get("caption") or "") > 1024:
            raise Refusal(400, "Bad Request: message caption is too long")
        return self._message(params, upload, caption=params.get("caption") or "", **content)

    def _message(self, params: Params, upload: bytes = b"", **content: Any) -> Any:
        chat = int(params["chat_id"])
        if chat not in self.people:
            raise Refusal(400, "Bad Request: chat not found")
        markup = params.get("reply_markup") or {}
        for button in itertools.chain(*markup.get("inline_keyboard", ())):
            if not 1 <= len(button.get("callback_data", "").encode()) <= 64:
                raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
        message = {
            "message_id": self.next_number(),
            "from": BOT,
            "chat": self.people[chat].chat_object(),
            "date": int(time.time()),
            **content,
        }
        if "inline_keyboard" in markup:
            message["reply_markup"] = markup
        self.messages[chat, message["message_id"]] = message
        self.people[chat].got(
            Received(
                number=message["message_id"],
                text=content.get("text") or content.get("caption") or "",
                markup=markup,
                photo=b"" if "voice" in content else upload,
                voice=upload if "voice" in content else b"",
                protected=bool(params.get("protect_content")),
                silent=bool(params.get("disable_notification")),
            )
        )
        return message

    async def _answer_callback_query(self, params: Params, upload: bytes) -> Any:
        toast = self.toasts.pop(params["callback_query_id"], None)
        if toast is None:
            raise Refusal(
                400,
                "Bad Request: query is too old and response timeout expired or query ID is invalid",
            )
        if _units(params.get("text") or "") > 200:
            raise Refusal(400, "Bad Request: MESSAGE_TOO_LONG")
        toast.set_result(params.get("text") or "")
        return True

    async def _delete_message(self, params: Params, upload: bytes) -> Any:
        key = (int(params["chat_id"]), int(params["message_id"]))
        if key not in self.messages or key in self.deleted:
            raise Refusal(400, "Bad Request: message to delete not found")
        self.deleted.add(key)
        return True

    async def _set_my_commands(self, params: Params, upload: bytes) -> Any:
        language = params.get("language_code") or ""
        if len(language) not in (0, 2):
            raise Refusal(400, "Bad Request: invalid language code specified")
        scope = params.get("scope", {"type": "default"})["type"]
        if scope in ("default", "all_private_chats"):
            self.menus[language] = params["commands"]
        if scope in ("default", "all_group_chats"):
            self.menus_in_groups[language] = params["commands"]
        return True

    async def _send_chat_action(self, params: Params, upload: bytes) -> Any:
        return True

    async def _get_file(self, params: Params, upload: bytes) -> Any:
        if params["file_id"] not in self.files:
            raise Refusal(400, "Bad Request: invalid file_id")
        path, content = self.files[params["file_id"]]
        if len(content) > MAX_DOWNLOAD:
            raise Refusal(400, "Bad Request: file is too big")
        return {
            "file_id": params["file_id"],
            "file_unique_id": params["file_id"],
            "file_size": len(content),
            "file_path": path,
        }

    async def _download(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.take("download")
        if fault and fault.status:
            return web.Response(status=fault.status, headers={"Location": fault.description})
        for path, content in self.files.values():
            if path == request.match_info["path"]:
                return web.Response(body=content)
        return web.Response(status=404)


def _units(text: str) -> int:
    """Return a text's length as the Bot API counts it, in UTF-16."""
    return len(text.encode("utf-16-le")) // 2


def main() -> None:
    """Serve in this process, see `tests.loopback.control`."""
    from tests.loopback.control import serve

    parser = argparse.ArgumentParser(description="A loopback Bot API server.")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--ledger", type=Path, help="file that gets a JSON object a line")
    options = parser.parse_args()

    async def run() -> None:
        await serve(LoopbackTelegram(options.token, options.delay, options.ledger), options.port)

    uvloop.run(run())


if __name__ == "__main__":
    main()
