"""Nothing that is written or drawn holds a secret: every scenario with canaries, every byte of it, every spelling."""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import os
import pickle
import resource
import signal
import ssl
import subprocess
import sys
import sysconfig
import threading
import warnings
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import orjson
import pytest
from rich.text import Text
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Static
from websockets.asyncio.server import ServerConnection

from pmtui import logs
from pmtui.cli import demo, front, identity, screen
from pmtui.core.credentials import Credentials, Secret
from pmtui.core.ports import Closed, Login, Request, VenueError
from pmtui.desk import Desk
from pmtui.feed.feed import Feed
from pmtui.feed.http import HttpFetcher
from pmtui.feed.live import LiveTransport
from pmtui.logs import Logs
from pmtui.masks import Secrets
from pmtui.ui.app import Pmtui
from pmtui.ui.panels.tape import Tape
from pmtui.venues.polymarket.user import UserStream
from pmtui.venues.polymarket.venue import Polymarket
from tests.canaries import ACCOUNT, ALL, NAMES, TRIO, Answer, Far, Stage, answered, happens, hurry
from tests.secrets import CANARIES, CANARY_ADDRESS, CANARY_KEY, CANARY_PASSPHRASE, CANARY_SECRET, forms, leaks
from tests.ui.terminal import ROOT, Terminal

KEY, SECRET, PASSPHRASE = NAMES
NOWHERE = {"WS_URL": "ws://127.0.0.1:1", "CLOB_API_URL": "http://127.0.0.1:1"}
UNKNOWN = {"WS_URL": "wss://unknown.invalid"}
TABLE = "[account]\n" + "".join(f'{what} = "{text}"\n' for what, text in CANARIES.items())
TOKEN = "7" * 77

Scenario = Callable[[Stage], None]
SCENARIOS: dict[str, Scenario] = {}
"""What happens, in words, and how."""


def scenario(name: str, *about: object) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """One more scenario; `about` is what it is told besides the stage."""

    def add(play: Callable[..., None]) -> Callable[..., None]:
        assert name not in SCENARIOS
        SCENARIOS[name] = lambda stage: play(stage, *about)
        return play

    return add


# Checking what was found in the environment


def checked(stage: Stage, code: int, words: str, **environment: str) -> str:
    result = stage.command("account", "check", **environment)
    assert result.exit_code == code, result.output
    assert words in result.output
    return result.output


@scenario("right credentials are checked")
def _right(stage: Stage) -> None:
    assert "user socket: accepted" in checked(stage, 0, "signed read: accepted", **stage.far.simulated, **ACCOUNT)


@scenario("right credentials without an address are checked")
def _without_address(stage: Stage) -> None:
    checked(stage, 0, "signed read: not tried", **stage.far.simulated, **TRIO)


@scenario("a wrong key is checked", {KEY: "0" * 8 + "-0000-0000-0000-" + "0" * 12})
@scenario("a wrong secret is checked", {SECRET: "c29tZWJvZHkgZWxzZSdzIHNlY3JldCwgbm90IG91cnM="})
@scenario("a wrong passphrase is checked", {PASSPHRASE: "e" * 64})
@scenario("another account's address is checked", {"POLYMARKET_ADDRESS": "0x" + "12" * 20})
def _wrong(stage: Stage, wrong: dict[str, str]) -> None:
    checked(stage, 4, "credentials not accepted (401)", **stage.far.simulated, **{**ACCOUNT, **wrong})


@scenario("an expired key is checked")
def _expired(stage: Stage) -> None:
    stage.far.fault("user-deny 60")
    try:
        checked(stage, 4, "the venue hangs up as soon as it hears", **stage.far.simulated, **ACCOUNT)
    finally:
        stage.far.fault("clear")


@scenario("two parts of three", {SECRET: ""}, f"{SECRET} is missing")
@scenario("a secret that is cut short", {SECRET: CANARY_SECRET[:21]}, "is not base64, or too short")
@scenario("a secret with blanks in it", {SECRET: f"{CANARY_SECRET[:20]} {CANARY_SECRET[20:]}"}, "is not base64")
@scenario("a secret in quotes", {SECRET: f'"{CANARY_SECRET}"'}, "begins with a quote")
@scenario("a secret and a line break", {SECRET: f"{CANARY_SECRET}\n"}, "ends with a line break")
@scenario("a second line behind a key", {KEY: f"{CANARY_KEY}\nX={CANARY_SECRET}"}, "characters that no credential has")
@scenario("secret and passphrase at each other's place", {SECRET: CANARY_PASSPHRASE, PASSPHRASE: CANARY_SECRET}, SECRET)
@scenario("the key at the secret's place", {SECRET: CANARY_KEY}, "is shaped like the API key")
@scenario("a secret at the address's place", {"POLYMARKET_ADDRESS": CANARY_SECRET}, "not shaped like an address")
@scenario("names of several programs", {SECRET: "", "POLY_API_SECRET": CANARY_SECRET}, "begin otherwise do not count")
@scenario("two names that disagree", {"POLYMARKET_SECRET": CANARY_SECRET[::-1]}, "are set and differ")
@scenario("a private key as a part", {PASSPHRASE: "0x" + CANARY_PASSPHRASE}, "looks like a private key")
def _malformed(stage: Stage, wrong: dict[str, str], words: str) -> None:
    checked(stage, 2, words, **stage.far.simulated, **{**ACCOUNT, **wrong})


@scenario("a venue that is not there")
def _not_there(stage: Stage) -> None:
    checked(stage, 1, "user socket: connection refused", **ACCOUNT, **NOWHERE)


@scenario("a host that is not the venue's", {"CLOB_API_URL": "https://clob.polymarket.com.evil.invalid"})
@scenario("sockets at a host that is not the venue's", UNKNOWN)
def _unknown_host(stage: Stage, where: dict[str, str]) -> None:
    checked(stage, 2, "not the venue's own", **ACCOUNT, **where)


# The settings file


@scenario("a settings file", TABLE, 0o600, "the account is from the settings file")
@scenario("a settings file that others can read", TABLE, 0o644, "others have a way in (mode 0644)")
@scenario("a mistake on the secret's line", f"[account]\nsecret = {CANARY_SECRET}\n", 0o600, "not TOML, see line 2")
@scenario("a quote that never ends", f'[account]\nsecret = "{CANARY_SECRET}\n', 0o600, "not TOML, see line 2")
@scenario("a secret as a name", f'[account]\n{CANARY_KEY} = "x"\n', 0o600, "has an unknown name, known are")
@scenario("a secret as a name of a setting", f'{CANARY_KEY} = "x"\n', 0o600, "an unknown key; known are")
@scenario("parts outside of their table", f'secret = "{CANARY_SECRET}"\n', 0o600, "an unknown key 'secret'")
@scenario("parts in a list", f"[account]\nsecret = ['{CANARY_SECRET}']\n", 0o600, "secret in [account] is not text")
@scenario(
    "a secret at a setting's place", f'theme = "{CANARY_SECRET}"\n', 0o600, "theme in the settings file: a theme is"
)
@scenario("a secret as an address", f'ws_url = "wss://{CANARY_KEY}@x"\n', 0o600, "ws_url in the settings file: ")
def _settings_file(stage: Stage, text: str, mode: int, words: str) -> None:
    stage.config.write_text(text)
    stage.config.chmod(mode)
    checked(stage, 2, words, **({} if "ws_url" in text else UNKNOWN))
    stage.command("config")


# The keyring


class Ring:
    """A sealed keyring that fails where and as a test wants."""

    def __init__(self, kept: str | None = None, failure: BaseException | None = None, fails: str = "") -> None:
        self.kept, self.failure, self.fails = kept, failure, fails

    def _do(self, what: str) -> None:
        if self.failure is not None and what.startswith(self.fails):
            raise self.failure

    def get_password(self, service: str, username: str) -> str | None:
        self._do("get")
        return self.kept

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept = password
        self._do("set")

    def delete_password(self, service: str, username: str) -> None:
        self._do("delete")
        self.kept = None


Ring.__module__ = "keyring.backends.SecretService"
KeyringLocked = type("KeyringLocked", (Exception,), {})
KEPT = json.dumps({**CANARIES, "address": CANARY_ADDRESS})


def with_keyring(stage: Stage, ring: Ring | None) -> None:
    library = ModuleType("keyring")
    library.get_keyring = lambda: ring  # type: ignore[attr-defined]
    stage.patch.setitem(sys.modules, "keyring", library)


@scenario("no keyring", None, "no account was found", 3)
@scenario("a keyring with an account", Ring(KEPT), "the account is from the keyring", 2)
@scenario("a damaged entry", Ring(KEPT[:-30]), "what the keyring keeps for pmtui is damaged", 2)
@scenario("an entry of somebody else", Ring(json.dumps({"secret": CANARY_SECRET})), "is damaged", 2)
@scenario("a locked keyring", Ring(failure=KeyringLocked(KEPT)), "the keyring is locked: unlock it first", 2)
@scenario("a keyring that fails and quotes", Ring(failure=ValueError(ALL)), "the keyring failed (ValueError)", 2)
def _keyring(stage: Stage, ring: Ring | None, words: str, code: int) -> None:
    with_keyring(stage, ring)
    checked(stage, code, words, **UNKNOWN)
    stage.command("account", "forget")


@scenario("a keyring that prints, warns and leaves broken pieces behind")
def _noisy_keyring(stage: Stage) -> None:
    class Noisy(Ring):
        def get_password(self, service: str, username: str) -> str | None:
            warnings.warn(f"{KEPT} is out of fashion", DeprecationWarning, stacklevel=1)
            logging.getLogger("keyring").warning("found %s", KEPT)
            broken = threading.Thread(target=int, args=(KEPT,))
            broken.start()
            broken.join()
            Falling(KEPT)
            return self.kept

    Noisy.__module__ = Ring.__module__
    with_keyring(stage, Noisy(KEPT))
    found = checked(stage, 2, "the account is from the keyring", **UNKNOWN)
    assert "is out of fashion" in found
    assert found.count("ValueError") == 2


class Falling:
    """What fails at its end, where nobody waits for it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __del__(self) -> None:
        int(self.text)


def saved(stage: Stage, ring: Ring, code: int, *typed: str) -> None:
    with_keyring(stage, ring)
    stage.patch.setattr(screen, "need_terminal", lambda why: None)
    result = stage.command("account", "save", typed="".join(f"{line}\n" for line in typed))
    assert result.exit_code == code, result.output


@scenario("credentials are saved, checked and forgotten")
def _saved(stage: Stage) -> None:
    ring = Ring()
    saved(stage, ring, 0, *CANARIES.values(), CANARY_ADDRESS)
    assert ring.kept is not None
    checked(stage, 2, "the account is from the keyring", **UNKNOWN)
    assert stage.command("account", "forget").exit_code == 0


@scenario("credentials are typed at the wrong places")
def _saved_wrong(stage: Stage) -> None:
    saved(stage, Ring(), 2, CANARY_SECRET, CANARY_KEY, CANARY_PASSPHRASE, "")
    saved(stage, Ring(), 2, CANARY_KEY, CANARY_SECRET, f"{CANARY_PASSPHRASE} ", "")


@scenario("a keyring that does not take them")
def _saved_nowhere(stage: Stage) -> None:
    saved(stage, Ring(failure=OSError(5, ALL, ALL), fails="set"), 2, *CANARIES.values(), "")


# On the command line


@scenario("a secret as an argument of an account command", "account", "save", f"--secret={CANARY_SECRET}")
@scenario("a secret as a command", "account", CANARY_SECRET)
@scenario("a secret as a command of the program", CANARY_SECRET)
@scenario("a secret as an option", "watch", f"--api-secret={CANARY_SECRET}", TOKEN)
@scenario("a secret as an option's name", "watch", f"--{CANARY_SECRET}", TOKEN)
@scenario("a secret where nothing is expected", "demo", CANARY_SECRET)
@scenario("a secret as a market", "watch", f"{CANARY_SECRET}")
@scenario("a passphrase as a choice", "completion", CANARY_PASSPHRASE)
@scenario("a key as a number", "sim", "--seed", CANARY_KEY)
@scenario("a key in an address", "watch", "--ws-url", f"wss://{CANARY_KEY}:{CANARY_PASSPHRASE}@x", TOKEN)
@scenario("a key as a fault", "fault", f"http://{CANARY_KEY}", CANARY_SECRET)
def _typed(stage: Stage, *arguments: str) -> None:
    assert stage.command(*arguments).exit_code == 2


# A venue that repeats what it was told


@scenario("an answer of 401 that quotes us", answered(401), 4, "(401)")
@scenario("an answer of 403 that quotes us", answered(403), 4, "(403)")
@scenario("an answer of 404 that quotes us", answered(404), 1, "(404)")
@scenario("an answer of 429 that quotes us", answered(429, head="Retry-After: 5\r\n"), 1, "(429)")
@scenario("an answer of 500 that quotes us", answered(500), 1, "(500)")
@scenario("an answer of 200 that is no JSON", answered(200, body=f"<html>{ALL}</html>"), 0, "user socket: connection")
@scenario("an answer that names our keys", answered(200, body=json.dumps({"apiKeys": [CANARY_KEY]})), 1, "accepted")
@scenario("an answer that is no HTTP", lambda _: f"{ALL}\r\n\r\n".encode(), 1, "no answer: what came cannot be read")
@scenario(
    "an answer that is garbage", lambda _: b"\x16\x03\x01" + ALL.encode(), 1, "no answer: what came cannot be read"
)
@scenario("an answer that never comes", lambda _: b"", 1, "no answer: it took over 0s")
@scenario(
    "an answer that is cut", lambda _: f"HTTP/1.1 200 {ALL}\r\nContent-Length: 9\r\n\r\n".encode(), 1, "no answer"
)
def _answer(stage: Stage, answer: Answer, code: int, words: str) -> None:
    with stage.far.answering(answer) as place:
        checked(stage, max(code, 1), words, WS_URL="ws://127.0.0.1:1", CLOB_API_URL=f"http://{place}", **ACCOUNT)


@scenario("a redirect", 307)
@scenario("another redirect", 301)
def _redirect(stage: Stage, status: int) -> None:
    with stage.far.answering(answered(200)) as other:
        where = f"Location: http://{other}/{CANARY_KEY}\r\n"
        with stage.far.answering(answered(status, head=where)) as place:
            before = len(stage.far.heard)
            addresses = {"WS_URL": f"ws://{place}", "CLOB_API_URL": f"http://{place}"}
            found = checked(stage, 1, f"the venue answered {status}", **addresses, **ACCOUNT)
            assert f"redirected ({status}): not followed" in found
            told = stage.far.heard[before:]
    assert len(told) == 2, "nobody but the one that was asked has heard anything"
    assert b"poly_signature" in told[0].lower()
    assert not leaks(told[1]), "a handshake carries nothing of ours"


@scenario("a socket that is refused with 401 and quotes us", 401, "not authorised (401)", 4)
@scenario("a socket that is refused with 403 and quotes us", 403, "refused by the venue (403)", 4)
@scenario("a socket that is refused with 429 and quotes us", 429, "too many connections (429)", 1)
@scenario("a socket that is refused with 500 and quotes us", 500, "refused with status 500", 1)
@scenario("a socket that is a web page", 200, "a web page instead of a socket", 1)
def _handshake(stage: Stage, status: int, words: str, code: int) -> None:
    with stage.far.answering(answered(status)) as place:
        checked(stage, code, words, WS_URL=f"ws://{place}", CLOB_API_URL=stage.far.exchange.rest_url, **ACCOUNT)


@scenario("a handshake that never ends")
def _slow_handshake(stage: Stage) -> None:
    with stage.far.answering(lambda _: b"") as place:
        where = {"WS_URL": f"ws://{place}", "CLOB_API_URL": stage.far.exchange.rest_url}
        checked(stage, 1, "the handshake was not done", **where, **ACCOUNT)


@scenario("a far end that speaks no TLS")
def _no_tls(stage: Stage) -> None:
    with stage.far.answering(lambda _: ALL.encode()) as place:
        before = len(stage.far.heard)
        where = {"WS_URL": f"wss://{place}", "CLOB_API_URL": f"https://{place}"}
        checked(stage, 1, "user socket: TLS failed", **where, **ACCOUNT)
        told = b"".join(stage.far.heard[before:])
    assert told
    assert not leaks(told), "nothing is said before the certificate is right"


CERTIFICATES = Path(sysconfig.get_path("stdlib"), "test", "certdata")
"""Python's own, for its own tests; not every system installs them."""


@scenario("a certificate that nobody vouches for")
def _no_certificate(stage: Stage) -> None:
    if not (made_up := CERTIFICATES / "keycert.pem").exists():
        pytest.skip("this Python came without its certificates for tests")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(made_up)
    with stage.far.answering(answered(200), tls) as place:
        before = len(stage.far.heard)
        where = {"WS_URL": f"wss://{place}", "CLOB_API_URL": f"https://{place}"}
        checked(stage, 1, "user socket: certificate refused", **where, **ACCOUNT)
        assert len(stage.far.heard) == before, "not a word was said"


@scenario("a socket that closes with our key as the reason", 4001, f"key {CANARY_KEY} is wrong", 4)
@scenario("a socket that closes with our secret as the reason", 1008, f"no: {CANARY_SECRET}", 4)
@scenario("a socket that closes with our passphrase as the reason", 1000, f"{CANARY_PASSPHRASE}: bad", 4)
@scenario("a socket that closes with an encoded key", 3000, b64encode(CANARY_KEY.encode()).decode(), 4)
def _closing(stage: Stage, code: int, reason: str, ends: int) -> None:
    async def close(connection: ServerConnection, _: str) -> None:
        await connection.close(code, reason)

    with stage.far.speaking(close) as place:
        where = {"WS_URL": place, "CLOB_API_URL": stage.far.exchange.rest_url}
        checked(stage, ends, f"closed by the venue ({code}", **where, **ACCOUNT)


# On the screen


def label(desk: Desk) -> str:
    return desk.account_words(desk.now())[0]


@scenario("an account is followed on the screen, in pictures, and copied from")
def _followed(stage: Stage) -> None:
    async def scene(app: Pmtui, pilot: Pilot[None]) -> None:
        account = app.desk.account
        assert account is not None
        await happens(lambda: account.orders.count() and account.fills.total)
        for key in ("a", "down", "i", "h"):
            await pilot.press(key)
            await stage.look(app, pilot)
        assert app.clipboard, "an order's id was copied"
        app.save_screenshot("picture.svg", path=str(stage.folder))

    stage.watch(stage.far.simulated, lambda desk: label(desk) == "live", scene)
    assert b"ACCOUNT live" in b" ".join(stage.sinks["screen"].split())


@scenario("refused credentials on the screen", {"POLYMARKET_ADDRESS": "0x" + "12" * 20}, "refused")
@scenario("partial credentials on the screen", {SECRET: ""}, "public")
@scenario("malformed credentials on the screen", {SECRET: f'"{CANARY_SECRET}"'}, "public")
def _not_accepted(stage: Stage, wrong: dict[str, str], word: str) -> None:
    async def scene(app: Pmtui, pilot: Pilot[None]) -> None:
        await pilot.press("a")

    stage.watch(stage.far.simulated, lambda desk: label(desk) == word, scene, account={**ACCOUNT, **wrong})
    assert word.encode() in stage.sinks["screen"]


@scenario("an unknown host on the screen")
def _unknown_on_screen(stage: Stage) -> None:
    where = {**stage.far.simulated, "CLOB_API_URL": "https://unknown.invalid"}
    stage.watch(where, lambda desk: label(desk) == "refused")
    assert b"not the venue's own" in b" ".join(stage.sinks["ring"].split()) + stage.sinks["screen"]


@scenario("close reasons on the screen", 4001, f"key {CANARY_KEY}")
@scenario("longer close reasons on the screen", 1013, f"{CANARY_KEY} {CANARY_SECRET}")
def _closing_on_screen(stage: Stage, code: int, reason: str) -> None:
    async def close(connection: ServerConnection, _: str) -> None:
        await connection.close(code, reason)

    async def scene(app: Pmtui, pilot: Pilot[None]) -> None:
        await pilot.press("a")
        await stage.look(app, pilot)
        await pilot.press("h")

    with stage.far.speaking(close) as place:
        where = {"WS_URL": place, "CLOB_API_URL": stage.far.exchange.rest_url}
        stage.watch(where, lambda desk: "closed" in " ".join(desk.account_words(desk.now())), scene)
    assert f"closed by the venue ({code}".encode() in stage.sinks["screen"]


@scenario("messages that quote us on the screen and in the clipboard")
def _told_on_screen(stage: Stage) -> None:
    order = {
        "event_type": "order", "type": "PLACEMENT", "id": CANARY_KEY, "owner": CANARY_KEY, "side": "BUY",
        "asset_id": stage.far.world.markets[0].listing.tokens[0], "original_size": "10", "size_matched": "0",
        "price": "0.5", "status": "LIVE", "timestamp": "1700000000000", "outcome": ALL, "market": ALL,
    }  # fmt: skip
    refused = {**order, "id": f"{CANARY_PASSPHRASE}", "status": f"INVALID_{ALL}"}
    trade = {
        **order, "event_type": "trade", "id": CANARY_PASSPHRASE, "status": "MATCHED", "size": "3",
        "taker_order_id": CANARY_KEY, "trader_side": "TAKER",
    }  # fmt: skip

    # Ids that quote us are refused; what else these say is taken in.
    harmless = {"id": "0x" + "5e" * 32, "taker_order_id": "0x" + "5e" * 32}
    quoting, taken_in = (order, refused, trade, [order]), ({**order, **harmless}, {**refused, **harmless, "id": "0x7f"})

    async def quote(connection: ServerConnection, opening: str) -> None:
        for told in (
            *quoting,
            *taken_in,
            {**trade, **harmless},
            {"event_type": CANARY_KEY},
            {"error": ALL},
            {"message": opening},
        ):
            await connection.send(json.dumps(told))
        for words in (opening, ALL, f"INVALID {ALL}", f'{{"event_type": "order", "id": "{ALL}"', f"[{opening}"):
            await connection.send(words)

    async def scene(app: Pmtui, pilot: Pilot[None]) -> None:
        for key in ("a", "down", "i"):
            await pilot.press(key)
        assert app.clipboard

    def arrived(desk: Desk) -> bool:
        return desk.account is not None and desk.account.fills.total > 0 and desk.store.ledger.rejected > 2

    with stage.far.speaking(quote) as place, stage.far.answering(answered(200)) as rest:
        stage.watch({"WS_URL": place, "CLOB_API_URL": f"http://{rest}"}, arrived, scene)
    assert b"toast" not in stage.sinks["toasts"]


@scenario("answers that quote us on the screen", 200)
@scenario("answers that refuse and quote us on the screen", 401)
@scenario("answers of trouble that quote us on the screen", 500)
def _answers_on_screen(stage: Stage, status: int) -> None:
    async def scene(app: Pmtui, pilot: Pilot[None]) -> None:
        await pilot.press("a")
        await pilot.press("h")

    def failed(desk: Desk) -> bool:
        return desk.account is not None and bool(desk.account_words(desk.now())[1])

    with stage.far.answering(answered(status)) as rest:
        where = {"WS_URL": stage.far.exchange.ws_url, "CLOB_API_URL": f"http://{rest}"}
        stage.watch(where, failed, scene)


@scenario("a market with our secrets as its name")
def _named_on_screen(stage: Stage) -> None:
    token = stage.far.world.markets[0].listing.tokens[0]
    market = {
        "question": f"Is it {CANARY_KEY}?", "outcomes": json.dumps([CANARY_PASSPHRASE, CANARY_SECRET]),
        "clobTokenIds": json.dumps([token, "8" * 77]), "conditionId": "0x" + "1" * 64, "slug": CANARY_SECRET,
    }  # fmt: skip

    def known(desk: Desk) -> bool:
        found = desk.instrument(desk.shown)
        return found is not None and CANARY_KEY in found.title

    with stage.far.answering(answered(200, body=json.dumps([market]))) as rest:
        where = {**stage.far.simulated, "GAMMA_API_URL": f"http://{rest}"}
        stage.watch(where, lambda desk: known(desk) and label(desk) != "connecting")
    assert b"Is it" in stage.sinks["screen"]


# Our own mistakes


class Broken(Exception):
    """An error that tells all, as does what it came from."""


def broken(*_: object, **__: object) -> Any:
    """Fail with everything that there is to hide."""
    try:
        os.environ[str(CANARIES)]
    except KeyError as error:
        failure = Broken(f"it failed with {ALL}")
        failure.add_note(f"while it had {CANARY_SECRET.encode()!r} and {b64encode(CANARY_KEY.encode())!r}")
        raise failure from error


def live(desk: Desk) -> bool:
    return label(desk) == "live"


@scenario("a panel that fails to look", "look")
@scenario("a panel that fails to paint", "paint")
def _panel_fails(stage: Stage, method: str) -> None:
    async def scene(app: Pmtui, pilot: Pilot[None]) -> None:
        stage.patch.setattr(Tape, method, broken)
        for each in app.panels():
            each.draw_again()
        app.frames.pulse()
        await pilot.pause()

    stage.watch(stage.far.simulated, live, scene)
    assert b"Broken" in stage.sinks["screen"]
    assert b"failed with Broken" in stage.sinks["ring"]


@scenario("the screen itself fails")
def _screen_fails(stage: Stage) -> None:
    async def scene(app: Pmtui, pilot: Pilot[None]) -> None:
        try:
            broken()
        except Broken:
            app._fatal_error()
        app._print_error_renderables()
        stage.blind = True

    stage.watch(stage.far.simulated, live, scene)
    told = stage.gather()["stderr"]
    assert b"Broken" in told
    assert b"KeyError" in told
    assert b"in broken" in told


@scenario("the feed fails")
def _feed_fails(stage: Stage) -> None:
    async def scene(app: Pmtui, pilot: Pilot[None]) -> None:
        stage.patch.setattr(Feed, "_tick", broken)
        await happens(lambda: any("the feed failed" in each.text for each in app.desk.store.alerts.ring))

    stage.watch(stage.far.simulated, live, scene)
    assert b"Broken" in stage.sinks["ring"]


@scenario("the account's conversation fails", UserStream, "open", "our own error")
@scenario("reading what the account is told fails", UserStream, "receive", "our own error")
@scenario("the check of the account fails", HttpFetcher, "fetch", "our own error")
def _conversation_fails(stage: Stage, owner: type, method: str, words: str) -> None:
    stage.patch.setattr(owner, method, broken)

    def told(desk: Desk) -> bool:
        return desk.account is not None and words in f"{desk.account_words(desk.now())}{desk.store.links}"

    stage.watch(stage.far.simulated, told)
    assert b"Broken" in stage.sinks["ring"]


@scenario("the search for the account fails")
def _login_fails(stage: Stage) -> None:
    logs.hide(*CANARIES.values())
    stage.watch(
        stage.far.simulated, lambda desk: "our own error" in desk.account_words(desk.now())[1], login=broken, account={}
    )
    assert b"Broken" in stage.sinks["ring"]


@scenario("a command fails")
def _command_fails(stage: Stage) -> None:
    stage.patch.setattr(identity, "login_of", broken)
    assert stage.program("account", "check", **stage.far.simulated, **ACCOUNT) == 1
    told = stage.gather()["stderr"]
    assert b"Broken" in told
    assert b"in broken" in told


@scenario("threads and objects fail while a log is kept")
def _threads_fail(stage: Stage) -> None:
    logs.hide(*CANARIES.values())
    log = Logs(stage.folder / "pmtui.log", "debug")
    thread = threading.Thread(target=broken)
    thread.start()
    thread.join()
    Falling(ALL)
    warnings.warn(ALL, stacklevel=1)
    log.finish(5)
    stage.write("ring", "\n".join(log.lines()))
    assert stage.sinks["ring"].count(b"Broken") == 1
    assert len(log.lines()) == 3


# What carries credentials


def carriers() -> tuple[Any, ...]:
    credentials = Credentials(
        Secret(CANARY_KEY), Secret(CANARY_SECRET), Secret(CANARY_PASSPHRASE), CANARY_ADDRESS, "the environment"
    )
    login = Login(credentials, wallet="eoa")
    access = Polymarket().account(login)
    assert access is not None
    return credentials, login, access


@scenario("whatever carries credentials is printed")
def _printed(stage: Stage) -> None:
    credentials, login, access = carriers()
    headers = access.headers(access.orders(), 1_700_000_000)
    frames = access.stream.open()
    stage.show(credentials, credentials.key, login, access, access.stream, headers, frames, frames[0], *frames)
    stage.show(vars(access), vars(access.stream), access.orders(), access.trades(7, "x"), access.key(), access.cash())
    stage.show(dict.fromkeys(["login"], login), [headers], (frames, {"headers": headers}))
    assert b"POLY_SIGNATURE" in stage.sinks["reprs"]


@scenario("whatever carries credentials is packed")
def _packed(stage: Stage) -> None:
    credentials, login, access = carriers()
    pack: list[Callable[[Any], object]] = [
        asdict, pickle.dumps, copy.deepcopy, json.dumps, orjson.dumps, msgspec.json.encode, msgspec.to_builtins,
        lambda each: json.dumps(each, default=str), lambda each: orjson.dumps(each, default=str), vars,
        lambda each: orjson.dumps(each, default=repr, option=orjson.OPT_PASSTHROUGH_DATACLASS),
    ]  # fmt: skip
    packed = 0
    for each in (credentials, credentials.secret, login, access, access.stream):
        for how in pack:
            try:
                stage.show(how(each))
                packed += 1
            except Exception as error:
                stage.hear(error)
    assert packed > 5


@scenario("errors of the network and what they came from")
def _chained(stage: Stage) -> None:
    _, _, access = carriers()

    async def ask(place: str) -> None:
        request = Request(f"{place}/data/orders", "orders")
        fetcher = HttpFetcher()
        try:
            with suppress(VenueError):
                access.told_orders(*await fetcher.fetch(request, access.headers(access.orders(), 1)), 0, "")
        finally:
            await fetcher.close()

    async def listen(place: str) -> Closed | None:
        stream = UserStream("x", place, carriers()[0])
        found = [each async for each in LiveTransport().packets(stream) if isinstance(each, Closed)]
        return found[0]

    schemes = {answered(200, body="{"): ("http",), lambda _: ALL.encode(): ("http", "https"), answered(401): ("http",)}
    for answer, asked in schemes.items():
        with stage.far.answering(answer) as place:
            for scheme in asked:
                try:
                    asyncio.run(ask(f"{scheme}://{place}"))
                except OSError as error:
                    stage.hear(error)
            stage.show(asyncio.run(listen(f"ws://{place}")))
    for url in ("https://unknown.invalid/x", "http://clob.polymarket.com/x"):
        with pytest.raises(VenueError) as found:
            access.headers(Request(url, "orders"), 1)
        stage.hear(found.value)
    assert len(stage.sinks["errors"]) > 1_000


@scenario("libraries are made to tell everything")
def _loud(stage: Stage) -> None:
    names = ("websockets", "websockets.client", "pmtui.feed.websockets", "httpx", "httpcore", "h11", "asyncio")
    stage.patch.setattr(logs, "_CHATTY", ())
    stage.patch.setenv("PYTHONASYNCIODEBUG", "1")
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    stage.watch(stage.far.simulated, live)
    found = (stage.folder / "pmtui.log").read_text()
    assert "httpcore.http11: send_request_headers" in found
    assert '> TEXT \'{"auth"' in found


@scenario("a program that we start")
def _child(stage: Stage) -> None:
    for name, value in {**ACCOUNT, "AWS_SECRET_ACCESS_KEY": CANARY_SECRET, "CLOB_SECRET_2": CANARY_KEY}.items():
        stage.patch.setenv(name, value)
    started: list[Any] = []
    popen = subprocess.Popen

    def note(command: Any, **options: Any) -> Any:
        started.append((command, options["env"]))
        return popen(command, **options)

    stage.patch.setattr(subprocess, "Popen", note)
    with demo.exchange("--rate", "1"):
        pass
    stage.write("a child", repr(started))
    assert "PATH" in started[0][1]


@scenario("links whose keys somebody wants")
def _link_keys(stage: Stage) -> None:
    keys = stage.folder / "keys"
    with stage.far.answering(lambda _: ALL.encode()) as place:
        where = {"WS_URL": f"wss://{place}", "CLOB_API_URL": f"https://{place}", "SSLKEYLOGFILE": str(keys)}
        stage.program("account", "check", **where, **ACCOUNT)
    assert "SSLKEYLOGFILE" not in os.environ
    assert not keys.exists()


# As a process of its own


ABORTED = """
import os, sys
from pmtui import cli
from pmtui.feed import trial
trial.LISTEN = 0.1
os._exit = lambda code: os.abort()
sys.argv[1:] = ["account", "check"]
cli.run()
"""


@scenario("a development build that is aborted")
def _aborted(stage: Stage) -> None:
    command = [sys.executable, "-X", "dev", "-X", "faulthandler", "-W", "always", "-c", ABORTED]
    ended = subprocess.run(  # noqa: S603 - ourselves
        command,
        env={**os.environ, **stage.far.simulated, **ACCOUNT, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)),
        check=False,
    )
    stage.write("stdout", ended.stdout)
    stage.write("stderr", ended.stderr)
    assert ended.returncode == -signal.SIGABRT
    assert b"user socket: accepted" in ended.stdout
    assert b"Fatal Python error: Aborted" in ended.stderr


CRASHING = """
import sys
from tests.test_canaries import broken
from pmtui.feed import backoff
from pmtui.ui.app import Pmtui
backoff.APART = 0
Pmtui.action_flash = broken
sys.argv[1:] = {arguments!r}
from pmtui.__main__ import main
main()
"""


@scenario("the screen fails in a terminal")
def _crashed(stage: Stage) -> None:
    token = stage.far.world.markets[0].listing.tokens[0]
    arguments = ["watch", token, "--log", str(stage.folder / "pmtui.log"), "--log-level", "debug"]
    arguments += ["--state", str(stage.folder / "state.json"), "--remember"]
    command = [sys.executable, "-X", "dev", "-c", CRASHING.format(arguments=arguments)]
    environment = {**stage.far.simulated, **ACCOUNT, "XDG_CONFIG_HOME": str(stage.folder)}
    with Terminal(command, columns=160, lines=45, environment=environment) as terminal:
        terminal.wait_for("account live")
        terminal.send(b"ahtB")
        terminal.wait_for(lambda: terminal.ended(within=0.01))
        terminal.settle(0.05)
        stage.write("terminal", terminal.received)
        assert terminal.status == 1
    assert b"Broken" in terminal.received
    assert b"in broken" in terminal.received
    assert b"polymarket account link: up" in (stage.folder / "pmtui.log").read_bytes()


# The tests


@pytest.fixture(scope="module")
def far() -> Iterator[Far]:
    with Far() as found:
        yield found


@pytest.fixture
def stage(
    tmp_path: Path, far: Far, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Iterator[Stage]:
    """A home with nobody's settings, in which what a scenario does to logging stays."""
    for name in list(os.environ):
        if name.startswith(("CLOB_", "POLY", "PMTUI_", "WS_URL", "GAMMA_", "SSLKEYLOG")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(logs, "SECRETS", Secrets())
    monkeypatch.setitem(sys.modules, "keyring", None)  # as if it were not installed
    hurry(monkeypatch)
    root = logging.getLogger()
    level = root.level
    levels = {name: each.level for name, each in root.manager.loggerDict.items() if isinstance(each, logging.Logger)}
    for name in ("raiseExceptions", "lastResort"):
        monkeypatch.setattr(logging, name, getattr(logging, name))
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    yield Stage(tmp_path, far, monkeypatch, capfdbinary)
    logging.captureWarnings(False)
    root.setLevel(level)
    for name in root.manager.loggerDict:
        logging.getLogger(name).setLevel(levels.get(name, logging.NOTSET))


def test_there_are_scenarios_enough() -> None:
    assert len(SCENARIOS) >= 40


def assert_nothing_got_out(stage: Stage) -> None:
    found = stage.leaks()
    assert any(stage.sinks.values()), "nothing was looked at"
    assert not found, found


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_byte_of_it_holds_a_secret(name: str, stage: Stage) -> None:
    with stage.listening():
        SCENARIOS[name](stage)
    assert_nothing_got_out(stage)


# The look for canaries itself: planted, each is seen, wherever and in whatever form it is

FORMS = {
    f"{what} ({name})": form.decode(errors="backslashreplace")
    for what, canary in CANARIES.items()
    for name, form in forms(canary).items()
    if what == "secret" or name == "raw"
}
PRINTABLE = {name: form for name, form in FORMS.items() if form.replace("\n", "").isprintable()}


def _warn(stage: Stage, text: str) -> None:
    with stage.listening():
        warnings.warn(text, stacklevel=1)


def _log(stage: Stage, text: str) -> None:
    (stage.folder / "pmtui.log").write_text(text, errors="surrogateescape")


def _run(stage: Stage, text: str) -> None:
    stage.patch.setattr(front, "OVERVIEW", text.replace("{", "{{").replace("}", "}}"))
    assert stage.command().exit_code == 0


PLANTS: dict[str, Callable[[Stage, str], object]] = {
    "stdout": lambda stage, text: print(text),
    "stderr": lambda stage, text: os.write(2, text.encode()),
    "stdout of a command": _run,
    "warnings": _warn,
    "errors": lambda stage, text: stage.hear(ExceptionGroup("both", [ValueError(text)])),
    "reprs": lambda stage, text: stage.show([Secret("x"), {"x": text}]),
    "file pmtui.log": _log,
    "ring": lambda stage, text: stage.write("ring", text),
}


@pytest.mark.parametrize("sink", PLANTS)
def test_what_gets_out_is_seen_in_every_form(sink: str, stage: Stage) -> None:
    for name, form in PRINTABLE.items() if sink == "reprs" else FORMS.items():
        stage.forget()
        PLANTS[sink](stage, form)
        with pytest.raises(AssertionError):
            assert_nothing_got_out(stage)
        assert leaks(stage.sinks[sink.partition(" of ")[0]]), name


class Leaking(App[None]):
    """Shows what it must not."""

    def compose(self) -> ComposeResult:
        yield Static()


def test_what_is_drawn_is_seen_in_every_form(stage: Stage) -> None:
    async def draw() -> None:
        app = Leaking()
        async with app.run_test(size=(100, 24), notifications=True) as pilot:
            stage.overhear(app)
            for name, form in PRINTABLE.items():
                stage.forget()
                app.query_one(Static).update(Text(form))
                app.title = form
                app.copy_to_clipboard(form)
                app.clear_notifications()
                app.notify(form, markup=False)
                await stage.look(app, pilot)
                with pytest.raises(AssertionError):
                    assert_nothing_got_out(stage)
                for sink in ("screen", "picture", "title", "clipboard", "toasts", *["terminal"] * ("raw" in name)):
                    assert leaks(stage.sinks[sink]), (sink, name)

    asyncio.run(draw())


def test_what_is_harmless_is_not_taken_for_a_secret(stage: Stage) -> None:
    stage.command("config")
    stage.show(os.environ.get("PATH"), "0x" + "7f" * 32, TOKEN, CANARY_ADDRESS)
    assert_nothing_got_out(stage)
