"""Signatures, and who may see a credential."""

from __future__ import annotations

import base64
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.credentials import Secret
from pmtui.core.ports import VenueError
from pmtui.venues.polymarket.auth import allowed, headers, signature

from .own_frames import ADDRESS, KEY, PASSPHRASE, SECRET, credentials

HOST = "https://clob.venue.example"
# Worked out apart from this program: openssl dgst -sha256 -hmac, the key being the letters a to z and six digits.
LETTERS = "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU="


@pytest.mark.parametrize(
    ("seconds", "method", "path", "body", "expected"),
    [
        (1_700_000_000, "GET", "/data/orders", "", "8vIQ-PswwWPSJ-PC1zr5s2OiowS5lMe7df0Rhpd88xc="),
        (1_700_000_001, "DELETE", "/order", '{"orderID": "0x12"}', "8w03VIAeQkVPuBqQrLXgavuOs49r9qG2oqDaGKdK6dk="),
    ],
)
def test_a_signature_is_the_one_that_was_worked_out_elsewhere(
    seconds: int, method: str, path: str, body: str, expected: str
) -> None:
    assert signature(Secret(LETTERS), seconds, method, path, body) == expected


@given(st.binary(min_size=1, max_size=48))
def test_a_secret_means_the_same_in_either_alphabet_and_without_its_padding(key: bytes) -> None:
    spellings = {base64.urlsafe_b64encode(key).decode(), base64.b64encode(key).decode()}
    spellings |= {each.rstrip("=") for each in spellings} | {f" {each}\n" for each in spellings}
    assert len({signature(Secret(each), 1, "GET", "/") for each in spellings}) == 1


@pytest.mark.parametrize("secret", ["", "not base64!", "Ünïcode", "a", "===="])
def test_a_secret_that_is_none_is_refused_without_an_echo(secret: str) -> None:
    with pytest.raises(VenueError) as caught:
        signature(Secret(secret), 1, "GET", "/")
    told = "".join(traceback.format_exception(caught.value))
    assert not secret.strip() or len(secret) == 1 or secret not in told


def test_the_headers_name_the_address_the_key_and_the_moment_and_not_the_secret() -> None:
    found = headers(credentials(), 1_700_000_000, "GET", f"{HOST}/data/orders?next_cursor=MA%3D%3D")
    assert found == {
        "POLY_ADDRESS": ADDRESS,
        "POLY_API_KEY": KEY,
        "POLY_PASSPHRASE": PASSPHRASE,
        "POLY_TIMESTAMP": "1700000000",
        "POLY_SIGNATURE": signature(Secret(SECRET), 1_700_000_000, "GET", "/data/orders"),
    }
    assert SECRET not in found.values()


def test_the_query_is_not_signed_and_the_moment_is() -> None:
    one, other, later = (
        headers(credentials(), seconds, "GET", f"{HOST}/data/trades{query}")["POLY_SIGNATURE"]
        for seconds, query in ((5, ""), (5, "?after=1"), (6, ""))
    )
    assert one == other != later


def test_without_an_address_nothing_can_be_signed() -> None:
    with pytest.raises(VenueError, match="address"):
        headers(credentials(""), 1, "GET", f"{HOST}/data/orders")


@pytest.mark.parametrize(
    "url",
    [
        "https://clob.venue.example/data/orders?next_cursor=a",
        "https://CLOB.venue.example/",
        "https://clob.venue.example:443/",
        "wss://clob.venue.example/ws/user",
        "http://127.0.0.1:8080/data/orders",
        "ws://127.0.0.1:9/ws/user",
        "http://[::1]:8080/",
        "ws://[::1]/",
        "https://127.0.0.1/",
    ],
)
def test_credentials_go_to_the_venue_over_tls_and_to_this_machine(url: str) -> None:
    assert allowed(url, HOST)


@pytest.mark.parametrize(
    "url",
    [
        "http://clob.venue.example/",
        "ws://clob.venue.example/",
        "https://clob.venue.example:8443/",
        "https://clob.venue.example:0/",
        "https://clob.venue.example:99999/",
        "https://clob.venue.example:x/",
        "https://clob.venue.example.evil.example/",
        "https://evil-clob.venue.example/",
        "https://sub.clob.venue.example/",
        "https://venue.example/",
        "https://clob.venue.example./",
        "https://clob.venue.example@evil.example/",
        "https://me:pass@clob.venue.example/",
        "https://@clob.venue.example/",
        "https://evil.example/https://clob.venue.example/",
        "https://evil.example\\@clob.venue.example/",
        "https://evil.example#@clob.venue.example/",
        "https://clob.venue.example\n.evil.example/",
        "https://clob.venue.exаmple/",
        "https:clob.venue.example/",
        "https:///clob.venue.example/",
        "//clob.venue.example/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "http://localhost:8080/",
        "http://localhost.evil.example/",
        "http://127.0.0.1.evil.example/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://127.0.0.2/",
        "http://0.0.0.0/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::]/",
        "http://127.0.0.1@evil.example/",
        "http://[::1/",
        "",
        "https://",
    ],
)
def test_credentials_go_nowhere_else(url: str) -> None:
    assert not allowed(url, HOST)


def test_a_configured_host_may_have_a_port_of_its_own_and_then_only_that() -> None:
    assert allowed("https://clob.venue.example:8443/data", "https://clob.venue.example:8443")
    assert not allowed("https://clob.venue.example/data", "https://clob.venue.example:8443")
    assert allowed("https://clob.venue.example/data", "clob.venue.example")


def test_a_host_that_is_configured_without_tls_gets_nothing() -> None:
    assert not allowed("http://clob.venue.example/", "http://clob.venue.example")
    assert not allowed("https://clob.venue.example/", "http://me@clob.venue.example")
