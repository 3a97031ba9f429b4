from __future__ import annotations

import tracemalloc

import pytest

from core.answer import Invalid
from core.visits.archive import unzip
from tests.corpus import zipped


def test_the_one_file_is_returned_up_to_the_limit() -> None:
    content = b"0123456789" * 10
    assert unzip(zipped(("a", content)), 100) == content
    with pytest.raises(Invalid) as caught:
        unzip(zipped(("a", content + b"x")), 100)
    assert caught.value.code == "too_large"


def test_a_bomb_is_not_unpacked() -> None:
    bomb = zipped(("a", bytes(50_000_000)))
    tracemalloc.start()
    with pytest.raises(Invalid):
        unzip(bomb, 2_000_000)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_the_number_of_files_is_told() -> None:
    with pytest.raises(Invalid) as caught:
        unzip(zipped(("a", b"1"), ("b", b"2"), ("c", b"3")), 100)
    assert caught.value.params == {"count": 3}
