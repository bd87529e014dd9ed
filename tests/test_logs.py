"""The log: one record is one line, no secret gets in, and no file but our own is touched."""

from __future__ import annotations

import logging
import os
import re
import stat
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui import logfile, logs
from pmtui.config import Refused
from pmtui.logfile import LogFile
from pmtui.logs import KEPT, MASK, Logs, OneLine, Ring, Secrets, one_line, safe

SECRET = "hunter2-open/sesame+seven tail-hunter9"  # noqa: S105 - everybody's
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [A-Z]+ +[\w.]+: .*")

log = logging.getLogger("pmtui.test")


@pytest.fixture(autouse=True)
def own_logging(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave logging as it was found."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    monkeypatch.setattr(logging, "raiseExceptions", logging.raiseExceptions)
    monkeypatch.setattr(logging, "lastResort", logging.lastResort)
    monkeypatch.setattr(logs, "SECRETS", Secrets())
    yield
    logging.captureWarnings(False)
    root.handlers[:] = before
    root.setLevel(level)


def written(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


# One line


@given(st.text())
def test_whatever_is_logged_stays_on_one_line_and_moves_nothing(text: str) -> None:
    line = one_line(text)
    assert line.isprintable()
    assert line.splitlines() in ([], [line])


@pytest.mark.parametrize(
    "char", ["\x1b", "\0", "\x7f", "\x9b", "\u202e", "\u2066", "\u200b", "\ufeff", "\u2028", "\ud800", "\u3164"]
)
def test_hostile_characters_become_escapes(char: str) -> None:
    line = one_line(f"a{char}b")
    assert re.fullmatch(r"a\\[xu][0-9a-f]+b", line)


def test_letters_of_any_language_stay() -> None:
    assert one_line("Wird es regnen? はい · é") == "Wird es regnen? はい · é"


def test_a_line_cannot_be_forged(tmp_path: Path) -> None:
    opened = Logs(tmp_path / "log")
    log.info("title\r\n2026-01-01T00:00:00.000Z ERROR   pmtui: forged")
    opened.finish()
    (line,) = written(tmp_path / "log")
    assert LINE.fullmatch(line)
    assert r"title\r\n2026" in line


def test_a_traceback_is_one_line_without_values(tmp_path: Path) -> None:
    opened = Logs(tmp_path / "log", secrets=[SECRET])
    try:
        int(SECRET)
    except ValueError:
        log.exception("it failed with %s", SECRET)
    opened.finish()
    (line,) = written(tmp_path / "log")
    assert "ValueError: invalid" in line
    assert "hunter2" not in line


def test_a_huge_record_is_cut() -> None:
    ring = Ring()
    ring.handle(logging.LogRecord("pmtui", logging.INFO, "", 0, "x" * 10**6, None, None))
    assert len(ring.lines()[0]) < 25_000


# Secrets


def test_a_known_secret_is_masked_in_every_form() -> None:
    secrets = Secrets()
    secrets.add(SECRET)
    raw = SECRET.encode()
    forms = [
        SECRET,
        raw.hex(),
        raw.hex().upper(),
        b64encode(raw).decode(),
        urlsafe_b64encode(raw).decode(),
        quote(SECRET),
    ]
    forms += [
        quote(SECRET, safe=""),
        b64encode(b"user:" + raw).decode(),
        b64encode(b"ab" + raw + b"c").decode(),
        repr(SECRET),
    ]
    forms += [f"{SECRET[:8]}…", f"…{SECRET[-8:]}", quote_plus(SECRET)]
    for form in forms:
        masked = secrets.mask(f"before {form} after")
        assert MASK in masked, form
        assert masked.startswith("before ")
        assert masked.endswith(" after")
        for part in (SECRET, raw.hex(), b64encode(raw).decode()[4:-4]):
            assert part not in masked


def test_an_api_secret_is_masked_by_what_it_encodes() -> None:
    secrets = Secrets()
    key = bytes(range(200, 232))
    secrets.add(urlsafe_b64encode(key).decode())
    assert MASK in secrets.mask(key.hex())
    assert MASK in secrets.mask(b64encode(key).decode())


@pytest.mark.parametrize(
    "text",
    [
        '{"apiKey": "SESAME open", "secret": "SESAME", "passphrase": "a SESAME b"}',
        r'"{\"secret\": \"SESAME open\"}"',
        "{'api_key': b'SESAME'}",
        "POLY_SIGNATURE: SESAME",
        "[('POLY_PASSPHRASE', 'SESAME'), ('POLY_API_KEY', 'SESAME')]",
        "Authorization: Bearer SESAME.SESAME",
        "{'proxy-authorization': 'Basic SESAME'}",
        "CLOB_SECRET=SESAME",
        "privateKey=SESAME",
        '"owner":"SESAME"',
        "https://me:SESAME@proxy.example:3128",
    ],
)
def test_what_is_named_like_a_secret_is_masked_without_being_known(text: str) -> None:
    masked = Secrets().mask(text)
    assert "SESAME" not in masked
    assert MASK in masked


def test_token_ids_and_ordinary_words_stay() -> None:
    text = 'asset_id: "7132…9401" market 0xabc price 0.52 the secretary owns keys; token: 71321'
    assert Secrets().mask(text) == text


def test_credentials_of_the_environment_are_known() -> None:
    environ = {
        "CLOB_SECRET": "one",
        "POLY_API_KEY": "two",
        "RPC_TOKEN": "three",
        "PK": "four",
        "PATH": "five",
        "HOME": "six",
    }
    assert logs.credentials_in(environ) == ["one", "two", "three", "four"]


def test_text_for_a_person_keeps_its_lines_and_nothing_else() -> None:
    logs.SECRETS.add(SECRET)
    assert safe(f"a {SECRET}\n\x1b[2Jb") == f"a {MASK}\n\\x1b[2Jb"


# Where it goes


def test_without_a_file_the_last_lines_are_kept_in_memory(capfd: pytest.CaptureFixture[str]) -> None:
    opened = Logs()
    for n in range(KEPT + 50):
        log.info("line %d", n)
    log.debug("too detailed")
    lines = opened.lines()
    assert len(lines) == KEPT
    assert lines[-1].endswith(f"line {KEPT + 49}")
    assert opened.ring.total == KEPT + 50
    assert capfd.readouterr() == ("", "")


def test_libraries_never_print_frames() -> None:
    opened = Logs(level="debug")
    for name in ("websockets.client", "httpx", "httpcore.connection"):
        logging.getLogger(name).debug("frame with SESAME")
    logging.getLogger("httpx").info("request with SESAME")
    assert opened.lines() == []


def test_nothing_reaches_the_terminal_even_when_logging_fails(capfd: pytest.CaptureFixture[str]) -> None:
    import warnings

    opened = Logs()
    log.info("%d", "not a number")
    warnings.warn("look here", stacklevel=1)
    opened.finish()
    log.error("after the end")
    assert capfd.readouterr() == ("", "")


def test_the_file_is_ours_alone_and_is_added_to(tmp_path: Path) -> None:
    path = tmp_path / "log"
    for word in ("first", "second"):
        opened = Logs(path)
        log.warning(word)
        opened.finish()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [line.rpartition(" ")[2] for line in written(path)] == ["first", "second"]


def test_the_file_is_rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logfile, "FILE_SIZE", 1_000)
    opened = Logs(tmp_path / "log")
    for n in range(100):
        log.info("line %d", n)
    opened.finish(5)
    files = sorted(tmp_path.iterdir())
    assert [each.name for each in files] == ["log", "log.1", "log.2", "log.3", "log.4"]
    assert all(stat.S_IMODE(each.stat().st_mode) == 0o600 and each.stat().st_size <= 1_000 for each in files)
    assert written(tmp_path / "log")[-1].endswith("line 99")


@pytest.mark.parametrize("name", ["log", "log.1"])
def test_somebody_elses_text_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("export PATH=/bin\n")
    with pytest.raises(Refused, match="left alone"):
        LogFile(tmp_path / "log")
    assert (tmp_path / name).read_text() == "export PATH=/bin\n"


def test_a_link_is_not_followed_even_when_it_appears_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logfile, "_check_log", lambda _: None)
    (tmp_path / "log").symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match="symbolic links"):
        LogFile(tmp_path / "log")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="No such device"):
        LogFile(tmp_path / "pipe")
    assert not (tmp_path / "target").exists()


def test_a_stuck_disk_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = Event()
    monkeypatch.setattr(LogFile, "emit", lambda *_: stuck.wait(10))
    monkeypatch.setattr(logfile, "_QUEUE", 10)
    opened = Logs(tmp_path / "log")
    for n in range(100):
        log.info("line %d", n)
    opened.finish(0.05)
    stuck.set()
    assert opened.lines()[-1].endswith("line 99")


def test_the_time_is_universal() -> None:
    record = logging.LogRecord("pmtui", logging.INFO, "", 0, "x", None, None)
    record.created, record.msecs = 1_700_000_000.5, 500
    assert OneLine().format(record) == "2023-11-14T22:13:20.500Z INFO    pmtui: x"
