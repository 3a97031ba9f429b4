"""The guardian who is cut off: nothing that he still has in his chat gives anything any more."""

from __future__ import annotations

import pytest

from core.conversation.messages import Finished, Press, Text
from core.conversation.turn import MENU
from core.family import Relation, Way
from core.store.people import Known
from handlers.commands import conversation
from handlers.health_code import HealthCode
from handlers.live_code import LiveCode
from handlers.my_chats import StopCare
from handlers.privacy import Erasure
from handlers.registration import Registration
from tests.core.store.people import holder, index_of
from tests.handlers.news import hears_news
from tests.handlers.people import is_registered, records
from tests.reading import expect, expect_question
from tests.talk import Talk, Talker
from tests.world import Heard

NAME, MASKED, TAIL = "WONG Mei", "W*** M**", "56(A)"


class Family:
    """A guardian, whom he looks after, and that person's own chat."""

    def __init__(self, talker: Talker) -> None:
        self.guardian = talker(chat="telegram:1")
        self.own = talker(chat="web:2")

    async def begin(self) -> Known:
        await is_registered(self.guardian)
        who = holder(number="G123456(A)", english_name=NAME, mobile="+85298765432")
        async with self.guardian.store.writing() as tx:
            now = self.guardian.clock()
            self.known = await tx.people.register(who, index_of(tx, who), chat=None, now=now)
            await tx.family.look_after(
                self.guardian.chat,
                self.known.id,
                relation=Relation.PARENT,
                way=Way.PHONE,
                starts_at=now,
                now=now,
            )
        return self.known

    async def menu(self, command: str) -> Heard:
        """Press the guardian's lasting button about her."""
        await self.guardian.take(Press(f"{MENU}.{command}.{self.known.id}", acknowledge="press"))
        return self.guardian.heard

    async def code(self) -> None:
        await self.menu("today")
        await self.guardian.presses("none")
        await self.guardian.sends(records(self.guardian))

    async def cut_off(self) -> None:
        """Let her take over in a chat of her own, and end his."""
        async with self.own.store.writing() as tx:
            await tx.people.link(self.known.id, chat=self.own.chat, now=self.own.clock())
        heard = await self.own.presses_menu("my_chats")
        line = next(each for each in heard.text.split("\n") if "looks after you" in each)
        await self.own.says(line.partition(".")[0])
        expect(await self.own.presses("end"), "my_chats.ended")


@pytest.fixture
def family(talker: Talker) -> Family:
    return Family(talker)


def nothing_of_her(talk: Talk, since: int, reference: str) -> None:
    """Fail where a reply since then holds anything of hers, but the name that he gave himself."""
    for reply in talk.replies[since:]:
        assert reply.card is None
        for secret in (reference, MASKED, TAIL, "9876", "green", "GREEN"):
            assert secret not in reply.text
        if NAME in reply.text:
            told = Heard(reply.text)
            assert "no longer look after" in told.text


@pytest.mark.parametrize("command", sorted(conversation().commands))
async def test_no_command_about_her_gives_anything(family: Family, command: str) -> None:
    known = await family.begin()
    await family.code()
    await family.cut_off()
    talk = family.guardian
    since = len(talk.replies)
    await family.menu(command)
    expect(Heard(talk.replies[since].text), "engine.not_yours")
    assert talk.replies[since].notice
    assert not any(NAME in reply.text for reply in talk.replies[since:])
    nothing_of_her(talk, since, known.reference)
    assert (talk.session.about, talk.session.form) == ("", "")
    async with talk.store.reading() as tx:
        assert await tx.people.of_id(known.id) is not None
        assert await tx.people.of_chat(family.own.chat) is not None


async def test_no_button_that_he_ever_got_gives_anything(family: Family) -> None:
    known = await family.begin()
    await family.code()
    for command in ("details", "why_colour", "listen", "person", "my_people"):
        await family.menu(command)
    talk = family.guardian
    buttons = {b.id for reply in talk.replies for row in reply.buttons for b in row}
    hers = {button for button in buttons if known.id in button}
    assert len(hers) >= 5
    await family.cut_off()
    since = len(talk.replies)
    for button in sorted(buttons):
        if button.startswith(f"{MENU}.") and button not in hers:
            continue  # these are about himself
        await talk.take(Press(button))
    nothing_of_her(talk, since, known.reference)


async def reaches(family: Family, form: str) -> None:
    """Let the guardian be in the middle of a form about her."""
    if form != "today":
        await family.code()
    await family.menu(form)


FORMS = {
    "today": HealthCode,
    "live_code": LiveCode,
    "change": Registration,
    "erase": Erasure,
    "stop_care": StopCare,
}


@pytest.mark.parametrize("command", FORMS)
@pytest.mark.parametrize("said", ["1", "4821", "yes", "erase", "help"])
async def test_a_form_in_the_middle_is_put_away_with_the_very_next_message(
    family: Family, command: str, said: str
) -> None:
    known = await family.begin()
    await reaches(family, command)
    talk = family.guardian
    assert talk.session.form == FORMS[command].name
    await family.cut_off()
    since = len(talk.replies)
    await talk.take(Text(said))
    expect(Heard(talk.replies[since].text), "engine.ended")
    assert (talk.session.form, talk.session.about) == ("", "")
    nothing_of_her(talk, since, known.reference)
    async with talk.store.reading() as tx:
        assert await tx.people.of_id(known.id) is not None


@pytest.mark.parametrize("command", FORMS)
async def test_news_of_the_end_puts_a_form_away_too(family: Family, command: str) -> None:
    await family.begin()
    await reaches(family, command)
    await family.cut_off()
    told, after = await hears_news(family.guardian)
    expect(told, "links.ended")
    expect(after, "engine.ended")
    assert family.guardian.session.form == ""
    # He is himself as before.
    expect_question(await family.guardian.presses_menu("today"), HealthCode.conditions)


async def test_a_file_under_way_becomes_nothing(family: Family) -> None:
    known = await family.begin()
    talk = family.guardian
    await family.menu("today")
    await talk.presses("none")
    talk.read_at_once = False
    await talk.sends(records(talk), album="a")
    await talk.sends(records(talk), album="a")
    await family.cut_off()
    since = len(talk.replies)
    async with talk.store.writing() as tx:
        upload = await tx.uploads.keep(talk.chat, "visits", b"hers", talk.clock())
    await talk.take(Finished(job=talk.jobs[0], upload=upload))
    expect(Heard(talk.replies[since].text), "engine.ended")
    nothing_of_her(talk, since, known.reference)
    async with talk.store.reading() as tx:
        assert await tx.uploads.read(upload, chat=talk.chat) is None
        assert await tx.codes.newest(known) is None
        assert await tx.people.export_of(known) is None


async def test_a_file_of_hers_that_comes_too_late_is_not_taken_for_his(family: Family) -> None:
    await family.begin()
    talk = family.guardian
    await family.menu("today")
    await talk.presses("none")
    await family.cut_off()
    await talk.sends(records(talk))
    expect(talk.heard, "engine.ended")
    assert talk.jobs == []
    assert talk.session.form == ""


async def test_her_code_from_before_stays_good_until_midnight(family: Family) -> None:
    """It is her own, and shows no more than any code does: only the way to new ones is closed."""
    known = await family.begin()
    await family.code()
    await family.cut_off()
    async with family.own.store.reading() as tx:
        live = await tx.codes.live(known, family.own.clock())
    assert live is not None
    expect(await family.own.presses_menu("why_colour"), "why.colour.green")
