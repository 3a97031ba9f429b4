"""What `--help` tells of every command."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import pytest

from bot.__main__ import DEEDS, main
from bot.arguments import parser


def below(level: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Give a parser and all that are below it."""
    yield level
    for action in level._actions:
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield from below(each)


def leaves() -> dict[str, argparse.ArgumentParser]:
    """Return the parsers of what can be done, by the words of the command."""
    parsers = {each.get_default("command"): each for each in below(parser())}
    return {words: each for words, each in parsers.items() if words in DEEDS}


def test_every_command_is_done_by_something() -> None:
    assert leaves().keys() == DEEDS.keys()


@pytest.mark.parametrize("level", list(below(parser())), ids=lambda level: level.prog)
def test_each_help_says_what_the_command_does_and_how_it_ends(
    level: argparse.ArgumentParser,
) -> None:
    assert level.description
    assert level.description.endswith(".")
    assert level.epilog
    assert level.epilog.startswith("Exit codes: 0 ")
    for action in level._actions:
        if not isinstance(action, argparse._SubParsersAction):
            assert action.help, action.dest


def test_of_verify_it_says_each_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["verify", "--help"])
    assert caught.value.code == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "0 genuine, valid and green; 1 anything else: do not let through; 2 nothing" in said
