"""What can be typed on the command line: each command, its arguments, and what `--help` tells."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

DONE = "Exit codes: 0 done; 2 refused, and why in plain words."
JUDGED = (
    "Exit codes: 0 genuine, valid and green; 1 anything else: do not let through; 2 nothing could "
    "be checked."
)
WHOLE = "Exit codes: 0 the log is whole; 1 it is not; 2 it could not be looked at, and why."
ENDED = "Exit codes: 0 stopped; 2 a setting cannot be used."

BY = "the member of staff who does it (`staff list`), for the audit"
WHY = "why, for colleagues: up to 500 letters"
REFERENCE = "the person in care, as `guardians list` names him"


class _Commands:
    """A level of commands: those below `parser`, whose own words are `above`."""

    def __init__(self, parser: argparse.ArgumentParser, metavar: str, above: str = "") -> None:
        self._level = parser.add_subparsers(required=True, metavar=metavar)
        self._above = above

    def add(
        self, name: str, brief: str, more: str = "", *, exits: str = DONE
    ) -> argparse.ArgumentParser:
        """Add a command: `brief` stands in the list, and with `more` in its own help."""
        description = f"{brief[0].upper()}{brief[1:]}. {more}".strip()
        parser = self._level.add_parser(name, help=brief, description=description, epilog=exits)
        parser.set_defaults(command=f"{self._above} {name}".strip())
        return parser

    def group(self, name: str, brief: str, more: str = "") -> _Commands:
        """Add a command that has commands of its own."""
        return _Commands(self.add(name, brief, more), "ACT", name)


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line; `command` is then the words of the command."""
    parser = argparse.ArgumentParser(
        prog="python -m bot",
        description="The Health Code bot. Settings come from the environment (HEALTHCODE_…) or "
        "from a file .env in the folder where it is started: see README.md. `COMMAND --help` tells "
        "more of each command.",
        epilog=DONE,
    )
    commands = _Commands(parser, "COMMAND")
    commands.add(
        "run",
        "start all that the settings enable",
        "It runs until Ctrl-C or SIGTERM, which let the turns in hand be finished. On SQLite one "
        "`run` at a time uses a data folder. All other commands may be used meanwhile.",
        exits=ENDED,
    )
    _verify(commands)
    _keys(commands)
    _load(commands)
    _codes(commands)
    _staff(commands)
    _guardians(commands)
    _takeovers(commands)
    _unlock(commands)
    _audit(commands)
    _letters(commands)
    _sample(commands)
    return parser


def _verify(commands: _Commands) -> None:
    verify = commands.add(
        "verify",
        "check a code: exit code 0 only for genuine, valid and green",
        "It needs no network and no settings.",
        exits=JUDGED,
    )
    verify.add_argument(
        "code",
        metavar="PICTURE_OR_TEXT",
        help="a file with a picture of the code (PNG, JPEG, WebP), or the text in it (HK1:…)",
    )
    verify.add_argument(
        "--keys",
        type=Path,
        required=True,
        metavar="FILE",
        help="the public keys: issuer-keys.json of the data folder, jwks.json of the web server",
    )
    verify.add_argument(
        "--bundle",
        type=Path,
        metavar="FILE",
        help="keys and withdrawn codes of now: bundle.cbor, fetched anew at least daily",
    )
    verify.add_argument(
        "--document",
        nargs=2,
        metavar=("TYPE", "NUMBER"),
        help="compare the document in hand, such as hkid 'A123456(3)' or passport K1234567",
    )
    verify.add_argument(
        "--challenge",
        type=_digits,
        metavar="DIGITS",
        help="the four digits for which the holder was asked to get a fresh code",
    )


def _keys(commands: _Commands) -> None:
    keys = commands.group("keys", "the keys that sign codes")
    keys.add(
        "list",
        "show all keys, and what each does",
        "Times are Hong Kong time. It makes and changes nothing.",
    )
    rotate = keys.add(
        "rotate",
        "publish the next key; it signs a day later",
        "Codes of the key before it stay good until they expire. A running bot takes it up by "
        "itself. Keep a copy of the new keys.json. On SQLite the bot does this by itself 14 days "
        "before a key ends; on PostgreSQL it asks for it in the log.",
    )
    rotate.add_argument(
        "--in-hours",
        type=_between(24, 24 * 30),
        default=24,
        metavar="HOURS",
        help="hours until it signs, 24 to 720 (default: 24); verifiers must fetch it before",
    )
    revoke = keys.add(
        "revoke",
        "withdraw a key that signs: its codes are refused",
        "For a key that others may know. Another one signs at once; verifiers refuse the old one's "
        "codes from their next bundle on, and everybody who holds one is told and sent a new one. "
        "It cannot be undone. Keep a copy of the new keys.json.",
    )
    distrust = keys.add(
        "distrust",
        "refuse what a key signed before a time",
        "For a key that others may have used until then: it goes on signing. Verifiers refuse its "
        "codes from before that time from their next bundle on, and everybody who holds one is "
        "told and sent a new one.",
    )
    distrust.add_argument(
        "--before",
        required=True,
        metavar="TIME",
        help="the time, not in the future, in Hong Kong time: '2021-12-10 09:30'",
    )
    for act in (revoke, distrust):
        act.add_argument("key", metavar="KID", help="its KID or ID, as `keys list` shows them")
        act.add_argument(
            "--by",
            required=True,
            metavar="NAME",
            help="who does it, for the audit: up to 80 letters",
        )
        act.add_argument(
            "--reason", required=True, metavar="TEXT", help="why, for the audit: up to 60 letters"
        )


def _load(commands: _Commands) -> None:
    load = commands.add(
        "load",
        "put an operator's list in place of the one before",
        "Every row is checked. Where some are wrong they are told with their lines, and nothing "
        "changes. A running bot takes a list up within seconds. docs/lists.md shows each list.",
    )
    load.add_argument(
        "list", choices=("exposures", "places", "cases", "tenants"), help="which list is loaded"
    )
    load.add_argument(
        "file", type=Path, metavar="FILE", help="the whole list: CSV with commas, in UTF-8"
    )


def _codes(commands: _Commands) -> None:
    codes = commands.group("codes", "withdraw codes: two members of staff must ask")
    withdraw = codes.add(
        "withdraw",
        "ask for it, or agree to what another asked for",
        "The first call notes the request. The second, by another member of staff within 24 hours "
        "and with the same CODE, --why and --reason, withdraws, and the holder is told.",
    )
    withdraw.add_argument(
        "code",
        metavar="CODE",
        help="the code's text, a file with a picture of it, its id (16 of 0-9, a-f), or the "
        "holder's reference number (HC-…) for all his codes",
    )
    withdraw.add_argument("--by", required=True, metavar="NAME", help=BY)
    withdraw.add_argument("--reason", required=True, metavar="TEXT", help=WHY)
    withdraw.add_argument(
        "--why",
        choices=("address", "health", "other"),
        default="other",
        help="what the holder is told (default: other)",
    )
    codes.add(
        "pending",
        "show what waits for a second person",
        "A line for each request of the last 24 hours whose codes are still good.",
    )


def _staff(commands: _Commands) -> None:
    staff = commands.group("staff", "who may check codes, and who works here")
    add = staff.add(
        "add",
        "add somebody, or enrol him anew; prints his enrolment",
        "The enrolment is good once and for 24 hours: sent to the bot, it makes that chat his. A "
        "chat that he had before is a resident's from then on.",
    )
    add.add_argument(
        "name", metavar="NAME", help="up to 40 letters, digits, dots and strokes, such as chan.tm"
    )
    add.add_argument(
        "--role",
        choices=("officer", "staff"),
        required=True,
        help="officer: checks codes in the chat; staff: may be named by --by in other commands",
    )
    staff.add("list", "show who is on the staff", "A line each: name, role, chat.")
    remove = staff.add(
        "remove",
        "take a role away, from the next message on",
        "Codes that he asked to be withdrawn, and nobody has agreed to yet, stay as they are.",
    )
    remove.add_argument("name", metavar="NAME", help="his name, as `staff list` shows it")


def _guardians(commands: _Commands) -> None:
    guardians = commands.group("guardians", "who waits to look after somebody")
    guardians.add(
        "list",
        "show who waits",
        "A line each, with the person's reference number, and below them who was refused lately.",
    )
    confirm = guardians.add("confirm", "let a guardian begin; his chat is told")
    refuse = guardians.add(
        "refuse",
        "end it; his chat is told what he can do",
        "A registration for which nobody else speaks is erased.",
    )
    for answer in (confirm, refuse):
        answer.add_argument("reference", metavar="REFERENCE", help=REFERENCE)
        answer.add_argument("--by", required=True, metavar="NAME", help=BY)
    refuse.add_argument("--reason", required=True, metavar="TEXT", help=WHY)


def _takeovers(commands: _Commands) -> None:
    takeovers = commands.group("takeovers", "chats that ask to use somebody's registration")
    stop = takeovers.add(
        "stop",
        "link no other chat that asks from another phone than the registered one",
        "For who was warned by SMS and cannot stop it himself; his chats are told.",
    )
    stop.add_argument("reference", metavar="REFERENCE", help="the holder's, from that SMS")
    stop.add_argument("--by", required=True, metavar="NAME", help=BY)


def _unlock(commands: _Commands) -> None:
    unlock = commands.add(
        "unlock",
        "let a mobile number take codes again that had too many wrong ones in a row",
        "It is locked after fifty of them (passcode.phone_failures_in_a_row of the policy), until "
        "a person has made sure that it is the holder who asks.",
    )
    unlock.add_argument("phone", metavar="MOBILE", help="the Hong Kong number: eight digits")
    unlock.add_argument("--by", required=True, metavar="NAME", help=BY)


def _audit(commands: _Commands) -> None:
    audit = commands.group("audit", "the log of who did what")
    verify = audit.add(
        "verify",
        "look whether anything was changed, removed or put in",
        "It changes nothing.",
        exits=WHOLE,
    )
    verify.add_argument(
        "--checkpoint",
        type=Path,
        metavar="FILE",
        help="a check-point that was kept elsewhere: it shows whether the end is missing "
        "(default: the one in the data folder)",
    )
    checkpoint = audit.add(
        "checkpoint",
        "write the newest check-point, to keep elsewhere",
        "Whoever can edit the database cannot edit that one.",
    )
    checkpoint.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="where it is put"
    )


def _letters(commands: _Commands) -> None:
    letters = commands.add(
        "letters",
        "write the letters that people wait for",
        "A PDF of one page for each who is to agree by the code in it, and has no letter yet; only "
        "you can read the files. The codes are kept nowhere: print, send, and delete them.",
    )
    letters.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="where the files are put; it is made where there is none",
    )
    letters.add_argument("--by", required=True, metavar="NAME", help=BY)
    letters.add_argument(
        "--again",
        default="",
        metavar="REFERENCE",
        help="write this person's letter alone, anew: the code of the one before ends",
    )


def _sample(commands: _Commands) -> None:
    sample = commands.add(
        "export-sample",
        "write a plausible visit-record export",
        "To try the bot with. The same numbers give the same visits.",
    )
    sample.add_argument(
        "--days",
        type=_between(1, 366),
        default=31,
        help="days that it covers, today the last: 1 to 366 (default: 31)",
    )
    sample.add_argument(
        "--visits",
        type=_between(0, 100_000),
        default=60,
        help="visits and taxi rides in them, 0 to 100000 (default: 60)",
    )
    sample.add_argument(
        "--seed",
        type=int,
        default=7,
        help="a whole number that stands for the phone: another for each person (default: 7)",
    )
    sample.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help="where it is put; its name ends in .json, .csv or .zip",
    )


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
