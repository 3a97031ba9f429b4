"""The first words: language, the privacy notice, consent."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from core.conversation.fields import Choice, Field, Said
from core.conversation.form import Form
from core.conversation.texts import Language
from core.conversation.turn import Turn
from handlers.link_chat import LinkChat
from handlers.registration import Registration

NOTICE = "2021-12"
"""The version of the privacy notice that is consented to."""


class Consent(StrEnum):
    """What a person may answer to the privacy notice."""

    AGREE_ERASE = "agree_erase"
    AGREE = "agree"
    DECLINE = "decline"


class LanguageChoice(Choice):
    """The language of the chat, in which everything goes on from here."""

    async def take(self, turn: Turn, said: Said) -> Any:
        turn.session.language = await super().take(turn, said)
        return turn.session.language


class ConsentChoice(Choice):
    """The answer to the notice. Erasing messages is offered where the platform can."""

    def offered(self, turn: Turn) -> list[str]:
        if turn.capabilities.delete:
            return self.choices
        return [Consent.AGREE, Consent.DECLINE]


class Welcome(Form):
    """Greet, settle the language, and ask for consent before anything is asked."""

    numbered = False
    wants_file = True

    language = LanguageChoice(Language)
    consent = ConsentChoice(Consent)

    @classmethod
    def values(cls, turn: Turn, field: Field) -> dict[str, Any]:
        kept = turn.policy.retention
        return {
            "visit_days": kept.visit_days,
            "proof_days": kept.proof_days,
            "registration_days": kept.registration_days,
        }

    @classmethod
    async def begin(cls, turn: Turn) -> dict[str, Any] | None:
        return {"language": turn.session.language} if turn.session.language else {}

    @classmethod
    async def finish(cls, turn: Turn) -> type[Form] | None:
        session = turn.session
        consent = session.answers["consent"]
        if consent == Consent.DECLINE:
            turn.note("welcome.declined")
            return None
        session.erase = consent == Consent.AGREE_ERASE
        await turn.tx.people.consent(turn.chat, NOTICE, turn.now)
        await turn.record("consent given", NOTICE)
        wanted, session.wanted = session.wanted, ""
        if wanted == LinkChat.name:
            return LinkChat
        turn.note("link_chat.hint")
        return Registration
