"""The policy file: its defaults, and one plain sentence for each mistake."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.policy import KeyPolicy, Policy, PolicyError
from core.signing.issuer_keys import Realm

DOCUMENT = Path(__file__).parents[2] / "docs" / "policy.md"


def flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    leaves: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            leaves |= flat(value, f"{prefix}{key}.")
        else:
            leaves[prefix + key] = list(value) if isinstance(value, tuple) else value
    return leaves


def documented() -> dict[str, Any]:
    rows = re.findall(r"^\| `([a-z_.]+)` \| `(.+?)` \| .+ \|$", DOCUMENT.read_text("utf-8"), re.M)
    return flat(tomllib.loads("\n".join(f"{key} = {value}" for key, value in rows)))


def load(tmp_path: Path, text: str) -> Policy:
    file = tmp_path / "policy.toml"
    file.write_text(text, "utf-8")
    return Policy.load(file)


def test_the_documented_defaults_are_the_programs() -> None:
    assert documented() == flat(msgspec.to_builtins(Policy(), builtin_types=[datetime]))


def test_a_file_of_all_documented_defaults_changes_nothing(tmp_path: Path) -> None:
    rows = re.findall(r"^\| `([a-z_.]+)` \| `(.+?)` \|", DOCUMENT.read_text("utf-8"), re.M)
    assert load(tmp_path, "\n".join(f"{key} = {value}" for key, value in rows)) == Policy()


def test_registration_opens_when_the_health_code_did() -> None:
    assert Policy().opens_at == datetime(2021, 12, 10, 1, tzinfo=UTC)


def test_what_the_file_does_not_name_keeps_its_default(tmp_path: Path) -> None:
    policy = load(tmp_path, 'realm = "HT"\n[passcode]\nminutes = 5\nresend_after = [30]\n')
    assert policy.realm is Realm.TEST
    assert (policy.passcode.minutes, policy.passcode.resend_after) == (5, (30,))
    assert policy.passcode.attempts == Policy().passcode.attempts
    assert policy.retention == Policy().retention


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("opening = 1", "opening is not a setting"),
        ("[passcode]\nminute = 5", "passcode.minute is not a setting"),
        ("[visits]\ndays = 5", "visits.days is not a setting"),
        ("opens_at = 2021-12-10", "opens_at is wrong: expected a date and time, got a date alone"),
        ("opens_at = 09:00:00", "expected a date and time, got a time alone"),
        (
            "opens_at = 'soon'",
            "opens_at is wrong: expected a date and time with its offset, such as",
        ),
        ("opens_at = 2021-12-10T09:00:00", "opens_at is wrong: expected a date and time with its"),
        ("[passcode]\nminutes = 'x'", "passcode.minutes is wrong: expected a whole number"),
        ("[passcode]\nminutes = 11", "passcode.minutes is wrong: expected a whole number at most"),
        ("[passcode]\nresend_after = []", "resend_after must name at least one delay"),
        ("[passcode]\nattempt_delays = []", "attempt_delays must name at least one delay"),
        ("[passcode]\nresend_after = [1, 'a']", "passcode.resend_after[1] is wrong"),
        ("passcode.resend_after = 60", "passcode.resend_after is wrong: expected a list, got"),
        ("passcode = 3", "passcode is wrong: expected a table"),
        ("realm = 'XX'", "realm is wrong: expected one of HK, HT, got 'XX'"),
        ("[windows]\narrival_days = 30", "windows.arrival_days is wrong"),
        ("[windows]\nexposure_days = 14", "windows.exposure_days and visits.assess_days must be"),
        ("[visits]\naccept_days = 20", "visits.accept_days must not be less than"),
        ("[visits]\nsigning_key = 'x'", "visits is wrong: signing_key must be"),
        ("[visits]\nmax_bytes = -1", "visits.max_bytes is wrong"),
        ("[visits]\nopen_hours = 99999999999999", "visits.open_hours is wrong"),
        ("[uploads]\nproof_bytes = 10000001", "uploads.proof_bytes is wrong"),
        ("[retention]\naudit_days = 9999999", "retention.audit_days is wrong"),
        ("[family]\ntakeover_hours = 99999999999", "family.takeover_hours is wrong"),
        ("[passcode]\nper_day_of_mean = inf", "passcode.per_day_of_mean is wrong"),
        ("hotline = '   '", "hotline is wrong"),
        ("a = [", "is not TOML: "),
    ],
)
def test_a_wrong_value_is_one_sentence_that_names_the_key(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(PolicyError) as caught:
        load(tmp_path, text)
    sentence = str(caught.value)
    assert said in sentence
    assert str(tmp_path / "policy.toml") in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "`" not in sentence


@pytest.mark.parametrize("table", sorted({key.rpartition(".")[0] for key in documented()} - {""}))
def test_no_table_has_a_key_that_is_no_setting(tmp_path: Path, table: str) -> None:
    with pytest.raises(PolicyError, match=rf"{table}\.nothing is not a setting"):
        load(tmp_path, f"[{table}]\nnothing = 1")


@pytest.mark.parametrize(
    ("key", "most"),
    re.findall(r"^\| `([a-z_.]+)` \|.+At most (\d+)\. \|$", DOCUMENT.read_text("utf-8"), re.M),
)
def test_the_documented_limits_are_the_programs(tmp_path: Path, key: str, most: str) -> None:
    load(tmp_path, f"{key} = {most}")
    with pytest.raises(PolicyError, match=f"{key} is wrong: expected a whole number at most"):
        load(tmp_path, f"{key} = {int(most) + 1}")


def test_the_only_choice_is_the_realm() -> None:
    tree = msgspec.json.schema(Policy)["$defs"]
    assert [name for name, part in tree.items() if "enum" in part] == ["Realm"]


def test_a_mark_at_the_beginning_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("codes_per_hour = 7\n", "utf-8-sig")
    assert Policy.load(tmp_path / "policy.toml").codes_per_hour == 7


def test_a_file_that_is_not_there_or_no_text_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be read: No such file"):
        Policy.load(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PolicyError, match="is not UTF-8 text"):
        Policy.load(tmp_path / "binary.toml")


def test_the_life_of_a_key_is_in_days() -> None:
    assert Policy(keys=KeyPolicy(life_days=30)).keys.life == timedelta(days=30)
