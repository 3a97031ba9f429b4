"""What the authority decides: opening time, windows, limits, retention. See docs/policy.md."""

from __future__ import annotations

import re
import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Self

import msgspec
from msgspec import Meta

from core import clean_proof
from core.assessment import Windows
from core.days import HONG_KONG
from core.plain_error import PlainError
from core.signing.issuer_keys import Realm
from core.vault import SIGNING_LIFE
from core.visits import VisitPolicy

Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Days = Annotated[int, Meta(ge=1, le=36_500)]
Hours = Annotated[int, Meta(ge=1, le=8_760)]
Seconds = Annotated[int, Meta(ge=0, le=86_400)]
Instant = Annotated[datetime, Meta(tz=True)]


class PolicyError(PlainError):
    """The policy file cannot be used. The message is one plain sentence that names the key."""


class PasscodePolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits of one-time codes, after Signal's registration service and NIST SP 800-63B.

    A code lives `minutes` and bears `attempts`; before each attempt after the first pass the
    seconds of `attempt_delays` (the first entry is the first attempt's), before each code sent
    again those of `resend_after`. A number with `phone_failures_in_a_row` wrong codes, however
    long ago, gets no more until a person has looked. `failures_per_hour`, after which each code
    may be tried once, and the day's codes (`per_day_of_mean` times the mean of two weeks,
    `per_day_at_least` in any case) are of the whole service; `block_per_hour` is of a hundred
    adjacent numbers.
    """

    minutes: Annotated[int, Meta(ge=1, le=10)] = 10
    attempts: Annotated[int, Meta(ge=1, le=10)] = 5
    attempt_delays: tuple[Seconds, ...] = (0, 0, 60, 120)
    resend_after: tuple[Count, ...] = (60, 120, 300, 600)
    phone_per_day: Count = 5
    phone_failures_per_day: Count = 10
    phone_failures_in_a_row: Count = 50
    chat_per_day: Count = 8
    chat_phones_per_day: Count = 3
    block_per_hour: Count = 20
    failures_per_hour: Count = 1_000
    per_day_at_least: Count = 500
    per_day_of_mean: Annotated[float, Meta(ge=1, le=1_000)] = 3.0

    def __post_init__(self) -> None:
        if not self.attempt_delays:
            raise ValueError("attempt_delays must name at least one delay")
        if not self.resend_after:
            raise ValueError("resend_after must name at least one delay")


class UploadPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many bytes of a file are fetched; how many files may come in a day, and in seven days.

    The platforms hand over 20 MB at the most.
    """

    proof_bytes: Annotated[int, Meta(ge=1, le=clean_proof.MAX_BYTES)] = clean_proof.MAX_BYTES
    export_bytes: Annotated[int, Meta(ge=1, le=20_000_000)] = 2_000_000
    per_day: Count = 50
    per_week: Count = 200


class KeyPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long a key may sign codes, in days, and how long a bundle for verifiers is good.

    Keys are to be changed every 30 days. `bundle_hours` may not be more than verifiers take.
    """

    life_days: Annotated[int, Meta(ge=2, le=366)] = SIGNING_LIFE.days
    bundle_hours: Annotated[int, Meta(ge=2, le=48)] = 48

    @property
    def life(self) -> timedelta:
        """How long a key may sign codes."""
        return timedelta(days=self.life_days)


class FamilyPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Guardians: how many people one chat may look after, and how long a wish to do so waits.

    A wish that nobody has confirmed after `waits_days` is erased; a letter's code is good for
    `letter_days` after the day of the letter, and its wish waits as long. A chat may try
    `letter_attempts` wrong codes in a day.

    A chat at another phone than the registered one becomes the holder's own `takeover_hours` after
    it has asked. In a day a chat may ask `takeover_attempts` times, and so often for one holder.
    """

    most: Count = 8
    waits_days: Days = 30
    letter_days: Days = 30
    letter_attempts: Count = 5
    takeover_hours: Hours = 24
    takeover_attempts: Count = 3


class RetentionPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long data are kept, in days; what is older is deleted.

    `visit_days` are Hong Kong days from the visit, `proof_days` run from the upload at most,
    `registration_days` from the last use, `message_days` (contents) and `message_id_days` (to
    count each message once) from when it came; a message that waits still is kept, and a reply that
    waits, as its channel is off, for `message_id_days`.
    """

    draft_days: Days = 30
    passcode_days: Days = 1
    proof_days: Days = 21
    visit_days: Days = 31
    code_days: Days = 31
    registration_days: Days = 180
    message_days: Days = 7
    message_id_days: Days = 30
    audit_days: Days = 730


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All decisions, with the defaults of the Hong Kong Health Code of December 2021.

    `opens_at`: when registration opens. `export_fresh_hours`: how long an uploaded export may
    serve again. `codes_per_hour`: after so many codes in an hour a holder gets no live answer.
    `telegram_per_second`: messages to Telegram, of which it allows about 30. `check_tenants`: who
    says that he lives in public rental housing gets a code only if the register of tenants has him
    there.
    """

    opens_at: Instant = datetime(2021, 12, 10, 9, tzinfo=HONG_KONG)
    realm: Realm = Realm.HONG_KONG
    hotline: Annotated[str, Meta(pattern=r"\S")] = "3142 2330"
    export_fresh_hours: Annotated[int, Meta(ge=0, le=8_760)] = 12
    codes_per_hour: Count = 20
    telegram_per_second: Annotated[int, Meta(ge=0)] = 30
    check_tenants: bool = False
    windows: Windows = Windows()
    visits: VisitPolicy = VisitPolicy()
    passcode: PasscodePolicy = PasscodePolicy()
    uploads: UploadPolicy = UploadPolicy()
    keys: KeyPolicy = KeyPolicy()
    family: FamilyPolicy = FamilyPolicy()
    retention: RetentionPolicy = RetentionPolicy()

    def __post_init__(self) -> None:
        if self.visits.assess_days != self.windows.exposure_days:
            raise ValueError("windows.exposure_days and visits.assess_days must be the same")
        if self.visits.accept_days < self.visits.assess_days:
            raise ValueError("visits.accept_days must not be less than visits.assess_days")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a TOML file; what it does not name keeps its default. Raise PolicyError."""
        try:
            return msgspec.convert(tomllib.loads(path.read_text("utf-8-sig")), cls)
        except OSError as error:
            raise PolicyError(f"The policy file {path} cannot be read: {error.strerror}.") from None
        except UnicodeDecodeError:
            raise PolicyError(f"The policy file {path} is not UTF-8 text.") from None
        except tomllib.TOMLDecodeError as error:
            raise PolicyError(f"The policy file {path} is not TOML: {error}.") from None
        except msgspec.ValidationError as error:
            raise PolicyError(f"In the policy file {path}, {_sentence(str(error))}.") from None


_WORDS = {
    "array": "a list",
    "bool": "true or false",
    "date": "a date alone",
    "datetime": "a date and time",
    "float": "a number",
    "int": "a whole number",
    "object": "a table",
    "str": "a text",
    "time": "a time alone",
}

_NO_INSTANT = ("Invalid RFC3339 encoded datetime", "Expected `datetime` with a timezone component")


def _sentence(message: str) -> str:
    """Turn msgspec's "Expected `int`, got `str` - at `$.a.b`" into what a person would say."""
    what, _, where = message.partition(" - at `$.")
    key = where.rstrip("`")
    if unknown := re.fullmatch(r"Object contains unknown field `(.+)`", what):
        path = f"{key}.{unknown[1]}" if key else unknown[1]
        return f"{path} is not a setting"
    if wrong := re.fullmatch(r"Invalid enum value (.+)", what):
        # The realm is the only choice in a policy.
        what = f"Expected one of {', '.join(Realm)}, got {wrong[1]}"
    if what in _NO_INSTANT:
        what = "Expected `datetime` with its offset, such as 2021-12-10T09:00:00+08:00"
    what = re.sub(r"`(\w+)`", lambda match: _WORDS.get(match[1], match[1]), what)
    what = (what[0].lower() + what[1:]).replace(">=", "at least").replace("<=", "at most")
    return f"{key} is wrong: {what}" if key else what
