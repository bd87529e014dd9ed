"""Every codec is tried on both its roads: with frames scanned at once, and without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pmtui.core import scan
from pmtui.venues.hyperliquid import shapes


@pytest.fixture(scope="module", params=["scanned", "typed"], autouse=True)
def _road(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "typed":  # as where no compiler was at hand
            patch.setattr(scan, "_Scanner", None)
            for name in ("book", "top", "trades"):
                patch.setattr(shapes, name, scan.scanner())
        elif scan._Scanner is None:
            pytest.skip("installed without a compiler")
        yield
