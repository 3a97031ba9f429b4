"""The officer at the gate: a photo of a code in, plain advice out; a document, a live code.

The text of a code, or several in a picture, will do as well. What he types of a document is
compared within the turn, and not kept.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import PurePath
from typing import NamedTuple

from core.answer import Invalid
from core.colour import Colour
from core.conversation.messages import Command, File, Finished, Press, Text
from core.conversation.texts import plain
from core.conversation.turn import CODES, MENU, Job, Turn
from core.conversation.volunteer import has_figures
from core.credential import Claims, Reason, check
from core.gate.document_in_hand import in_hand
from core.gate.inspection import Inspection, Scan, Seen
from core.gate.live import accepted, digits_of
from core.gate.sighting import Sighting, code_in, is_other, unpack
from core.identity import DocumentType
from core.signing.issuer_keys import PublicKeys
from core.store.staff import Role
from core.words.mrz import FILLER
from handlers.menu import OFFICER, buttons
from handlers.registration import Registration

KIND = "document"
"""The serial of buttons that name a kind of document."""

OTHER = "other"
"""The button that asks for the kind of document, where it was guessed wrongly."""

PICTURES = frozenset((".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif"))
PASS, PASS_IF = "pass", "pass_if"
"""The advice for a good green code: its document compared, or still to be compared."""

UNSURE = frozenset((Reason.CLOCK, Reason.FROM_FUTURE))
"""Where our own clock may be what is wrong."""

PLACES = (
    ("upper_left", "upper", "upper_right"),
    ("left", "middle", "right"),
    ("lower_left", "lower", "lower_right"),
)

Act = Callable[[Turn, Inspection], Awaitable[None]]


async def desk(turn: Turn) -> bool:
    """Take what is an officer's business, whatever form is in hand; tell whether it was."""
    inspection = turn.session.inspection or Inspection()
    inspection.lapse(turn.now)
    body = turn.incoming.body
    if isinstance(body, Finished):
        scan = inspection.scans.pop(body.job, None)
        if scan is None:
            return False
        await _scanned(turn, inspection, scan, body)
    else:
        act = _act(turn, inspection)
        # Asked last: most of what comes in is nobody's but a resident's.
        if act is None or not await is_officer(turn):
            return False
        await act(turn, inspection)
    turn.session.inspection = inspection
    return True


async def is_officer(turn: Turn) -> bool:
    """Tell whether the chat is an officer's at this moment."""
    return await turn.tx.staff.role(turn.chat) is Role.OFFICER


async def idle(turn: Turn) -> None:
    """Say what can be done here; what looks like a document's number is erased from the chat."""
    body = turn.incoming.body
    if isinstance(body, Text) and _numbered(body.text):
        _forget(turn)
        turn.note("officer.code_first")
    else:
        turn.note("officer.ask")


def _act(turn: Turn, inspection: Inspection) -> Act | None:
    """Return what an officer wants by what came in, None where it is for others to answer."""
    body = turn.incoming.body
    # Who registers himself sends photos and numbers too.
    free = turn.session.form != Registration.name
    match body:
        case File() if free and _is_picture(body):
            return partial(_read, file=body)
        case Text(text=text):
            code = code_in(text)
            if code is not None:
                return partial(_typed, code=code)
            return _in_words(turn, inspection, text) if free else None
        case Press(button=button):
            # A third part would name a holder, whom none of this is about.
            serial, option, *_ = [*button.split("."), ""]
            if serial == KIND:
                return _ask_kind if option == OTHER else partial(_compared, kind=option)
            return COMMANDS.get(option) if serial == MENU else None
        case Command(name="help") if not turn.session.form:
            return _help
        case Command(name=name):
            return COMMANDS.get(name)
    return None


def _in_words(turn: Turn, inspection: Inspection, text: str) -> Act | None:
    wanted = plain(text)
    for command in OFFICER:
        if wanted in turn.texts.meanings(f"menu.option.{command}")[0]:
            return COMMANDS[command]
        # In a form of his own these words are a holder's.
        if not turn.session.form and wanted in turn.texts.words(f"officer.word.{command}"):
            return COMMANDS[command]
    if is_other(text):
        return partial(_typed, code=text.strip())
    if not inspection.seen:
        return None
    if inspection.matches and not turn.session.aside:
        for number, kind in enumerate(DocumentType, 1):
            wholes, _ = turn.texts.meanings(f"registration.document.option.{kind}")
            if wanted == str(number) or wanted in wholes:
                return partial(_compared, kind=kind)
    return partial(_document, text=text) if _numbered(text) else None


def _is_picture(file: File) -> bool:
    if file.photo or file.mime.startswith("image/"):
        return True
    return PurePath(file.name).suffix.lower() in PICTURES


def _numbered(text: str) -> bool:
    """Tell whether a text is what is typed of a document: its number, or its zone."""
    return FILLER in text or has_figures(text)


def _forget(turn: Turn) -> None:
    """Have a message with a document's number erased from the chat, where the platform can."""
    if turn.incoming.message:
        turn.forget.append(turn.incoming.message)


# Codes


async def _read(turn: Turn, inspection: Inspection, *, file: File) -> None:
    """Have a picture read; the verdict comes when that is done. A document's number below it would
    have to be kept until then: it is erased, and asked for again."""
    job = f"{turn.chat}:{turn.incoming.id}"
    inspection.begin(job, file.album)
    turn.effects.append(Job(id=job, kind=CODES, ref=file.ref, name=file.name, mime=file.mime))
    if _numbered(file.caption):
        _forget(turn)
        _say(turn, [turn.text("officer.number_below")])


async def _scanned(turn: Turn, inspection: Inspection, scan: Scan, done: Finished) -> None:
    """Give the verdict on each code in a picture."""
    data = await turn.tx.uploads.read(done.upload, chat=turn.chat) if done.upload else None
    if data is None:
        text = turn.text(f"officer.error.{done.error or 'unavailable'}", **done.params)
        inspection.see(scan, [], turn.now)
        _say(turn, [text, *_of_album(turn, scan.picture)])
        return
    await _judge(turn, inspection, scan, unpack(data))


async def _typed(turn: Turn, inspection: Inspection, *, code: str) -> None:
    """Give the verdict on a code that came as text."""
    scan = Scan(f"{turn.chat}:{turn.incoming.id}")
    await _judge(turn, inspection, scan, [Sighting(code, 0.5, 0.5)])


async def _judge(
    turn: Turn, inspection: Inspection, scan: Scan, sightings: Sequence[Sighting]
) -> None:
    keys = await _keys(turn)
    read = [each for each in sightings if each.text]
    seen = [
        Seen(
            each.text,
            *each.third,
            scan.picture,
            number if len(read) > 1 else 0,
            _live(turn, inspection, check(each.text, keys, turn.now).claims),
        )
        for number, each in enumerate(read, 1)
    ]
    inspection.see(scan, seen, turn.now)
    blocks = [_verdict(turn, keys, each, of=len(seen)) for each in seen]
    unread = len(sightings) - len(read)
    if unread and seen:
        blocks.append(turn.text("officer.unread", count=unread))
    elif not seen:
        blocks = [turn.text("officer.no_code"), *_of_album(turn, scan.picture)]
    if any(_weighed(turn, keys, each).advice == PASS_IF for each in seen):
        blocks.append(turn.text("officer.type_number"))
    _say(turn, blocks)


async def _keys(turn: Turn) -> PublicKeys:
    """Return our own public keys, with what is revoked at this moment."""
    published = PublicKeys.published(turn.tx.ring, turn.now, turn.policy.realm)
    return replace(published, revoked=frozenset(await turn.tx.codes.revoked(turn.now)))


def _live(turn: Turn, inspection: Inspection, claims: Claims | None) -> bool | None:
    """Tell whether a code answers this officer's challenge, None where he has not asked."""
    if claims and claims.challenge in accepted(turn.tx.ring, turn.chat, turn.now):
        return True
    return False if inspection.asked(turn.now) else None


def _verdict(
    turn: Turn, keys: PublicKeys, seen: Seen, *, of: int, matched: bool | None = None
) -> str:
    """Return the advice on one code in words, with all that it rests on."""
    claims, reason, advice = _weighed(turn, keys, seen, matched)
    lines = [turn.text(f"officer.advice.{advice}")]
    if reason is not None:
        lines.append(turn.text(f"officer.reason.{reason}"))
    if seen.number:
        place = turn.text(f"officer.place.{PLACES[seen.row][seen.column]}")
        lines.append(turn.text("officer.where", number=seen.number, of=of, place=place))
    lines += _of_album(turn, seen.picture)
    if claims is not None:
        good = "colour" if reason is None else "refused"
        lines += [
            turn.text(f"officer.{good}.{claims.colour}"),
            turn.text("officer.name", name=claims.name),
            turn.text("officer.until", until=claims.expires_at),
            turn.text("officer.issued", age=_age(turn, claims)),
        ]
    document = {None: "none", True: "match", False: "other"}[matched if claims else None]
    live = {None: "none", True: "seen", False: "missing"}[seen.live]
    lines += [turn.text(f"officer.document.{document}"), turn.text(f"officer.live.{live}")]
    return "\n".join(lines)


class _Weighed(NamedTuple):
    claims: Claims | None
    reason: Reason | None
    advice: str


def _weighed(turn: Turn, keys: PublicKeys, seen: Seen, matched: bool | None = None) -> _Weighed:
    """Judge one code, with what is known of the document and of the live answer."""
    verdict = check(seen.text, keys, turn.now)
    claims, reason = verdict.claims, verdict.reason
    if reason is None and matched is False:
        reason = Reason.OTHER_DOCUMENT
    if reason is None and seen.live is False:
        reason = Reason.OTHER_CHALLENGE
    if reason in UNSURE:
        advice = "ask"
    elif reason is not None or claims is None:
        advice = "refuse"
    elif claims.colour is not Colour.GREEN:
        advice = f"refuse_{claims.colour}"
    else:
        advice = PASS if matched else PASS_IF
    return _Weighed(claims, reason, advice)


def _age(turn: Turn, claims: Claims) -> str:
    minutes = max(int((turn.now - claims.issued_at).total_seconds()) // 60, 0)
    if minutes < 60:
        return turn.text("officer.age.minutes", count=minutes)
    if minutes < 24 * 60:
        return turn.text("officer.age.hours", count=minutes // 60)
    return turn.text("officer.age.days", count=minutes // (24 * 60))


def _of_album(turn: Turn, picture: int) -> list[str]:
    return [turn.text("officer.picture", number=picture)] if picture else []


def _say(turn: Turn, blocks: Sequence[str], rows: Sequence[tuple[str, str]] = ()) -> None:
    more = [[row] for row in rows]
    turn.send("\n\n".join(blocks), [*more, *buttons(turn, OFFICER)])


# The document in hand


async def _document(turn: Turn, inspection: Inspection, *, text: str) -> None:
    """Compare the document with the codes; keep which belong to it, and nothing of the number."""
    _forget(turn)
    try:
        document = in_hand(text, turn.today)
    except Invalid as invalid:
        key = f"registration.number.error.{invalid.code}"
        if not turn.texts.has(turn.language, key):
            key = f"officer.error.{invalid.code}"
        _say(turn, [turn.text(key, **invalid.params)])
        return
    keys = await _keys(turn)
    claims = [check(each.text, keys, turn.now).claims for each in inspection.seen]
    inspection.matches = {
        kind: [
            number
            for number, said in enumerate(claims)
            if said and document.matches(kind, said.code_id, said.binding)
        ]
        for kind in document.numbers
    }
    if document.kind is None or not (document.sure or inspection.matches[document.kind]):
        await _ask_kind(turn, inspection)
    else:
        await _compared(turn, inspection, kind=document.kind)


async def _ask_kind(turn: Turn, inspection: Inspection) -> None:
    """Ask which kind of document it is whose number was typed."""
    if not inspection.matches:
        _say(turn, [turn.text("officer.code_first")])
        return
    rows = [
        (f"{KIND}.{kind}", turn.text(f"registration.document.option.{kind}"))
        for kind in DocumentType
    ]
    turn.send(turn.text("officer.ask_kind"), [[row] for row in rows])


async def _compared(turn: Turn, inspection: Inspection, *, kind: str) -> None:
    """Give the verdict for the document, now that its kind is known."""
    if not inspection.matches:
        _say(turn, [turn.text("officer.code_first")])
        return
    belonging = inspection.matches.get(kind)
    if belonging is None:
        _say(turn, [turn.text("officer.error.kind")])
        return
    keys, seen = await _keys(turn), inspection.seen
    if belonging:
        blocks = [
            _verdict(turn, keys, seen[n], of=_of(seen, seen[n]), matched=True) for n in belonging
        ]
        inspection.matches = {}
        _say(turn, blocks)
        return
    if len(seen) == 1:
        text = _verdict(turn, keys, seen[0], of=1, matched=False)
    else:
        text = turn.text("officer.none_matches", count=len(seen))
    _say(turn, [text], [(f"{KIND}.{OTHER}", turn.text("officer.other_kind"))])


def _of(seen: Sequence[Seen], one: Seen) -> int:
    """Return how many codes are in the same picture."""
    return sum(each.picture == one.picture for each in seen)


# The live challenge


async def _challenge(turn: Turn, inspection: Inspection) -> None:
    """Show the digits of this minute; the pictures that follow must hold them."""
    inspection.asked_at = int(turn.now.timestamp())
    digits = digits_of(turn.tx.ring, turn.chat, turn.now)
    _say(turn, [turn.text("officer.challenge", digits=" ".join(digits))])


async def _help(turn: Turn, inspection: Inspection) -> None:
    """Say how codes are checked."""
    _say(turn, [turn.text("officer.help")])


COMMANDS: dict[str, Act] = {"live_challenge": _challenge, "officer_help": _help, "officer": _help}
