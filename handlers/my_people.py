"""My people: everyone in a chat's care with today's colour, and a menu for each."""

from __future__ import annotations

from core.conversation.form import Form
from core.conversation.turn import MENU, Turn
from core.store.people import Known
from handlers.menu import buttons

BEFORE_CODE = ("today", "details")
WITH_CODE = ("today", "why_colour", "details", "live_code")


async def looks_after_somebody(turn: Turn) -> bool:
    """Tell whether there is anybody in the chat's care, or somebody waits to be."""
    return bool(await turn.tx.family.in_care(turn.chat))


async def my_people(turn: Turn) -> type[Form] | None:
    """Show everyone at a glance, with a button for each."""
    turn.to_oneself()
    own = await turn.tx.people.of_chat(turn.chat)
    lines, rows, lacking = [], [], 0
    for known in await turn.tx.family.everyone(turn.chat, turn.now):
        his = own is not None and known.id == own.id
        name, state = known.holder.called(turn.language), await _state(turn, known)
        lacking += state not in COLOURS
        line = "my_people.yourself" if his else "my_people.line"
        lines.append(turn.text(line, name=name, state=turn.text(f"my_people.state.{state}")))
        button = f"{MENU}.person" if his else f"{MENU}.person.{known.id}"
        label = turn.text("menu.option.person", name=name, mark=COLOURS.get(state, "▫️"))
        rows.append([(button, label)])
    in_care = await turn.tx.family.in_care(turn.chat)
    waiting = [link for link in in_care if not link.holds(turn.now)]
    lines += [turn.text(f"my_people.waiting.{link.relation or link.way}") for link in waiting]
    commands = ("everyone", "register_other", "help") if lacking else ("register_other", "help")
    told = [turn.text("my_people.today", lines="\n".join(lines))] if lines else []
    if not in_care:
        told.append(turn.text("my_people.nobody"))
    turn.send("\n\n".join(told), [*rows, *buttons(turn, commands)])
    return None


async def person(turn: Turn) -> type[Form] | None:
    """Show one of them, with what can be done for that person."""
    known = await turn.person()
    if known is None:
        return await my_people(turn)
    state = await _state(turn, known)
    commands = WITH_CODE if state in COLOURS else BEFORE_CODE
    listen = ("listen",) if state in COLOURS and turn.capabilities.voice else ()
    care = ("stop_care",) if turn.about else ()
    text = turn.text(
        "my_people.line",
        name=known.holder.called(turn.language),
        state=turn.text(f"my_people.state.{state}"),
    )
    turn.send(text, buttons(turn, (*commands, *listen, *care, "my_people")))
    return None


COLOURS = {"green": "🟢", "amber": "🔶", "red": "🟥"}
"""A shape of its own for each colour, for those who cannot tell them apart."""


async def _state(turn: Turn, known: Known) -> str:
    """Return the colour of somebody's code of today, or why there is none."""
    live = await turn.tx.codes.live(known, turn.now)
    if live is not None:
        return str(live.assessed.assessment.colour)
    newest = await turn.tx.codes.newest(known)
    if newest is not None and newest.withdrawn_at and newest.expires_at >= turn.now:
        return "withdrawn"
    return "none"
