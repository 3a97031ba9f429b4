"""What is read aloud: a sound in each language, and a plain failure where there is none."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest

from bot.processes import voice
from bot.processes.voice import Unspoken, Voice
from core.conversation.texts import Language

CAPTION = {
    Language.ENGLISH: "GREEN CODE for C*** T** M**. You may cross today.",
    Language.TRADITIONAL: "綠碼，持有人：C*** T** M** 陳*文。您今日可以過關。",
    Language.SIMPLIFIED: "绿码，持有人：C*** T** M** 陈*文。您今天可以过关。",
}


def program(folder: Path, script: str) -> Path:
    file = folder / "espeak-ng"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


@pytest.mark.parametrize("language", Language)
async def test_a_caption_becomes_some_seconds_of_mp3(language: Language) -> None:
    spoken = Voice()
    assert spoken.available
    sound = await spoken.speak(CAPTION[language], language)
    assert sound[:1] == b"\xff" and sound[1] & 0xE0 == 0xE0  # the sync word of an MPEG frame
    assert 2 < len(sound) / (voice.BIT_RATE * 125) < 15  # seconds


async def test_a_longer_text_takes_longer_and_stars_are_not_spoken() -> None:
    spoken = Voice()
    plain, starred, longer = [
        len(await spoken.speak(text, Language.ENGLISH))
        for text in ("C T M", "C*** T** M**", "C " * 20)
    ]
    assert longer > 2 * plain
    assert abs(starred - plain) < plain / 2


async def test_without_the_program_nothing_is_offered_and_nothing_spoken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    silent = Voice()
    assert not silent.available
    with pytest.raises(Unspoken, match="not installed"):
        await silent.speak("hello", Language.ENGLISH)


@pytest.mark.parametrize(
    ("script", "why"),
    [("exit 3", "ended with 3"), ("cat >/dev/null; echo hello", "gave no sound")],
)
async def test_a_program_that_fails_is_told_apart(tmp_path: Path, script: str, why: str) -> None:
    with pytest.raises(Unspoken, match=why):
        await Voice(program(tmp_path, script)).speak("hello", Language.ENGLISH)


async def test_it_is_told_none_of_our_secrets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HEALTHCODE_TWILIO_TOKEN", "HUSH")
    with pytest.raises(Unspoken):
        await Voice(program(tmp_path, f"env > {tmp_path}/told")).speak("hello", Language.ENGLISH)
    assert "HUSH" not in (tmp_path / "told").read_text()


async def test_a_program_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unspoken, match="cannot be started"):
        await Voice(tmp_path).speak("hello", Language.ENGLISH)


async def test_a_program_that_hangs_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voice, "SECONDS", 0.2)
    began = asyncio.get_running_loop().time()
    with pytest.raises(Unspoken, match="took longer"):
        await Voice(program(tmp_path, "exec sleep 30")).speak("hello", Language.ENGLISH)
    assert asyncio.get_running_loop().time() - began < 5
