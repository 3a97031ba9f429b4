from __future__ import annotations

import tracemalloc

import pytest

from core.answer import Invalid
from core.visits.archive import unzip, unzip_all
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


def test_several_are_returned_by_their_names_up_to_the_limit_of_all() -> None:
    members = [("mum/a", b"0" * 60), ("b", b"1" * 40)]
    assert unzip_all(zipped(*members), 100, most=2) == members
    for most, limit, code in ((1, 100, "zip_members"), (2, 99, "too_large")):
        with pytest.raises(Invalid) as caught:
            unzip_all(zipped(*members), limit, most=most)
        assert caught.value.code == code
    with pytest.raises(Invalid) as caught:
        unzip_all(zipped(("a", b"1"), ("b", zipped(("c", b"1")))), 1000, most=2)
    assert caught.value.code == "zip_nested"


def test_many_small_bombs_are_not_unpacked_either() -> None:
    bombs = zipped(*((str(number), bytes(1_900_000)) for number in range(20)))
    tracemalloc.start()
    with pytest.raises(Invalid):
        unzip_all(bombs, 2_000_000, most=20)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()
