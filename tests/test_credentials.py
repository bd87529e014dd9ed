"""Credentials: where they come from, what is refused, and that no word about them repeats one."""

from __future__ import annotations

import copy
import json
import os
import pickle
import shlex
import stat
import sys
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import product
from pathlib import Path
from threading import Event
from types import ModuleType, SimpleNamespace

import msgspec
import orjson
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from pmtui import logs
from pmtui.checks import LARGEST_FILE, Refused
from pmtui.core.credentials import Credentials
from pmtui.credentials import Found, find, forget, ready, save, system_keyring, typed, without_secrets
from pmtui.credentials.environment import FAMILIES, Family
from pmtui.credentials.keyring import Keyring, NoKeyring
from pmtui.credentials.parts import PARTS, TRIO, faults
from pmtui.masks import Secrets
from tests.examples import more
from tests.secrets import (
    CANARIES,
    CANARY_ADDRESS,
    CANARY_KEY,
    CANARY_PASSPHRASE,
    CANARY_SECRET,
    assert_clean,
)

ENVIRONMENT = {"POLY_API_KEY": CANARY_KEY, "POLY_API_SECRET": CANARY_SECRET, "POLY_PASSPHRASE": CANARY_PASSPHRASE}
TABLE = "".join(f"{what} = '{text}'\n" for what, text in CANARIES.items())
ACCOUNT = f"[account]\n{TABLE}address = '{CANARY_ADDRESS}'\n"
OTHER_KEY = "0" * 8 + "-0000-0000-0000-" + "0" * 12
PRIVATE_KEY = "0x" + "c4a1" * 16


@pytest.fixture(autouse=True)
def own_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is hidden here stays in here."""
    monkeypatch.setattr(logs, "SECRETS", Secrets())


@dataclass
class Ring:
    """A keyring in memory."""

    kept: dict[tuple[str, str], str] = field(default_factory=dict)
    asked: int = 0
    failure: BaseException | None = None

    def get_password(self, service: str, username: str, /) -> str | None:
        self.asked += 1
        if self.failure:
            raise self.failure
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str, /) -> None:
        if self.failure:
            raise self.failure
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str, /) -> None:
        del self.kept[service, username]


def opener(ring: Keyring | None = None) -> Callable[[], Keyring]:
    return lambda: ring if ring is not None else Ring()


def trio(found: Found) -> dict[str, str] | None:
    if found.credentials is None:
        return None
    return {what: getattr(found.credentials, what).reveal() for what in TRIO}


def searched(environment: dict[str, str] | None = None, path: Path | None = None, ring: Keyring | None = None) -> Found:
    """What a search finds; its words are looked through each time."""
    found = find(environment or {}, path, opener(ring))
    assert_clean("\n".join((*found.lines, found.trouble, repr(found))))
    # One line each, and none of them looks to the log as if it had a secret in it.
    assert [logs.safe(line) for line in found.lines] == list(found.lines)
    assert all(line.isprintable() for line in found.lines)
    assert not (found.credentials and found.trouble)
    assert not found.trouble or found.trouble in found.lines
    return found


@pytest.fixture
def config(tmp_path: Path) -> Callable[..., Path]:
    def written(text: str | bytes = ACCOUNT, mode: int = 0o600) -> Path:
        path = tmp_path / "config.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)
        return path

    return written


# The environment

NAMES = [names for family in FAMILIES for names in product(*(family.names(what) for what in TRIO))]


@pytest.mark.parametrize("names", NAMES)
def test_a_whole_trio_of_names_that_begin_alike_is_found(names: tuple[str, ...]) -> None:
    found = searched(dict(zip(names, CANARIES.values(), strict=True)))
    assert trio(found) == CANARIES
    assert found.lines[0] == f"the account is from the environment ({', '.join(names)})"
    assert len({name.partition("_")[0] for name in names}) == 1


def test_nothing_set_is_no_trouble() -> None:
    assert searched() == Found(None, ("no account was found: public data only",), "")


def test_an_empty_variable_is_absent() -> None:
    assert searched(dict.fromkeys(ENVIRONMENT, "")) == searched()


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("POLY_API_KEY",), "POLY_API_KEY is set but its secret and passphrase are not"),
        (("POLY_API_KEY", "POLY_PASSPHRASE"), "POLY_API_KEY and POLY_PASSPHRASE are set but their secret is not"),
        (("POLY_PASSPHRASE",), "POLY_PASSPHRASE is set but its key and secret are not"),
    ],
)
def test_a_partial_trio_is_trouble_that_says_what_is_missing(names: tuple[str, ...], words: str) -> None:
    found = searched({name: ENVIRONMENT[name] for name in names})
    assert found.credentials is None
    assert found.trouble.startswith(words)
    assert "POLY_API_SECRET" in found.trouble.partition(": ")[2]


def test_parts_of_two_families_are_not_put_together() -> None:
    found = searched(
        {"CLOB_API_KEY": CANARY_KEY, "POLY_API_SECRET": CANARY_SECRET, "POLYMARKET_PASSPHRASE": CANARY_PASSPHRASE}
    )
    assert found.credentials is None
    assert len(found.lines) == 3
    assert all(line.endswith("names that begin otherwise do not count") for line in found.lines)


def test_a_partial_trio_does_not_hide_a_whole_one() -> None:
    found = searched({"CLOB_API_KEY": OTHER_KEY, **ENVIRONMENT})
    assert trio(found) == CANARIES
    assert any(line.startswith("CLOB_API_KEY is set but") for line in found.lines)


def test_the_first_of_two_families_is_used_and_the_other_is_told() -> None:
    first = {"CLOB_API_KEY": OTHER_KEY, "CLOB_SECRET": CANARY_SECRET, "CLOB_PASS_PHRASE": CANARY_PASSPHRASE}
    found = searched(first | ENVIRONMENT)
    assert found.credentials is not None
    assert found.credentials.key.reveal() == OTHER_KEY
    assert "POLY_API_KEY is set too, for another account, and not used because CLOB_API_KEY comes first" in found.lines
    twice = searched(first | {"CLOB_API_KEY": CANARY_KEY} | ENVIRONMENT)
    assert any("for the same account" in line for line in twice.lines)


def test_two_names_that_disagree_are_trouble_and_two_that_agree_are_not() -> None:
    assert trio(searched(ENVIRONMENT | {"POLY_SECRET": CANARY_SECRET})) == CANARIES
    found = searched(ENVIRONMENT | {"POLY_SECRET": CANARY_PASSPHRASE})
    assert found.credentials is None
    assert found.trouble == "POLY_API_SECRET and POLY_SECRET are set and differ, unset all but one"


def test_an_address_of_another_family_will_do_unless_there_are_two() -> None:
    clob = {"CLOB_API_KEY": CANARY_KEY, "CLOB_SECRET": CANARY_SECRET, "CLOB_PASS_PHRASE": CANARY_PASSPHRASE}
    found = searched(clob | {"POLY_ADDRESS": CANARY_ADDRESS})
    assert found.credentials is not None
    assert found.credentials.address == CANARY_ADDRESS
    assert any("POLY_ADDRESS" in line for line in found.lines)
    both = searched(clob | {"POLY_ADDRESS": CANARY_ADDRESS, "POLYMARKET_ADDRESS": f"0x{'1' * 40}"})
    assert both.trouble == "POLYMARKET_ADDRESS and POLY_ADDRESS are set and differ, unset all but one"


def test_without_an_address_the_line_says_what_cannot_be_done() -> None:
    assert "but not read back after a gap" in " ".join(searched(ENVIRONMENT).lines)
    assert "but not read back" not in " ".join(searched(ENVIRONMENT | {"POLY_ADDRESS": CANARY_ADDRESS}).lines)


@pytest.mark.parametrize("name", ["PK", "PRIVATE_KEY", "POLY_PRIVATE_KEY", "POLYMARKET_PRIVATE_KEY", "POLYMARKET_PK"])
def test_a_private_key_is_not_needed_and_not_used(name: str) -> None:
    for environment in ({name: PRIVATE_KEY}, {name: PRIVATE_KEY, **ENVIRONMENT}):
        found = searched(environment)
        assert f"{name} is set, but a private key is not needed and not read" in found.lines
        assert PRIVATE_KEY[2:10] not in " ".join(found.lines)


def test_a_private_key_in_the_place_of_anything_is_refused() -> None:
    for name in (*ENVIRONMENT, "POLY_ADDRESS"):
        found = searched(ENVIRONMENT | {name: PRIVATE_KEY})
        assert found.trouble.startswith(f"{name} looks like a private key")


def test_a_read_only_key_and_unknown_names_are_told_and_not_used() -> None:
    found = searched(
        {"CLOB_READONLY_API_KEY": CANARY_KEY, "POLY_APIKEY": CANARY_KEY, f"POLY_KEY_{CANARY_PASSPHRASE.upper()}": "x"}
    )
    assert found.credentials is None
    assert found.lines == (
        "CLOB_READONLY_API_KEY is set, but a read-only key cannot follow fills and is not used",
        "POLY_APIKEY is set, but no program is known to use this name",
        "no account was found: public data only",
    )


# What a part looks like


@pytest.mark.parametrize(
    ("stray", "words"),
    [(" ", "a blank"), ("\t", "a blank"), ("\n", "a line break"), ("\r\n", "a line break"), ('"', "a quote"),
     ("'", "a quote"), ("”", "a quote"), ("\ufeff", "an invisible character")],
)  # fmt: skip
@pytest.mark.parametrize("name", list(ENVIRONMENT))
def test_what_sticks_to_an_end_is_named(name: str, stray: str, words: str) -> None:
    after = searched(ENVIRONMENT | {name: ENVIRONMENT[name] + stray})
    assert after.trouble == f"{name} ends with {words}, which does not belong to it"
    before = searched(ENVIRONMENT | {name: stray + ENVIRONMENT[name]})
    assert before.trouble == f"{name} begins with {words}, which does not belong to it"


@pytest.mark.parametrize(
    ("what", "text", "words"),
    [
        ("key", "your-api-key", "is not shaped like an API key"),
        ("key", "x" * 600, "has more than 512"),
        ("key", "   ", "is empty"),
        ("secret", "not base64!", "is not base64"),
        ("secret", "QUJD", "or too short"),
        ("secret", CANARY_KEY, "is shaped like the API key"),
        ("secret", CANARY_PASSPHRASE, "is shaped like a passphrase"),
        ("secret", PRIVATE_KEY, "looks like a private key"),
        ("passphrase", "", "is empty"),
        ("passphrase", CANARY_KEY, "is shaped like the API key"),
        ("passphrase", "pass\x1b[2Jphrase", "has characters that no credential has"),
        ("passphrase", "caf\udce9", "has characters that no credential has"),
        ("address", "0x12", "is not shaped like an address"),
        ("address", "vitalik.eth", "is not shaped like an address"),
    ],
)
def test_a_part_that_looks_wrong_is_told_by_its_first_fault(what: str, text: str, words: str) -> None:
    assert words in next(faults(what, text))


@given(st.binary(min_size=16, max_size=64), st.booleans(), st.booleans())
def test_any_base64_is_a_secret(raw: bytes, standard: bool, padded: bool) -> None:
    text = urlsafe_b64encode(raw).decode()
    text = text.replace("-", "+").replace("_", "/") if standard else text
    assert list(faults("secret", text if padded else text.rstrip("="))) == []


@given(st.text(min_size=1), st.sampled_from(PARTS))
def test_no_text_at_all_is_too_strange_to_be_judged(text: str, what: str) -> None:
    for fault in faults(what, text):
        assert fault.isprintable()


def test_the_same_text_twice_is_in_the_wrong_place_once() -> None:
    found = searched(ENVIRONMENT | {"POLY_PASSPHRASE": CANARY_SECRET})
    assert found.trouble == "POLY_API_SECRET and POLY_PASSPHRASE are the same text, one of them is in the wrong place"


# Any environment at all

_VALUES = {
    "key": st.uuids().map(str),
    "secret": st.binary(min_size=32, max_size=32).map(lambda raw: urlsafe_b64encode(raw).decode()),
    "passphrase": st.binary(min_size=32, max_size=32).map(bytes.hex),
    "address": st.binary(min_size=20, max_size=20).map(lambda raw: f"0x{raw.hex()}"),
}
_SPOILT = st.sampled_from(["{}", "{}", "{}", "{}", "{}\n", " {}", "'{}'", "{}§", "", "0x{}"])


@st.composite
def environments(draw: st.DrawFn) -> dict[str, str]:
    """Any of the names set, mostly to what looks right."""
    named = [(name, what) for family in FAMILIES for what in PARTS for name in family.names(what)]
    chosen = draw(st.sets(st.sampled_from(named)))
    environment = {name: draw(_SPOILT).format(draw(_VALUES[what])) for name, what in sorted(chosen)}
    for name in draw(st.sets(st.sampled_from(["PK", "PRIVATE_KEY", "POLY_API_PASS", "BUILDER_SECRET"]))):
        environment[name] = "0x" + draw(_VALUES["passphrase"])
    return environment


def family_of(environment: dict[str, str], found: Found) -> list[Family]:
    """Families that hold all three parts of what was found."""
    values = trio(found) or {}
    return [
        family
        for family in FAMILIES
        if all(values[what] in [environment.get(name) for name in family.names(what)] for what in TRIO)
    ]


@more(4, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(environments())
def test_no_environment_yields_a_mixed_trio_and_no_line_any_piece_of_a_value(environment: dict[str, str]) -> None:
    logs.SECRETS = Secrets()
    found = find(environment, None, opener())
    assert found.credentials is None or family_of(environment, found)
    said = "\n".join((*found.lines, found.trouble, repr(found.lines))).lower()
    for name, value in environment.items():
        if "ADDRESS" not in name:
            pieces = {value[start : start + 6].lower() for start in range(len(value) - 5)}
            assert not any(piece in said for piece in pieces), name
    if not found.credentials:
        whole = [family for family in FAMILIES if all(what in family.parts(environment) for what in TRIO)]
        begun = [family for family in FAMILIES if set(family.parts(environment)) & set(TRIO)]
        assert bool(found.trouble) == bool(whole or begun)


# The settings file


def test_the_account_table_is_read_from_a_file_of_ours_alone(config: Callable[..., Path]) -> None:
    found = searched(path=config(f"theme = 'light'\n{ACCOUNT}"))
    assert trio(found) == CANARIES
    assert found.credentials is not None
    assert (found.credentials.address, found.credentials.source) == (CANARY_ADDRESS, "the settings file")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o610, 0o777])
def test_a_file_that_others_can_get_into_is_refused_with_what_to_run(config: Callable[..., Path], mode: int) -> None:
    path = config(mode=mode)
    found = searched(path=path)
    assert found.credentials is None
    assert found.trouble == (
        f"[account] in the settings file is not read: others have a way in (mode {mode:04o}), "
        f"run: chmod 600 {shlex.quote(str(path))}"
    )
    path.chmod(0o600)
    assert trio(searched(path=path)) == CANARIES


@pytest.mark.parametrize(
    "text", ["[account]\n", " [ account ]\n", '["account"]\n', "account.key = 'x'\n", "account={}\n"]
)
def test_every_way_to_write_the_table_is_seen_in_an_open_file(config: Callable[..., Path], text: str) -> None:
    assert "chmod 600" in searched(path=config(text, 0o644)).trouble


def test_settings_without_an_account_may_be_read_by_all(config: Callable[..., Path]) -> None:
    assert searched(path=config("theme = 'light' # my account\n", 0o644)) == searched()


def test_a_file_that_is_not_there_is_no_account(tmp_path: Path) -> None:
    assert searched(path=tmp_path / "config.toml") == searched()
    (tmp_path / "file").write_text("")
    assert searched(path=tmp_path / "file" / "config.toml") == searched()


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_a_link_is_refused_wherever_it_leads(config: Callable[..., Path], tmp_path: Path, mode: int) -> None:
    (tmp_path / "link").symlink_to(config(mode=mode))
    assert searched(path=tmp_path / "link").trouble.endswith("not read: a plain file is needed, this is a link")


def test_a_second_name_or_another_owner_is_refused(
    config: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = config()
    (tmp_path / "second").hardlink_to(path)
    assert "has a second name" in searched(path=path).trouble
    (tmp_path / "second").unlink()
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    assert "belongs to somebody else" in searched(path=path).trouble


def test_a_file_that_is_exchanged_while_it_is_read_is_refused(
    config: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = config()
    first = path.stat()
    (tmp_path / "another").write_text(ACCOUNT)
    (tmp_path / "another").chmod(0o600)
    (tmp_path / "another").replace(path)
    monkeypatch.setattr(os, "fstat", lambda _: first)
    assert searched(path=path).trouble.endswith("it is being exchanged for another")


def test_what_is_no_plain_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert searched(path=tmp_path / "pipe").trouble == "the settings file is not a plain file"
    assert searched(path=tmp_path).trouble == "the settings file cannot be read: Is a directory"


def test_a_mark_of_the_byte_order_before_the_first_line_is_no_part_of_it(config: Callable[..., Path]) -> None:
    assert searched(path=config(b"\xef\xbb\xbf" + ACCOUNT.encode())).credentials is not None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"[account]\nkey = '\xff\xfe'\n", "the settings file is not UTF-8 text"),
        (f"[account]\nkey = {CANARY_KEY}\n", "the settings file is not TOML, see line 2, column"),
        (f"[account]\nsecret = '{CANARY_SECRET}\n", "the settings file is not TOML, see"),
        (f"{ACCOUNT}secret = '{CANARY_SECRET}'\n", "the settings file is not TOML"),
        (f"{ACCOUNT}# {'x' * LARGEST_FILE}", "the settings file is over 1 MB"),
        (f"account = '{CANARY_SECRET}'\n", "account in the settings file is not a table, [account]"),
        ("[[account]]\n", "account in the settings file is not a table, [account]"),
        ("[account]\nkey = 5\n", "key in [account] is not text in quotes"),
        (f"[account]\nkey = '{CANARY_KEY}'\n", "[account] in the settings file is not complete, what it lacks is sec"),
        ("[account]\n", "[account] in the settings file is not complete, what it lacks is key"),
        (f"{ACCOUNT}api = '{CANARY_SECRET}'\n", "[account] in the settings file has an unknown name (api), known"),
        (f"{ACCOUNT}'{CANARY_SECRET}' = 1\n", "[account] in the settings file has an unknown name, known are key"),
        (f"{ACCOUNT}private_key = '{PRIVATE_KEY}'\n", "[account] in the settings file has a private key"),
        (ACCOUNT.replace(CANARY_KEY, f"{CANARY_KEY} "), "key in [account] ends with a blank"),
        (ACCOUNT.replace(CANARY_ADDRESS, "0x0"), "address in [account] is not shaped like an address"),
        (f"x = {'[' * 5_000}", "the settings file is not TOML"),
    ],
)  # fmt: skip
def test_a_broken_file_is_one_clear_line(config: Callable[..., Path], text: str | bytes, words: str) -> None:
    found = searched(path=config(text))
    assert found.credentials is None
    assert found.trouble.startswith(words)


def test_a_file_that_cannot_be_opened_is_one_clear_line(
    config: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    path = config()
    monkeypatch.setattr(os, "open", closed)
    assert find({}, path, opener()).trouble == "the settings file cannot be read: Permission denied"


# The keyring


def test_what_is_saved_is_found_until_it_is_forgotten() -> None:
    ring = Ring()
    credentials = typed(CANARIES | {"address": CANARY_ADDRESS})
    save(credentials, opener(ring))
    found = searched(ring=ring)
    assert trio(found) == CANARIES
    assert found.credentials is not None
    assert (found.credentials.address, found.credentials.source) == (CANARY_ADDRESS, "the keyring")
    assert forget(opener(ring))
    assert not forget(opener(ring))
    assert searched(ring=ring) == searched()


def test_an_account_without_an_address_is_kept_too() -> None:
    ring = Ring()
    save(typed(CANARIES | {"address": ""}), opener(ring))
    found = searched(ring=ring)
    assert found.credentials is not None
    assert found.credentials.address == ""


@pytest.mark.parametrize("what", TRIO)
def test_what_is_typed_wrong_is_refused_by_its_name(what: str) -> None:
    with pytest.raises(Refused, match=f"the {what} is empty"):
        typed({**CANARIES, what: ""})
    with pytest.raises(Refused, match=f"the {what} ends with a line break") as refused:
        typed({**CANARIES, what: f"{CANARIES[what]}\n"})
    assert_clean(str(refused.value))


@pytest.mark.parametrize("kept", ["", "{", "null", "[]", '{"key": 1}', json.dumps(CANARIES), "[" * 100_000])
def test_a_damaged_entry_is_one_line(kept: str) -> None:
    found = searched(ring=Ring({("pmtui", "polymarket"): kept}))
    assert found.trouble.startswith("what the keyring keeps for pmtui is damaged")


def failure(name: str) -> Exception:
    """An error as a backend raises it, with what it must not repeat."""
    kind: type[Exception] = type(name, (Exception,), {})
    return kind(f"cannot handle {CANARY_SECRET}")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("KeyringLocked", "the keyring is locked: unlock it first"),
        ("InitError", "the keyring cannot be opened"),
        ("ModuleNotFoundError", "the keyring is set to a backend that is not installed (PYTHON_KEYRING_BACKEND)"),
        ("DBusErrorResponse", "the keyring failed (DBusErrorResponse)"),
    ],
)
def test_a_keyring_that_fails_is_one_line(name: str, words: str) -> None:
    assert searched(ring=Ring(failure=failure(name))).trouble == words


def test_even_a_backend_that_ends_the_program_is_only_one_line() -> None:
    assert searched(ring=Ring(failure=SystemExit(3))).trouble == "the keyring failed (SystemExit)"


def test_a_keyring_that_waits_for_somebody_holds_nobody_up() -> None:
    stuck = Event()

    def never() -> Keyring:
        stuck.wait(60)
        return Ring()

    found = find({}, None, never, within=0.01)
    stuck.set()
    assert found.trouble == "the keyring did not answer within 0.01 s: is it locked? Unlock it first"


def test_a_keyring_that_keeps_nothing_is_told_when_saving() -> None:
    class Leaky(Ring):
        def set_password(self, service: str, username: str, password: str, /) -> None:
            pass

    with pytest.raises(Refused, match="does not give it back"):
        save(typed(CANARIES), opener(Leaky()))
    with pytest.raises(Refused, match="did not take it") as refused:
        save(typed(CANARIES), opener(Ring(failure=failure("PasswordSetError"))))
    assert refused.value.__cause__ is None
    assert_clean(str(refused.value))


def test_a_keyring_that_does_not_open_is_told_before_anybody_types_anything() -> None:
    with pytest.raises(Refused, match="the keyring is locked: unlock it first"):
        ready(opener(Ring(failure=failure("KeyringLocked"))))
    ready(opener(Ring()))


def test_without_the_package_the_keyring_is_one_line_and_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    found = find({}, None, system_keyring)
    assert found.trouble == ""
    assert "the system keyring takes one more package: pip install 'pmtui[keyring]'" in found.lines
    with pytest.raises(NoKeyring):
        ready(system_keyring)
    with pytest.raises(NoKeyring):
        save(typed(CANARIES), system_keyring)


def backend(module: str, **more: object) -> object:
    return type("Keyring", (Ring,), {"__module__": module, **more})()


def library(chosen: object) -> ModuleType:
    module = ModuleType("keyring")
    module.get_keyring = lambda: chosen  # type: ignore[attr-defined]
    return module


@pytest.mark.parametrize(
    "module",
    ["keyring.backends.fail", "keyring.backends.null", "keyrings.alt.file", "keyring.backends.Windowsish", "mine"],
)
def test_only_a_sealed_keyring_is_used(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setitem(sys.modules, "keyring", library(backend(module)))
    found = find({}, None, system_keyring)
    assert found.trouble == ""
    assert "the system has no sealed keyring, and nothing else is used in its place" in found.lines
    with pytest.raises(Refused):
        save(typed(CANARIES), system_keyring)


@pytest.mark.parametrize("module", ["keyring.backends.SecretService", "keyring.backends.macOS.api"])
def test_the_systems_own_keyring_is_used_alone_or_in_a_chain(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    sealed = backend(module)
    chain = SimpleNamespace(backends=[backend("keyrings.alt.file"), sealed])
    for chosen in (sealed, chain):
        monkeypatch.setitem(sys.modules, "keyring", library(chosen))
        assert system_keyring() is sealed
        ready(system_keyring)


# Who comes first


def test_the_environment_wins_over_the_file_over_the_keyring(config: Callable[..., Path]) -> None:
    ring = Ring()
    save(typed(CANARIES), opener(ring))
    ring.asked = 0
    path = config()
    found = searched(ENVIRONMENT, path, ring)
    assert found.lines[0].startswith("the account is from the environment (")
    assert "the settings file has an account too, which is not used: the environment comes first" in found.lines
    assert searched({}, path, ring).lines[0] == "the account is from the settings file"
    assert ring.asked == 0
    assert searched({}, None, ring).lines[0] == "the account is from the keyring"


def test_a_wrong_file_is_told_even_when_it_is_not_used(config: Callable[..., Path]) -> None:
    found = searched(ENVIRONMENT, config(mode=0o644))
    assert trio(found) == CANARIES
    assert any(line.startswith("not used, as the environment comes first, and wrong") for line in found.lines)


def test_what_was_meant_and_is_wrong_is_not_replaced_by_another_account(config: Callable[..., Path]) -> None:
    ring = Ring()
    save(typed(CANARIES), opener(ring))
    assert searched(ENVIRONMENT | {"POLY_API_KEY": "mine"}, config(), ring).credentials is None
    assert searched({}, config(mode=0o644), ring).credentials is None


def test_what_was_only_begun_in_the_environment_does_not_hide_the_file(config: Callable[..., Path]) -> None:
    found = searched({"POLY_API_KEY": OTHER_KEY}, config())
    assert trio(found) == CANARIES
    assert any(line.startswith("POLY_API_KEY is set but") for line in found.lines)


# Secrecy


@pytest.fixture
def found() -> Found:
    return searched(ENVIRONMENT | {"POLY_ADDRESS": CANARY_ADDRESS})


def raised(work: Callable[[], object]) -> str:
    with pytest.raises(TypeError) as error:
        work()
    return f"{error.value!r}"


def ways_out(thing: object) -> Iterator[str]:
    """Everything that turns a thing into text, or refuses to."""
    yield from (repr(thing), str(thing), f"{thing}", f"{thing!r:>300}", "%r %s" % (thing, thing), ascii(thing))  # noqa: UP031
    for work in (
        lambda: pickle.dumps(thing),
        lambda: pickle.dumps(thing, protocol=0),
        lambda: copy.deepcopy(thing),
        lambda: asdict(thing),  # type: ignore[call-overload]
        lambda: json.dumps(thing),
        lambda: orjson.dumps(thing),
        lambda: msgspec.json.encode(thing),
    ):
        yield raised(work)
    yield json.dumps(thing, default=repr)
    yield orjson.dumps(thing, default=repr).decode()


def test_nothing_turns_credentials_into_text(found: Found) -> None:
    for thing in (found, found.credentials):
        for text in ways_out(thing):
            assert_clean(text)
    assert isinstance(found.credentials, Credentials)
    assert_clean(repr(copy.copy(found)))


def test_whatever_was_loaded_is_hidden_from_then_on(config: Callable[..., Path]) -> None:
    wrong = ENVIRONMENT | {"POLY_API_KEY": f"{CANARY_KEY}\n"}
    for environment, path in (
        (ENVIRONMENT, None),
        ({}, config()),
        (wrong, None),
        ({"POLY_SECRET": CANARY_SECRET}, None),
    ):
        logs.SECRETS = Secrets()
        find(environment, path, opener())
        known = CANARIES.values() if path else environment.values()
        for text in known:
            assert_clean(logs.safe(f"oh {text} oh"))


def test_a_short_passphrase_is_hidden_too() -> None:
    typed({**CANARIES, "passphrase": "tulip"})
    assert "tulip" not in logs.safe("the answer was tulip")


def test_programs_that_we_start_know_none() -> None:
    environment = {
        **{name: "x" for family in FAMILIES for what in TRIO for name in family.names(what)},
        **dict.fromkeys(["PK", "POLYMARKET_PK", "PRIVATE_KEY", "BUILDER_PASS_PHRASE", "CLOB_READONLY_API_KEY"], "x"),
        **dict.fromkeys(["RPC_TOKEN", "POLY_APIKEY", "poly_api_key", "POLY_SECRET_2"], "x"),
    }
    kept = {"PATH": "/bin", "TERM": "xterm", "PYTHONPATH": ".", "WS_URL": "wss://here", "POLY_ADDRESS": CANARY_ADDRESS}
    assert without_secrets(environment | kept) == kept


def test_a_refusal_carries_no_cause_that_could_repeat_a_value(config: Callable[..., Path]) -> None:
    from pmtui.credentials import file

    with pytest.raises(Refused) as refused:
        file.look(config(f"[account]\nkey = {CANARY_KEY}\n"))
    assert refused.value.__suppress_context__
    assert refused.value.__cause__ is None


def test_the_file_stays_as_it_was(config: Callable[..., Path]) -> None:
    path = config(mode=0o644)
    searched(path=path)
    assert path.read_text() == ACCOUNT
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
