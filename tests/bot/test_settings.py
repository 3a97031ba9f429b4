"""Settings: defaults that need no account, and one plain sentence for each mistake."""

from pathlib import Path

import pytest

from bot.settings import SettingError, Settings

NONE = Path("/nonexistent/.env")


def load(**given: str) -> Settings:
    return Settings.load({f"HEALTHCODE_{k}": v for k, v in given.items()}, NONE)


def test_the_defaults_need_no_account() -> None:
    settings = load()
    assert settings.web == ("127.0.0.1", 8080)
    assert settings.sms == "console"
    assert settings.database == "sqlite:///var/healthcode.sqlite3"
    assert settings.telegram_token == ""
    assert settings.telegram_api == "https://api.telegram.org"


def test_what_is_secret_is_not_shown_where_the_settings_are() -> None:
    secret = {
        "TELEGRAM_TOKEN": "1:HUSH-token",
        "TELEGRAM_WEBHOOK": "https://bot.example",
        "TELEGRAM_SECRET": "HUSH-new,HUSH-old",
        "DATABASE": "postgresql://bot:HUSH@db.example/bot",
        "SMS": "twilio",
        "TWILIO_ACCOUNT": "AC1",
        "TWILIO_TOKEN": "HUSH",
        "TWILIO_FROM": "#HealthCode",
    }
    settings = load(**secret)
    assert settings.twilio_token == "HUSH"
    assert "HUSH" not in repr(settings)


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("HEALTHCODE_WEB=127.0.0.1:1\nHEALTHCODE_DATA=elsewhere\n")
    settings = Settings.load({"HEALTHCODE_WEB": "192.0.2.1:2"}, file)
    assert settings.web == ("192.0.2.1", 2)
    assert settings.data == Path("elsewhere")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"TELEGRAM_TOKEN": "no"}, "HEALTHCODE_TELEGRAM_TOKEN"),
        ({"TELEGRAM_TOKEN": "１２３４５６:ABC-def"}, "HEALTHCODE_TELEGRAM_TOKEN"),
        ({"TELEGRAM_API": "http://127.0.0.1/bot"}, "HEALTHCODE_TELEGRAM_API"),
        ({"TELEGRAM_API": "127.0.0.1"}, "HEALTHCODE_TELEGRAM_API"),
        ({"TELEGRAM_API": "http://[::1"}, "HEALTHCODE_TELEGRAM_API"),
        ({"TELEGRAM_API": "http://127.0.0.1:80810"}, "HEALTHCODE_TELEGRAM_API"),
        ({"TELEGRAM_API": "http://:8081"}, "HEALTHCODE_TELEGRAM_API"),
        ({"TELEGRAM_API": "http://my server"}, "HEALTHCODE_TELEGRAM_API"),
        ({"TELEGRAM_API": "http://127.0.0.1?test=1"}, "HEALTHCODE_TELEGRAM_API"),
        ({"TWILIO_API": "http://127.0.0.1:x"}, "HEALTHCODE_TWILIO_API"),
        ({"TELEGRAM_WEBHOOK": "nowhere"}, "HEALTHCODE_TELEGRAM_WEBHOOK"),
        ({"TELEGRAM_WEBHOOK": "https://[a"}, "HEALTHCODE_TELEGRAM_WEBHOOK"),
        ({"TELEGRAM_WEBHOOK": "https://a.example"}, "HEALTHCODE_TELEGRAM_TOKEN"),
        (
            {"TELEGRAM_WEBHOOK": "https://a.example", "TELEGRAM_TOKEN": "1:abc"},
            "HEALTHCODE_TELEGRAM_SECRET",
        ),
        ({"TELEGRAM_SECRET": "not a secret!"}, "HEALTHCODE_TELEGRAM_SECRET"),
        ({"TELEGRAM_SECRET": "x" * 257}, "HEALTHCODE_TELEGRAM_SECRET"),
        ({"TELEGRAM_SECRET": "new,"}, "HEALTHCODE_TELEGRAM_SECRET"),
        ({"TELEGRAM_SECRET": ",old"}, "HEALTHCODE_TELEGRAM_SECRET"),
        ({"TELEGRAM_SECRET": "new, old"}, "HEALTHCODE_TELEGRAM_SECRET"),
        ({"TELEGRAM_SECRET": "newest,new,old"}, "HEALTHCODE_TELEGRAM_SECRET"),
        ({"TELEGRAM_SECRET": "new," + "x" * 257}, "HEALTHCODE_TELEGRAM_SECRET"),
        (
            {
                "TELEGRAM_WEBHOOK": "https://a.example",
                "TELEGRAM_TOKEN": "1:abc",
                "TELEGRAM_SECRET": "s",
                "WEB": "off",
            },
            "HEALTHCODE_WEB",
        ),
        ({"DATABASE": "what"}, "HEALTHCODE_DATABASE"),
        ({"DATABASE": "mysql://x/y"}, "HEALTHCODE_DATABASE"),
        ({"DATABASE": "postgresql://host:port/x"}, "HEALTHCODE_DATABASE"),
        ({"DATABASE": "sqlite://"}, "HEALTHCODE_DATABASE"),
        ({"DATABASE": "sqlite:///:memory:"}, "HEALTHCODE_DATABASE"),
        ({"DATABASE": "sqlite:///file:x?mode=memory&uri=true"}, "HEALTHCODE_DATABASE"),
        ({"DATABASE": "sqlite://host/x"}, "HEALTHCODE_DATABASE"),
        ({"DATABASE": "sqlite:///x?timeout=soon"}, "HEALTHCODE_DATABASE"),
        ({"DATABASE": "postgresql+nonsense://x/y"}, "HEALTHCODE_DATABASE"),
        ({"DATABASE": "postgresql://host:99999/x"}, "HEALTHCODE_DATABASE"),
        ({"WEB": "8080"}, "HEALTHCODE_WEB"),
        ({"WEB": "a:99999"}, "HEALTHCODE_WEB"),
        ({"WEB": "off"}, "HEALTHCODE_WEB"),
        ({"SMS": "pigeon"}, "HEALTHCODE_SMS"),
        ({"SMS": "twilio"}, "HEALTHCODE_TWILIO_ACCOUNT"),
        ({"POLICY": "/nonexistent"}, "HEALTHCODE_POLICY"),
        ({"POLICY": "x" * 300}, "HEALTHCODE_POLICY"),
        ({"TELEGRAM_TOKN": "1:abc"}, "HEALTHCODE_TELEGRAM_TOKN"),
    ],
)
def test_a_mistake_is_one_plain_sentence_that_names_the_setting(
    given: dict[str, str], named: str
) -> None:
    with pytest.raises(SettingError) as caught:
        load(**given)
    text = str(caught.value)
    assert text.startswith(named)
    assert text.endswith(".")
    assert "\n" not in text


def test_two_secrets_stand_beside_each_other_while_one_is_replaced() -> None:
    assert load().telegram_secrets == ()
    assert load(TELEGRAM_SECRET="one").telegram_secrets == ("one",)
    assert load(TELEGRAM_SECRET=f"new,{'x' * 256}").telegram_secrets == ("new", "x" * 256)


@pytest.mark.parametrize(
    "web",
    [
        *("[::1:8080", "::1:8080", "::1]:8080", "]:80", "[]:80", "[127.0.0.1]:80", "[::1]80"),
        *("a b:80", ":80", "http://127.0.0.1:80", "127.0.0.1:80:80", "256.1.1.1:80", "1:80"),
        *("127.0.0.1:+80", "127.0.0.1:８０", "127.0.0.1:65536", "127.0.0.1:", "*:80", "h/x:80"),
    ],
)
def test_what_is_no_host_and_port_is_refused(web: str) -> None:
    with pytest.raises(SettingError, match=r"^HEALTHCODE_WEB must be host:port, such as .+\.$"):
        load(WEB=web)


@pytest.mark.parametrize(
    ("web", "read"),
    [
        ("[::1]:0", ("::1", 0)),
        ("0.0.0.0:65535", ("0.0.0.0", 65_535)),  # noqa: S104
        ("localhost:80", ("localhost", 80)),
        ("web-1.my_net.example:8080", ("web-1.my_net.example", 8080)),
    ],
)
def test_host_and_port_are_told_apart(web: str, read: tuple[str, int]) -> None:
    assert load(WEB=web).web == read


@pytest.mark.parametrize("line", ["this is not = = a setting", "HEALTHCODE_WEB", "'"])
def test_a_line_that_is_no_setting_is_said(tmp_path: Path, line: str) -> None:
    file = tmp_path / ".env"
    file.write_text(f"HEALTHCODE_SMS=console\n{line}\n")
    with pytest.raises(SettingError, match=r"^Line 2 of the settings in .* is no NAME=VALUE\.$"):
        Settings.load({}, file)


def test_a_mark_at_the_beginning_of_the_file_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("HEALTHCODE_WEB=127.0.0.1:1\n", "utf-8-sig")
    assert Settings.load({}, file).web == ("127.0.0.1", 1)


def test_a_folder_in_place_of_the_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="cannot be read: Is a directory"):
        Settings.load({}, tmp_path)


def test_a_file_in_another_encoding_is_said(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes("HEALTHCODE_DATA=資料".encode("big5"))
    with pytest.raises(SettingError, match=r"\.env of settings is not UTF-8 text\.$"):
        Settings.load({}, file)


def test_a_demand_for_encryption_is_put_as_the_driver_knows_it() -> None:
    settings = load(DATABASE="postgresql://me:it@host/x?sslmode=verify-full&application_name=bot")
    assert settings.database == "postgresql://me:it@host/x?application_name=bot&ssl=verify-full"
