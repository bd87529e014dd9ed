"""The log: one record is one line, no secret gets in, and no file but our own is touched."""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import re
import stat
import subprocess
import sys
import threading
import time
import traceback
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui import logfile, logs
from pmtui.checks import Refused
from pmtui.logfile import LogFile, log_file
from pmtui.logs import KEPT, Logs, OneLine, Ring, one_line, safe
from pmtui.masks import MASK, Secrets, names_credential, shapeless
from tests.effort import effort
from tests.secrets import CANARIES, CANARY_KEY, CANARY_PASSPHRASE, CANARY_SECRET, assert_clean, forms, leaks

SECRET = "hunter2-open/sesame+seven tail-hunter9"  # noqa: S105 - everybody's
ROOT = Path(__file__).parents[1]
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
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
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
        "https://me:a/b@SESAME@proxy.example",
        "me:SESAME@10.0.0.1:8080 isn't a valid proxy",
        "'HTTPS_PROXY=me:SESAME@proxy.example'",
        "socks9://me:SESAME#1@10.0.0.1:8080",
        "http://me:p@SES/SESAME@proxy:80",
        "'http://me:12/SESAME@x@proxy:80': not found",
        "me:p@SES/SESAME@proxy:80",
        "http://me:p/a@x SESAME@y@proxy:80",
        "http://me:1SESAME x@proxy",
        "http://m/e:p@SESAME@proxy",
        "http://SESAME/x@y@proxy",
        "http://a@SESAME:x/y@proxy",
        "http://polymarket.com/@x:SESAME@proxy",
    ],
)
def test_what_is_named_like_a_secret_is_masked_without_being_known(text: str) -> None:
    masked = Secrets().mask(text)
    assert "SESAME" not in masked
    assert MASK in masked


@pytest.mark.parametrize(
    "text",
    [
        "https://polymarket.com/@somebody",
        "'https://polymarket.com/@somebody': no market of this name",
        "hl:@107",
        "'hl:@107': nothing there",
        "http://127.0.0.1:8080/x@y",
        "wss://127.0.0.1:8080: connection refused, hl:@107",
        "connecting at 12:30:01 @ home",
        '{"image":"https://a.example/b.png","name":"me@home"}',
    ],
)
def test_a_sign_that_also_stands_before_hosts_is_no_secret(text: str) -> None:
    assert Secrets().mask(text) == text


@pytest.mark.parametrize("form", ["https://{}:{}@proxy.example", "x://{}:/{}@proxy.example", "'{}:{}@proxy.example"])
def test_a_long_name_and_a_long_password_before_a_host_are_masked(form: str) -> None:
    masked = Secrets().mask(form.format("SESAME" * 170, "open:(SESAME" * 85))
    assert "SESAME" not in masked
    assert masked.endswith(f"{MASK}@proxy.example")


@pytest.mark.parametrize(
    "part",
    [
        "://a:",
        "a:(",
        '"a:',
        "://",
        "(a:b",
        "a@b:c@",
        "://a:1/",
        "=a",
        "a",
        "@",
        "://a.b",
        "://a.b/@",
        "://1.1.1.1/",
        "/a",
    ],
)
@pytest.mark.parametrize("end", ["", "@a", " @a"])
def test_a_text_without_an_end_is_masked_in_a_time_that_grows_with_its_length(part: str, end: str) -> None:
    few, many = (part * (length // len(part)) + end for length in (2_500, 20_000))
    # Eight times as much: the square of it would be sixty-four times the work.
    most = 24 * effort(lambda: Secrets().mask(few))
    assert effort(lambda: Secrets().mask(many), tries=2, below=most) < most


@pytest.mark.parametrize("text", ["bob:hunter2@10.0.0.1:8080", "htp://bob:hunter2@10.0.0.1", "http://hunter2@a"])
def test_the_password_of_a_proxy_is_masked_wherever_it_stands(text: str) -> None:
    logs.hide_proxies({"HTTPS_PROXY": text, "NO_PROXY": "10.0.0.1", "HOME": "/home/10.0.0.1"})
    assert safe("it failed: hunter2") == f"it failed: {MASK}"
    assert safe("it failed: 10.0.0.1") == "it failed: 10.0.0.1"


@pytest.mark.parametrize(
    "text",
    ["http://me@x:p@tulip/w@proxy", "me:a/b@tulip#c@proxy", "http://me:tulip://b@proxy", "http://me:a://tulip@proxy"],
)
def test_what_any_reading_takes_for_a_part_of_a_password_of_a_proxy_is_masked(text: str) -> None:
    logs.hide_proxies({"HTTPS_PROXY": text})
    assert "tulip" not in safe(f"cannot connect to {text}, no host 'tulip'")
    assert safe("me at the host proxy") == "me at the host proxy"


ALL_FORMS = [(what, name) for what, canary in CANARIES.items() for name in forms(canary)]


@pytest.mark.parametrize(("what", "name"), ALL_FORMS, ids=[" ".join(each) for each in ALL_FORMS])
def test_a_canary_is_seen_in_every_form_and_gone_from_a_line(what: str, name: str) -> None:
    form = forms(CANARIES[what])[name].decode(errors="backslashreplace")
    assert leaks(form.encode())
    logs.hide(CANARIES[what])
    for text in (form, f"before {form} after", json.dumps(form), f"\x1b[1m{form[:9]}\x1b[0m{form[9:]}"):
        assert_clean(safe(text))
    assert safe(f"before  {form}  after").startswith("before  ")


def test_the_look_for_canaries_finds_nothing_in_what_is_harmless() -> None:
    ids = "".join(hashlib.sha256(bytes([number])).hexdigest() for number in range(200))
    assert_clean(f"{ids} 71321045679252212594626385532706912750332728571942532289631379312455583992563 {MASK}")
    with pytest.raises(AssertionError, match=re.escape("leaked: key (shortened)")) as told:
        assert_clean(f"the key {CANARY_KEY[:8]}…")
    assert_clean(str(told.value))


@given(st.text(min_size=4), st.integers(0, 100), st.integers(8, 100))
def test_any_eight_letters_or_digits_of_a_secret_are_masked(around: str, start: int, length: int) -> None:
    secrets = Secrets()
    secrets.add(*CANARIES.values())
    for canary in CANARIES.values():
        piece = re.sub(r"[^0-9A-Za-z]", "", canary)[start : start + length]
        masked = secrets.mask(f"{around} {piece} {around}")
        assert len(piece) < 8 or piece not in masked


@given(st.text(alphabet="!$%&/()=?*+~#-_.:;<>| "), st.text())
def test_a_secret_of_signs_alone_or_of_any_letters_is_masked(signs: str, letters: str) -> None:
    for secret in (f"-!{signs}!-=*{signs}", f"{letters}ÄÖÜßñé漢字"):
        secrets = Secrets()
        secrets.add(secret)
        assert secret not in secrets.mask(f"x {secret} y {secret}") or len(secret) < 8


def test_a_short_secret_is_masked_when_somebody_says_that_it_is_one() -> None:
    logs.SECRETS.add("tulip")
    assert safe("a tulip") == "a tulip"
    logs.hide("tulip")
    assert safe("a tulip") == f"a {MASK}"


def test_an_endless_secret_costs_little_and_is_masked_at_both_ends() -> None:
    value = "".join(hashlib.sha256(bytes([number])).hexdigest() for number in range(250))
    secrets = Secrets()
    secrets.add(value)
    assert value[:60] not in secrets.mask(value)
    assert value[-60:] not in secrets.mask(value)


FRAME = {
    "auth": {"apiKey": CANARY_KEY, "secret": CANARY_SECRET, "passphrase": CANARY_PASSPHRASE},
    "type": "user",
}
HEADERS = {
    "POLY_ADDRESS": "0x0",
    "POLY_API_KEY": CANARY_KEY,
    "POLY_PASSPHRASE": CANARY_PASSPHRASE,
    "POLY_SIGNATURE": CANARY_SECRET,
    "POLY_TIMESTAMP": "1000000",
}
SPOKEN = [
    json.dumps(FRAME),
    json.dumps(FRAME).encode(),
    json.dumps(json.dumps(FRAME)),
    json.dumps(FRAME, indent=2),
    FRAME,
    [FRAME],
    HEADERS,
    list(HEADERS.items()),
    {name.encode(): value.encode() for name, value in HEADERS.items()},
    [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()],
    "\r\n".join(f"{name}: {value}" for name, value in HEADERS.items()),
    "\r\n".join(f"{name.lower().replace('_', '-')}: {value}" for name, value in HEADERS.items()),
    "&".join(f"{name}={value}" for name, value in FRAME["auth"].items()),  # type: ignore[attr-defined]
    f"Credentials(key='{CANARY_KEY}', api_secret='{CANARY_SECRET}', pass_phrase='{CANARY_PASSPHRASE}')".replace(
        "key=", "api_key="
    ),
]


@pytest.mark.parametrize("spoken", SPOKEN, ids=range(len(SPOKEN)))
def test_frames_and_headers_are_masked_before_anybody_knows_the_secrets(spoken: object) -> None:
    ring = Ring()
    for message, arguments in (("sent %s", (spoken,)), ("sent %r", (spoken,)), (f"sent {spoken}", ())):
        ring.handle(logging.LogRecord("pmtui", logging.INFO, "", 0, message, arguments, None))
    assert_clean("\n".join(ring.lines()))
    assert all(MASK in line for line in ring.lines())


def failed() -> None:
    """Fail for a reason that has a reason, each of which repeats what it was given."""
    secret = CANARY_SECRET
    try:
        try:
            int(secret)
        except ValueError as error:
            error.add_note(f"while signing with {CANARY_PASSPHRASE!r}")
            raise KeyError({"secret": secret, "x": secret.encode().hex()}) from error
    except KeyError:
        raise ExceptionGroup("both", [OSError(CANARY_KEY), ValueError(repr(secret.encode()))])  # noqa: B904


def test_no_traceback_shows_a_secret_or_a_variable(tmp_path: Path) -> None:
    logs.hide(*CANARIES.values())
    opened = Logs(tmp_path / "log", "debug")
    log.error("%d is no number", CANARY_SECRET)
    log.error({"secret": CANARY_SECRET})
    try:
        failed()
    except ExceptionGroup as error:
        log.exception("it failed with %s", error, stack_info=True)  # noqa: TRY401 - some will
        for_a_person = safe(traceback.format_exc())
    opened.finish(5)
    assert len(written(tmp_path / "log")) == 3
    assert "KeyError" in for_a_person
    assert "secret = CANARY_SECRET\n" not in for_a_person
    assert_clean((tmp_path / "log").read_bytes())
    assert_clean("\n".join(opened.lines()))
    assert_clean(for_a_person)


def test_a_thread_or_an_object_that_fails_does_so_in_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    logs.hide(*CANARIES.values())
    before = threading.excepthook, sys.unraisablehook
    opened = Logs()

    class Dying:
        def __del__(self) -> None:
            raise ValueError(CANARY_SECRET)

    Dying()
    thread = threading.Thread(target=failed, name="feed")
    thread.start()
    thread.join()
    lines = "\n".join(opened.lines())
    opened.finish()
    assert "an error nobody waits for" in lines
    assert "feed failed" in lines
    assert "ValueError" in lines
    assert_clean(lines)
    assert capfd.readouterr() == ("", "")
    assert (threading.excepthook, sys.unraisablehook) == before


@pytest.mark.parametrize(
    "name",
    [
        *("POLY_APIKEY", "CLOB_PASS", "POLY_SECRET_2", "poly_api_key", "BUILDER_PASS_PHRASE"),
        *("AWS_SECRET_ACCESS_KEY", "STRIPE_SECRET_KEY_2", "VAULT_SECRET_ID", "SECRETS", "secretkey"),
    ],
)
def test_a_variable_is_known_by_its_name(name: str) -> None:
    assert names_credential(name)


@pytest.mark.parametrize(
    "name", ["POLY_ADDRESS", "NOT_CLOB_PASS_AT_ALL", "SECRETARY_OF_STATE", "TOKENIZERS_PARALLELISM"]
)
def test_other_variables_are_left_alone(name: str) -> None:
    assert not names_credential(name)


@pytest.mark.parametrize("shaped", CANARIES.values())
def test_what_has_the_shape_of_a_credential_is_not_repeated(shaped: str) -> None:
    for words in (f"no such command '{shaped}'", f"--secret={shaped} is unknown", f"'{shaped[:59]}…': not found"):
        assert_clean(shapeless(words))
    assert shapeless(f"what is {shaped}?") == f"what is {MASK}?"


@pytest.mark.parametrize(
    "harmless",
    [
        "'71321045679252212594626385532706912750332728571942532289631379312455583992563': not found",
        "0x7f7f…7f7f is closed",
        f"0x{'7f' * 20} is an account",
        "https://polymarket.com/event/will-the-fed-cut-rates-by-25-bps-after-december-2026-meeting",
        "known are ws_url, clob_url, gamma_url, log, log_level, theme, axis, scale, ascii, compress, bell",
    ],
)
def test_ids_and_links_may_be_repeated(harmless: str) -> None:
    assert shapeless(safe(harmless)) == harmless


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        (f"0x{'7f' * 32}", "0x7f7f…7f7f"),
        (f"0X{'7F' * 32}", "0X7F7F…7F7F"),
        (f"0x12{'7f' * 30}ab", "0x127f…7fab"),
        (f"0x{'7f' * 28}", "0x7f7f…7f7f"),
    ],
)
def test_what_has_the_shape_of_a_private_key_is_shortened_wherever_it_is_told(key: str, shown: str) -> None:
    ring = Ring()
    for text in (f"{key} is closed", f"market={key}, new", f'{{"market":"{key}"}}', f"/0x{key}?x", repr([key])):
        assert safe(text) == text.replace(key, shown)
        ring.handle(logging.LogRecord("pmtui", logging.INFO, "", 0, "%s", (text,), None))
        assert ring.lines()[-1].endswith(f": {text.replace(key, shown)}")


def test_what_python_prints_by_itself_is_masked_while_a_command_runs(capfd: pytest.CaptureFixture[str]) -> None:
    logs.hide(*CANARIES.values())
    before = threading.excepthook, sys.unraisablehook
    with logs.guarded():
        thread = threading.Thread(target=failed, name="keyring")
        thread.start()
        thread.join()
        logging.getLogger("library").warning("it says %s", CANARY_SECRET)
        logging.getLogger("library").info("and more")
    told = capfd.readouterr().err
    assert len(told.splitlines()) == 2
    assert "keyring failed" in told
    assert_clean(told)
    assert (threading.excepthook, sys.unraisablehook) == before


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


def comes_to(opened: Logs, trouble: str) -> bool:
    """Whether the thread that writes the file gets so far."""
    end = time.monotonic() + 5
    while opened.trouble != trouble and time.monotonic() < end:
        time.sleep(0.001)
    return opened.trouble == trouble


def test_a_disk_that_is_full_is_told_at_the_end_and_not_by_a_traceback(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Logs(tmp_path / "log")
    log.warning("there is room for this")
    full = open("/dev/full", "w")  # noqa: SIM115  # the log closes it
    monkeypatch.setattr(LogFile, "_open", lambda _: full)
    assert opened._later is not None
    opened._later._file.stream = full
    log.warning("and none for this")
    assert comes_to(opened, os.strerror(errno.ENOSPC))
    assert opened.finish() == os.strerror(errno.ENOSPC)
    assert capfd.readouterr() == ("", "")


def test_a_disk_that_was_full_leaves_whole_lines_and_one_that_tells_of_the_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, write, room = LogFile(tmp_path / "log"), os.write, [200]

    def scarce(descriptor: int, line: bytes) -> int:
        if room[0] == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        room[0] -= (fits := min(len(line), room[0]))
        return write(descriptor, line[:fits])

    def emit(*words: str) -> str:
        for word in words:
            file.emit(logging.LogRecord("pmtui.test", logging.INFO, "", 0, word, None, None))
        return file.gap.why if file.gap else ""

    monkeypatch.setattr(os, "write", scarce)
    assert emit("fits") == ""
    assert emit("x" * 300, "lost", "lost") == os.strerror(errno.ENOSPC)
    room[0] = 10_000
    assert emit("fits again") == ""
    first, gap, last = written(tmp_path / "log")
    assert [first.rpartition(" ")[2], last.rpartition(": ")[2]] == ["fits", "fits again"]
    assert re.fullmatch(rf".* lines are missing since [\d-]+T[\d:]+Z: 3 \({os.strerror(errno.ENOSPC)}\)", gap)


def test_a_disk_that_is_too_slow_leaves_a_line_that_tells_of_the_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, put = Event(), LogFile._put

    def slow(file: LogFile, record: logging.LogRecord) -> None:
        stuck.wait(60)
        put(file, record)

    monkeypatch.setattr(LogFile, "_put", slow)
    monkeypatch.setattr(logfile, "_QUEUE", 10)
    opened = Logs(tmp_path / "log")
    for n in range(100):
        log.info("line %d", n)
    assert opened.trouble == "the disk is too slow"
    stuck.set()
    assert comes_to(opened, "")
    opened.finish(5)
    lines = written(tmp_path / "log")
    gaps = [line for line in lines if "missing" in line]
    # One that was small when the thread got to it is followed by another.
    missing = [int(found[1]) for each in gaps if (found := re.search(r": (\d+) \(the disk is too slow\)$", each))]
    assert sum(missing) == 100 - (len(lines) - len(gaps)) > 0


def test_lines_that_a_full_queue_kept_out_are_counted_though_the_note_of_them_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, write = LogFile(tmp_path / "log"), os.write

    def fail(descriptor: int, line: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def emit(word: str) -> None:
        file.emit(logging.LogRecord("pmtui.test", logging.INFO, "", 0, word, None, None))

    file.miss(logfile.Gap("the disk is too slow", 0.0, 3_000))
    monkeypatch.setattr(os, "write", fail)
    emit("lost")
    file.miss(logfile.Gap("the disk is too slow", 0.0, 10))
    monkeypatch.setattr(os, "write", write)
    emit("fits")
    gap, _ = written(tmp_path / "log")
    assert gap.endswith(": 3,011 (the disk is too slow)")


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


def test_each_of_several_sessions_with_the_same_file_has_one_of_its_own(tmp_path: Path) -> None:
    sessions = [log_file(tmp_path / "my.log") for _ in range(9)]
    names = [Path(each.baseFilename).name for each in sessions]
    assert names == ["my.log", *(f"my-{number}.log" for number in range(2, 10))]
    with pytest.raises(Refused, match="another session"):
        log_file(tmp_path / "my.log")
    for each in sessions:
        each.close()
    again = log_file(tmp_path / "my.log")
    again.close()
    assert Path(again.baseFilename).name == "my.log"


def test_a_file_that_is_rotated_stays_with_its_session(tmp_path: Path) -> None:
    first = log_file(tmp_path / "log")
    for _ in range(3):
        first.emit(logging.LogRecord("pmtui.test", logging.INFO, "", 0, "a line", None, None))
        first.doRollover()
        second = log_file(tmp_path / "log")
        second.close()
        assert Path(second.baseFilename).name == "log-2"
    first.close()
    assert first.gap is None


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
    monkeypatch.setattr(LogFile, "emit", lambda *_: stuck.wait(60))
    monkeypatch.setattr(logfile, "_QUEUE", 10)
    opened = Logs(tmp_path / "log")
    for n in range(100):
        log.info("line %d", n)
    opened.finish(0.05)
    stuck.set()
    assert opened.lines()[-1].endswith("line 99")


INTERRUPTED = """
import logging, signal, sys
from pathlib import Path
from pmtui.logs import Logs

log, logs, told = logging.getLogger("pmtui.test"), Logs(Path(sys.argv[1])), []

def tell(*_):
    told.append(0)
    log.info("interrupted")
    signal.setitimer(signal.ITIMER_REAL, 0.0005)

signal.signal(signal.SIGALRM, tell)
signal.setitimer(signal.ITIMER_REAL, 0.0005)
while len(told) < 500:
    log.info("a line")
signal.signal(signal.SIGALRM, signal.SIG_IGN)
print(logs.finish(5))
"""


def test_a_signal_that_comes_while_a_line_is_written_may_write_one_itself(tmp_path: Path) -> None:
    command = [sys.executable, "-c", INTERRUPTED, str(tmp_path / "log")]
    ended = subprocess.run(  # noqa: S603 - our own interpreter
        command, capture_output=True, text=True, timeout=30, check=True, cwd=ROOT
    )
    assert (ended.stdout.strip(), ended.stderr) == ("", "")


def test_the_time_is_universal() -> None:
    record = logging.LogRecord("pmtui", logging.INFO, "", 0, "x", None, None)
    record.created, record.msecs = 1_700_000_000.5, 500
    assert OneLine().format(record) == "2023-11-14T22:13:20.500Z INFO    pmtui: x"
