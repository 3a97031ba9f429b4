"""The command line: every command of the program, and what it answers."""

from __future__ import annotations

import argparse
import io
import os
import resource
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from bot.arguments import parser
from core.plain_error import PlainError

if TYPE_CHECKING:
    from bot.settings import Settings
    from core.policy import Policy

T = TypeVar("T")

OPEN_FILES = 16_384
"""Connections and files at once, for some thousands of pages. Of the usual thousand, whoever opens
as many connections would leave none for Telegram, for SMS and for the processes that read files."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code (2: the settings or the arguments are wrong)."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot show a letter must not hide that something was done.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        options = _options(arguments)
        code = DEEDS[options.command](options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except PlainError as error:
        from bot.logs import shown

        # It may quote what was given, which must not steer the terminal.
        print(shown(str(error)), file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Who reads has enough (`| head`); nothing more is written, at the exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    return code


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    try:
        return parser().parse_args(arguments)
    finally:
        # What `--help` says: at the exit nobody could be told that it is not read.
        sys.stdout.flush()


def _decided() -> tuple[Settings, Policy]:
    """Return what the operator and the authority decided."""
    from bot.settings import Settings
    from core.policy import Policy

    settings = Settings.load()
    return settings, Policy.load(settings.policy) if settings.policy else Policy()


def _result(deed: Coroutine[Any, Any, T]) -> T:
    # Here, as all that takes long to import: before `main` Ctrl-C would be a traceback.
    import asyncio

    return asyncio.run(deed)


def _done(command: Callable[..., Coroutine[Any, Any, str]], *given: Any) -> int:
    """Run a command of the operator with what was given, and print what it answers."""
    from bot.clock import system_clock

    print(_result(command(*_decided(), system_clock, *given)))
    return 0


def _run(_: argparse.Namespace) -> int:
    # Until the loop takes it: raised amid all that is imported here, Ctrl-C could be lost.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    import asyncio

    import uvloop

    from bot.alone import alone
    from bot.app import App
    from bot.collector import settle
    from bot.logs import set_up, unhandled

    settings, policy = _decided()
    set_up()
    # An image of the memory would hold the keys, and what people are writing just now.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed < OPEN_FILES:
        # There may be fewer, or no end of them, which is written as a negative number.
        wanted = OPEN_FILES if most < 0 else min(OPEN_FILES, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))

    async def run() -> None:
        app = App(settings, policy)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(unhandled)
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signal_number, stop.set)
        await app.start()
        settle()
        # A commit that goes to a thread is waited for: the loop yields to it when it is done.
        sys.setswitchinterval(0.0005)
        try:
            if app.web:
                host = f"[{app.web.host}]" if ":" in app.web.host else app.web.host
                print(f"The web chat is at http://{host}:{app.web.port}/", flush=True)
            if app.telegram:
                print("The bot listens on Telegram.", flush=True)
            await stop.wait()
        finally:
            await app.stop()

    with alone(settings):
        uvloop.run(run())
    return 0


def _verify(options: argparse.Namespace) -> int:
    from bot.clock import system_clock
    from bot.operator.verify import verify
    from bot.settings import SettingError
    from core.identity import DocumentType

    document = None
    if options.document:
        kind, number = options.document
        if kind not in list(DocumentType):
            raise SettingError(f"--document must begin with one of {', '.join(DocumentType)}.")
        document = DocumentType(kind), number
    code, answer = verify(
        options.code,
        options.keys,
        system_clock(),
        bundle=options.bundle,
        document=document,
        challenge=options.challenge,
    )
    print(answer, file=sys.stderr if code == 2 else sys.stdout)
    return code


def _keys_list(_: argparse.Namespace) -> int:
    from bot.clock import system_clock
    from bot.operator.keys import listed

    print(listed(*_decided(), system_clock))
    return 0


def _keys_rotate(options: argparse.Namespace) -> int:
    from bot.operator.keys import rotated

    return _done(rotated, options.in_hours)


def _keys_revoke(options: argparse.Namespace) -> int:
    from bot.operator.keys import revoked

    return _done(revoked, options.key, options.by, options.reason)


def _keys_distrust(options: argparse.Namespace) -> int:
    from bot.operator.keys import distrusted

    return _done(distrusted, options.key, options.before, options.by, options.reason)


def _load(options: argparse.Namespace) -> int:
    from bot.operator.load import load
    from bot.settings import SettingError

    try:
        data = options.file.read_bytes()
    except OSError as error:
        raise SettingError(f"{options.file} cannot be read: {error.strerror}.") from None
    settings, policy = _decided()
    print(_result(load(settings, policy, options.list, data)))
    return 0


def _codes_withdraw(options: argparse.Namespace) -> int:
    from bot.operator.codes import Asked, withdraw
    from core.store.codes import Why

    return _done(withdraw, Asked(options.code, options.by, Why(options.why), options.reason))


def _codes_pending(_: argparse.Namespace) -> int:
    from bot.operator.codes import pending

    return _done(pending)


def _staff_add(options: argparse.Namespace) -> int:
    from bot.operator.staff import add

    return _done(add, options.name, options.role)


def _staff_list(_: argparse.Namespace) -> int:
    from bot.operator.staff import listed

    return _done(listed)


def _staff_remove(options: argparse.Namespace) -> int:
    from bot.operator.staff import remove

    return _done(remove, options.name)


def _guardians_list(_: argparse.Namespace) -> int:
    from bot.operator.guardians import listed

    return _done(listed)


def _guardians_confirm(options: argparse.Namespace) -> int:
    from bot.operator.guardians import confirm

    return _done(confirm, options.reference, options.by)


def _guardians_refuse(options: argparse.Namespace) -> int:
    from bot.operator.guardians import refuse

    return _done(refuse, options.reference, options.by, options.reason)


def _takeovers_stop(options: argparse.Namespace) -> int:
    from bot.operator.takeovers import stop

    return _done(stop, options.reference, options.by)


def _unlock(options: argparse.Namespace) -> int:
    from bot.operator.phones import unlock

    return _done(unlock, options.phone, options.by)


def _audit_verify(options: argparse.Namespace) -> int:
    from bot.clock import system_clock
    from bot.operator.audit import verify

    whole, answer = _result(verify(*_decided(), system_clock, options.checkpoint))
    print(answer, file=sys.stdout if whole else sys.stderr)
    return 0 if whole else 1


def _audit_checkpoint(options: argparse.Namespace) -> int:
    from bot.operator.audit import write_checkpoint

    return _done(write_checkpoint, options.output)


def _letters(options: argparse.Namespace) -> int:
    from bot.operator.letters import write

    return _done(write, options.output, options.by, options.again)


def _sample(options: argparse.Namespace) -> int:
    from bot.clock import system_clock
    from bot.settings import SettingError
    from core.sample import sample_export, sample_installation

    try:
        data = sample_export(
            options.days,
            options.visits,
            options.seed,
            system_clock(),
            name=options.output.name,
            installation=sample_installation(options.seed),
        )
        options.output.write_bytes(data)
    except ValueError as error:
        raise SettingError(f"{error}.") from None
    except OSError as error:
        raise SettingError(f"{options.output} cannot be written: {error.strerror}.") from None
    print(f"{options.output}: {options.visits} visits in {options.days} days")
    return 0


DEEDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "run": _run,
    "verify": _verify,
    "keys list": _keys_list,
    "keys rotate": _keys_rotate,
    "keys revoke": _keys_revoke,
    "keys distrust": _keys_distrust,
    "load": _load,
    "codes withdraw": _codes_withdraw,
    "codes pending": _codes_pending,
    "staff add": _staff_add,
    "staff list": _staff_list,
    "staff remove": _staff_remove,
    "guardians list": _guardians_list,
    "guardians confirm": _guardians_confirm,
    "guardians refuse": _guardians_refuse,
    "takeovers stop": _takeovers_stop,
    "unlock": _unlock,
    "audit verify": _audit_verify,
    "audit checkpoint": _audit_checkpoint,
    "letters": _letters,
    "export-sample": _sample,
}
"""What is done, by the words of the command."""


if __name__ == "__main__":
    sys.exit(main())
