"""Today's code: declare health, upload the visit records, get the picture."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

from core.address import Housing
from core.answer import Invalid
from core.conversation.fields import KEPT, WAITING, Answers, Choice, Field, NearDay, Said, Several
from core.conversation.form import Form
from core.conversation.messages import Text
from core.conversation.texts import plain
from core.conversation.turn import VISITS, Turn
from core.conversation.uploads import Upload
from core.country import Country
from core.dates import ArrivalDate, DischargeDate
from core.declaration import Condition, Origin, Scheme
from core.earlier import (
    SAME,
    Earlier,
    Still,
    declared,
    lacking,
    lacks_earlier,
    taken_over,
    took_back,
)
from core.store.assessing import assess_holder, lives_as_registered
from core.store.codes import Code
from core.store.people import Known
from core.visits import Export
from core.visits.reading import ERRORS as EXPORT_ERRORS
from handlers.declared_before import declared_before, in_lines, may_know
from handlers.issuing import issue_code, windows

NEAR = {"CHN": Origin.MAINLAND, "MAC": Origin.MACAO, "HKG": None}
"""What countries are among the places that one comes from; all others are elsewhere."""
OTHERS = (
    "engine.about.others",
    "dependant.relation.also.parent",
    "dependant.relation.also.child",
    "dependant.relation.also.other",
)
"""Lists of words for people whose cough is not one's own."""
SHORTEST_NAME = 4
"""Letters: shorter ones are codes of countries, and words too (no, is, can)."""


def has_arrived(answers: Answers) -> bool:
    """Whoever arrived lately is asked when, from where and under which scheme."""
    return Condition.ARRIVED in answers.get("conditions", [])


def was_discharged(answers: Answers) -> bool:
    """Whoever was discharged lately is asked when."""
    return Condition.DISCHARGED in answers.get("conditions", [])


def came_from_near(answers: Answers) -> bool:
    """The two schemes are for arrivals from the Mainland and Macao."""
    return has_arrived(answers) and answers.get("arrived_from") in (Origin.MAINLAND, Origin.MACAO)


class Conditions(Several):
    """What is so of one person: what somebody tells of another is asked about, not taken.

    The labels say how many days count: with the authority's number they are known again too. What
    was declared earlier is told, and one tap declares it again.
    """

    async def asked(self, turn: Turn) -> str:
        return "ask_again" if Earlier.of(turn.session.answers) else "ask"

    def alone(self, turn: Turn) -> dict[str, list[str]]:
        same = {SAME: [SAME]} if Earlier.of(turn.session.answers) else {}
        return {**same, **super().alone(turn)}

    def label(self, turn: Turn, option: str) -> str:
        return turn.text(f"{self.key}.option.{option}", **windows(turn))

    def recognise(self, turn: Turn, text: str) -> str | None:
        labels = {plain(self.label(turn, option)): option for option in self.offered(turn)}
        return super().recognise(turn, text) or labels.get(plain(text))

    def mentioned(self, turn: Turn, said: Said) -> str:
        return "" if self._of_another(turn, said) else super().mentioned(turn, said)

    def _of_another(self, turn: Turn, said: Said) -> bool:
        """Tell whether he declares for himself and names somebody else."""
        if turn.about or not isinstance(said, Text):
            return False
        return any(turn.texts.mention(key, said.text) for key in OTHERS)


class VisitRecords(Upload):
    """The export of one person's visits, and of nobody else's app.

    Who says only here that he is ill is led back to the declaration.
    """

    async def take(self, turn: Turn, said: Said) -> Any:
        question, answers = HealthCode.conditions, turn.session.answers
        # Nearly always it is the file that has been read: nothing is looked for in that.
        condition = question.mentioned(turn, said) if isinstance(said, Text) else ""
        if condition:
            known_of = {*answers[question.name], *taken_over(answers).conditions}
            if condition not in known_of:
                raise Invalid("undeclared", condition=question.label(turn, condition))
        upload = await super().take(turn, said)
        if upload is WAITING:
            return upload
        known = await turn.person()
        export = await turn.tx.uploads.export(upload, chat=turn.chat)
        if known is not None and export is not None:
            owner = await turn.tx.installations.holder_of(export)
            if owner not in (None, known.id):
                raise Invalid("other_phone")
        return upload


class WhereFrom(Choice):
    """Where he came from; the name of any country is taken too."""

    def recognise(self, turn: Turn, text: str) -> str | None:
        option = super().recognise(turn, text)
        if option is None and not (text.isascii() and len(text.strip()) < SHORTEST_NAME):
            with suppress(Invalid):
                option = NEAR.get(Country.parse(text, turn.context), Origin.ELSEWHERE)
        return option


class HealthCode(Form):
    """Get today's code."""

    wants_file = True

    conditions = Conditions(
        Condition, resets=("still", "arrived_on", "arrived_from", "scheme", "discharged_on")
    )
    still = Choice(Still, when=lacks_earlier)
    discharged_on = NearDay(DischargeDate, when=was_discharged)
    arrived_on = NearDay(ArrivalDate, when=has_arrived)
    arrived_from = WhereFrom(Origin, when=has_arrived, resets=("scheme",))
    scheme = Choice(Scheme, when=came_from_near)
    visits = VisitRecords(VISITS, (*EXPORT_ERRORS, "unreadable", "other_phone", "undeclared"))

    @classmethod
    async def begin(cls, turn: Turn) -> dict[str, Any] | None:
        known = await turn.person()
        if known is None:
            turn.note("health_code.register_first")
            return None
        if stay_is_over(turn, known):
            return None
        if await waits_for_address(turn, known):
            turn.note("health_code.address_unconfirmed")
            return None
        newest = await turn.tx.codes.newest(known)
        answers = declared_before(turn, newest)
        # Still fresh, the records of the last one will do.
        if await has_fresh_records(turn, known, newest):
            answers["visits"] = KEPT
        return answers

    @classmethod
    def values(cls, turn: Turn, field: Field) -> dict[str, Any]:
        answers = turn.session.answers
        earlier = Earlier.of(answers)
        if earlier is None:
            return windows(turn)
        told = lacking(answers) if field is cls.still else earlier.declaration.conditions
        return {**windows(turn), **in_lines(turn, earlier, cls.conditions, told)}

    @classmethod
    async def finish(cls, turn: Turn) -> type[Form] | None:
        known = await turn.person()
        if known is None:
            turn.note("health_code.register_first")
            return None
        export = await _export(turn, known)
        if export is None:
            return HealthCode
        if export.covered_from > turn.today:
            turn.note(
                "health_code.too_new",
                day=export.covered_from,
                wanted=turn.policy.visits.assess_days,
            )
            return None
        if turn.session.begun != turn.today:
            turn.note("health_code.new_day")
            return HealthCode
        answers = turn.session.answers
        await code_of_today(turn, known, export, answers, below=_was_read(turn, export))
        return None


async def code_of_today(
    turn: Turn,
    known: Known,
    export: Export,
    answers: Answers,
    *,
    below: Sequence[str] = (),
) -> None:
    """Assess somebody by his records and what was declared today in `answers`, and send the code
    with what is told `below` it."""
    declaration = declared(answers, turn.chat)
    assessed = await assess_holder(turn.tx, known, export, declaration, turn.now)
    await issue_code(turn, known, assessed, below=below)
    await turn.tx.people.used(known, turn.now)
    acts = ["declaration taken back"] if took_back(answers) else []
    for act in (*acts, "code issued"):
        await turn.record(act, known.id)


def stay_is_over(turn: Turn, known: Known) -> bool:
    """Tell whether it is to be asked first where somebody stays now; say so if it is."""
    holder = known.holder
    if not holder.has_left_hotel(turn.today):
        return False
    turn.note("health_code.stay_over", day=date.fromisoformat(holder.last_night))
    return True


async def waits_for_address(turn: Turn, known: Known) -> bool:
    """Tell whether somebody's codes wait until his address is confirmed: it needed no proof, as
    public rental housing is checked against the register of its tenants."""
    if not turn.policy.check_tenants or known.holder.housing != Housing.PUBLIC:
        return False
    return not await lives_as_registered(turn.tx, known)


async def has_fresh_records(turn: Turn, known: Known, newest: Code | None = None) -> bool:
    """Tell whether the records at hand serve today: no new file is needed then. `newest` is the
    holder's newest code, where it has been looked up."""
    exported_at = await turn.tx.people.exported_at(known)
    fresh = timedelta(hours=turn.policy.export_fresh_hours)
    if exported_at is None or turn.now - exported_at >= fresh:
        return False
    return await _may_use_records(turn, known, newest)


async def _may_use_records(turn: Turn, known: Known, newest: Code | None) -> bool:
    """Tell whether the records at hand may serve: a guardian never learns what is in those that
    the holder uploaded himself."""
    if not turn.about or not await turn.tx.family.has_own_chat(known.id):
        return True
    newest = newest or await turn.tx.codes.newest(known)
    return newest is not None and may_know(turn, newest.assessed.declaration)


async def _export(turn: Turn, known: Known) -> Export | None:
    """Return the visit records to assess; a new upload takes the place of the older one.

    Why there are none is noted.
    """
    upload = turn.session.answers["visits"]
    if upload == KEPT:
        kept = await turn.tx.people.export_of(known)
        if kept is None:
            turn.note("health_code.records_gone")
        return kept
    export = await turn.tx.uploads.export(upload, chat=turn.chat)
    if export is None:
        turn.note("health_code.records_gone")
        return None
    if not await turn.tx.installations.claim(export, known.id, turn.now):
        turn.note("health_code.visits.error.other_phone")
        return None
    await turn.tx.people.keep_export(known, export, turn.now)
    return export


def _was_read(turn: Turn, export: Export) -> list[str]:
    """Return what was read, so that he sees whether it was the right file."""
    days = turn.policy.visits.assess_days
    if not export.visits:
        kept_days = turn.policy.visits.accept_days
        return [turn.text("health_code.read_none", days=days, kept_days=kept_days)]
    one_day = export.first_day == export.last_day
    read = turn.text(
        "health_code.read_day" if one_day else "health_code.read",
        visits=turn.text("health_code.visits_count", count=len(export.visits)),
        places=turn.text("health_code.places_count", count=export.places),
        first=export.first_day,
        last=export.last_day,
        days=days,
    )
    return [read, turn.text("health_code.read_overlaps")] if export.overlaps else [read]
