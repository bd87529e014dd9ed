"""Venues on the command line: which one a name means, where it is, and what there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pmtui import cli as front
from pmtui.cli import screen
from pmtui.config import resolve
from pmtui.core.instrument import Instrument
from pmtui.core.offer import Offer
from pmtui.venues import meant, offers

TOKEN = "7" * 77


@pytest.fixture(autouse=True)
def nobodys_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    for offer in offers():
        for place in offer.places:
            monkeypatch.delenv(place.variable, raising=False)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, list[Instrument]]]:
    told: list[tuple[Any, list[Instrument]]] = []

    def show(settings: Any, targets: list[Instrument], *_: object) -> int:
        told.append((settings, targets))
        return 0

    monkeypatch.setattr(screen, "show", show)
    monkeypatch.setattr(screen, "need_terminal", lambda: None)
    return told


def invoke(*arguments: str) -> Any:
    return CliRunner().invoke(front.cli, arguments)


def test_a_prefix_means_its_venue_and_nothing_the_first() -> None:
    assert [
        (meant(text)[0].name, meant(text)[1])
        for text in ("hl:BTC", "HL:#10", "hyperliquid:xyz:TSLA", f"pm:{TOKEN}", "rain")
    ] == [
        ("hyperliquid", "BTC"),
        ("hyperliquid", "#10"),
        ("hyperliquid", "xyz:TSLA"),
        ("polymarket", TOKEN),
        ("polymarket", "rain"),
    ]
    assert meant("https://polymarket.com/event/rain")[0].bare
    assert meant("xyz:TSLA")[0].bare


def test_what_venues_call_themselves_is_theirs_alone() -> None:
    every = [prefix for offer in offers() for prefix in offer.prefixes]
    assert len(every) == len(set(every))
    settings = [place.setting for offer in offers() for place in offer.places]
    assert len(settings) == len(set(settings))
    assert sum(offer.bare for offer in offers()) == 1


def test_venues_are_watched_side_by_side(shown: list[tuple[Any, list[Instrument]]]) -> None:
    result = invoke("watch", "hl:BTC", TOKEN, "hl:#10", "hl:xyz:TSLA", "hl:@107", "--no-account")
    assert result.exit_code == 0, result.output
    ((settings, targets),) = shown
    assert [each.id for each in targets] == [
        "hyperliquid:BTC",
        f"polymarket:{TOKEN}",
        "hyperliquid:#10",
        "hyperliquid:xyz:TSLA",
        "hyperliquid:@107",
    ]
    assert settings.addresses["hyperliquid"]["socket"] == "wss://api.hyperliquid.xyz"


def test_a_wrong_name_is_explained_by_its_venue(shown: list[tuple[Any, list[Instrument]]]) -> None:
    result = invoke("watch", "hl:no such coin")
    assert result.exit_code == 2
    assert "hl:BTC" in result.stderr
    assert not shown


def test_a_test_network_is_for_venues_that_have_one(shown: list[tuple[Any, list[Instrument]]]) -> None:
    assert invoke("watch", "hl:BTC", "--testnet", "--no-account").exit_code == 0
    addresses = shown[0][0].addresses
    assert all("testnet" in url for url in addresses["hyperliquid"].values())
    assert not any(addresses["polymarket"].values())

    result = invoke("watch", "hl:BTC", TOKEN, "--testnet")
    assert result.exit_code == 2
    assert "no test network" in result.stderr


def test_an_exchange_on_this_machine_is_alone(
    shown: list[tuple[Any, list[Instrument]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HL_WS_URL", "ws://127.0.0.1:8765")
    assert invoke("watch", "hl:BTC", "--no-account").exit_code == 0
    assert shown[0][0].addresses["hyperliquid"] == {"socket": "ws://127.0.0.1:8765", "api": ""}
    invoke("watch", "hl:BTC", "--hl-api-url", "http://127.0.0.1:8766", "--no-account")
    assert shown[1][0].addresses["hyperliquid"]["api"] == "http://127.0.0.1:8766"


def test_unsafe_addresses_are_refused_for_every_venue(monkeypatch: pytest.MonkeyPatch) -> None:
    for offer in offers():
        for place in offer.places:
            result = invoke("venues", f"--{place.setting.replace('_', '-')}", f"{place.scheme}://host.example")
            assert result.exit_code == 2
            assert "127.0.0.1" in result.stderr


def test_venues_are_listed_with_what_they_have_and_their_limits() -> None:
    result = invoke("venues")
    assert result.exit_code == 0
    for offer in offers():
        for words in (offer.title, *offer.has, *offer.limits, offer.example, *(place.own for place in offer.places)):
            assert words in result.stdout


@pytest.mark.parametrize("offer", offers(), ids=lambda offer: offer.name)
def test_addresses_of_a_venue_are_settings_like_any_other(offer: Offer) -> None:
    for place in offer.places:
        url = f"{place.scheme}://127.0.0.1:9"
        settings = resolve({}, {place.variable: url}, {}, defaults={}, offers=[offer])
        assert settings.addresses[offer.name][place.key] == url
        assert settings.origins[place.setting] == place.variable
    settings = resolve({}, {}, {}, defaults={}, offers=[offer])
    assert settings.addresses[offer.name] == {place.key: place.own for place in offer.places}
