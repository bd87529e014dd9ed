"""The account at the front door: what is found, whether it works, and that nothing of it is ever printed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pmtui import cli as front
from pmtui import logs
from pmtui.cli import demo
from pmtui.config import Settings
from pmtui.core.ports import Login
from pmtui.feed import trial
from pmtui.masks import Secrets

from .secrets import CANARIES, CANARY_ADDRESS, CANARY_KEY, CANARY_PASSPHRASE, CANARY_SECRET, assert_clean
from .test_desk import Exchange

TOKEN = "7" * 77
NAMES = ("POLYMARKET_API_KEY", "POLYMARKET_API_SECRET", "POLYMARKET_API_PASSPHRASE", "POLYMARKET_ADDRESS")
CANARY = dict(zip(NAMES, (CANARY_KEY, CANARY_SECRET, CANARY_PASSPHRASE, CANARY_ADDRESS), strict=True))
NOWHERE = {"WS_URL": "ws://127.0.0.1:1", "CLOB_API_URL": "http://127.0.0.1:1"}


class SealedKeyring:
    """What the library would hand out on a system with a keyring."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


SealedKeyring.__module__ = "keyring.backends.SecretService"


@pytest.fixture(autouse=True)
def own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody's settings and credentials; where the settings file would be."""
    for name in list(os.environ):
        if name.startswith(("CLOB_", "POLY", "PMTUI_", "WS_URL", "GAMMA_", "SSLKEYLOG")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(logs, "SECRETS", Secrets())
    monkeypatch.setitem(sys.modules, "keyring", None)  # as if it were not installed
    monkeypatch.setattr(trial, "LISTEN", 0.4)
    monkeypatch.setattr(trial, "LISTEN_LONG", 0.6)
    (tmp_path / "config" / "pmtui").mkdir(parents=True)
    return tmp_path / "config" / "pmtui" / "config.toml"


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> SealedKeyring:
    library, ring = ModuleType("keyring"), SealedKeyring()
    library.get_keyring = lambda: ring  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", library)
    return ring


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange(20) as found:
        yield found


def invoke(*arguments: str, **environment: str) -> Result:
    result = CliRunner().invoke(front.cli, arguments, env=environment)
    assert_clean(result.output)
    return result


def at(exchange: Exchange, **wrong: str) -> dict[str, str]:
    """The environment of the exchange's own account."""
    account = exchange.server.account
    trio = (account.key, account.secret, account.passphrase, account.address)
    where = {"WS_URL": exchange.server.ws_url, "CLOB_API_URL": exchange.server.rest_url}
    return {**where, **dict(zip(NAMES, trio, strict=True)), **wrong}


# check


def test_credentials_that_work_are_said_to_work(exchange: Exchange) -> None:
    environment = at(exchange)
    result = invoke("account", "check", **environment)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "the account is from the environment (POLYMARKET_API_KEY, POLYMARKET_API_SECRET, POLYMARKET_API_PASSPHRASE)",
        "orders and fills can be followed as they happen",
        "and read back after a gap, thanks to POLYMARKET_ADDRESS",
        "signed read: accepted",
        "user socket: accepted, it stays open",
    ]
    assert not any(environment[name] in result.output for name in NAMES)


def test_credentials_that_the_venue_refuses_end_with_four(exchange: Exchange) -> None:
    result = invoke("account", "check", **at(exchange, POLYMARKET_API_PASSPHRASE="e" * 64))
    assert result.exit_code == 4
    assert "signed read: credentials not accepted (401)" in result.stdout
    assert "user socket: the venue hangs up" in result.stdout


def test_without_an_address_the_socket_alone_is_tried(exchange: Exchange) -> None:
    result = invoke("account", "check", **at(exchange, POLYMARKET_ADDRESS=""))
    assert result.exit_code == 0
    assert "signed read: not tried" in result.stdout
    assert "user socket: accepted" in result.stdout


def test_a_venue_that_is_not_there_ends_with_one() -> None:
    result = invoke("account", "check", **CANARY, **NOWHERE)
    assert result.exit_code == 1
    assert "signed read: the venue was not reached" in result.stdout
    assert "user socket: connection refused" in result.stdout


@pytest.mark.parametrize(
    ("environment", "code", "words"),
    [
        ({}, 3, "no account was found"),
        ({"POLY_API_KEY": CANARY_KEY}, 2, "POLY_API_SECRET and POLY_PASSPHRASE are missing"),
        ({**CANARY, "POLYMARKET_API_SECRET": "short"}, 2, "POLYMARKET_API_SECRET is not base64, or too short"),
        ({**CANARY, "POLYMARKET_API_SECRET": CANARY_PASSPHRASE}, 2, "POLYMARKET_API_SECRET is shaped like"),
    ],
)
def test_what_is_not_there_or_wrong_is_named_and_nobody_is_asked(
    environment: dict[str, str], code: int, words: str
) -> None:
    result = invoke("account", "check", **environment)
    assert result.exit_code == code
    assert words in result.stdout
    assert "socket:" not in result.stdout


def test_hosts_that_are_not_the_venues_get_nothing_without_a_word() -> None:
    for elsewhere in ("https://clob.polymarket.com.evil.invalid", "https://evil.invalid"):
        result = invoke("account", "check", "--clob-url", elsewhere, **CANARY)
        assert result.exit_code == 2
        assert "not the venue's own: no credentials are sent there (--account-elsewhere" in result.stderr


def test_to_an_exchange_on_this_machine_goes_only_what_the_environment_says(
    own_environment: Path, keyring: SealedKeyring, exchange: Exchange
) -> None:
    parts = "".join(f'{name} = "{value}"\n' for name, value in CANARIES.items())
    own_environment.write_text(f"[account]\n{parts}")
    own_environment.chmod(0o600)
    assert invoke("account", "check", **{**at(exchange), **dict.fromkeys(NAMES, "")}).exit_code == 3


# save and forget


@pytest.fixture
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pmtui.cli.screen.need_terminal", lambda why: None)


def typing(*lines: str) -> Result:
    result = CliRunner().invoke(front.cli, ("account", "save"), input="".join(f"{line}\n" for line in lines))
    assert_clean(result.output)
    return result


@pytest.mark.usefixtures("at_a_terminal")
def test_what_is_typed_is_kept_found_again_and_forgotten(keyring: SealedKeyring) -> None:
    result = typing(*CANARIES.values(), CANARY_ADDRESS)
    assert result.exit_code == 0, result.output
    assert len(keyring.kept) == 1
    found = invoke("account", "check", "--ws-url", "wss://evil.invalid")
    assert "the account is from the keyring" in found.stdout
    assert invoke("account", "forget").exit_code == 0
    assert not keyring.kept
    again = invoke("account", "forget")
    assert (again.exit_code, again.stdout) == (3, "there was no account in the system keyring\n")


@pytest.mark.usefixtures("at_a_terminal")
@pytest.mark.parametrize(
    "lines",
    [
        (CANARY_KEY, CANARY_PASSPHRASE, CANARY_SECRET, ""),
        (CANARY_KEY, CANARY_SECRET, CANARY_SECRET, ""),
        ("", CANARY_SECRET, CANARY_PASSPHRASE, ""),
        (CANARY_KEY, CANARY_SECRET, CANARY_PASSPHRASE, "0x12"),
        ("0x" + "ab" * 32, CANARY_SECRET, CANARY_PASSPHRASE, ""),
    ],
)
def test_what_was_typed_at_the_wrong_place_is_not_kept(keyring: SealedKeyring, lines: tuple[str, ...]) -> None:
    result = typing(*lines)
    assert result.exit_code == 2
    assert not keyring.kept


@pytest.mark.usefixtures("at_a_terminal")
def test_without_a_keyring_nobody_types_anything() -> None:
    result = typing()
    assert result.exit_code == 2
    assert "pip install 'pmtui[keyring]'" in result.stderr
    assert "hidden" not in result.output


def test_without_a_terminal_nothing_is_asked_for(keyring: SealedKeyring) -> None:
    result = typing(*CANARIES.values())
    assert result.exit_code == 2
    assert "hidden prompts need one" in result.stderr


@pytest.mark.parametrize(
    "typed",
    [
        ("account", CANARY_SECRET),
        ("account", "save", CANARY_SECRET),
        ("account", "save", f"--secret={CANARY_SECRET}"),
        ("account", "save", "--secret", CANARY_SECRET),
        ("account", "check", CANARY_KEY, CANARY_SECRET),
        ("account", "forget", f"-s{CANARY_SECRET}"),
    ],
)
def test_a_secret_on_the_command_line_is_refused_and_not_repeated(typed: tuple[str, ...]) -> None:
    assert invoke(*typed).exit_code == 2


# watch, demo, sim, config


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings with which a screen would have been shown."""
    found: list[Settings] = []

    def screen(settings: Settings, targets: object, begin: Callable[[], None], *_: object) -> int:
        found.append(settings)
        return 0

    monkeypatch.setattr("pmtui.cli.screen.load", lambda: screen)
    monkeypatch.setattr("pmtui.cli.screen.need_terminal", lambda: None)
    return found


def login(settings: Settings) -> Login:
    assert settings.login is not None
    found: Login = settings.login()
    return found


def test_watching_looks_for_the_account_once_the_screen_is_up(shown: list[Settings], monkeypatch: Any) -> None:
    for name, value in {**CANARY, **NOWHERE, "SSLKEYLOGFILE": "/dev/null"}.items():
        monkeypatch.setenv(name, value)
    result = invoke("watch", TOKEN, "--wallet", "poly_proxy", "--account-elsewhere")
    assert "nothing of an account" in result.stderr
    assert os.environ["SSLKEYLOGFILE"]
    found = login(shown[0])
    assert found.credentials is not None
    assert found.credentials.address == CANARY_ADDRESS
    assert (found.wallet, found.elsewhere) == ("proxy", True)
    assert "SSLKEYLOGFILE" not in os.environ
    assert_clean(repr(shown) + repr(found))


def test_watching_in_public_looks_for_nothing(shown: list[Settings]) -> None:
    invoke("watch", TOKEN, "--no-account", **CANARY)
    assert shown[0].login is None


def test_a_partial_account_is_watched_in_public_with_a_reason(shown: list[Settings], monkeypatch: Any) -> None:
    monkeypatch.setenv("POLY_API_KEY", CANARY_KEY)
    invoke("watch", TOKEN)
    found = login(shown[0])
    assert found.credentials is None
    assert "POLY_API_SECRET and POLY_PASSPHRASE are missing" in found.trouble


def test_the_demo_has_an_account_of_its_own_and_is_not_told_of_yours(shown: list[Settings], monkeypatch: Any) -> None:
    for name, value in {**CANARY, "GITHUB_TOKEN": "x" * 20}.items():
        monkeypatch.setenv(name, value)
    result = invoke("demo", "--seed", "3", "--rate", "1")
    assert result.exit_code == 0, result.output
    found = login(shown[0])
    assert found.credentials is not None
    assert found.credentials.key.reveal() != CANARY_KEY
    assert found.wallet == "eoa"
    told = demo.environment()
    assert_clean(repr(told))
    assert not {"GITHUB_TOKEN", *NAMES[:3]} & set(told)


def test_an_account_in_the_settings_file_is_no_setting(own_environment: Path) -> None:
    own_environment.write_text(f'theme = "dark"\n[account]\nkey = "{CANARY_KEY}"\n')
    result = invoke("config")
    assert result.exit_code == 0
    assert "theme" in result.stdout
    assert not any(line.startswith("account") for line in result.stdout.splitlines())


@pytest.mark.parametrize(
    ("text", "kind"),
    [("0", "eoa"), ("1", "proxy"), ("gnosis-safe", "safe"), ("POLY_GNOSIS_SAFE", "safe"), ("3", "deposit"), ("", "-")],
)
def test_the_kind_of_a_wallet_is_said_in_many_ways(text: str, kind: str) -> None:
    result = invoke("config", POLYMARKET_SIGNATURE_TYPE=text)
    (line,) = (line for line in result.stdout.splitlines() if line.startswith("wallet"))
    assert line.split()[1] == kind
