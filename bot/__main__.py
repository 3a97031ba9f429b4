"""The command line: every command of the program, each in its own words."""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.settings import Settings
    from core.policy import Policy


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code (2: the settings or the arguments are wrong)."""
    try:
        options = _parser().parse_args(arguments)
        code: int = options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        # First: where it cut an import short, nothing more can be imported.
        return 128 + signal.SIGINT
    except _plain_errors() as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Who reads has enough (`| head`); nothing more is written, at the exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    return code


def _plain_errors() -> tuple[type[Exception], ...]:
    from bot.codes import CodeError
    from bot.guardians import GuardianError
    from bot.phones import PhoneError
    from bot.reason import ReasonError
    from bot.settings import SettingError
    from core.issuer_keys import KeysError
    from core.lists import ListError
    from core.policy import PolicyError
    from core.store.staff import StaffError
    from core.vault import KeyRingError

    return (
        SettingError,
        PolicyError,
        KeyRingError,
        KeysError,
        ListError,
        StaffError,
        CodeError,
        GuardianError,
        PhoneError,
        ReasonError,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description="The Health Code bot.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="start all that the settings enable")
    run.set_defaults(run=_run)

    check = commands.add_parser(
        "verify",
        help="check a code: exit code 0 only for genuine, valid and green",
    )
    check.add_argument("code", metavar="PICTURE_OR_TEXT")
    check.add_argument("--keys", type=Path, required=True, metavar="FILE")
    check.add_argument(
        "--bundle", type=Path, metavar="FILE", help="keys and withdrawn codes of now"
    )
    check.add_argument("--document", nargs=2, metavar=("TYPE", "NUMBER"))
    check.add_argument("--challenge", type=_digits, metavar="DIGITS")
    check.set_defaults(run=_verify)

    keys = commands.add_parser("keys", help="the keys that sign codes").add_subparsers(
        required=True, metavar="ACT"
    )
    keys.add_parser("list", help="show all keys, and what each does").set_defaults(run=_keys_list)
    rotate = keys.add_parser("rotate", help="publish the next key; it signs a day later")
    rotate.add_argument("--in-hours", type=_between(24, 24 * 30), default=24, metavar="HOURS")
    rotate.set_defaults(run=_keys_rotate)
    revoke = keys.add_parser("revoke", help="withdraw a key that signs: its codes are refused")
    revoke.add_argument("key", metavar="KID")
    revoke.add_argument("--by", required=True, metavar="NAME")
    revoke.add_argument("--reason", required=True, metavar="TEXT")
    revoke.set_defaults(run=_keys_revoke)
    doubt = keys.add_parser("distrust", help="refuse what a key signed before a time")
    doubt.add_argument("key", metavar="KID")
    doubt.add_argument("--before", required=True, metavar="TIME", help="'2021-12-10 09:30'")
    doubt.add_argument("--by", required=True, metavar="NAME")
    doubt.add_argument("--reason", required=True, metavar="TEXT")
    doubt.set_defaults(run=_keys_distrust)

    load = commands.add_parser("load", help="put an operator's list in place of the one before")
    load.add_argument("list", choices=("exposures", "places", "cases", "tenants"))
    load.add_argument("file", type=Path, metavar="FILE")
    load.set_defaults(run=_load)

    codes = commands.add_parser("codes", help="withdraw codes: two members of staff must ask")
    deeds = codes.add_subparsers(required=True, metavar="ACT")
    away = deeds.add_parser("withdraw", help="ask for it, or agree to what another asked for")
    away.add_argument("code", metavar="CODE", help="text, picture, id, or reference number (all)")
    away.add_argument("--by", required=True, metavar="NAME")
    away.add_argument("--reason", required=True, metavar="TEXT", help="for colleagues")
    away.add_argument("--why", choices=("address", "health", "other"), default="other")
    away.set_defaults(run=_codes_withdraw)
    waiting = deeds.add_parser("pending", help="show what waits for a second person")
    waiting.set_defaults(run=_codes_pending)

    staff = commands.add_parser("staff", help="who may check codes, and who works here")
    acts = staff.add_subparsers(required=True, metavar="ACT")
    add = acts.add_parser("add", help="add somebody, or enrol him anew; prints his enrolment")
    add.add_argument("name", metavar="NAME")
    add.add_argument("--role", choices=("officer", "staff"), required=True)
    add.set_defaults(run=_staff_add)
    acts.add_parser("list", help="show who is on the staff").set_defaults(run=_staff_list)
    remove = acts.add_parser("remove", help="take a role away, from the next message on")
    remove.add_argument("name", metavar="NAME")
    remove.set_defaults(run=_staff_remove)

    guardians = commands.add_parser("guardians", help="who waits to look after somebody")
    answers = guardians.add_subparsers(required=True, metavar="ACT")
    answers.add_parser("list", help="show who waits").set_defaults(run=_guardians_list)
    yes = answers.add_parser("confirm", help="let a guardian begin; his chat is told")
    no = answers.add_parser("refuse", help="end it; his chat is told what he can do")
    for answer in (yes, no):
        answer.add_argument("reference", metavar="REFERENCE", help="of the person in care")
        answer.add_argument("--by", required=True, metavar="NAME")
    yes.set_defaults(run=_guardians_confirm)
    no.add_argument("--reason", required=True, metavar="TEXT", help="for colleagues")
    no.set_defaults(run=_guardians_refuse)

    unlock = commands.add_parser(
        "unlock", help="let a mobile number take codes again that had too many wrong ones in a row"
    )
    unlock.add_argument("phone", metavar="MOBILE")
    unlock.add_argument("--by", required=True, metavar="NAME")
    unlock.set_defaults(run=_unlock)

    audit = commands.add_parser("audit", help="the log of who did what")
    checks = audit.add_subparsers(required=True, metavar="ACT")
    whole = checks.add_parser(
        "verify", help="look whether anything was changed, removed or put in: exit code 0 for no"
    )
    whole.add_argument(
        "--checkpoint", type=Path, metavar="FILE", help="kept elsewhere: finds a missing end"
    )
    whole.set_defaults(run=_audit_verify)
    point = checks.add_parser("checkpoint", help="write the newest check-point, to keep elsewhere")
    point.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    point.set_defaults(run=_audit_checkpoint)

    letters = commands.add_parser("letters", help="write the letters that people wait for")
    letters.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER")
    letters.add_argument("--by", required=True, metavar="NAME")
    letters.add_argument("--again", default="", metavar="REFERENCE", help="one letter, anew")
    letters.set_defaults(run=_letters)

    sample = commands.add_parser("export-sample", help="write a plausible visit-record export")
    sample.add_argument("--days", type=_between(1, 366), default=31)
    sample.add_argument("--visits", type=_between(0, 100_000), default=60)
    sample.add_argument("--seed", type=int, default=7)
    sample.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    sample.set_defaults(run=_sample)
    return parser


def _between(least: int, most: int) -> Callable[[str], int]:
    def count(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"must be a number from {least} to {most}")
        return int(text)

    return count


def _digits(text: str) -> str:
    if not (len(text) == 4 and text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError("must be 4 digits")
    return text


def _decided() -> tuple[Settings, Policy]:
    """Return what the operator and the authority decided."""
    from bot.settings import Settings
    from core.policy import Policy

    settings = Settings.load()
    return settings, Policy.load(settings.policy) if settings.policy else Policy()


def _run(options: argparse.Namespace) -> int:
    import uvloop

    from bot.alone import alone
    from bot.app import App
    from bot.collector import settle
    from bot.logs import set_up, unhandled

    settings, policy = _decided()
    set_up()
    # An image of the memory would hold the keys, and what people are writing just now.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

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
    from bot.settings import SettingError
    from bot.verify import verify
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


def _keys_list(options: argparse.Namespace) -> int:
    from bot.clock import system_clock
    from bot.keys import listed

    print(listed(*_decided(), system_clock))
    return 0


def _keys_rotate(options: argparse.Namespace) -> int:
    from bot.clock import system_clock
    from bot.keys import rotated

    print(asyncio.run(rotated(*_decided(), system_clock, options.in_hours)))
    return 0


def _keys_revoke(options: argparse.Namespace) -> int:
    from bot.clock import system_clock
    from bot.keys import revoked

    settings, policy = _decided()
    act = revoked(settings, policy, system_clock, options.key, options.by, options.reason)
    print(asyncio.run(act))
    return 0


def _keys_distrust(options: argparse.Namespace) -> int:
    from bot.clock import system_clock
    from bot.keys import distrusted

    asked = options.key, options.before, options.by, options.reason
    print(asyncio.run(distrusted(*_decided(), system_clock, *asked)))
    return 0


def _load(options: argparse.Namespace) -> int:
    from bot.load import load
    from bot.settings import SettingError

    try:
        data = options.file.read_bytes()
    except OSError as error:
        raise SettingError(f"{options.file} cannot be read: {error.strerror}.") from None
    settings, policy = _decided()
    print(asyncio.run(load(settings, policy, options.list, data)))
    return 0


def _codes_withdraw(options: argparse.Namespace) -> int:
    from bot.clock import system_clock
    from bot.codes import Asked, withdraw
    from core.store.codes import Why

    asked = Asked(options.code, options.by, Why(options.why), options.reason)
    print(asyncio.run(withdraw(*_decided(), system_clock, asked)))
    return 0


def _codes_pending(options: argparse.Namespace) -> int:
    from bot.clock import system_clock
    from bot.codes import pending

    print(asyncio.run(pending(*_decided(), system_clock)))
    return 0


def _staff_add(options: argparse.Namespace) -> int:
    from bot.clock import system_clock
    from bot.staff import add

    print(asyncio.run(add(*_decided(), system_clock, options.name, options.role)))
    return 0


def _staff_list(options: argparse.Namespace) -> int:
    from bot.clock import system_clock
    from bot.staff import listed

    print(asyncio.run(listed(*_decided(), system_clock)))
    return 0


def _staff_remove(options: argparse.Namespace) -> int:
    from bot.clock import system_clock
    from bot.staff import remove

    print(asyncio.run(remove(*_decided(), system_clock, options.name)))
    return 0


def _guardians_list(options: argparse.Namespace) -> int:
    from bot.clock import system_clock
    from bot.guardians import listed

    print(asyncio.run(listed(*_decided(), system_clock)))
    return 0


def _guardians_confirm(options: argparse.Namespace) -> int:
    from bot.clock import system_clock
    from bot.guardians import confirm

    print(asyncio.run(confirm(*_decided(), system_clock, options.reference, options.by)))
    return 0


def _guardians_refuse(options: argparse.Namespace) -> int:
    from bot.clock import system_clock
    from bot.guardians import refuse

    asked = options.reference, options.by, options.reason
    print(asyncio.run(refuse(*_decided(), system_clock, *asked)))
    return 0


def _unlock(options: argparse.Namespace) -> int:
    from bot.clock import system_clock
    from bot.phones import unlock

    print(asyncio.run(unlock(*_decided(), system_clock, options.phone, options.by)))
    return 0


def _audit_verify(options: argparse.Namespace) -> int:
    from bot.audit import verify
    from bot.clock import system_clock

    whole, answer = asyncio.run(verify(*_decided(), system_clock, options.checkpoint))
    print(answer, file=sys.stdout if whole else sys.stderr)
    return 0 if whole else 1


def _audit_checkpoint(options: argparse.Namespace) -> int:
    from bot.audit import write_checkpoint
    from bot.clock import system_clock

    print(asyncio.run(write_checkpoint(*_decided(), system_clock, options.output)))
    return 0


def _letters(options: argparse.Namespace) -> int:
    from bot.clock import system_clock
    from bot.letters import write

    asked = options.output, options.by, options.again
    print(asyncio.run(write(*_decided(), system_clock, *asked)))
    return 0


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


if __name__ == "__main__":
    sys.exit(main())
