"""What Polymarket offers, in words for people."""

from __future__ import annotations

from pmtui.core.offer import Entry, Offer, Place
from pmtui.venues.polymarket.addresses import Addresses

_HOME = Addresses()

OFFER = Offer(
    name="polymarket",
    title="Polymarket",
    prefixes=("polymarket", "pm"),
    bare=True,
    names="catalog",
    example="pmtui watch 71321045679252212594626385532706912750332728571942532289631379312455583992563",
    has=(
        "outcome tokens by id, markets and events by slug, condition id or link",
        "whole books with every change, each proven by the venue's own hash",
        "trades, tick sizes, settlements; both outcomes of a market",
        "search; your own orders and fills by API credentials",
    ),
    limits=("200 tokens a connection, more connections as needed", "a proof of each shown book about every second"),
    places=(
        Place(
            "socket",
            "ws_url",
            "WS_URL",
            "ws",
            _HOME.socket,
            "Sockets, without a path",
        ),
        Place("clob", "clob_url", "CLOB_API_URL", "http", _HOME.clob, "REST"),
        Place(
            "gamma",
            "gamma_url",
            "GAMMA_API_URL",
            "http",
            _HOME.gamma,
            "Catalogue; follows --clob-url",
            follows="clob_url",
        ),
    ),
    entry=Entry(
        (
            "To see your own orders, fills and positions here, let pmtui know the API key, the secret and the"
            " passphrase of your account: by environment variables, in the [account] table of your settings file, or"
            " in your keyring.",
            "`pmtui account check` says by which names it looks for them, what it found, and whether the venue accepts"
            " it. `pmtui account save` puts them into the keyring.",
        )
    ),
)
