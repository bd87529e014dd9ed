"""Settings: who wins, what is refused, and that no refusal repeats the value."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from pmtui.checks import AXES, LARGEST_FILE, SCALES, THEMES, Refused, address, log_path
from pmtui.config import OPTIONS, Settings, described, file_path, is_plain_terminal, read_file, resolve, state_path
from pmtui.core.ladder import Mode
from pmtui.core.offer import Entry, Offer, Place
from pmtui.ui.rungs import Scale

OFFER = Offer(
    name="north",
    title="North",
    prefixes=("north",),
    bare=True,
    names="names",
    example="pmtui watch north:RAIN",
    has=(),
    limits=(),
    places=(
        Place("socket", "ws_url", "WS_URL", "ws", "wss://sockets.example", "Sockets"),
        Place("clob", "clob_url", "CLOB_API_URL", "http", "https://rest.example", "REST"),
        Place("gamma", "gamma_url", "GAMMA_API_URL", "http", "https://names.example", "Names", follows="clob_url"),
    ),
    entry=Entry(()),
)
OWN = {place.key: place.own for place in OFFER.places}


def settled(**given: dict[str, object]) -> Settings:
    return resolve(
        given.get("flags"),
        {name: str(value) for name, value in given.get("environ", {}).items()},
        given.get("file"),
        defaults={},
        offers=[OFFER],
    )


# Who wins


def test_flags_win_over_the_environment_over_the_file_over_the_defaults() -> None:
    flags: dict[str, object] = {"theme": "light"}
    environ: dict[str, object] = {"PMTUI_THEME": "dark", "PMTUI_LOG_LEVEL": "DEBUG"}
    file: dict[str, object] = {"theme": "plain", "log_level": "error", "bell": False}
    settings = settled(flags=flags, environ=environ, file=file)
    assert (settings.theme, settings.log_level, settings.bell, settings.compress) == ("light", "debug", False, False)
    assert settings.origins["theme"] == "--theme"
    assert settings.origins["log_level"] == "PMTUI_LOG_LEVEL"
    assert settings.origins["bell"] == "bell in the settings file"
    assert settings.origins["compress"] == "default"


def test_an_empty_variable_is_absent() -> None:
    assert settled(environ={"WS_URL": ""}).addresses["north"]["socket"] == OWN["socket"]


def test_the_catalogue_follows_rest_unless_it_was_set_itself() -> None:
    here: dict[str, object] = {"CLOB_API_URL": "http://127.0.0.1:8766"}
    assert settled(environ=here).addresses["north"]["gamma"] == "http://127.0.0.1:8766"
    assert settled(environ=here).origins["gamma_url"] == "follows CLOB_API_URL"
    assert (
        settled(environ={**here, "GAMMA_API_URL": "https://mirror.example"}).addresses["north"]["gamma"]
        == "https://mirror.example"
    )
    assert settled().addresses["north"]["gamma"] == OWN["gamma"]


def test_a_command_can_keep_a_setting_to_itself() -> None:
    settings = resolve({}, {"WS_URL": "nonsense"}, {}, defaults={}, offers=[OFFER], without=("ws_url",))
    assert settings.addresses["north"]["socket"] == OWN["socket"]


def test_every_setting_can_be_printed_with_its_origin() -> None:
    rows = described(settled(flags={"ascii": True}))
    assert [row[0] for row in rows] == [option.key for option in OPTIONS.values()]
    assert ("ascii", "true", "--ascii") in rows
    assert ("log", "-", "default") in rows


def test_the_refusal_names_who_set_it_and_not_what() -> None:
    with pytest.raises(Refused, match=r"^WS_URL: .*user name") as refused:
        settled(environ={"WS_URL": "wss://me:hunter2@host"})
    assert "hunter2" not in str(refused.value)


# Addresses


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("wss://ws-subscriptions-clob.polymarket.com", "wss://ws-subscriptions-clob.polymarket.com"),
        ("wss://host.example/", "wss://host.example"),
        ("WSS://Host.Example:443", "wss://host.example:443"),
        ("wss://192.0.2.7:9000", "wss://192.0.2.7:9000"),
        ("wss://[2001:db8::7]:9000", "wss://[2001:db8::7]:9000"),
        ("wss://localhost:9000", "wss://localhost:9000"),
        ("ws://127.0.0.1", "ws://127.0.0.1"),
        ("ws://127.0.0.1:8765/", "ws://127.0.0.1:8765"),
        ("ws://[::1]:8765", "ws://[::1]:8765"),
        ("ws://localhost:8765", "ws://127.0.0.1:8765"),
    ],
)
def test_safe_addresses_are_accepted(text: str, expected: str) -> None:
    assert address(text, plain="ws") == expected


UNSAFE = {
    "plain to a remote host": "ws://host.example",
    "plain to a remote number": "ws://192.0.2.7",
    "begins like this machine": "ws://localhost.evil.invalid",
    "begins like its number": "ws://127.0.0.1.evil.invalid",
    "another of its numbers": "ws://127.0.0.2",
    "all interfaces": "ws://0.0.0.0:8765",
    "all interfaces, encrypted": "wss://0.0.0.0",
    "one number": "ws://2130706433",
    "one number, encrypted": "wss://2130706433",
    "hexadecimal": "ws://0x7f000001",
    "hexadecimal part": "wss://127.0.0.0x1",
    "octal": "wss://0177.0.0.1",
    "short": "wss://127.1",
    "mapped": "wss://[::ffff:127.0.0.1]",
    "long form of one": "ws://[0:0:0:0:0:0:0:1]",
    "scope": "wss://[fe80::1%25eth0]",
    "unspecified six": "wss://[::]",
    "user": "wss://me@host.example",
    "user and password": "wss://me:hunter2@host.example",
    "user hiding the host": "wss://127.0.0.1:80@evil.invalid",
    "backslash hiding the host": "wss://evil.invalid\\@127.0.0.1",
    "another scheme": "https://host.example",
    "file": "file:///etc/passwd",
    "javascript": "javascript:alert(1)",
    "no scheme": "host.example",
    "nothing": "",
    "no host": "wss://",
    "no host but a port": "wss://:443",
    "port zero": "wss://host.example:0",
    "port too large": "wss://host.example:99999",
    "port with zeros": "wss://host.example:0443",
    "port with a sign": "wss://host.example:+443",
    "port of another script": "wss://host.example:٤٤٣",
    "port empty": "wss://host.example:",
    "newline": "wss://host.example\n",
    "newline inside": "wss://host\n.example",
    "tab": "wss://host.example\t",
    "escape": "wss://host.example\x1b[2J",
    "zero": "wss://host.example\0.evil.invalid",
    "delete": "wss://host.example\x7f",
    "blank": "wss://host.example ",
    "fragment": "wss://host.example#x",
    "query": "wss://host.example?x=1",
    "path": "wss://host.example/ws/market",
    "percent": "wss://host%2eexample",
    "10 kB": f"wss://{'a' * 10_000}.example",
    "label too long": f"wss://{'a' * 64}.example",
    "look-alike letters": "wss://p\u043elymarket.com",
    "look-alike dot": "wss://polymarket\u3002com",
    "full width": "wss://\uff50olymarket.com",
    "punycode": "wss://xn--plymarket-m6h.com",
    "punycode part": "wss://api.xn--plymarket-m6h.com",
    "dot at the end": "wss://host.example.",
    "two dots": "wss://host..example",
    "hyphen first": "wss://-host.example",
    "underscore": "wss://ho_st.example",
    "brackets that do not end": "wss://[::1",
    "brackets around a name": "wss://[localhost]",
}


@pytest.mark.parametrize("text", UNSAFE.values(), ids=list(UNSAFE))
def test_unsafe_addresses_are_refused_in_one_line_that_does_not_repeat_them(text: str) -> None:
    with pytest.raises(Refused) as refused:
        address(text, plain="ws")
    told = str(refused.value)
    assert told.isprintable()
    assert "hunter2" not in told
    assert "evil" not in told
    assert len(told) < 120
    assert told.endswith(". Try: ws://127.0.0.1:8765")


@pytest.mark.parametrize("port", ["notaport", "99999", "0", ""])
def test_a_wrong_port_is_told_as_one(port: str) -> None:
    for place in OFFER.places:
        with pytest.raises(Refused) as refused:
            settled(environ={place.variable: f"{place.scheme}://127.0.0.1:{port}"})
        assert str(refused.value) == (
            f"{place.variable}: a port is a number from 1 to 65535. Try: {place.scheme}://127.0.0.1:8765"
        )


def test_a_missing_host_is_told_as_one() -> None:
    for text in ("wss://", "wss:///", "wss://:443"):
        with pytest.raises(Refused, match="an address has a host"):
            address(text, plain="ws")


def test_rest_has_its_own_schemes() -> None:
    assert address("http://127.0.0.1:8766", plain="http") == "http://127.0.0.1:8766"
    assert address("https://clob.polymarket.com/", plain="http") == "https://clob.polymarket.com"
    for text in ("http://clob.polymarket.com", "ws://127.0.0.1", "wss://host.example"):
        with pytest.raises(Refused):
            address(text, plain="http")


# The log file


def test_a_new_name_and_a_file_of_ours_are_accepted(tmp_path: Path) -> None:
    assert log_path(str(tmp_path / "new.log")) == tmp_path / "new.log"
    (tmp_path / "old.log").touch()
    assert log_path(str(tmp_path / "old.log")) == tmp_path / "old.log"
    assert log_path("") is None


def test_dangerous_file_names_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
    os.link(tmp_path / "file", tmp_path / "twin")
    here = [str(tmp_path / name) for name in ("folder", "link", "dangling", "pipe", "socket", "twin", "file/x", "no/x")]
    names = ["../x", f"{tmp_path}/../x", "a\0b", "a\x1b[2Jb", "a\nb", "a\u202eb", "/dev/null", "/dev/tty", "-x", "a/-x"]
    for name in [*here, *names, "x" * 300, f"{tmp_path}/new/", "/", "."]:
        with pytest.raises(Refused) as refused:
            log_path(name)
        assert str(refused.value).isprintable(), name


@pytest.mark.parametrize("name", ["~hunter2/log", "~hunter2", " ", "   "])
def test_a_name_that_means_no_file_is_refused(name: str) -> None:
    with pytest.raises(Refused, match=r"home folder|more than blanks") as refused:
        log_path(name)
    assert "hunter2" not in str(refused.value)


def test_a_home_that_is_not_known_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "~hunter2")
    with pytest.raises(Refused, match="home folder"):
        log_path("~/log")


def test_a_folder_that_may_not_be_looked_into_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", f"{tmp_path}/{'x' * 5_000}")
    with pytest.raises(Refused, match="cannot be looked at: File name too long"):
        log_path("~/log")


# The user's own file


def file_of(folder: Path, text: str | bytes) -> Path:
    path = folder / "config.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_the_file_is_read(tmp_path: Path) -> None:
    path = file_of(tmp_path, 'ws_url = "wss://host.example"\nascii = true\n')
    assert read_file(path, [OFFER]) == {"ws_url": "wss://host.example", "ascii": True}


def test_a_mark_of_the_byte_order_before_the_first_line_is_no_part_of_it(tmp_path: Path) -> None:
    assert read_file(file_of(tmp_path, b"\xef\xbb\xbfascii = true\n"), [OFFER]) == {"ascii": True}


def test_no_file_is_no_setting(tmp_path: Path) -> None:
    assert read_file(tmp_path / "none.toml") == {}
    assert read_file(None) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hunter2_key = 1", "unknown key"),
        ("sekret_name = 1", "unknown key 'sekret_name'"),
        ("[theme]\nhunter2 = 1", "text in quotes"),
        ("theme = 7", "text in quotes"),
        ('theme = ["hunter2"]', "text in quotes"),
        ('ascii = "hunter2"', "true or false"),
        ("ascii = 1", "true or false"),
        ("theme = hunter2", "not TOML, see line 1"),
        ('theme = "hunter2', "not TOML"),
        ("x = " + "[" * 5_000, "not TOML"),
        (b"theme = '\xff'", "not UTF-8"),
        (b"#" * (LARGEST_FILE + 1), "over 1 MB"),
    ],
)
def test_a_bad_file_is_refused_without_its_values(tmp_path: Path, text: str | bytes, expected: str) -> None:
    with pytest.raises(Refused, match=expected) as refused:
        read_file(file_of(tmp_path, text))
    assert "hunter2" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "config.toml")
    with pytest.raises(Refused, match="plain file"):
        read_file(tmp_path / "config.toml")


def test_the_current_folder_is_never_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", "")
    monkeypatch.setenv("HOME", "/nonexistent")
    path = file_path()
    assert path is None or tmp_path not in path.parents
    monkeypatch.setenv("XDG_CONFIG_HOME", ".")
    path = file_path()
    assert path is None or not path.is_relative_to(tmp_path)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("log_level", "loud"),
        ("log_level", 7),
        ("theme", "a b"),
        ("theme", "x" * 50),
        ("theme", False),
        ("axis", "sideways"),
        ("axis", ""),
        ("scale", "logarithmic"),
        ("scale", 7),
        ("flash", "maybe"),
        ("remember", 7),
        ("state_file", "../choices.json"),
        ("ascii", "maybe"),
        ("clob_url", 7),
        ("log_file", 7),
    ],
)
def test_other_wrong_values_are_refused(option: str, value: object) -> None:
    with pytest.raises(Refused):
        settled(flags={option: value})


# Looks


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        *((name, name) for name in THEMES),
        *((f"pmtui-{name}", name) for name in THEMES),
        ("color-blind", "colour-blind"),
        ("Light", "light"),
        ("", ""),
    ],
)
def test_a_theme_goes_by_its_short_name_and_by_its_full_one(said: str, meant: str) -> None:
    assert settled(flags={"theme": said}).theme == meant


def test_the_words_for_the_ladder_are_the_ladders_own() -> None:
    assert tuple(each.value for each in Mode) == AXES
    assert tuple(each.value for each in Scale) == SCALES


def test_the_ladder_and_the_banner_can_be_set() -> None:
    assert [settled(flags={"axis": each}).axis for each in AXES] == ["static", "follow", "levels"]
    assert [settled(environ={"PMTUI_SCALE": each.upper()}).scale for each in SCALES] == ["linear", "sqrt", "log"]
    assert settled(file={"flash": False}).flash is False
    own = settled()
    assert (own.axis, own.scale, own.flash, own.bell, own.remember) == ("static", "linear", True, True, True)


@pytest.mark.parametrize(
    ("option", "words"),
    [("theme", "dark, light, colour-blind, plain"), ("axis", ", ".join(AXES)), ("scale", ", ".join(SCALES))],
)
def test_a_word_that_is_none_of_a_list_is_answered_with_the_list(option: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        settled(environ={f"PMTUI_{option.upper()}": "hunter2"})
    told = str(refused.value)
    assert told.startswith(f"PMTUI_{option.upper()}: ")
    assert told.endswith(f" is one of {words}")


def test_choices_are_remembered_in_the_state_folder_and_never_in_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert state_path() == tmp_path / "state" / "pmtui" / "choices.json"
    monkeypatch.setenv("XDG_STATE_HOME", ".")
    path = state_path()
    assert path is None or not path.is_relative_to(tmp_path)


# What the terminal can show


@pytest.mark.parametrize(
    ("environ", "plain"),
    [
        ({}, False),
        ({"LANG": "de_DE.UTF-8"}, False),
        ({"LANG": "en_US.utf8", "TERM": "xterm"}, False),
        ({"LANG": "de_DE"}, False),
        ({"LANG": "en_US.ISO-8859-1"}, True),
        ({"LANG": "C"}, True),
        ({"LC_ALL": "POSIX", "LANG": "en_US.UTF-8"}, True),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, True),
        ({"LC_CTYPE": "C.UTF-8"}, False),
        ({"LANG": "en_US.UTF-8", "TERM": "dumb"}, True),
    ],
)
def test_a_terminal_that_says_so_gets_plain_ascii(environ: dict[str, str], plain: bool) -> None:
    assert is_plain_terminal(environ) is plain
