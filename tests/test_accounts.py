"""Accounts of two venues at once: on a desk, on the screen and at the front door."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner, Result
from textual.pilot import Pilot

from pmtui import cli as front
from pmtui.checks import Refused
from pmtui.cli import identity, screen
from pmtui.config import read_file, resolve
from pmtui.core.instrument import Instrument
from pmtui.core.ports import Login
from pmtui.desk import Desk, open_venue
from pmtui.feed import trial
from pmtui.sim.hyperliquid.server import HyperliquidServer
from pmtui.ui.app import Pmtui
from pmtui.ui.panels.far.account import Account
from pmtui.venues import offers

from .draw import lines
from .secrets import CANARIES, assert_clean
from .test_desk import Exchange, eventually
from .ui.stage import texts

COIN = "hyperliquid:BTC"
STRANGER = "0x" + "ab" * 20
KEY = "0x" + "7c" * 32


class Public:
    """A simulated exchange where accounts are public, in a thread, so that its load is not ours."""

    def __init__(self, pace: float = 600) -> None:
        self._pace = pace
        self.server: HyperliquidServer
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._over: asyncio.Event
        self._thread = Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        async with HyperliquidServer(rate=30, pace=self._pace) as self.server:
            self._ready.set()
            await self._over.wait()

    def __enter__(self) -> Public:
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(30)

    def coin(self) -> Instrument:
        found = open_venue("hyperliquid", {}).instrument("BTC")
        assert found is not None
        return found

    def fault(self, text: str) -> None:
        self._loop.call_soon_threadsafe(self.server.fault, text)

    @property
    def address(self) -> str:
        return self.server.ledger.address

    @property
    def addresses(self) -> dict[str, dict[str, str]]:
        return {"hyperliquid": {"socket": self.server.ws_url, "api": self.server.rest_url}}


@contextmanager
def both(change: Callable[[Login], Login] = lambda login: login) -> Iterator[tuple[Desk, Public, Exchange]]:
    """A coin and a market of outcomes, each with an account at its venue."""
    with Public() as public, Exchange(20, 600) as keyed:
        found = change(keyed.login()._replace(addresses={"hyperliquid": public.address}))
        targets = [public.coin(), *keyed.targets(1)]
        desk = Desk(targets, public.addresses | keyed.addresses, login=lambda: found)
        try:
            yield desk, public, keyed
        finally:
            desk.stop()


def word(desk: Desk) -> str:
    return desk.account_words(desk.now())[0]


# The desk


def test_each_shown_market_has_the_account_of_its_venue() -> None:
    with both() as (desk, public, _):
        desk.start(lambda: None)
        eventually(lambda: len(desk.store.accounts) == 2 and word(desk) == "live")
        here = desk.account
        assert here is not None
        eventually(lambda: here.fills.total > 2 and bool(here.holdings))
        with desk.lock:
            ours = {each.trade for each in here.fills.newest(1_000)}
            assert desk.store.ledger.balanced
        assert ours <= {str(fill.id) for fill in public.server.ledger.fills}
        assert {name.split(":")[0] for name in here.instruments()} == {"hyperliquid"}
        desk.step(1)
        eventually(lambda: word(desk) == "live")
        assert desk.account is not here
        assert set(desk.store.links) == {
            "hyperliquid link 1",
            "hyperliquid account link",
            "polymarket link 1",
            "polymarket account link",
        }


def test_one_account_that_is_refused_or_cut_does_not_concern_the_other() -> None:
    with both(lambda login: login._replace(addresses={"hyperliquid": STRANGER})) as (desk, public, _):
        desk.start(lambda: None)
        eventually(lambda: word(desk) == "live")  # nobody's, and empty
        public.fault("refuse 60; cut")
        eventually(lambda: word(desk) == "down")
        desk.step(1)
        eventually(lambda: word(desk) == "live")


def test_an_api_wallets_address_is_refused_with_the_reason() -> None:
    with Public(0) as public:
        login = Login(addresses={"hyperliquid": public.server.ledger.agent})
        desk = Desk([public.coin()], public.addresses, login=lambda: login)
        desk.start(lambda: None)
        try:
            eventually(lambda: word(desk) == "refused")
            assert "API wallet's" in desk.account_words(desk.now())[1]
            eventually(lambda: desk.label(desk.shown).sure)
        finally:
            desk.stop()


def test_trouble_with_credentials_is_said_only_where_they_matter() -> None:
    with both(lambda _: Login(trouble="the keyring is locked")) as (desk, _, _):
        desk.start(lambda: None)
        eventually(lambda: word(desk) == "public")
        assert desk.account_words(desk.now())[1] == ""
        desk.step(1)
        assert desk.account_words(desk.now())[1] == "the keyring is locked"


# The screen


def act(desk: Desk, scenario: Callable[[Pmtui, Pilot[None]], Awaitable[None]]) -> None:
    async def go() -> None:
        app = Pmtui(desk)
        async with app.run_test(size=(200, 60)) as pilot:
            await scenario(app, pilot)

    asyncio.run(go())


async def happens(condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it never happened")


def rows(app: Pmtui) -> list[str]:
    return texts(app.dashboard.query_one(Account))


def test_the_panel_names_the_venue_and_tells_what_only_it_tells() -> None:
    async def look(app: Pmtui, pilot: Pilot[None]) -> None:
        def held() -> list[str]:
            app.frames.pulse()
            return [row for row in rows(app) if "liq " in row]

        await happens(lambda: len(app.desk.store.accounts) == 2 and app.desk.account is not None and bool(held()))
        app._second()
        await pilot.pause()
        await happens(lambda: "cash $" in rows(app)[0])
        await happens(lambda: "ACCOUNT  Hyperliquid  live" in rows(app)[0])
        # A position may be closed at any moment, and a column that tells of none goes with it.
        await happens(lambda: any("POSITIONS" in row and "liquidation" in row for row in rows(app)))
        heads = next(row for row in rows(app) if "POSITIONS" in row)
        assert "realised" not in heads.replace("unrealised", "")
        await happens(lambda: any("CONFIRMED" in row for row in rows(app)))
        await happens(lambda: any(" Gtc" in row or " GTC" in row or " ALO" in row for row in rows(app)))
        await happens(lambda: "account live" in lines(app)[1])
        app.desk.step(1)
        await happens(lambda: "ACCOUNT  Polymarket  live" in rows(app)[0])
        await pilot.press("v")
        await happens(lambda: "•••" in "\n".join(rows(app)))
        app.desk.step(1)
        app.frames.pulse()
        assert not any("liq" in row and "$" in row for row in rows(app)[1:])

    with both() as (desk, _, _):
        act(desk, look)


def test_fills_of_both_accounts_are_told_whichever_market_is_shown() -> None:
    async def look(app: Pmtui, pilot: Pilot[None]) -> None:
        def told() -> set[str]:
            return {
                (each.instrument or "").partition(":")[0] or each.text.partition(":")[0]
                for each in app.desk.store.alerts.ring
                if "filled" in each.text
            }

        await happens(lambda: len(app.desk.store.accounts) == 2)
        totals = {venue: account.news.total for venue, account in app.desk.store.accounts.items()}
        await happens(
            lambda: all(each.news.total > totals[venue] + 3 for venue, each in app.desk.store.accounts.items())
        )
        app.tell()
        assert len(told()) > 1

    with both() as (desk, _, _):
        act(desk, look)


def test_without_an_account_the_panel_says_what_this_venue_needs() -> None:
    async def look(app: Pmtui, pilot: Pilot[None]) -> None:
        await pilot.press("a")
        app.frames.pulse()
        await happens(lambda: "HL_ADDRESS" in " ".join(rows(app)))
        assert "API key" not in " ".join(rows(app))
        app.desk.step(1)
        app.frames.pulse()
        await happens(lambda: "the API key" in " ".join(rows(app)))

    with both(lambda _: Login()) as (desk, _, _):
        act(desk, look)


# The front door


@pytest.fixture(autouse=True)
def nobodys_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith(("CLOB_", "POLY", "PMTUI_", "WS_URL", "GAMMA_", "HL_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.setattr(trial, "LISTEN", 0.4)
    monkeypatch.setattr(trial, "LISTEN_LONG", 0.4)
    monkeypatch.setattr("pmtui.feed.backoff.APART", 50)  # a second link need not wait a second for the first
    (tmp_path / "pmtui").mkdir()
    return tmp_path / "pmtui" / "config.toml"


@pytest.fixture(scope="module")
def public() -> Iterator[Public]:
    with Public(0) as found:
        yield found


def check(public: Public, *flags: str, **environment: str) -> Result:
    where = {"HL_WS_URL": public.server.ws_url, "HL_API_URL": public.server.rest_url}
    result = CliRunner().invoke(front.cli, ("account", "check", *flags), env=where | environment)
    assert_clean(result.output)
    return result


def test_an_account_is_checked_by_its_address_alone(public: Public) -> None:
    result = check(public, HL_ADDRESS=public.address)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[-3:] == [
        f"the account at Hyperliquid is {public.address}, from HL_ADDRESS",
        "read: it is an account",
        "user socket: accepted, it stays open",
    ]
    assert "no account was found" not in result.stdout
    assert check(public, "--hl-address", public.address.upper().replace("X", "x")).exit_code == 0


def test_an_address_behind_which_there_is_nothing_to_follow_ends_with_four(public: Public) -> None:
    result = check(public, HL_ADDRESS=public.server.ledger.agent)
    assert (result.exit_code, "API wallet's" in result.stdout) == (4, True)
    result = check(public, HL_ADDRESS=STRANGER)
    assert (result.exit_code, "knows no account with this address" in result.stdout) == (4, True)


def test_a_venue_that_is_not_there_ends_with_one(public: Public) -> None:
    nowhere = {"HL_WS_URL": "ws://127.0.0.1:1", "HL_API_URL": "http://127.0.0.1:1"}
    result = check(public, HL_ADDRESS=STRANGER, **nowhere)
    assert result.exit_code == 1
    assert "read: the venue was not reached" in result.stdout


def test_without_any_account_it_ends_with_three(public: Public) -> None:
    assert check(public).exit_code == 3


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("0x12", "0x and 40 hexadecimal digits"),
        ("vitalik.eth", "0x and 40 hexadecimal digits"),
        (KEY, "looks like a private key"),
        (KEY[2:], "looks like a private key"),
    ],
)
def test_a_wrong_address_is_one_line_that_does_not_repeat_it(public: Public, wrong: str, words: str) -> None:
    for result in (check(public, HL_ADDRESS=wrong), check(public, "--hl-address", wrong)):
        assert result.exit_code == 2
        assert len(result.output.splitlines()) == 1
        assert words in result.output
        assert wrong not in result.output


def test_the_address_may_stand_in_the_settings_file_alone_or_beside_credentials(nobodys_settings: Path) -> None:
    from pmtui import credentials

    entries = [offer.entry.setting for offer in offers() if offer.entry.setting]
    trio = "".join(f'{name} = "{value}"\n' for name, value in CANARIES.items())
    for text in (f'hl_address = "{STRANGER}"\n', f'[account]\nhl_address = "{STRANGER}"\n{trio}'):
        nobodys_settings.write_text(text)
        nobodys_settings.chmod(0o600)
        settings = resolve(file=read_file(nobodys_settings, offers()), defaults={}, offers=offers())
        assert settings.accounts == {"hyperliquid": STRANGER}
        found = credentials.find({}, nobodys_settings, public=entries)
        assert not found.trouble
        assert (found.credentials is not None) == ("secret" in text)
    nobodys_settings.write_text(f'[account]\nhl_address = "{STRANGER}"\n')
    assert credentials.find({}, nobodys_settings, public=entries).trouble == ""
    nobodys_settings.write_text('[account]\nhl_address = "0x7"\n')
    with pytest.raises(Refused, match="hl_address in the settings file"):
        resolve(file=read_file(nobodys_settings, offers()), defaults={}, offers=offers())


@pytest.mark.parametrize("address", ["", STRANGER])
def test_the_log_of_a_session_denies_no_account_that_is_followed(
    address: str, caplog: pytest.LogCaptureFixture, nobodys_settings: Path
) -> None:
    nobodys_settings.unlink(missing_ok=True)
    here = {"WS_URL": "ws://127.0.0.1:1", "CLOB_API_URL": "http://127.0.0.1:1", "GAMMA_API_URL": "http://127.0.0.1:1"}
    settings = resolve({}, here | {"HL_ADDRESS": address}, {}, defaults={}, offers=offers())
    with caplog.at_level("INFO", logger="pmtui"):
        identity.login(settings, elsewhere=False)
    assert ("no account was found" in caplog.text) == (not address)


def test_a_flag_goes_before_the_environment_and_the_environment_before_the_file() -> None:
    flag, variable, file = ("0x" + f"{n}" * 40 for n in range(3))
    for given in ((flag, variable, file), (None, variable, file), (None, None, file)):
        settings = resolve(
            {"hl_address": given[0]},
            {"HL_ADDRESS": given[1] or ""},
            {"hl_address": given[2]},
            defaults={},
            offers=offers(),
        )
        assert settings.accounts == {"hyperliquid": next(each for each in given if each)}


def test_the_demo_logs_into_the_accounts_of_its_own_exchanges(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Login] = []

    def show(settings: object, targets: object, *_: object) -> int:
        shown.append(settings.login())  # type: ignore[attr-defined]
        return 0

    monkeypatch.setattr(screen, "show", show)
    monkeypatch.setattr(screen, "need_terminal", lambda *why: None)
    for venue in ("all", "hl", "polymarket"):
        assert CliRunner().invoke(front.cli, ("demo", "--venue", venue), env={"HL_ADDRESS": STRANGER}).exit_code == 0
    everywhere, there, here = shown
    assert everywhere.credentials is not None
    assert there.credentials is None
    assert everywhere.addresses == there.addresses != {"hyperliquid": STRANGER}
    assert (here.addresses, here.credentials is not None) == ({}, True)
