"""The operator's commands about keys, and the program that runs meanwhile."""

from __future__ import annotations

import json
import re
import sqlite3
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import clock as clocks
from bot.__main__ import main
from core.signing.issuer_keys import IssuerKey, PublicKeys
from core.vault import KeyRing, Purpose
from tests.bot.process import program
from tests.bot.test_command_line import inside, is_one_sentence, running
from tests.clock import TestClock
from tests.codes import a_code

__all__ = ["inside"]

Says = Callable[..., str]
CHAN = ("--by", "Chan", "--reason", "the laptop is lost")


@pytest.fixture
def clock(inside: Path) -> TestClock:
    """The clock by which the commands go."""
    clock = clocks.system_clock
    assert isinstance(clock, TestClock)
    return clock


@pytest.fixture
def says(inside: Path, capsys: pytest.CaptureFixture[str]) -> Says:
    """Run a command; return what it printed, to where its exit code says."""

    def run(*arguments: str, code: int = 0) -> str:
        assert main(arguments) == code
        out, err = capsys.readouterr()
        assert not (out if code else err)
        return err if code else out

    return run


@pytest.fixture
def ring(inside: Path, clock: TestClock) -> KeyRing:
    """The ring of an installation that has run before."""
    return KeyRing.open(inside / "data" / "keys.json", clock())


def kid(ring: KeyRing, clock: TestClock) -> str:
    ring.refresh()
    return IssuerKey.current(ring, clock()).kid.hex()


def audited(folder: Path) -> list[tuple[str, str, str]]:
    with sqlite3.connect(folder / "data" / "healthcode.sqlite3") as connection:
        return connection.execute("SELECT actor, act, object FROM audit ORDER BY number").fetchall()


def rows(said: str) -> list[list[str]]:
    """Return the lines of a list of keys, cell by cell."""
    return [re.split(r"  +", line) for line in said.splitlines()]


def test_the_list_shows_each_key_and_what_it_does(
    says: Says, ring: KeyRing, clock: TestClock
) -> None:
    heads, *lines, note = rows(says("keys", "list"))
    assert heads == ["ID", "KID", "PURPOSE", "CREATED", "NOT BEFORE", "NOT AFTER", "STATE"]
    assert note == ["Times are Hong Kong time."]
    made = "2021-12-10 12:00"
    codes, bundles, audit = (
        ring.of(purpose)[0] for purpose in (Purpose.SIGN, Purpose.BUNDLE, Purpose.AUDIT)
    )
    signer, bundler, auditor = (IssuerKey.of(key).kid.hex() for key in (codes, bundles, audit))
    assert lines == [
        *(
            [ring.of(purpose)[0].id, str(purpose), made, "in use"]
            for purpose in (Purpose.SEAL, Purpose.INDEX, Purpose.PASSCODE)
        ),
        [codes.id, signer, "sign", made, made, "2022-01-24 12:00", "signing"],
        [bundles.id, bundler, "bundle", made, made, "2031-12-11 12:00", "signing"],
        [audit.id, auditor, "audit", made, made, "2031-12-11 12:00", "signing"],
    ]

    says("keys", "rotate")
    states = [line[-1] for line in rows(says("keys", "list"))[4:-2]]
    assert states == ["signing", "published, signs from 2021-12-11 12:00", "signing"]
    clock.jump(hours=24)
    states = [line[-1] for line in rows(says("keys", "list"))[4:-2]]
    assert states == ["accepted until 2021-12-11 23:59", "signing", "signing"]
    clock.jump(hours=12)
    says("keys", "revoke", kid(ring, clock), *CHAN)
    states = [line[-1] for line in rows(says("keys", "list"))[4:-2]]
    assert states == ["over", "withdrawn on 2021-12-12 00:00", "signing", "signing"]


def test_before_the_first_start_there_is_nothing_to_list(inside: Path, says: Says) -> None:
    is_one_sentence(
        says("keys", "list", code=2), "keys.json is not there: the first start makes it"
    )
    assert not (inside / "data").exists()


def test_a_rotation_is_published_at_once_and_recorded(
    inside: Path, says: Says, ring: KeyRing, clock: TestClock
) -> None:
    first = kid(ring, clock)
    said = says("keys", "rotate", "--in-hours", "30")
    assert "It signs from 2021-12-11 18:00, Hong Kong time, until 2022-01-25 18:00." in said
    assert "Until then the key before it signs" in said
    assert "sooner" not in said
    published = PublicKeys.load(inside / "data" / "issuer-keys.json")
    (new,) = [key.hex() for key in published.keys if key.hex() != first]
    assert new in said
    assert audited(inside) == [("operator", "key made", new)]
    assert kid(ring, clock) == first
    is_one_sentence(says("keys", "rotate", code=2), f"Key {new} waits already")
    clock.jump(hours=30)
    assert kid(ring, clock) == new


def test_a_late_rotation_says_that_it_is_late(says: Says, ring: KeyRing, clock: TestClock) -> None:
    clock.jump(days=44, hours=22)
    said = says("keys", "rotate")
    assert "It signs from 2022-01-24 12:00" in said
    assert "sooner than 24 hours, as no other key may sign until then" in said


def test_a_key_that_is_withdrawn_is_replaced_and_recorded_with_who_and_why(
    inside: Path, says: Says, ring: KeyRing, clock: TestClock
) -> None:
    first = kid(ring, clock)
    said = says("keys", "revoke", first, *CHAN)
    assert said.splitlines()[0] == f"Key {first} is withdrawn."
    assert "from the next list that it fetches on" in said
    assert "0 live codes are affected" in said
    assert kid(ring, clock) in said
    assert audited(inside) == [("Chan", "key withdrawn", f"{first}: the laptop is lost")]
    published = PublicKeys.load(inside / "data" / "issuer-keys.json")
    assert published.keys[bytes.fromhex(first)].withdrawn
    says("keys", "revoke", first, *CHAN)
    assert len(audited(inside)) == 2, "who asks again is recorded, too"


def test_a_key_that_only_waits_is_withdrawn_without_another(
    says: Says, ring: KeyRing, clock: TestClock
) -> None:
    says("keys", "rotate")
    ring.refresh()
    said = says("keys", "revoke", ring.of(Purpose.SIGN)[1].id, *CHAN)
    assert "No other key" not in said


def test_of_the_key_for_bundles_it_says_what_verifiers_must_do(says: Says, ring: KeyRing) -> None:
    said = says("keys", "revoke", ring.of(Purpose.BUNDLE)[0].id, *CHAN)
    assert "take no new list until they have fetched the keys anew" in said
    assert "live codes" not in said


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("0123456789abcdef", *CHAN), "No key that signs is called 0123456789abcdef"),
        (("00", "--by", " ", "--reason", "x"), "--by must be"),
        (("00", "--by", "x" * 81, "--reason", "x"), "--by must be"),
        (("00", "--by", "a\nb", "--reason", "x"), "--by must be"),
        (("00", "--by", "Chan", "--reason", ""), "--reason must be"),
        (("00", "--by", "Chan", "--reason", "x" * 61), "--reason must be"),
        (("00", "--by", "Chan", "--reason", "\x1b[2J"), "--reason must be"),
    ],
)
def test_what_cannot_be_withdrawn_is_one_sentence_and_changes_nothing(
    says: Says, ring: KeyRing, arguments: tuple[str, ...], named: str
) -> None:
    is_one_sentence(says("keys", "revoke", *arguments, code=2), named)
    assert not ring.refresh()


def test_what_a_key_signed_before_a_time_is_refused_from_the_next_bundle_on(
    inside: Path, says: Says, ring: KeyRing, clock: TestClock, capsys: pytest.CaptureFixture[str]
) -> None:
    says("keys", "rotate")
    keys = ("--keys", "pinned.json", "--bundle", "data/bundle.cbor")
    (inside / "pinned.json").write_bytes((inside / "data" / "issuer-keys.json").read_bytes())
    first, old = kid(ring, clock), code(ring, clock)
    clock.jump(minutes=30)
    new = code(ring, clock)
    says("verify", old, *keys)
    said = says("keys", "distrust", first, "--before", "2021-12-10 12:30", *CHAN)
    assert said.splitlines() == [
        f"What key {first} signed before 2021-12-10 12:30:00, Hong Kong time, does not count any "
        "more. It goes on signing.",
        "Each verifier refuses those codes from the next list that it fetches on.",
        "0 live codes are affected: their holders are told, and sent a new one.",
        "A bot that is running takes this up by itself.",
    ]
    assert main(["verify", old, *keys]) == 1
    assert "Genuine, but REFUSED: it was revoked" in capsys.readouterr().out
    assert says("verify", new, *keys).startswith("Genuine and valid")
    assert kid(ring, clock) == first
    assert audited(inside)[1:] == [
        ("Chan", "key distrusted before", f"{first}: 2021-12-10T04:30:00Z"),
        ("Chan", "key distrusted", f"{first}: the laptop is lost"),
    ]
    state = rows(says("keys", "list"))[4][-1]
    assert state == "signing, without what it signed before 2021-12-10 12:30"
    earlier = says("keys", "distrust", first, "--before", "2021-12-10T04:10Z", *CHAN)
    assert "before 2021-12-10 12:30:00" in earlier, "it never steps back"
    says("keys", "revoke", first, *CHAN)
    assert rows(says("keys", "list"))[4][-1] == "withdrawn on 2021-12-10 12:30"


@pytest.mark.parametrize(
    ("before", "named"),
    [
        ("yesterday", "--before must be a time such as '2021-12-10 09:30'"),
        ("", "--before must be a time"),
        ("2021-12-10 25:00", "--before must be a time"),
        ("0001-01-01", "--before must be a time"),
        ("2021-12-10 13:00:01", "That time is still to come"),
        ("2021-12-10 13:00:00.5", "That time is still to come"),
        ("2021-12-10 12:30+08:00", "That time is still to come"),
        ("2021-12-10 12:00", "had signed nothing before then"),
    ],
)
def test_a_time_that_cannot_be_is_one_sentence_and_changes_nothing(
    inside: Path, says: Says, ring: KeyRing, clock: TestClock, before: str, named: str
) -> None:
    asked = kid(ring, clock), "--before", before, *CHAN
    is_one_sentence(says("keys", "distrust", *asked, code=2), named)
    assert not ring.refresh()
    is_one_sentence(
        says("keys", "distrust", "00", "--before", before, "--by", "", "--reason", "x", code=2),
        "--by must",
    )


@pytest.mark.parametrize("hours", ["23", "721", "soon", "-24"])
def test_a_notice_that_is_too_short_shows_the_usage(inside: Path, hours: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["keys", "rotate", "--in-hours", hours])
    assert caught.value.code == 2


# verify


def code(ring: KeyRing, clock: TestClock, challenge: str | None = None) -> str:
    key, now = IssuerKey.current(ring, clock()), clock().replace(microsecond=0)
    return a_code(key, now, challenge=challenge)


def test_a_code_is_verified_with_all_that_an_officer_has(
    says: Says, ring: KeyRing, clock: TestClock, capsys: pytest.CaptureFixture[str]
) -> None:
    says("keys", "rotate")
    keys = ("--keys", "data/issuer-keys.json", "--bundle", "data/bundle.cbor")
    text = code(ring, clock, "0427")
    lines = says("verify", text, *keys).splitlines()
    assert lines[0] == "Genuine and valid"
    assert lines[-3:] == [
        "Document: not compared, so the code may be borrowed",
        "Live challenge: not asked, so this may be a copy of the code",
        "Withdrawn codes: by the list of 2021-12-10 12:00 Hong Kong time",
    ]
    document = ("--document", "hkid", "a123456(3)")
    lines = says("verify", text, *keys, *document, "--challenge", "0427").splitlines()
    assert lines[-3:-1] == [
        "Document: the one that the code was issued for",
        "Live challenge: answered",
    ]
    for arguments, answer in (
        (("--challenge", "0428"), "Live challenge: not answered"),
        (("--document", "passport", "A1234563"), "Document: another one"),
    ):
        assert main(["verify", text, *keys, *arguments]) == 1
        assert answer in capsys.readouterr().out
    is_one_sentence(says("verify", text, *keys, "--document", "card", "1", code=2), "hkid, birth")
    for digits in ("427", "04270", "４２７０", "abcd"):
        with pytest.raises(SystemExit):
            main(["verify", text, *keys, "--challenge", digits])


def test_with_a_bundle_the_keys_of_now_count(
    inside: Path, says: Says, ring: KeyRing, clock: TestClock, capsys: pytest.CaptureFixture[str]
) -> None:
    says("keys", "rotate")
    (inside / "pinned.json").write_bytes((inside / "data" / "issuer-keys.json").read_bytes())
    old, pinned = code(ring, clock), ("--keys", "pinned.json")
    says("keys", "revoke", kid(ring, clock), *CHAN)
    new = code(KeyRing.open(inside / "data" / "keys.json", clock()), clock)
    assert main(["verify", old, *pinned]) == 0, "who has not heard of it"
    assert main(["verify", new, *pinned]) == 1
    capsys.readouterr()
    with_bundle = (*pinned, "--bundle", "data/bundle.cbor")
    assert main(["verify", old, *with_bundle]) == 1
    assert "a key that was withdrawn" in capsys.readouterr().out
    assert says("verify", new, *with_bundle).startswith("Genuine and valid")


def test_an_old_bundle_is_used_and_its_age_said(
    says: Says, ring: KeyRing, clock: TestClock
) -> None:
    says("keys", "rotate")
    keys = ("--keys", "data/issuer-keys.json", "--bundle", "data/bundle.cbor")
    clock.jump(hours=47)
    ring.refresh()
    assert "Careful" not in says("verify", code(ring, clock), *keys)
    clock.jump(hours=26)
    said = says("verify", code(ring, clock), *keys)
    assert said.endswith(
        "\nCareful: this list of withdrawn codes is 3 days old. Fetch a new one.\n"
    )


def test_a_short_lived_bundle_is_old_by_the_hour(
    inside: Path, says: Says, ring: KeyRing, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (inside / "policy.toml").write_text("[keys]\nbundle_hours = 2\n")
    monkeypatch.setenv("HEALTHCODE_POLICY", "policy.toml")
    says("keys", "rotate")
    clock.jump(hours=5)
    keys = ("--keys", "data/issuer-keys.json", "--bundle", "data/bundle.cbor")
    assert "codes is 5 hours old." in says("verify", code(ring, clock), *keys)


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda path: path.unlink(), "bundle.cbor cannot be read"),
        (lambda path: path.write_bytes(b"x"), "bundle.cbor cannot be used: the bundle is damaged"),
        (
            lambda path: path.write_bytes(
                path.read_bytes()[:-1] + bytes([path.read_bytes()[-1] ^ 1])
            ),
            "bundle.cbor cannot be used: the bundle is altered or forged",
        ),
    ],
)
def test_a_bundle_that_cannot_be_used_is_one_sentence(
    inside: Path,
    says: Says,
    ring: KeyRing,
    clock: TestClock,
    damage: Callable[[Path], object],
    named: str,
) -> None:
    says("keys", "rotate")
    damage(inside / "data" / "bundle.cbor")
    keys = ("--keys", "data/issuer-keys.json", "--bundle", "data/bundle.cbor")
    is_one_sentence(says("verify", code(ring, clock), *keys, code=2), named)


# While the program runs


def served(url: str, name: str) -> bytes:
    with urllib.request.urlopen(f"{url}.well-known/health-code/{name}") as response:  # noqa: S310
        body: bytes = response.read()
        return body


def keys_served(url: str) -> set[str]:
    keys = json.loads(served(url, "jwks.json"))["keys"]
    return {key["kid"] for key in keys if "signs" not in key}


def test_the_running_program_takes_up_a_rotation_by_itself_and_after_a_kill(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as (process, url):
        before, first = keys_served(url), served(url, "bundle.cbor")
        command = program(tmp_path, "keys", "rotate")
        out, err = command.communicate(timeout=60)
        assert (command.returncode, err) == (0, "")
        assert out.startswith("Key ")
        began = time.monotonic()
        while keys_served(url) == before:
            assert time.monotonic() - began < 10
            time.sleep(0.1)
        after = keys_served(url)
        assert before < after
        assert served(url, "bundle.cbor") != first
        process.kill()
        process.wait(timeout=20)
    with running(tmp_path) as (process, url):
        assert keys_served(url) == after
        assert served(url, "bundle.cbor") == (tmp_path / "data" / "bundle.cbor").read_bytes()
