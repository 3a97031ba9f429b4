from __future__ import annotations

import base45
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.signing.strict_base45 import ALPHABET, read


@given(st.binary(max_size=300))
def test_what_another_encoder_writes_is_read_back(data: bytes) -> None:
    assert read(base45.b45encode(data).decode()) == data


@given(st.text(st.sampled_from(ALPHABET.decode()), max_size=9))
def test_what_is_read_has_one_spelling_only(text: str) -> None:
    try:
        data = read(text)
    except ValueError:
        return
    assert base45.b45encode(data).decode() == text


def test_the_examples_of_the_rfc() -> None:
    # RFC 9285 §4.3 and §4.4
    assert read("BB8") == b"AB"
    assert read("%69 VD92EX0") == b"Hello!!"
    assert read("UJCLQE7W581") == b"base-45"
    assert read("QED8WEX0") == b"ietf!"
    assert read("FGW") == b"\xff\xff"
    assert read("U5") == b"\xff"
    assert read("") == b""


@pytest.mark.parametrize(
    "text",
    [
        "GGW",  # 65,536
        ":::",
        "V5",  # 256
        "::",
        "0",
        "BB80",
        "bb8",
        "BB8\n",
        "BB\n",
        " B\t",
        "BB8\0",
        "BB\x80",
        "ＢB8",
        "\udcff00",
        "\U0001d7d8B8",
    ],
)
def test_what_no_encoder_writes_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read(text)
