from __future__ import annotations

import pytest

from core.answer import Invalid
from core.visits.csv_form import is_csv, read_csv
from core.visits.written import Row
from tests.corpus import CSV_HEAD, CSV_ROW


def test_columns_stand_in_any_order_and_capitals() -> None:
    text = (
        "exported,2021-12-10T08:00\n\napp,,2021-11-01\n"
        "kind,IN,Out,name_zh,place,type,name_en,colour\n"
        'qr,2021-12-09T18:00,,"良田, ""體育館""",HKEN:0,X,"Leung\nTin"\n'
        "notification,x\n,,,\n"
    )
    written = read_csv("leavehomesafe-visits;1\n".replace(";", ",") + text, 10)
    assert written.rows == [
        Row(7, "qr", "HKEN:0", "Leung\nTin", '良田, "體育館"', "2021-12-09T18:00", "")
    ]
    assert (written.installed, written.exported) == ("2021-11-01", "2021-12-10T08:00")
    assert written.notifications == 1


def test_the_line_of_a_mistake_is_named() -> None:
    for line, code in ((7, "row_field"), (6, "broken")):
        bad = "cinema,\n" if code == "row_field" else '"x"y,\n'
        with pytest.raises(Invalid) as caught:
            read_csv(CSV_HEAD + CSV_ROW * (line - 5) + bad, 10)
        assert caught.value.code == code
        assert line in caught.value.params.values()


def test_the_missing_columns_are_named() -> None:
    with pytest.raises(Invalid) as caught:
        read_csv("leavehomesafe-visits,1\nkind,place,type,in,out\n", 10)
    assert caught.value.params == {"missing": "name_en, name_zh"}


def test_both_beginnings_are_known() -> None:
    assert is_csv("leavehomesafe-visits,1")
    assert is_csv('"leavehomesafe-visits","1"')
    assert not is_csv("kind,place")
    assert (
        read_csv(CSV_HEAD.replace("leavehomesafe-visits", '"leavehomesafe-visits"'), 1).rows == []
    )
