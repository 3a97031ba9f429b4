"""Every setting, typed and documented. A wrong one is one plain sentence."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite as SQLite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from core.plain_error import PlainError

PREFIX = "HEALTHCODE_"
NAMES = (
    "TELEGRAM_TOKEN",
    "TELEGRAM_API",
    "TELEGRAM_WEBHOOK",
    "TELEGRAM_SECRET",
    "DATABASE",
    "DATA",
    "WEB",
    "SMS",
    "TWILIO_API",
    "TWILIO_ACCOUNT",
    "TWILIO_TOKEN",
    "TWILIO_FROM",
    "POLICY",
)

DRIVERS = ("sqlite", "postgresql", "postgresql+asyncpg")
"""What a database's URL may begin with."""

SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
"""What the Bot API allows as setWebhook's secret_token."""

WEB = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(?P<port>[0-9]{1,5})")
MOST_PORT = 65_535


class SettingError(PlainError):
    """A setting is wrong. The text is one sentence that names the variable."""


@dataclass(frozen=True)
class Settings:
    """What the operator decides. Defaults start everything that needs no account.

    `telegram_secrets` are those that a webhook call may bring, the first that Telegram is told;
    `web` is (host, port) or None for none; `policy` None for the defaults; `database` an
    SQLAlchemy URL; `data` the folder of the embedded store and the keys. What is secret is not
    shown where the settings are.
    """

    telegram_token: str = field(repr=False)
    telegram_api: str
    telegram_webhook: str
    telegram_secrets: tuple[str, ...] = field(repr=False)
    database: str = field(repr=False)
    data: Path
    web: tuple[str, int] | None
    sms: str
    twilio_api: str
    twilio_account: str
    twilio_token: str = field(repr=False)
    twilio_from: str
    policy: Path | None

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, file: Path = Path(".env")) -> Settings:
        """Read the environment, and below it a `.env` file; raise SettingError."""
        given = dict(os.environ if environ is None else environ)
        merged = {**_below(file), **given}
        for name in merged:
            if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in NAMES:
                raise SettingError(f"{name} is not a setting of this program.")
        values = {name: merged.get(PREFIX + name, "").strip() for name in NAMES}
        data = Path(values["DATA"] or "var")
        settings = cls(
            telegram_token=_token(values["TELEGRAM_TOKEN"]),
            telegram_api=_base("TELEGRAM_API", values["TELEGRAM_API"], "https://api.telegram.org"),
            telegram_webhook=_webhook(values["TELEGRAM_WEBHOOK"]),
            telegram_secrets=_secrets(values["TELEGRAM_SECRET"]),
            database=_database(values["DATABASE"], data),
            data=data,
            web=_web(values["WEB"] or "127.0.0.1:8080"),
            sms=_one_of("SMS", values["SMS"] or "console", ("console", "twilio")),
            twilio_api=_base("TWILIO_API", values["TWILIO_API"], "https://api.twilio.com"),
            twilio_account=values["TWILIO_ACCOUNT"],
            twilio_token=values["TWILIO_TOKEN"],
            twilio_from=values["TWILIO_FROM"],
            policy=_file("POLICY", values["POLICY"]),
        )
        settings._agree()
        return settings

    def _agree(self) -> None:
        """Check the settings that depend on each other."""
        if self.sms == "twilio":
            for name in ("twilio_account", "twilio_token", "twilio_from"):
                if not getattr(self, name):
                    raise _wrong(name.upper(), "must be set where HEALTHCODE_SMS is twilio")
        if self.telegram_webhook and not self.telegram_token:
            raise _wrong("TELEGRAM_TOKEN", "must be set where HEALTHCODE_TELEGRAM_WEBHOOK is")
        if self.telegram_webhook and not self.telegram_secrets:
            raise _wrong("TELEGRAM_SECRET", "must be set where HEALTHCODE_TELEGRAM_WEBHOOK is")
        if self.telegram_webhook and self.web is None:
            raise _wrong("WEB", "must not be off where HEALTHCODE_TELEGRAM_WEBHOOK is set")
        if self.web is None and not self.telegram_token:
            raise _wrong("WEB", "is off and there is no HEALTHCODE_TELEGRAM_TOKEN: nothing to run")


def _below(file: Path) -> dict[str, str]:
    try:
        # Some editors begin a file with a mark, which would be part of the first name.
        with file.open(encoding="utf-8-sig") as lines:
            for binding in parse_stream(lines):
                if binding.error or (binding.key and binding.value is None):
                    line = binding.original.line
                    raise SettingError(f"Line {line} of the settings in {file} is no NAME=VALUE.")
        return {k: v for k, v in dotenv_values(file, encoding="utf-8-sig").items() if v is not None}
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError:
        raise SettingError(f"The file {file} of settings is not UTF-8 text.") from None
    except OSError as error:
        raise SettingError(f"The settings in {file} cannot be read: {error.strerror}.") from None


def _wrong(name: str, why: str) -> SettingError:
    return SettingError(f"{PREFIX}{name} {why}.")


def _token(value: str) -> str:
    # The shape is the Bot API's: the bot's number, a colon, the secret part.
    if value and not re.fullmatch(r"[0-9]+:[A-Za-z0-9_-]{3,}", value):
        raise _wrong("TELEGRAM_TOKEN", "must look like 123456:ABC-def, as BotFather gives it")
    return value


def _secrets(value: str) -> tuple[str, ...]:
    secrets = tuple(value.split(",")) if value else ()
    if len(secrets) > 2 or not all(map(SECRET.fullmatch, secrets)):
        what = "must be 1 to 256 letters, digits, _ or -, or two of these, new,old"
        raise _wrong("TELEGRAM_SECRET", what)
    return secrets


def _base(name: str, value: str, default: str) -> str:
    parts = _http(value or default)
    if parts is None or parts.path.strip("/") or parts.query or parts.fragment:
        raise _wrong(name, "must be a URL without a path, such as http://127.0.0.1:8081")
    return f"{parts.scheme}://{parts.netloc}"


def _webhook(value: str) -> str:
    if value and _http(value) is None:
        raise _wrong("TELEGRAM_WEBHOOK", "must be the public URL of this program, or empty")
    return value.rstrip("/")


def _http(value: str) -> SplitResult | None:
    """Return the parts of an HTTP URL, None where it is none that could be called."""
    try:
        parts = urlsplit(value)
        callable_ = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # Half an IPv6 address, or a port that is no number.
        return None
    return parts if callable_ and not re.search(r"\s", value) else None


def _database(value: str, data: Path) -> str:
    try:
        url = make_url(value or f"sqlite:///{data / 'healthcode.sqlite3'}")
        if url.drivername == "sqlite":
            SQLite().create_connect_args(url)
    except (ArgumentError, ValueError):
        raise _wrong("DATABASE", "must be an SQLAlchemy URL, such as sqlite:///file") from None
    if url.drivername not in DRIVERS or not 0 <= (url.port or 0) <= MOST_PORT:
        raise _wrong("DATABASE", "must be a URL such as sqlite:///file or postgresql://host/name")
    if url.get_backend_name() == "sqlite" and not _is_file(url.database):
        raise _wrong("DATABASE", "must name a file, such as sqlite:///var/healthcode.sqlite3")
    if mode := url.query.get("sslmode"):
        # As PostgreSQL's own tools call it; the driver's name for it is ssl.
        url = url.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
    return url.render_as_string(hide_password=False)


def _is_file(database: str | None) -> bool:
    # One in memory would be another for each connection, and gone at the next start.
    return bool(database) and database != ":memory:" and not str(database).startswith("file:")


def _web(value: str) -> tuple[str, int] | None:
    if value == "off":
        return None
    match = WEB.fullmatch(value)
    if match is None or int(match["port"]) > MOST_PORT or not _is_host(match["host"]):
        raise _wrong("WEB", "must be host:port, such as 127.0.0.1:8080 or [::1]:8080, or off")
    return match["host"].strip("[]"), int(match["port"])


def _is_host(host: str) -> bool:
    """Tell whether it is an address (one of IPv6 in brackets), or could be a name."""
    if not host.startswith("[") and re.search(r"[A-Za-z]", host):
        return True
    try:
        return ip_address(host.strip("[]")).version == (6 if host.startswith("[") else 4)
    except ValueError:
        return False


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise _wrong(name, f"must be one of {', '.join(allowed)}")
    return value


def _file(name: str, value: str) -> Path | None:
    path = Path(value) if value else None
    if path and not os.path.isfile(path):
        raise _wrong(name, "must name a file that is there")
    return path
