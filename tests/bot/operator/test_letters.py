"""Letters are written on the command line: to whom, with which code, once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import pytest
from sqlalchemy import select

from bot.app import opened
from bot.operator import letters
from bot.operator.guardians import GuardianError
from bot.settings import SettingError, Settings
from core.conversation.texts import Language
from core.family import Way
from core.policy import Policy
from core.store.letters import PREFIX
from core.store.people import Known
from core.store.staff import Role, StaffError
from core.store.store import Store
from core.store.tables import audit
from tests.clock import TestClock
from tests.core.store.people import register
from tests.core.store.waits import waits
from tests.world import TEXTS

POLICY = Policy()
NONE = "No letter is to be written."


@dataclass
class Desk:
    """A command line on a data folder, and the folder for letters."""

    settings: Settings
    clock: TestClock
    store: Store
    folder: Path

    async def writes(self, by: str = "chan", again: str = "") -> list[str]:
        """Write letters; return what is printed."""
        asked = self.folder, by, again
        return (await letters.write(self.settings, POLICY, self.clock, *asked)).splitlines()

    async def waits(self, way: Way = Way.LETTER, chat: str = "web:1", **changes: str) -> Known:
        async with self.store.writing() as tx:
            return await waits(tx, way, chat=chat, at=self.clock(), **changes)

    async def brings(self, code: str, chat: str = "web:1") -> str | None:
        async with self.store.writing() as tx:
            return await tx.letters.redeem(code, chat=chat, now=self.clock())

    def files(self) -> list[Path]:
        return sorted(self.folder.iterdir()) if self.folder.exists() else []


@pytest.fixture
async def desk(tmp_path: Path, clock: TestClock) -> AsyncIterator[Desk]:
    settings = Settings.load({"HEALTHCODE_DATA": str(tmp_path)}, tmp_path / "none")
    async with opened(settings, POLICY, clock) as store:
        async with store.writing() as tx:
            await register(tx)
            await tx.staff.add("chan", Role.STAFF, clock())
            await tx.staff.add("gate", Role.OFFICER, clock())
        yield Desk(settings, clock, store, tmp_path / "letters")


def read(file: Path) -> str:
    """Return the text of a letter, which is of one page."""
    with pypdfium2.PdfDocument(file) as document:
        assert len(document) == 1
        return str(document[0].get_textpage().get_text_range())


def code_in(text: str) -> str:
    """Return the code in the text of a letter."""
    [line] = [line for line in text.splitlines() if line.startswith(PREFIX)]
    return line


def together(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("language", list(Language))
async def test_a_letter_goes_to_the_person_in_his_language(desk: Desk, language: str) -> None:
    known = await desk.waits(language=language)
    [line] = await desk.writes()
    [file] = desk.files()
    assert line == str(file)
    assert file.name.startswith(f"{known.reference}-")
    assert file.stat().st_mode & 0o077 == 0
    text = read(file)
    until = {"en": "9 January 2022", "zh_Hant_HK": "2022年1月9日", "zh_Hans": "2022年1月9日"}
    values = {
        "who": "C*** T** M** 陳*文",
        "until": until[language],
        "hotline": POLICY.hotline,
        "reference": known.reference,
    }
    for key in ("sender", "title", "who", "means", "give", "how", "otherwise", "contact"):
        wanted = TEXTS.say(language, f"letter.{key}", **values)
        assert together(wanted) in together(text), key
    assert "WONG Mei\r\n王美\r\nFlat 1203, Block 5, Mei Lam Estate\r\n" in text
    assert await desk.brings(code_in(text)) == known.id


async def test_each_letter_is_written_once(desk: Desk) -> None:
    assert await desk.writes() == [NONE]
    assert desk.files() == []
    await desk.waits(Way.STAFF)
    await desk.waits(number="E364912(5)")
    assert len(await desk.writes()) == 1
    [file] = desk.files()
    code = code_in(read(file))
    assert await desk.writes() == [NONE]
    assert code_in(read(file)) == code
    async with desk.store.reading() as tx:
        rows = await tx.connection.execute(select(audit.c.act, audit.c.actor))
        assert [tuple(row) for row in rows] == [("letter written", "chan")]


async def test_a_letter_written_again_takes_the_place_of_the_first(desk: Desk) -> None:
    known = await desk.waits()
    await desk.waits(chat="web:2", number="E364912(5)")
    await desk.writes()
    codes = {file: code_in(read(file)) for file in desk.files()}
    [line] = await desk.writes(again=known.reference)
    again = Path(line)
    assert code_in(read(again)) != codes[again]
    assert await desk.brings(codes[again]) is None
    assert await desk.brings(code_in(read(again))) == known.id
    [other] = set(codes) - {again}
    assert code_in(read(other)) == codes[other]


async def test_several_guardians_have_a_letter_each_and_a_code_for_their_chat(desk: Desk) -> None:
    known = await desk.waits()
    await desk.waits(chat="web:2")
    await desk.writes()
    first, second = (code_in(read(file)) for file in desk.files())
    with pytest.raises(GuardianError, match=r"^Several guardians wait"):
        await desk.writes(again=known.reference)
    begun = [await desk.brings(code, "web:1") for code in (first, second)]
    assert sorted(map(bool, begun)) == [False, True]


async def test_the_longest_name_and_address_stand_on_one_page(desk: Desk) -> None:
    known = await desk.waits(
        english_name="WONG " + "Alexandrina " * 6 + "Xi",
        chinese_name="歐陽" * 10,
        address="新界沙田大圍美田路一號" * 18,
        language=Language.TRADITIONAL,
    )
    await desk.writes()
    [file] = desk.files()
    text = together(read(file))
    assert together(known.holder.english_name) in text
    assert known.holder.chinese_name + known.holder.address + "沙田區" in text


async def test_a_guest_gets_it_at_his_hotel_and_who_asks_may_have_no_name(desk: Desk) -> None:
    await desk.waits(
        chat="web:9", housing="hotel", hotel="Harbour View", room="1208", address="", district=""
    )
    await desk.writes()
    [file] = desk.files()
    text = read(file)
    assert "1208, Harbour View" in text
    assert together(TEXTS.say("en", "letter.who_unnamed")) in together(text)


async def test_what_cannot_be_printed_is_left_to_the_operators_pen(desk: Desk) -> None:
    await desk.waits(chinese_name="王\ue000", address="Flat 1203, Block 5, 美\ue000邨")
    [line] = await desk.writes()
    assert line.endswith(
        "  (〓 stands for a letter that cannot be printed: please write it by hand)"
    )
    [file] = desk.files()
    text = read(file)
    assert "Flat 1203, Block 5, 美〓邨" in text
    assert "王" not in text


@pytest.mark.parametrize("by", ["stranger", "gate"])
async def test_only_staff_may_write(desk: Desk, by: str) -> None:
    await desk.waits()
    with pytest.raises(StaffError, match=f"^{by} is "):
        await desk.writes(by)
    assert desk.files() == []


async def test_a_reference_for_which_nobody_waits_is_one_sentence(desk: Desk) -> None:
    known = await desk.waits(Way.STAFF)
    with pytest.raises(GuardianError, match=r"^No guardian waits for "):
        await desk.writes(again=known.reference)
    with pytest.raises(GuardianError, match=r"^Nobody has the reference number "):
        await desk.writes(again="HC-AAAAA-AAAAA")


async def test_a_folder_that_cannot_be_written_keeps_no_code(desk: Desk) -> None:
    await desk.waits()
    desk.folder.write_bytes(b"")
    with pytest.raises(
        SettingError, match=r"letters/.*\.pdf cannot be written: Not a directory\.$"
    ):
        await desk.writes()
    desk.folder.unlink()
    assert len(await desk.writes()) == 1, "it is written as soon as that can be"


async def test_who_is_confirmed_while_the_page_is_drawn_gets_no_letter(desk: Desk) -> None:
    known = await desk.waits()
    async with desk.store.reading() as tx:
        [wait] = await tx.waiting.by(Way.LETTER)
    async with desk.store.writing() as tx:
        assert await tx.family.confirm("web:1", known.id, desk.clock())
    file = desk.folder / "late.pdf"
    page = wait, "HC7 AAAA", b"", file, "chan", False, desk.clock()
    assert not await letters._keep(desk.store, *page)
    assert desk.files() == []
