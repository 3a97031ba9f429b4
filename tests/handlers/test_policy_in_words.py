"""What the authority decides otherwise is said otherwise, in every language."""

from __future__ import annotations

import pytest

from core.assessment import Windows
from core.conversation.texts import Language
from core.policy import Policy, RetentionPolicy
from core.visits import VisitPolicy
from handlers.health_code import HealthCode
from handlers.welcome import Welcome
from tests.handlers.people import is_registered, records
from tests.reading import expect, expect_question
from tests.talk import Talk, Talker
from tests.world import TAGS, TEXTS

DAYS = {"symptom_days": 10, "discharge_days": 11, "arrival_days": 12, "days": 13}
POLICY = Policy(
    windows=Windows(symptom_days=10, discharge_days=11, arrival_days=12, exposure_days=13),
    visits=VisitPolicy(accept_days=15, assess_days=13),
    retention=RetentionPolicy(visit_days=16, proof_days=17, registration_days=18),
)


@pytest.fixture(params=list(Language))
def language(request: pytest.FixtureRequest) -> str:
    """Each language."""
    return str(request.param)


@pytest.fixture
def talk(talker: Talker, language: str) -> Talk:
    """A chat in that language, under another policy."""
    talk = talker(language=TAGS[Language(language)])
    talk.store.policy = POLICY
    return talk


@pytest.mark.parametrize(
    ("condition", "days"), [("symptoms", 10), ("discharged", 11), ("arrived", 12)]
)
async def test_a_condition_names_its_days_and_is_known_by_them(
    talk: Talk, language: str, condition: str, days: int
) -> None:
    await is_registered(talk)
    await talk.presses_menu("today")
    label = talk.heard.buttons[condition]
    assert str(days) in label
    expect(await talk.says(label), "health_code.conditions.noted", language)
    assert talk.session.partial == [condition]


async def test_a_reason_names_its_days(talk: Talk, language: str) -> None:
    await is_registered(talk)
    await talk.presses_menu("today")
    await talk.presses("symptoms")
    await talk.presses("done")
    heard = await talk.sends(records(talk))
    assert TEXTS.say(language, "why.reason.symptoms", symptom_days=10) in heard.text


async def test_the_colours_and_the_rest_of_the_help_name_theirs(talk: Talk, language: str) -> None:
    await is_registered(talk)
    await talk.presses_menu("help_colours")
    assert TEXTS.say(language, "help.colours", **DAYS) in talk.heard.text
    await talk.presses_menu("help_privacy")
    assert "16" in talk.heard.text


async def test_the_notice_says_how_long_is_kept(talk: Talk, language: str) -> None:
    heard = expect_question(await talk.starts(), Welcome.consent, language)
    assert all(str(days) in heard.text for days in (16, 17, 18))


async def test_of_a_discharge_it_is_said_how_long_it_counts(talk: Talk, language: str) -> None:
    await is_registered(talk)
    await talk.reach(HealthCode, "discharged_on", {"conditions": ["discharged"]})
    assert "11" in (await talk.presses("_why")).text
