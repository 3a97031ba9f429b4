"""What the ledger of a kill test says: nothing lost, nothing doubled, all in order."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.journeys import Journey, Step
from tests.loopback.call import Sent
from tests.loopback.telegram import LoopbackTelegram

Reply = tuple[str, str, bytes]
"""A reply's text, its keyboard and its picture."""


@dataclass
class Count:
    """What the ledger says. `boundaries`: those at which the program died, of BOUNDARIES.

    A reply is `repeated` where the process that had sent it died before it came again, to the
    letter, before any other of its chat. Whatever else comes once more is `doubled`.
    """

    boundaries: set[str] = field(default_factory=set)
    kills: int = 0
    acknowledged: int = 0
    repeated: int = 0
    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0

    @property
    def good(self) -> bool:
        """Whether it is as it must be."""
        return not (self.lost or self.doubled or self.out_of_order)

    def __str__(self) -> str:
        return (
            f"kills={self.kills} acknowledged={self.acknowledged} lost={self.lost} "
            f"doubled={self.doubled} out_of_order={self.out_of_order}"
        )


def judge(
    bot_api: LoopbackTelegram,
    finished: list[tuple[list[Step], Journey]],
    deaths: Mapping[int, float],
    count: Count,
) -> None:
    """Compare the ledger with what the people did and had to hear.

    `deaths`: by the port of the Bot API that a process called, when it was dead.
    """
    count.acknowledged = sum(1 for p in bot_api.updates.passed.values() if p.acknowledged)
    sent: defaultdict[int, list[Sent]] = defaultdict(list)
    for entry in bot_api.sent:
        if entry.method in ("sendMessage", "sendPhoto") and entry.message:
            sent[entry.chat].append(entry)
    for steps, journey in finished:
        expected = [step.expects for step in steps if not step.sms]
        replies = [text for text, _, _ in _heard(sent[journey.chat], deaths, count)]
        count.lost += max(len(expected) - len(replies), 0) + (not journey.done)
        count.doubled += max(len(replies) - len(expected), 0)
        matched = all(e in text for e, text in zip(expected, replies, strict=False))
        count.out_of_order += not matched
        if journey.surprises or not matched or len(expected) != len(replies):
            found = [next((e for e in expected if e in text), text) for text in replies]
            print(f"chat {journey.chat}: {journey.surprises} {found}", file=sys.stderr)


def _heard(sent: list[Sent], deaths: Mapping[int, float], count: Count) -> list[Reply]:
    """Return the replies in one chat, each once; count those that came again."""
    heard: list[Reply] = []
    last: Sent | None = None
    for entry in sent:
        if entry.params.get("disable_notification"):
            continue
        text = str(entry.params.get("text") or entry.params.get("caption") or "")
        reply = (text, str(entry.params.get("reply_markup")), entry.photo)
        if reply not in heard:
            heard.append(reply)
        else:
            assert last is not None
            died = deaths.get(last.port, entry.at) < entry.at
            count.repeated += died
            count.doubled += not died
            count.out_of_order += reply != heard[-1]
            if not died or reply != heard[-1]:
                print(
                    f"chat {entry.chat}: from {last.port}, then from {entry.port}, "
                    f"{entry.at - last.at:.1f} s later: {text[:60]!r}",
                    file=sys.stderr,
                )
        last = entry
    return heard
