"""The front door: what is printed where, with which exit code, and what is loaded for it."""

from __future__ import annotations

import errno
import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from rich.console import COLOR_SYSTEMS

from pmtui import __version__
from pmtui import cli as front
from pmtui.__main__ import main
from pmtui.cli import demo, watch
from pmtui.cli.ends import Wrong, system
from pmtui.core.instrument import Instrument, InstrumentId
from pmtui.logfile import log_file

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "7" * 77
HERE = {"WS_URL": "", "CLOB_API_URL": "", "GAMMA_API_URL": "", "PMTUI_LOG": "", "TERM": "xterm-256color"}


@pytest.fixture(autouse=True)
def own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's settings, and a folder with traps in it."""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    for name, value in {**HERE, "XDG_CONFIG_HOME": str(tmp_path / "config"), "PYTHONPATH": str(ROOT)}.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "config" / "pmtui").mkdir(parents=True)


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(front.cli, arguments)


def refused(result: Result, code: int = 2) -> str:
    """The one line of an error."""
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("pmtui: ")
    assert line.isprintable()
    return line


def process(*arguments: str, code: str = "", **more: Any) -> subprocess.CompletedProcess[str]:
    start = ["-c", code] if code else ["-m", "pmtui"]
    options = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, "timeout": 60, **more}
    return subprocess.run([sys.executable, *start, *arguments], **options)  # noqa: PLW1510, S603 - ours, codes are checked


# What it can do


def test_alone_it_prints_what_it_can_do_the_most_useful_first() -> None:
    result = invoke()
    assert result.exit_code == 0
    assert re.findall(r"^  pmtui (\w+)", result.stdout, re.MULTILINE)[:3] == ["demo", "watch", "sim"]
    assert invoke("-h").stdout == result.stdout == invoke("--help").stdout
    assert max(map(len, result.stdout.splitlines())) < 80


def test_every_command_explains_itself_and_is_in_the_overview() -> None:
    overview = invoke().stdout
    names = front.cli.list_commands(click.Context(front.cli))
    assert names[0] == "watch"
    for name in names:
        result = invoke(name, "-h")
        assert result.exit_code == 0
        assert f"Usage: cli {name}" in result.stdout
        assert f"pmtui {name}" in overview


def test_the_version_costs_little_more_than_a_bare_interpreter() -> None:
    loaded = process(
        code="import sys; sys.argv[1:] = ['--version']; from pmtui.__main__ import main; main(); print(*sys.modules)"
    )
    version, modules = loaded.stdout.splitlines()
    assert version == f"pmtui {__version__}"
    bare = set(process(code="import sys; print(*sys.modules)").stdout.split())
    # Some installations load __future__ for every interpreter.
    assert set(modules.split()) - bare | {"__future__"} == {"__future__", "pmtui", "pmtui.__main__"}
    assert invoke("--version").stdout == f"pmtui {__version__}\n"


@pytest.mark.parametrize("typed", [(), ("watch", "-h"), ("fault",), ("completion", "bash")])
def test_no_command_is_loaded_but_the_one_that_was_typed(typed: tuple[str, ...]) -> None:
    code = (
        "import atexit, sys\n"
        "from pmtui import cli\n"
        f"sys.argv[1:] = {typed}\n"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
        "cli.cli.main()\n"
    )
    loaded = set(process(code=code).stderr.split())
    commands = {f"pmtui.cli.{name}" for name in front.cli.list_commands(click.Context(front.cli))}
    assert loaded & commands == {f"pmtui.cli.{name}" for name in typed[:1]}


@pytest.mark.parametrize("typed", [("config",), ("-h",), ("watch", "-h"), ("completion", "bash"), ("--version",)])
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device")
def test_a_full_disk_at_the_other_end_is_one_line(typed: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        ended = process(*typed, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert ended.returncode == 1
    assert re.fullmatch(r"pmtui: the output cannot be written: .*\n", ended.stderr)


@pytest.mark.parametrize("typed", [("config",), ("--version",)])
def test_a_reader_that_does_not_keep_up_is_told_of_where_nobody_waits_for_it(typed: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with open(reading, "rb"), open(writing, "wb", buffering=0) as full:
        while full.write(bytes(4096)):
            pass
        ended = process(*typed, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    words = "pmtui: the output cannot be written: Resource temporarily unavailable\n"
    assert (ended.returncode, ended.stderr) == (1, words)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            OSError(errno.EADDRINUSE, "error while attempting to bind on address ('127.0.0.1', 9)"),
            os.strerror(errno.EADDRINUSE),
        ),
        (OSError("could not bind"), "could not bind"),
        (BrokenPipeError(), "BrokenPipeError"),
    ],
)
def test_an_error_is_told_in_the_systems_words_where_it_has_any(error: OSError, words: str) -> None:
    assert system(error) == words


@pytest.mark.parametrize("typed", [("sim", "--rate"), ("sim", "--pace"), ("demo", "--rate")])
@pytest.mark.parametrize("number", ["nan", "inf", "-1", "1e9"])
def test_an_amount_that_is_none_is_refused(typed: tuple[str, ...], number: str) -> None:
    assert typed[1] in refused(invoke(*typed, number))


@pytest.mark.parametrize(
    ("option", "number"), [("--seed", "whole number"), ("--books", "whole number"), ("--rate", "number")]
)
def test_a_word_where_a_number_belongs_is_called_by_what_was_expected(option: str, number: str) -> None:
    assert refused(invoke("demo", option, "x")).endswith(f"'x' is not a valid {number}.")


def test_the_account_alone_says_what_it_can_do_in_a_line() -> None:
    assert refused(invoke("account")) == (
        "pmtui: pmtui account has the commands check, save, forget: try pmtui account check"
    )


def test_a_name_that_is_none_is_compared_with_every_command() -> None:
    context = click.Context(front.cli)
    assert front.cli.get_command(context, "wacht") is None
    assert set(front.cli.commands) == set(front.cli.list_commands(context))


def test_an_unknown_command_or_option_is_one_line() -> None:
    assert "frobnicate" in refused(invoke("frobnicate"))
    assert "--frob" in refused(invoke("watch", "--frob"))
    assert "--seed" in refused(invoke("sim", "--seed", "many"))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(shell: str) -> None:
    result = invoke("completion", shell)
    assert result.exit_code == 0
    assert "_PMTUI_COMPLETE" in result.stdout


def test_commands_complete() -> None:
    environ = {**os.environ, "_PMTUI_COMPLETE": "bash_complete", "COMP_WORDS": "pmtui wat", "COMP_CWORD": "1"}
    assert process(env=environ).stdout == "plain,watch\n"


# Bad input


@pytest.mark.parametrize(
    "text",
    [
        "12x",
        "123456",
        "0x12",
        "Hello World",
        "https://evil.invalid/event/x-y",
        "a\x1b[2Jb",
        "x" * 5_000,
        "ｗｉｌｌ-it-rain",
        "-",
    ],
)
def test_what_cannot_be_watched_is_said_in_one_line_with_an_example(text: str) -> None:
    line = refused(invoke("watch", "--", TOKEN, text))
    assert "Try: pmtui watch 7132" in line
    assert len(line) < 320


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("BTC", "hl:BTC"),
        ("@107", "hl:@107"),
        ("#10", "hl:#10"),
        ("PURR/USDC", "hl:PURR/USDC"),
        ("https://app.hyperliquid.xyz/trade/BTC", "hl:BTC"),
        ("HTTPS://app.hyperliquid.xyz/trade/PURR/USDC?a=b", "hl:PURR/USDC"),
        ("app.hyperliquid.xyz/trade/kPEPE", "hl:kPEPE"),
        ("https://app.hyperliquid.xyz/trade/xyz:TSLA", "hl:xyz:TSLA"),
    ],
)
def test_a_name_of_another_venue_is_said_with_what_stands_before_it(text: str, meant: str) -> None:
    assert f"Try: pmtui watch {meant}" in refused(invoke("watch", text)).replace("'", "")


@pytest.mark.parametrize(
    "text", ["Fed-Decision", "Hello World", "123456", "https://app.hyperliquid.xyz/", "https://evil.invalid/trade/BTC"]
)
def test_what_hardly_is_a_name_of_another_venue_is_no_reason_to_speak_of_it(text: str) -> None:
    assert "hl:" not in refused(invoke("watch", text))


def test_watching_nothing_is_a_mistake() -> None:
    assert "what is to be watched?" in refused(invoke("watch"))


@pytest.mark.parametrize(
    "options",
    [
        ("--ws-url", "ws://example.invalid"),
        ("--clob-url", "http://me:hunter2@127.0.0.1:80"),
        ("--gamma-url", "ftp://example.invalid"),
        ("--log", "../x"),
        ("--log", "-x"),
        ("--log", "/dev/null"),
        ("--log-level", "loud"),
        ("--theme", "\x1b[31m"),
    ],
)
def test_an_unsafe_option_is_refused_before_anything_happens(options: tuple[str, str]) -> None:
    line = refused(invoke("watch", TOKEN, *options))
    assert options[0] in line
    assert "hunter2" not in line


def test_an_unsafe_address_in_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WS_URL", "ws://example.invalid")
    assert "WS_URL" in refused(invoke("watch", TOKEN))


@pytest.mark.parametrize("command", [("watch", TOKEN), ("watch", "some-market"), ("watch", "hl:BTC")])
def test_a_proxy_that_cannot_be_used_is_refused_before_a_screen(
    command: tuple[str, ...], screen: list[tuple[Any, list[Instrument]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://bob:hunter2@127.0.0.1:notaport")
    line = refused(invoke(*command))
    assert line.startswith("pmtui: HTTPS_PROXY names no proxy that can be used: the port is a number from 1 to 65535")
    assert "hunter2" not in line
    assert screen == []


def test_a_proxy_that_nobody_needs_is_not_looked_at(
    screen: list[tuple[Any, list[Instrument]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:notaport")
    assert watched(screen, TOKEN, environ={"WS_URL": "ws://127.0.0.1:9"})
    assert watched(screen, TOKEN, environ={"NO_PROXY": "*"})


def test_a_bad_settings_file_is_refused_and_one_in_the_current_folder_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text('theme = "trap"')
    (tmp_path / "pmtui.toml").write_text('theme = "trap"')
    (tmp_path / ".env").write_text("WS_URL=ws://example.invalid")
    monkeypatch.chdir(tmp_path)
    assert "trap" not in invoke("config").stdout
    (tmp_path / "config" / "pmtui" / "config.toml").write_text('secret = "hunter2"')
    line = refused(invoke("config"))
    assert "'secret'" in line
    assert "hunter2" not in line


def test_settings_are_printed_with_their_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOB_API_URL", "http://127.0.0.1:8766/")
    monkeypatch.setenv("CLOB_SECRET", "hunter2hunter2")
    result = invoke("config", "--ascii")
    rows = {row[0]: row[1:] for line in result.stdout.splitlines() if len(row := line.split(maxsplit=2)) == 3}
    assert rows["clob_url"] == ["http://127.0.0.1:8766", "CLOB_API_URL"]
    assert rows["gamma_url"] == ["http://127.0.0.1:8766", "follows CLOB_API_URL"]
    assert rows["ascii"] == ["true", "--ascii"]
    assert "hunter2" not in result.output


@pytest.mark.parametrize("command", ["config", "watch"])
def test_each_setting_that_is_printed_has_its_flag(command: str) -> None:
    settings = [row[0] for line in invoke("config").stdout.splitlines()[2:] if (row := line.split())]
    flags = invoke(command, "--help").stdout
    assert [name for name in settings if f"--{name.replace('_', '-')}" not in flags] == []


@pytest.mark.parametrize("arguments", [("watch", TOKEN), ("watch", "will-it-rain"), ("demo",)])
def test_without_a_terminal_there_is_one_line_and_no_screen(arguments: tuple[str, ...]) -> None:
    ended = process(*arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "pmtui: input is not a terminal, and the screen needs one\n"


@pytest.mark.parametrize("arguments", [(), ("--help",), ("sim", "-h"), ("--version",), ("venues",)])
def test_a_closed_pipe_is_told_in_one_line(arguments: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as closed:
        ended = process(*arguments, capture_output=False, stdout=closed, stderr=subprocess.PIPE)
    assert (ended.returncode, ended.stderr) == (2, "pmtui: nobody reads the output: its pipe was closed\n")


# Our own mistakes


def test_our_own_error_shows_where_and_no_values() -> None:
    code = (
        "import sys\nfrom pmtui import cli, config\n"
        "def broken(*_):\n"
        "    key = 'hunter2hunter2'\n"
        "    raise RuntimeError('our \\x1b[2J fault ' + key)\n"
        "config.file_path = broken\n"
        "sys.argv[1:] = ['config']\n"
        "cli.run()\n"
    )
    ended = process(code=code, env={**os.environ, "CLOB_SECRET": "hunter2hunter2"})
    assert ended.returncode == 1
    assert "in broken" in ended.stderr
    assert "our \\x1b[2J fault" in ended.stderr
    assert "hunter2" not in ended.stderr


# With an exchange


@dataclass
class Exchange:
    ws_url: str
    rest_url: str
    markets: list[dict[str, Any]]
    process: subprocess.Popen[str]

    @property
    def environ(self) -> dict[str, str]:
        return {"WS_URL": self.ws_url, "CLOB_API_URL": self.rest_url}


@contextmanager
def simulated(*options: str) -> Iterator[Exchange]:
    command = [sys.executable, "-m", "pmtui", "sim", "--json", "--until-stdin-closes", *options]
    environ = {**os.environ, **HERE, "PYTHONPATH": str(ROOT)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, env=environ, **pipes) as child:  # type: ignore[call-overload]  # noqa: S603
        try:
            told = json.loads(child.stdout.readline())
            yield Exchange(told["ws_url"], told["rest_url"], told["markets"], child)
        finally:
            child.kill()


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with simulated() as running:
        yield running


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, list[Instrument]]]:
    """A screen that only notes what it was asked to show, on a terminal that only says it is one."""
    shown: list[tuple[Any, list[Instrument]]] = []

    def show(settings: Any, targets: list[Instrument], *_: object) -> int:
        shown.append((settings, targets))
        return 0

    monkeypatch.setattr("pmtui.cli.screen.show", show)
    monkeypatch.setattr("pmtui.cli.screen.need_terminal", lambda: None)
    monkeypatch.setattr("pmtui.cli.screen.need_room", lambda: None)
    return shown


def watched(
    screen: list[tuple[Any, list[Instrument]]], *arguments: str, environ: Mapping[str, str]
) -> list[Instrument]:
    result = CliRunner().invoke(front.cli, ["watch", *arguments], env=dict(environ))
    assert result.exit_code == 0, result.output
    return screen.pop()[1]


def test_token_ids_need_no_look_up(screen: list[tuple[Any, list[Instrument]]]) -> None:
    nowhere = {"CLOB_API_URL": "http://127.0.0.1:9"}
    other = "8" * 77
    targets = watched(screen, TOKEN, other, TOKEN, environ=nowhere)
    assert [each.symbol for each in targets] == [TOKEN, other]


def test_slugs_condition_ids_links_and_events_are_looked_up(
    screen: list[tuple[Any, list[Instrument]]], exchange: Exchange
) -> None:
    busy = exchange.markets[0]
    several = [each for each in exchange.markets if each["event_slug"] == "lantern-regatta-winner"]
    for text in (
        busy["slug"],
        busy["condition_id"],
        f"https://polymarket.com/event/{busy['event_slug']}/{busy['slug']}",
    ):
        (target,) = watched(screen, text, environ=exchange.environ)
        assert target.symbol == busy["tokens"][0]
        assert target.title == busy["question"]
    targets = watched(screen, several[0]["event_slug"], environ=exchange.environ)
    assert [each.symbol for each in targets] == [each["tokens"][0] for each in several]


def test_of_an_event_with_very_many_markets_the_first_are_watched_and_the_screen_is_to_say_so(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, list[str]]] = []

    def show(_: Any, targets: list[Instrument], notices: list[str]) -> int:
        asked.append((len(targets), notices))
        return 0

    monkeypatch.setattr("pmtui.cli.screen.show", show)
    monkeypatch.setattr("pmtui.cli.screen.need_terminal", lambda: None)
    for most, notices in ((2, ["'lantern-regatta-winner' has 4 open markets, the first 2 are watched"]), (4, [])):
        monkeypatch.setattr(watch, "MOST_MARKETS", most)
        result = CliRunner().invoke(front.cli, ["watch", "lantern-regatta-winner"], env=exchange.environ)
        assert (result.exit_code, asked.pop()) == (0, (most, notices))


def test_what_is_not_found_is_one_line(screen: list[tuple[Any, list[Instrument]]], exchange: Exchange) -> None:
    result = CliRunner().invoke(front.cli, ["watch", "no-such-market"], env=exchange.environ)
    assert "no market or event of this name" in refused(result)
    assert screen == []


WRONG_FOR_THE_SCREEN = [
    ("TEXTUAL_COLOR_SYSTEM", "zz"),
    ("TEXTUAL_COLOR_SYSTEM", "AUTO"),
    ("TEXTUAL_DRIVER", "zz"),
    ("TEXTUAL_DRIVER", ".zz"),
    ("TEXTUAL_DRIVER", ":zz"),
    ("TEXTUAL_DRIVER", "os:zz"),
    ("TEXTUAL_DRIVER", "os:path"),
    ("TEXTUAL_DRIVER", "textual.drivers.headless_driver.HeadlessDriver"),
    ("TEXTUAL_DRIVER", "textual.app:App"),
    ("TEXTUAL_LOG", "/nonexistent/log"),
    ("TEXTUAL_LOG", "/"),
]


@pytest.mark.parametrize("command", [("watch", TOKEN), ("demo",)])
@pytest.mark.parametrize(("name", "value"), WRONG_FOR_THE_SCREEN)
def test_a_variable_on_which_the_screen_would_fail_is_one_line(
    screen: list[tuple[Any, list[Instrument]]], name: str, value: str, command: tuple[str, ...]
) -> None:
    told = refused(CliRunner().invoke(front.cli, command, env={name: value}))
    assert f"{name}={value!r}: expected" in told
    assert screen == []


@pytest.mark.parametrize("name", ["TEXTUAL_COLOR_SYSTEM", "TEXTUAL_DRIVER", "TEXTUAL_LOG"])
def test_a_variable_that_is_empty_is_as_if_it_were_not_set(
    screen: list[tuple[Any, list[Instrument]]], name: str
) -> None:
    assert watched(screen, TOKEN, environ={name: ""})
    assert name not in os.environ


def test_what_the_screen_knows_is_not_refused(screen: list[tuple[Any, list[Instrument]]], tmp_path: Path) -> None:
    right = {"TEXTUAL_DRIVER": "textual.drivers.headless_driver:HeadlessDriver", "TEXTUAL_LOG": str(tmp_path / "log")}
    for colours in ("auto", *COLOR_SYSTEMS):
        assert watched(screen, TOKEN, environ={"TEXTUAL_COLOR_SYSTEM": colours, **right})


def test_of_a_refused_link_what_its_query_says_is_not_repeated() -> None:
    result = CliRunner().invoke(front.cli, ["watch", "https://example.com/event/some-thing?token=hunter2#hunter2"])
    assert result.exit_code == 2
    assert "'https://example.com/event/some-thing?…'" in result.output
    assert "hunter2" not in result.output


def test_ids_and_links_may_be_spelt_as_they_are_pasted(
    screen: list[tuple[Any, list[Instrument]]], exchange: Exchange
) -> None:
    busy = exchange.markets[0]
    for text in (
        f" {busy['tokens'][0]}\n",
        busy["condition_id"].upper(),
        "0x" + busy["condition_id"][2:].upper(),
        f"polymarket.com/es/event/{busy['event_slug']}/{busy['slug']}",
    ):
        (target,) = watched(screen, text, environ=exchange.environ)
        assert target.symbol == busy["tokens"][0]


def test_a_market_that_is_not_in_its_event_is_not_found_instead_of_the_others(
    screen: list[tuple[Any, list[Instrument]]], exchange: Exchange
) -> None:
    link = f"https://polymarket.com/event/{exchange.markets[0]['event_slug']}/no-such-market"
    result = CliRunner().invoke(front.cli, ["watch", link], env=exchange.environ)
    assert "no-such-market': no market or event of this name was found" in refused(result)
    assert screen == []


@pytest.mark.parametrize(("digits", "why"), [("9" * 89, "41 to 78 digits, this has 89"), ("9" * 78, "less than 2^256")])
@pytest.mark.parametrize("prefix", ["", "pm:"])
def test_more_digits_than_a_token_id_can_have_are_refused_before_any_screen(
    prefix: str, digits: str, why: str, screen: list[tuple[Any, list[Instrument]]], exchange: Exchange
) -> None:
    assert why in refused(CliRunner().invoke(front.cli, ["watch", f"{prefix}{digits}"], env=exchange.environ))
    assert screen == []


@pytest.mark.parametrize("digits", ["1F" + "A3" * 30 + "7E", "1f" + "a3" * 30 + "7e"])
@pytest.mark.parametrize("prefix", ["0x", "0X", "pm:0x", "hl:0x", "https://polymarket.com/event/0x"])
def test_what_may_be_a_private_key_is_shown_as_typed_but_not_whole(
    prefix: str, digits: str, screen: list[tuple[Any, list[Instrument]]], exchange: Exchange
) -> None:
    told = refused(CliRunner().invoke(front.cli, ["watch", f"{prefix}{digits}"], env=exchange.environ))
    assert f"'{prefix}{digits[:4]}…{digits[-4:]}'" in told
    assert digits[5:25] not in told


@pytest.mark.parametrize("before", [1, 30, 60, 90])
def test_what_is_cut_is_covered_first(before: int, screen: list[tuple[Any, list[Instrument]]]) -> None:
    for typed in (f"{'x' * before}http://me:{'SESAME' * 20}@proxy", f"{'x' * before}0x{'5E5A3E' * 10}aaaa"):
        told = refused(invoke("watch", typed))
        assert "SESAME" not in told
        assert "5E5A3E5A3E" not in told


@pytest.mark.parametrize("arguments", [("watch", "--seed"), ("demo", "--seed"), ("sim", "--faults"), ("watch", "--ws")])
def test_a_private_key_at_any_other_place_is_not_repeated_either(arguments: tuple[str, str]) -> None:
    key = "1f" + "a3" * 30 + "7e"
    for spelt in (key, f"0x{key}", f"0X{key.upper()}"):
        assert key[5:25] not in refused(invoke(*arguments, spelt)).lower()


def test_a_venue_that_there_is_not_is_told_with_those_that_there_are() -> None:
    assert "no venue is called 'foo', there are pm:, hl:" in refused(invoke("watch", "foo:bar"))


def test_a_name_without_a_place_to_look_it_up_names_what_to_set(screen: list[tuple[Any, list[Instrument]]]) -> None:
    result = CliRunner().invoke(front.cli, ["watch", "some-market"], env={"WS_URL": "ws://127.0.0.1:9"})
    assert "set CLOB_API_URL or GAMMA_API_URL" in refused(result)
    assert screen == []


def test_no_answer_names_the_host(screen: list[tuple[Any, list[Instrument]]]) -> None:
    result = CliRunner().invoke(front.cli, ["watch", "some-market"], env={"CLOB_API_URL": "http://127.0.0.1:9"})
    assert "127.0.0.1:9" in refused(result, code=1)
    assert screen == []


def test_of_an_event_the_open_markets_are_watched() -> None:
    def pair(n: int, *, closed: bool) -> list[Instrument]:
        ids = [InstrumentId(f"v:{n}{side}") for side in "yn"]
        return [Instrument(ids[k], "v", f"{n}{'yn'[k]}", complement=ids[1 - k], closed=closed) for k in (0, 1)]

    many = [each for n in range(120) for each in pair(n, closed=n % 2 == 1)]
    chosen = watch.chosen("event", many)
    assert [each.symbol for each in chosen] == [f"{n}y" for n in range(0, 120, 2)]
    assert [each.symbol for each in watch.chosen("market", pair(1, closed=True))] == ["1y"]
    with pytest.raises(Wrong, match="closed"):
        watch.chosen("event", [*pair(1, closed=True), *pair(2, closed=True)])


def test_faults_are_asked_for_and_understood(exchange: Exchange) -> None:
    assert invoke("fault", exchange.rest_url, "at", "500", "mute", exchange.markets[0]["tokens"][0], "1").exit_code == 0
    assert invoke("fault", exchange.rest_url, "at 500 cut; at 501 cut").stdout == "at 500 cut\nat 501 cut\n"
    assert "'explode' is not a fault" in refused(invoke("fault", exchange.rest_url, "explode"))
    assert "127.0.0.1" in refused(invoke("fault", "http://example.invalid", "cut"))
    assert "on this machine" in refused(invoke("fault", "https://example.invalid", "cut"))
    assert "no simulated exchange answers" in refused(invoke("fault", "http://127.0.0.1:9", "cut"), code=1)
    assert "which fault? `pmtui fault` alone lists them" in refused(invoke("fault", exchange.rest_url))
    assert "`pmtui fault` alone lists" in " ".join(invoke("fault", "--help").stdout.split())
    assert invoke("fault").stdout.startswith("freeze SECONDS")


def test_a_plan_that_is_none_and_a_port_that_is_taken_are_one_line(exchange: Exchange) -> None:
    ended = process("sim", "--faults", "explode")
    assert ended.returncode == 2
    assert re.fullmatch(r"pmtui: --faults: 'explode' is not a fault.*\n", ended.stderr)
    ended = process("sim", "--port", exchange.ws_url.rpartition(":")[2])
    assert ended.returncode == 1
    assert re.fullmatch(r"pmtui: .*in use\n", ended.stderr)


# The demo


def test_the_demo_shows_every_market_of_its_own_exchange(
    screen: list[tuple[Any, list[Instrument]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pmtui.cli.screen.load", lambda: None)
    monkeypatch.setenv("WS_URL", "ws://example.invalid")  # none of its business
    result = invoke("demo", "--seed", "3", "--books", "2", "--log-level", "debug")
    assert result.exit_code == 0, result.output
    settings, targets = screen.pop()
    here = settings.addresses["polymarket"]
    assert here["socket"].startswith("ws://127.0.0.1:")
    assert here["clob"] == here["gamma"]
    assert settings.origins["ws_url"] == "demo"
    assert not any(settings.addresses["hyperliquid"].values())  # a demo needs no network
    assert len(targets) == 13
    assert all(each.title and each.outcome and each.complement for each in targets)


def test_an_exchange_that_does_not_start_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pmtui.cli.screen.load", lambda: None)
    monkeypatch.setattr("pmtui.cli.screen.need_terminal", lambda: None)
    monkeypatch.setattr(demo, "environment", lambda: {"PYTHONPATH": "/nonexistent", "HOME": "/nonexistent"})
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert "did not start" in refused(invoke("demo"), code=1)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_exchange_ends_with_whoever_started_it(number: signal.Signals) -> None:
    code = (
        "import time\nfrom pmtui.cli import demo\n"
        "with demo.exchange('--seed', '3') as told:\n"
        "    print(told()['rest_url'], flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:  # noqa: S603
        assert parent.stdout is not None
        where = parent.stdout.readline().strip()
        parent.send_signal(number)
        parent.wait(30)
    deadline = time.monotonic() + 30
    while "no simulated exchange" not in invoke("fault", where, "cut").stderr:
        assert time.monotonic() < deadline, "the exchange has outlived its parent"
        time.sleep(0.02)


# On a terminal


def on_terminal(code: str, environ: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Exit code and everything that a terminal was sent."""
    child, terminal = pty.fork()
    if child == 0:
        os.closerange(3, 1_024)  # what whoever runs the tests has left open is no file of the program's
        os.execve(sys.executable, [sys.executable, "-c", code], {**os.environ, **(environ or {})})  # noqa: S606
    sent = b""
    hangs = threading.Timer(30, os.kill, (child, signal.SIGKILL))
    hangs.start()
    try:
        while part := os.read(terminal, 65_536):
            sent += part
    except OSError:
        pass  # the end of a terminal
    hangs.cancel()
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), sent.decode()


SCREEN = (
    "import sys, types\n"
    "app = types.ModuleType('pmtui.ui.app')\n"
    "exec('''{body}''', app.__dict__)\n"
    "sys.modules['pmtui.ui.app'] = app\n"
    "sys.argv[1:] = {arguments!r}\n"
    "from pmtui.__main__ import main\n"
    "main()\n"
)


def test_on_a_terminal_the_screen_runs_and_its_code_is_ours(tmp_path: Path) -> None:
    body = "import logging\ndef run(*_, **__):\n    logging.getLogger('x').warning('seen')\n    return 5\n"
    arguments = ["watch", TOKEN, "--log", str(tmp_path / "log")]
    assert on_terminal(SCREEN.format(body=body, arguments=arguments)) == (5, "")
    assert (tmp_path / "log").read_text().endswith("x: seen\n")


def test_a_terminal_that_cannot_be_written_to_is_told_in_one_line() -> None:
    only_read = (
        "import os\n"
        "os.dup2(os.open(os.ttyname(1), os.O_RDONLY), 1)\n"
        "def refused(*_): raise PermissionError(13, 'Permission denied')\n"
        "from pmtui.ui import terminal\n"
        "terminal.os = types.SimpleNamespace(**{**vars(os), 'open': refused})\n"
    )
    program = SCREEN.format(body="", arguments=["watch", TOKEN]).replace(
        "from pmtui.__main__", f"{only_read}from pmtui.__main__"
    )
    words = "pmtui: output is a terminal that cannot be written to: Bad file descriptor\r\n"
    assert on_terminal(program) == (2, words)


def test_a_look_up_that_hangs_in_a_thread_does_not_hold_the_exit() -> None:
    body = (
        "import threading, time, concurrent.futures\n"
        "def run(*_, **__):\n"
        "    concurrent.futures.ThreadPoolExecutor().submit(time.sleep, 3600)\n"
        "    threading.Thread(target=time.sleep, args=(3600,)).start()\n"
        "    return 0\n"
    )
    assert on_terminal(SCREEN.format(body=body, arguments=["watch", TOKEN])) == (0, "")


def test_a_log_that_is_not_ours_is_refused_before_the_screen(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine\n")
    body = "def run(*_, **__):\n    print('screen')\n"
    code, sent = on_terminal(SCREEN.format(body=body, arguments=["watch", TOKEN, "--log", str(tmp_path / "notes")]))
    assert code == 2
    assert re.fullmatch(r"pmtui: --log: notes exists and is not a log of pmtui: it is left alone\r\n", sent)


def test_a_log_that_another_session_writes_is_left_to_it_and_that_is_said(tmp_path: Path) -> None:
    first = log_file(tmp_path / "my.log")
    body = "def run(settings, targets, begin, notices):\n    print('screen:', *notices)\n    return 0\n"
    code = SCREEN.format(body=body, arguments=["watch", TOKEN, "--log", str(tmp_path / "my.log")])
    status, sent = on_terminal(code)
    first.close()
    words = "another session writes my.log: the log of this one is my-2.log"
    assert (status, sent.splitlines()) == (0, [f"pmtui: {words}", f"screen: {words}"])
    assert (tmp_path / "my-2.log").exists()


FEW = """
import resource, signal, sys
signal.alarm(15)  # a screen would wait for ever
resource.setrlimit(resource.RLIMIT_NOFILE, ({files}, {files}))
sys.argv = ["pmtui", *{arguments}]
from pmtui.__main__ import main
main()
"""


@pytest.mark.parametrize("files", range(5, 12))
@pytest.mark.parametrize("arguments", [["watch", TOKEN], ["demo"]])
def test_where_no_more_files_may_be_open_there_is_one_line_and_no_screen(files: int, arguments: list[str]) -> None:
    code, sent = on_terminal(FEW.format(files=files, arguments=arguments), {"WS_URL": "ws://127.0.0.1:9"})
    assert (code, sent) == (1, "pmtui: no more files may be open here (ulimit -n)\r\n")


def test_room_for_a_screen_is_looked_for_and_given_back() -> None:
    code = SCREEN.format(body="def run(*_, **__):\n    return 5\n", arguments=["watch", TOKEN])
    few = "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))\n"
    assert on_terminal(few + code) == (5, "")


def test_a_screen_that_fails_is_told_once_and_without_what_is_secret() -> None:
    body = "def run(*_, **__):\n    raise RuntimeError('hunter2-hunter2')\n"
    secret = {"PMTUI_TEST_API_SECRET": "hunter2-hunter2"}
    code, sent = on_terminal(SCREEN.format(body=body, arguments=["watch", TOKEN]), secret)
    assert code == 1
    assert sent.count("RuntimeError") == 1
    assert "hunter2" not in sent


def test_a_variable_that_gives_link_keys_away_is_warned_about(tmp_path: Path) -> None:
    body = "def run(settings, targets, begin, notices):\n    print('screen:', *notices)\n    return 0\n"
    code = SCREEN.format(body=body, arguments=["watch", TOKEN])
    status, sent = on_terminal(code, {"SSLKEYLOGFILE": str(tmp_path / "keys")})
    assert status == 0
    before, on_it = sent.splitlines()
    assert before.startswith("pmtui: SSLKEYLOGFILE is set")
    assert on_it == before.replace("pmtui:", "screen:")
    assert not (tmp_path / "keys").exists()


def test_ctrl_c_while_the_program_is_still_loading_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys, "argv", ["pmtui", "watch"])
    monkeypatch.setattr("gc.disable", lambda: None)
    monkeypatch.setattr("pmtui.cli.run", pressed)
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 130
