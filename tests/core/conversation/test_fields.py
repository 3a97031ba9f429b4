"""How answers are shown, and labels are understood; what is taken stands in `tests.stories`."""

from __future__ import annotations

import pytest

from core.conversation.fields import Field
from core.conversation.messages import Contact, File, Text
from core.conversation.session import Session
from core.conversation.texts import meanings, plain
from core.store.store import Store
from handlers.health_code import HealthCode
from handlers.registration import Registration
from tests.core.conversation.turns import turn_in


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  Yes!! ", "yes"),
        ("✓ Yes,\n all  is true", "yes, all is true"),
        ("‹ Back", "back"),
        ("ＹＥＳ。", "yes"),
        ("「同意」", "同意"),
        ("", ""),
        ("?!", ""),
    ],
)
def test_words_are_compared_without_what_stands_around_them(text: str, words: str) -> None:
    assert plain(text) == words


def test_a_label_means_all_of_it_or_what_stands_before_its_comma() -> None:
    assert meanings("✓ Yes, all is true") == ("yes, all is true", "yes")
    assert meanings("是，停止") == ("是,停止", "是")


@pytest.mark.parametrize(
    ("language", "field", "value", "shown"),
    [
        ("en", Registration.born_on, "1958-01-02", "2 January 1958"),
        ("zh_Hans", Registration.born_on, "1958-01-02", "1958年1月2日"),
        ("en", Registration.housing, "public", "Public rental housing"),
        ("en", Registration.mobile, "+85291234567", "+852 9123 4567"),
        ("en", Registration.proof, "id-of-an-upload", "received"),
        ("en", HealthCode.conditions, [], "✓ None of these"),
        (
            "en",
            HealthCode.conditions,
            ["contact", "quarantine"],
            "Named as a close contact, Under quarantine or isolation",
        ),
    ],
)
async def test_an_answer_is_shown_in_words(
    store: Store, language: str, field: Field, value: object, shown: str
) -> None:
    async with store.reading() as tx:
        turn = turn_in(tx, Text(""), session=Session(language=language))
        assert field.show(value, turn) == shown


async def test_only_some_questions_take_a_contact_or_a_file(store: Store) -> None:
    async with store.writing() as tx:
        turn = turn_in(tx, Contact("85291234567", own=True))
        assert await Registration.mobile.take(turn, turn.incoming.body) == "+85291234567"
        await HealthCode.visits.take(turn, File("ref", name="visits.json"))
        (job,) = turn.effects
    assert (job.id, job.kind, job.ref, job.name) == ("web:1:1", "visits", "ref", "visits.json")
