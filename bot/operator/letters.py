"""The operator's command that writes letters: to each person who is to agree by the code in one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from bot.app import opened
from bot.clock import Clock
from bot.operator.guardians import masked, meant
from bot.operator.staff import must_be_staff
from bot.settings import SettingError, Settings
from core import private_file
from core.conversation.texts import Language, Texts, written
from core.days import hong_kong_day
from core.district import District
from core.drawing.letter import GETA, Letter, draw, legible
from core.drawing.lettering import covers
from core.family import Way
from core.holder import Holder
from core.policy import Policy
from core.store.letters import new_code
from core.store.staff import staff_name
from core.store.store import Store
from core.store.waiting import Wait

TAGS = {
    Language.ENGLISH: "en-HK",
    Language.TRADITIONAL: "zh-Hant-HK",
    Language.SIMPLIFIED: "zh-Hans",
}


async def write(
    settings: Settings, policy: Policy, clock: Clock, folder: Path, by: str, again: str = ""
) -> str:
    """Write a letter for each who waits for one, or `again` the one of a reference number.

    Each is a PDF of one page in the folder, which only its owner can read. Return what is printed.
    Raise GuardianError, StaffError, or SettingError where the folder cannot be written.
    """
    name, now, texts = staff_name(by), clock(), Texts.load()
    lines = []
    async with opened(settings, policy, clock) as store:
        async with store.reading() as tx:
            await must_be_staff(tx, name)
            waits = await tx.waiting.by(Way.LETTER)
            if again:
                waits = [await meant(tx, waits, again)]
            else:
                waits = [wait for wait in waits if wait.link.letter_until is None]
            last_day = tx.letters.last_day(now)
        for wait in waits:
            code = new_code()
            letter = _letter(texts, wait, code, now, written(last_day, language_of(wait)), policy)
            file = folder / f"{wait.known.reference}-{wait.mark}.pdf"
            if await _keep(store, wait, code, draw(letter, now), file, name, bool(again), now):
                lines.append(f"{file}{_remark(letter)}")
    return "\n".join(lines) or "No letter is to be written."


async def _keep(
    store: Store,
    wait: Wait,
    code: str,
    page: bytes,
    file: Path,
    by: str,
    again: bool,
    now: datetime,
) -> bool:
    """Keep a code and put its page into the folder; False where none is wanted any more.

    A page whose code was not kept after all is replaced by the next one of the same name.
    """
    async with store.writing() as tx:
        if not await tx.letters.keep(wait.link, code, again=again, now=now):
            return False
        whom = f"{wait.link.holder}/{wait.mark}"
        await tx.people.record("letter written", actor=by, object=whom, now=now)
        _put(file, page)
    return True


def _put(file: Path, page: bytes) -> None:
    try:
        file.unlink(missing_ok=True)
        private_file.create(file, page)
    except OSError as error:
        raise SettingError(f"{file} cannot be written: {error.strerror}.") from None


def _remark(letter: Letter) -> str:
    """Tell the operator to complete an address by hand."""
    if any(GETA in line for line in letter.to):
        return f"  ({GETA} stands for a letter that cannot be printed: please write it by hand)"
    return ""


def language_of(wait: Wait) -> Language:
    """Return the language of the person who gets the letter."""
    return Language(wait.known.holder.language)


def _letter(
    texts: Texts, wait: Wait, code: str, now: datetime, until: str, policy: Policy
) -> Letter:
    language, values = (
        language_of(wait),
        {
            "who": masked(wait.guardian),
            "until": until,
            "hotline": policy.hotline,
            "reference": wait.known.reference,
        },
    )

    def say(key: str) -> str:
        return texts.say(language, key, **values)

    who = say("letter.who") if wait.guardian else say("letter.who_unnamed")
    return Letter(
        sender=say("letter.sender"),
        day=written(hong_kong_day(now), language),
        to=_to(wait.known.holder, language),
        title=say("letter.title"),
        before=[who, say("letter.means"), say("letter.give")],
        code=code,
        after=[say("letter.how"), say("letter.otherwise"), say("letter.contact")],
        language=TAGS[language],
    )


def _to(holder: Holder, language: Language) -> list[str]:
    """Return the lines of an address, the name first, in the script in which it can be printed."""
    names = [name for name in (holder.english_name, holder.chinese_name) if name and covers(name)]
    if holder.hotel:
        return [*names, *map(legible, (f"{holder.room}, {holder.hotel}",))]
    district = District(holder.district).name_in(language) if holder.district else ""
    return [*names, *(legible(line) for line in (holder.address, district) if line)]
