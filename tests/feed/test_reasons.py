"""Why there is no connection, in words that go on in a sentence of ours."""

from __future__ import annotations

import errno
import os
import ssl

import pytest

from pmtui.feed.reasons import unconnected, unsent


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "Hostname mismatch, certificate is not valid for 'localhost'.",
            "certificate refused: Hostname mismatch, certificate is not valid for 'localhost'",
        ),
        ("self-signed certificate", "certificate refused: self-signed certificate"),
    ],
)
def test_a_refused_certificate_is_told_without_the_librarys_full_stop(words: str, said: str) -> None:
    error = ssl.SSLCertVerificationError()
    error.verify_message = words
    assert unconnected(error) == said


UNREACHABLE = f"network: {os.strerror(errno.ENETUNREACH)}"


def several(*numbers: int) -> list[OSError]:
    """How libraries tell that none of several addresses could be reached."""
    each = [OSError(number, f"Connect call failed ('127.0.0.{n}', 9)") for n, number in enumerate(numbers)]
    joined = OSError(f"Multiple exceptions: {', '.join(map(str, each))}")
    grouped = OSError("All connection attempts failed")
    grouped.__cause__ = ExceptionGroup("multiple connection attempts failed", each)
    return [joined, grouped]


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((errno.ECONNREFUSED, errno.ECONNREFUSED), "connection refused"),
        ((errno.ENETUNREACH, errno.ECONNREFUSED), "connection refused"),
        ((errno.ENETUNREACH, errno.ENETUNREACH, errno.ENETUNREACH), UNREACHABLE),
        ((errno.EAFNOSUPPORT, errno.ENETUNREACH), UNREACHABLE),
        ((errno.EHOSTUNREACH, errno.ETIMEDOUT), f"network: {os.strerror(errno.ETIMEDOUT)}"),
        ((errno.EACCES, errno.EADDRNOTAVAIL), f"network: {os.strerror(errno.EACCES)}"),
    ],
)
def test_of_several_addresses_the_reason_that_tells_most_is_told(numbers: tuple[int, ...], said: str) -> None:
    assert [unconnected(error) for error in several(*numbers)] == [said, said]


def test_the_words_are_the_systems_and_not_a_librarys() -> None:
    error = OSError(errno.ECONNRESET, "Connect call failed ('127.0.0.1', 40391)")
    assert unconnected(error) == f"network: {os.strerror(errno.ECONNRESET)}"
    assert unsent(error) == f"cannot send: {os.strerror(errno.ECONNRESET)}"
    assert unconnected(OSError("hm")) == "no connection could be made"
    assert unsent(OSError("hm")) == "cannot send"


def test_an_error_that_a_library_made_up_is_told_like_the_systems_own() -> None:
    assert unconnected(ConnectionRefusedError()) == "connection refused"
    assert unconnected(ConnectionResetError()) == f"network: {os.strerror(errno.ECONNRESET)}"
    assert unsent(BrokenPipeError("gone")) == f"cannot send: {os.strerror(errno.EPIPE)}"


@pytest.mark.parametrize(
    ("reason", "said"),
    [("WRONG_VERSION_NUMBER", "TLS failed: wrong version number"), ("", "TLS failed"), (None, "TLS failed")],
)
def test_a_failure_of_tls_is_told_in_words_and_not_by_the_name_of_a_constant(reason: str | None, said: str) -> None:
    error = ssl.SSLError()
    error.reason = reason  # type: ignore[assignment]
    assert unconnected(error) == said
