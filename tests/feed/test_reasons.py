"""Why there is no connection, in words that go on in a sentence of ours."""

from __future__ import annotations

import ssl

import pytest

from pmtui.feed.reasons import unconnected


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
