from __future__ import annotations

import base64

import pytest

from core.visits import VisitPolicy


def test_no_key_means_no_signature_is_asked_for() -> None:
    assert VisitPolicy().signing_key == ""


@pytest.mark.parametrize("key", ["x", "a key?", base64.b64encode(b"short").decode()])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="signing_key"):
        VisitPolicy(signing_key=key)
