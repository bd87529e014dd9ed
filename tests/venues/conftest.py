"""Codecs are tried on both their roads: with frames scanned at once, and without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pmtui.core import scan
from pmtui.venues.hyperliquid import shapes


@pytest.fixture(scope="module", params=["scanned", "typed"])
def road(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "typed":  # as where no compiler was at hand
            patch.setattr(scan, "_Scanner", None)
            for name in ("book", "top", "trades"):
                patch.setattr(shapes, name, scan.scanner())
        elif scan._Scanner is None:
            pytest.skip("installed without a compiler")
        yield
