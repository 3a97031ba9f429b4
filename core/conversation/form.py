"""A conversation is a form: a class whose fields are the questions, in order."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from core.conversation.fields import Answers, Field
from core.conversation.turn import Turn


class Form:
    """A conversation. Subclasses list the questions and say what becomes of the answers.

    It holds no text: texts are found by the form's name and the field's. A question that is taken
    from another form keeps its words there.
    """

    name: ClassVar[str] = ""
    fields: ClassVar[dict[str, Field]] = {}
    numbered: ClassVar[bool] = True
    """Each question says which of how many it is."""
    passing: ClassVar[bool] = False
    """It gives way to whatever is begun beside it: nothing that was said in it is lost."""
    wants_file: ClassVar[bool] = False
    """A file is asked for, here or in what follows."""

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        cls.name = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        cls.fields = {n: f for n, f in vars(cls).items() if isinstance(f, Field)}
        for field in cls.fields.values():
            field.form = field.form or cls.name

    @classmethod
    def asked(cls, answers: Answers) -> list[Field]:
        """Return the questions that these answers call for, answered or not."""
        return [field for field in cls.fields.values() if field.applies(answers)]

    @classmethod
    def next(cls, answers: Answers) -> Field | None:
        """Return the first question that is not answered, None when all are."""
        return next((f for f in cls.asked(answers) if not f.answered(answers)), None)

    @classmethod
    async def begin(cls, turn: Turn) -> dict[str, Any] | None:
        """Return the answers that are known before, or None where the form may not be begun.

        Why not is noted in the turn.
        """
        return {}

    @classmethod
    def concerns(cls, turn: Turn) -> str:
        """Return what the person is called whom the questions are about, empty for oneself."""
        return turn.session.about_name

    @classmethod
    def heading(cls, turn: Turn) -> str:
        """Return the words above a question that tell whom it concerns, empty for oneself."""
        name = cls.concerns(turn)
        return turn.text("engine.concerns", name=name) if name else ""

    @classmethod
    async def ended(cls, turn: Turn) -> type[Form] | None:
        """Return what follows where the chat speaks no longer for whom the questions concern."""
        return None

    @classmethod
    def values(cls, turn: Turn, field: Field) -> dict[str, Any]:
        """Return the values for the placeholders of a question."""
        return {}

    @classmethod
    async def finish(cls, turn: Turn) -> type[Form] | None:
        """Do what the answers are for; return the form that follows, if one does."""
        raise NotImplementedError
