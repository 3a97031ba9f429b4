"""Forms list their questions, and know which comes next."""

from __future__ import annotations

import pytest

from core.conversation.fields import Confirm, Field
from core.conversation.form import Form
from core.conversation.messages import Finished, Text
from core.conversation.uploads import Upload, Uploads
from core.store.store import Store
from tests.core.conversation.turns import turn_in


class LostProperty(Form):
    first = Upload("proof", ())
    second = Upload("proof", (), when=lambda answers: answers.get("first") == "yes")
    third = Confirm()


def test_a_form_and_its_questions_know_their_names() -> None:
    assert LostProperty.name == "lost_property"
    assert list(LostProperty.fields) == ["first", "second", "third"]
    assert LostProperty.second.key == "lost_property.second"


def test_what_is_asked_depends_on_the_answers() -> None:
    assert LostProperty.asked({}) == [LostProperty.first, LostProperty.third]
    assert LostProperty.next({"first": "no"}) is LostProperty.third
    assert LostProperty.next({"first": "yes"}) is LostProperty.second
    assert LostProperty.next({"first": "yes", "second": None}) is LostProperty.third
    assert LostProperty.next({"first": "no", "third": True}) is None


async def test_a_form_may_know_nothing_before_and_must_say_what_becomes_of_it(
    store: Store,
) -> None:
    async with store.writing() as tx:
        turn = turn_in(tx, Text("hello"))
        assert await LostProperty.begin(turn) == {}
        assert LostProperty.values(turn, LostProperty.first) == {}
        with pytest.raises(NotImplementedError):
            await LostProperty.finish(turn)
        with pytest.raises(NotImplementedError):
            await Uploads("exports", []).receive(turn, Finished("job"))
        with pytest.raises(NotImplementedError):
            Field().show("anything", turn)


def test_that_all_files_have_been_sent_is_no_file() -> None:
    several = Uploads("exports", [])
    several.name = "files"
    assert several.uploads({"files": True}) == set()
