"""Whatever comes, in whatever order: each is answered in whole sentences, and one can go on."""

from __future__ import annotations

import re
from random import Random

import pytest

from core.conversation.messages import (
    Body,
    Command,
    Contact,
    Edited,
    Other,
    Press,
    Reply,
    Start,
    Text,
    Undelivered,
)
from core.conversation.prompt import NAMES
from core.sample import sample_export
from handlers.commands import conversation
from tests.corpus_proofs import pdf
from tests.stories.questions import PLACES, FromSms, Given, Sent, errors_at, give
from tests.talk import CAN, Talk, Talker
from tests.world import TEXTS

pytestmark = pytest.mark.no_cover

TURNS = 1_500
CHATS = (("telegram:1", "en"), ("web:2", "zh-hant"), ("telegram:3", "zh-hans"))

COMMANDS = [*conversation().commands, "menu", "back", "cancel", "skip", "why", "language", "sesame"]
GOOD: dict[tuple[str, str], list[Given]] = {}
for _place in PLACES:
    GOOD.setdefault((_place.journey.form.name, _place.field.name), []).extend(
        given for given in (_place.good.given, _place.good.chinese) if given is not None
    )
WORDS = [
    *(bad.given for place in PLACES for _, bad in errors_at(place) if isinstance(bad.given, str)),
    *(given for several in GOOD.values() for given in several if isinstance(given, str)),
    *sorted(TEXTS.words("engine.word.help") | TEXTS.words("engine.word.none")),
    *NAMES.values(),
    "1, 3",
    "10",
    "A123456(3), CHAN Tai Man, 2 January 1958, 9123 4567",
    "sorry, I meant 4 May 1960",
    "staff-AAAA-BBBB-CCCC",
    "x" * 4096,
    "\u202e\x00😀",
]
"""All that is said to any question, well or badly, and what is said between them."""

SELDOM: list[Body] = [
    Start(),
    Start("leaflet"),
    Other("sticker"),
    Contact("85291234567", own=True),
    Contact("85261234567", own=False),
    *map(Undelivered, ("sms", "message", "reply", "picture")),
]
BUTTONS = ["", ".", "menu.", "menu.today.nobody", "0.yes", "a.b.c"]
"""What no button of ours says."""


async def step(talk: Talk, chance: Random) -> list[Reply]:
    """Let something come in; return what is answered."""
    session, before = talk.session, len(talk.replies)
    newer, older = (
        [button.id for reply in talk.replies[-replies:] for row in reply.buttons for button in row]
        for replies in (3, 100)
    )
    match chance.choices(range(7), (40, 10, 30, 10, 4, 3, 3))[0]:
        case 0:
            good = GOOD.get((session.form, session.field))
            given = chance.choice(good) if good else None
            if given is None or session.aside or (isinstance(given, FromSms) and not talk.sms):
                await talk.take(Command(chance.choice(COMMANDS)))
            else:
                await give(talk, given)
        case 1:
            words = chance.choice(WORDS)
            await talk.take(chance.choice((Text(words), Text(f"{words} {chance.choice(WORDS)}"))))
        case 2:
            await talk.take(Press(chance.choice(newer or BUTTONS), "press"))
        case 3:
            await talk.take(Press(chance.choice(older + BUTTONS), "press"))
        case 4:
            await talk.take(chance.choice(SELDOM))
        case 5:
            files = (sample_export(31, 5, 7, talk.clock()), "v.json"), (pdf(), "p.pdf"), (b"x", "x")
            data, name = chance.choice(files)
            await give(talk, Sent(data, name))
        case 6:
            await talk.take(Edited(chance.choice(WORDS)), message=session.wrong or "1")
    return talk.replies[before:]


def is_whole(reply: Reply) -> None:
    """Fail where a reply is not fit to be read."""
    limit = CAN.caption if reply.card else CAN.text
    assert 0 < len(reply.text.strip()) <= limit, reply.text
    assert not re.search(r"\{\w*\}|\bNone\b(?! of)|\n\n\n", reply.text), reply.text
    for button in (button for row in reply.buttons for button in row):
        assert 0 < len(button.label) <= CAN.label
        assert len(button.id.encode()) <= 64, "Telegram takes no more"


@pytest.mark.parametrize("seed", range(8))
async def test_all_that_comes_is_answered_and_one_can_go_on(talker: Talker, seed: int) -> None:
    chance = Random(seed)
    talks = [talker(chat=chat, language=language) for chat, language in CHATS]
    for _ in range(TURNS):
        talk = chance.choice(talks)
        talk.clock.jump(seconds=chance.choice((0, 1, 90, 3_600)))
        replies = await step(talk, chance)
        assert replies
        for reply in replies:
            is_whole(reply)
