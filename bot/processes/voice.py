"""Read a text aloud, for those who cannot read it: by espeak-ng, where that is installed."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import wave
from collections.abc import Awaitable, Callable
from pathlib import Path

import lameenc

from core.conversation.texts import Language

PROGRAM = "espeak-ng"

VOICES = {
    Language.TRADITIONAL: "yue",  # Cantonese, as Hong Kong speaks
    Language.SIMPLIFIED: "cmn-latn-pinyin",  # Mandarin; "cmn" reads out the letters of the pinyin
    Language.ENGLISH: "en-gb",
}

WORDS_A_MINUTE = 140
"""A little slower than the voice's own 175: the listener may be old, and in a noisy hall."""

SECONDS = 10.0
"""Reading a minute of speech takes a tenth of a second; a voice that hangs is not waited for."""

LONGEST = 2_000
"""Characters, twice the longest caption."""

BIT_RATE = 32  # kbit/s: speech of one voice, 4 KB a second

UNSPOKEN = str.maketrans({"*": " ", "•": ",", "…": " "})
"""The stars of a masked name would be read as "asterisk"."""


Speak = Callable[[str, str], Awaitable[bytes]]
"""Reads a text aloud in the language of a catalogue: an MP3, or raises Unspoken."""


class Unspoken(Exception):
    """The text could not be read aloud; the message says why, without the text."""


class Voice:
    """Speaks, where `program` is an espeak-ng; None where there is none."""

    def __init__(self, program: str | Path | None = None) -> None:
        self._program = program or shutil.which(PROGRAM)

    @property
    def available(self) -> bool:
        """Tell whether there is a voice to offer."""
        return self._program is not None

    async def speak(self, text: str, language: str) -> bytes:
        """Return an MP3 of a text in the language of a catalogue, or raise Unspoken."""
        return await asyncio.to_thread(_mp3, await self._wav(text, language))

    async def _wav(self, text: str, language: str) -> bytes:
        if self._program is None:
            raise Unspoken(f"{PROGRAM} is not installed")
        try:
            process = await asyncio.create_subprocess_exec(
                *(self._program, "--stdin", "--stdout", "-b", "1"),  # 1: the text is UTF-8
                *("-v", VOICES[Language(language)], "-s", str(WORDS_A_MINUTE)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                # Without our environment, which has the secrets.
                env={"PATH": os.defpath},
            )
        except OSError as error:
            raise Unspoken(f"{PROGRAM} cannot be started: {error.strerror}") from None
        try:
            async with asyncio.timeout(SECONDS):
                said = text.translate(UNSPOKEN)[:LONGEST].encode(errors="replace")
                wav, _ = await process.communicate(said)
        except TimeoutError:
            raise Unspoken(f"{PROGRAM} took longer than {SECONDS:.0f} seconds") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            raise Unspoken(f"{PROGRAM} ended with {process.returncode}")
        return wav


def _mp3(wav: bytes) -> bytes:
    """Encode as MP3, which Telegram takes as a voice message and every browser plays."""
    try:
        with wave.open(io.BytesIO(wav)) as sound:
            samples = sound.readframes(sound.getnframes())
            channels, rate = sound.getnchannels(), sound.getframerate()
    except (wave.Error, EOFError):
        raise Unspoken(f"{PROGRAM} gave no sound") from None
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_bit_rate(BIT_RATE)
    encoder.set_in_sample_rate(rate)
    encoder.set_channels(channels)
    return bytes(encoder.encode(samples)) + bytes(encoder.flush())
