"""Proxies of the environment: one way for sockets and REST, its host told, its password never."""

from __future__ import annotations

import asyncio

import pytest

from pmtui.core.ports import Closed, Request
from pmtui.feed import live
from pmtui.feed.http import HttpFetcher
from pmtui.feed.proxy import Unusable, proxy_for

from .test_live import HOST, listening, read

FAR = "venue.invalid"


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("url", [f"wss://{FAR}/ws/market", f"https://{FAR}/book"])
def test_sockets_and_rest_find_the_same_proxy(name: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "http://10.0.0.1:8080")
    found = proxy_for(url)
    assert found is not None
    assert found == ("http://10.0.0.1:8080", "10.0.0.1:8080")


@pytest.mark.parametrize("passed_by", ["*", FAR, f".other,{FAR}", "invalid"])
def test_hosts_that_need_no_proxy_are_reached_straight(passed_by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://10.0.0.1:8080")
    monkeypatch.setenv("NO_PROXY", passed_by)
    assert proxy_for(f"wss://{FAR}/") is None


@pytest.mark.parametrize("scheme", ["ws", "http", "https"])
@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.2", "127.255.255.254", "[::1]", "[0:0::1]", "[::ffff:127.0.0.1]", "LocalHost", "localhost."],
)
def test_this_machine_is_never_reached_through_a_proxy(scheme: str, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://10.0.0.1:8080")
    assert proxy_for(f"{scheme}://{host}:8080/") is None


@pytest.mark.parametrize("host", ["10.0.0.2", "[::2]", "[::ffff:10.0.0.2]", "localhost.example", "127.0.0.1.example"])
def test_another_machine_is_reached_through_the_proxy(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://10.0.0.1:8080")
    assert proxy_for(f"wss://{host}/") is not None


@pytest.mark.parametrize(
    ("text", "url", "host"),
    [
        ("bob:hunter2@10.0.0.1:8080", "http://bob:hunter2@10.0.0.1:8080", "10.0.0.1:8080"),
        ("http://bob:p@ss@proxy.example", "http://bob:p%40ss@proxy.example:80", "proxy.example:80"),
        ("http://bob:p%40ss@proxy.example", "http://bob:p%40ss@proxy.example:80", "proxy.example:80"),
        ("http://:hunter2@proxy.example", "http://:hunter2@proxy.example:80", "proxy.example:80"),
        ("http://:@proxy.example", "http://proxy.example:80", "proxy.example:80"),
        ("https://[::1]:8443/", "https://[::1]:8443", "[::1]:8443"),
        ("proxy", "http://proxy:80", "proxy:80"),
        ("socks5://token@proxy.example", "socks5://token:@proxy.example:1080", "proxy.example:1080"),
    ],
)
def test_a_proxy_is_read_in_any_form(text: str, url: str, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", text)
    assert proxy_for(f"https://{FAR}/") == (url, host)


def test_what_is_wrong_with_a_proxy_is_told_with_an_example(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {}
    for text in ("htp://proxy", "http://proxy:99999", "http://proxy:0", "http://", "http://a/b", "http://a..b"):
        monkeypatch.setenv("ALL_PROXY", text)
        with pytest.raises(Unusable) as refused:
            proxy_for(f"wss://{FAR}/")
        told[text] = str(refused.value).removeprefix("ALL_PROXY names no proxy that can be used: ")
    assert all(words.endswith(". Try: http://127.0.0.1:3128") for words in told.values())
    assert told["htp://proxy"].startswith("it begins with http://, https://, socks5://, socks5h://")
    assert told["http://proxy:99999"].startswith("the port is a number from 1 to 65535")
    assert told["http://proxy:0"].startswith("the port is a number from 1 to 65535")
    assert told["http://"].startswith("it has no host")
    assert told["http://a/b"].startswith("nothing follows its port; in a password / ? # @ are written %2F %3F %23 %40")
    assert told["http://a..b"].startswith("its host is no name or number of a machine")


UNUSABLE = [
    "htp://bob:hunter2@10.0.0.1:8080",
    "socks9://bob:hunter2@10.0.0.1:8080",
    "http://bob:hun/ter2@10.0.0.1:8080",
    "http://bob:hunter2#x@10.0.0.1:8080",
    "http://bob:12?hunter2@10.0.0.1:8080",
    "http://bob:hunter2@",
    "http://bob:hunter2@[10.0.0.1:8080",
    "http://bob:hunter2@10.0.0.1:hunter2",
    "http://bob:hunter2@10.0.0.1:99999",
    "http://bob:hunter2@10.0.0.1:0",
    "http://bob:hunter2@proxy..example",
    "http://bob:hunter2@.example",
    f"http://bob:hunter2@{'a' * 64}",
    "http://bob:hunter2@pro xy",
    "http://bob@hunter2/x@proxy",
]


@pytest.mark.parametrize("text", UNUSABLE)
def test_a_proxy_that_cannot_be_used_is_told_without_a_word_of_it(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", text)
    with pytest.raises(Unusable, match="ALL_PROXY names no proxy that can be used") as told:
        proxy_for(f"wss://{FAR}/")
    assert "hun" not in str(told.value)
    assert "ter2" not in str(told.value)


async def both(url_of: str = FAR) -> tuple[str, str]:
    """Why a socket and a question fail to get there."""
    (packet,) = await read(f"wss://{url_of}/")
    assert isinstance(packet, Closed)
    assert not packet.halt
    fetcher = HttpFetcher()
    try:
        with pytest.raises(OSError, match="prox") as told:
            await fetcher.fetch(Request(f"https://{url_of}/", "book"))
    finally:
        await fetcher.close()
    return packet.reason, str(told.value)


@pytest.mark.parametrize("text", UNUSABLE)
def test_no_way_shows_the_password_of_a_proxy_that_cannot_be_used(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", text)
    for reason in asyncio.run(both()):
        assert "HTTPS_PROXY names no proxy" in reason
        assert "hun" not in reason


def test_a_proxy_that_is_not_there_is_named_and_its_password_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", f"bob:hunter2@{HOST}:1")
    assert asyncio.run(both()) == (
        f"proxy {HOST}:1: connection refused",
        f"no answer: proxy {HOST}:1: connection refused",
    )


def test_a_proxy_that_refuses_is_named_with_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async def scene() -> None:
        async with listening(refuse) as port:
            monkeypatch.setenv("ALL_PROXY", f"http://{HOST}:{port}")
            socket, rest = await both()
            assert socket == f"proxy {HOST}:{port}: it refused (407)"
            assert rest == f"no answer: {socket}"

    asyncio.run(scene())


def test_a_proxy_that_hangs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def scene() -> None:
        monkeypatch.setattr(live, "HANDSHAKE", 0.2)
        async with listening(hang) as port:
            monkeypatch.setenv("HTTPS_PROXY", f"http://{HOST}:{port}")
            (packet,) = await read(f"wss://{FAR}/")
            assert isinstance(packet, Closed)
            assert packet.reason == f"proxy {HOST}:{port}: the handshake was not done in 0s"

    asyncio.run(scene())


def test_a_socks_proxy_without_its_packages_is_told_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("python_socks", "socksio"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    monkeypatch.setenv("HTTPS_PROXY", "socks5://bob:hunter2@10.0.0.1")
    for reason in asyncio.run(both()):
        assert "proxy 10.0.0.1:1080: SOCKS takes the packages" in reason
