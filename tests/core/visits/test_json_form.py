from __future__ import annotations

import json

import pytest

from core.answer import Invalid
from core.visits.json_form import canonical, read_json
from core.visits.written import Row
from tests.corpus import export, visit


def test_rows_are_numbered_in_their_own_list() -> None:
    taxi = {"plate": "KB4484", "in": "x", "colour": "red"}
    document = export(visits=[visit(), visit(out=None, name_en=None)], taxis=[taxi])
    written = read_json(json.dumps(document))
    assert written.rows[1:] == [
        Row(2, "venue", "gxr8l5A6", "", "良田體育館", "2021-12-09T18:00:00+08:00", ""),
        Row(1, "taxi", "KB4484", "", "", "x", ""),
    ]


def test_the_key_that_stands_twice_is_named() -> None:
    text = json.dumps(export()).replace('"taxis"', '"app": {}, "taxis"')
    with pytest.raises(Invalid) as caught:
        read_json(text)
    assert caught.value.params == {"key": "app"}


def test_the_line_of_a_mistake_is_named() -> None:
    text = json.dumps(export(), indent=1).replace('"taxis": []', '"taxis": ]')
    with pytest.raises(Invalid) as caught:
        read_json(text)
    assert caught.value.code == "broken"
    assert caught.value.params == {"line": 1 + text[: text.index('"taxis"')].count("\n")}


def test_the_canonical_form_is_that_of_rfc_8785() -> None:
    # The strings of the RFC's example in 3.2.2, as 3.2.3 writes them.
    document = {"string": '€$\u000f\nA\'B"\\\\"/', "literals": [None, True, False], "b": 1}
    expected = '{"b":1,"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    assert canonical(document) == expected.encode()
