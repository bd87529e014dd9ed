"""An account kept true over a link that breaks, by checks that fail, with credentials that are wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import pytest

from pmtui.core.alerts import Kind
from pmtui.core.board import Label
from pmtui.core.events import Phase
from pmtui.core.instrument import identify
from pmtui.core.ports import Login, Request
from pmtui.feed import account as checks
from pmtui.feed.http import HttpFetcher
from pmtui.feed.trial import Verdict, trial
from pmtui.venues.polymarket.venue import Polymarket
from tests.torture.loop import run

from .own import OwnExchange, OwnLine, Scene, clock, credentials, following, shown
from .test_live import HOST, listening

LETTERS = "e" * 64


def play(scene: Callable[[Scene], Awaitable[None]], exchange: OwnExchange | None = None, **how: Any) -> None:
    async def work() -> None:
        async with following(exchange, **how) as found:
            await scene(found)
        await asyncio.sleep(1)
        assert len(asyncio.all_tasks()) == 1, asyncio.all_tasks()

    run(work())


# Cuts


async def endure(scene: Scene, *, seed: int, cuts: int, fills: int) -> None:
    """Cut the link that many times, each time while it is up, and go on until that many fills have happened."""
    exchange, random = scene.exchange, Random(seed)
    await scene.connected()
    done = 0
    while done < cuts or len(exchange.fills()) < fills:
        await asyncio.sleep(random.expovariate(1 / 8))
        if done < cuts and exchange.lines:
            exchange.cut()
            done += 1
            if random.randrange(10) == 0:
                exchange.fault(f"user-down {random.randrange(5, 40)}")
    exchange.stop_trading()
    exchange.fault("clear")
    await asyncio.sleep(180)  # all is settled, and checked twice


@pytest.mark.parametrize(
    ("cuts", "fills"), [(20, 400), pytest.param(200, 5_000, marks=pytest.mark.torture)], ids=["20 cuts", "200 cuts"]
)
def test_no_fill_is_lost_or_doubled_over_many_cuts_and_each_that_came_late_says_so(cuts: int, fills: int) -> None:
    exchange, cash = OwnExchange(pace=240), []

    def note(path: str, status: int, body: bytes) -> tuple[int, bytes]:
        if path == "/balance-allowance":
            cash.append(int(json.loads(body)["balance"]) * 1_000)
        return status, body

    exchange.tamper = note

    async def scene(found: Scene) -> None:
        await endure(found, seed=cuts, cuts=cuts, fills=fills)
        account, truth = found.account, exchange.fills()
        told = shown(account)
        assert len(truth) >= fills
        assert len(exchange.attempts) > cuts
        assert told.fills == truth
        assert account.fills.total == len(truth)
        assert account.fills.failed() == sum(fill[-1] == "FAILED" for fill in truth.values()) > 0
        assert told.late == set(truth) - exchange.told
        assert told.late
        assert told.orders == exchange.orders()
        for token, held in exchange.ledger.positions().items():
            assert account.position(identify("polymarket", token)).net == held
        assert account.cash == cash[-1]
        assert found.label in (Label.LIVE, Label.QUIET)

    play(scene, exchange)


def test_an_answer_that_is_taken_in_by_portions_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_AT_ONCE", 7)
    exchange = OwnExchange(pace=600)

    async def scene(found: Scene) -> None:
        await endure(found, seed=3, cuts=4, fills=150)
        told = shown(found.account)
        assert told.fills == exchange.fills()
        assert told.late == set(exchange.fills()) - exchange.told
        assert told.orders == exchange.orders()

    play(scene, exchange)


def test_faults_of_the_channel_are_mended_by_the_next_check() -> None:
    exchange = OwnExchange(pace=600)

    async def scene(found: Scene) -> None:
        await found.connected()
        for fault in ("user-drop 5", "user-duplicate 5", "user-swap 3", "user-late 8", "user-down 20"):
            exchange.fault(fault)
            await asyncio.sleep(30)
        exchange.stop_trading()
        await asyncio.sleep(130)
        told = shown(found.account)
        assert told.fills == exchange.fills()
        assert told.orders == exchange.orders()

    play(scene, exchange)


def test_a_link_that_does_not_tell_of_a_fill_is_made_anew() -> None:
    exchange = OwnExchange(pace=600)

    async def scene(found: Scene) -> None:
        await found.connected()
        ups = found.store.links["polymarket account link"].ups
        await asyncio.sleep(20)
        exchange.fault("user-late 300")
        await found.until(lambda: found.store.links["polymarket account link"].ups > ups, within=90)
        assert any("it did not tell of a fill" in each for each in found.news())

    play(scene, exchange)


def test_a_link_that_does_not_tell_of_an_order_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    exchange, send = OwnExchange(pace=120), OwnLine.send
    mute = [True]

    def without_orders(line: OwnLine, text: bytes) -> None:
        if not (mute[0] and b'"event_type":"order"' in text):
            send(line, text)

    monkeypatch.setattr(OwnLine, "send", without_orders)

    async def scene(found: Scene) -> None:
        await found.connected()
        ups = found.store.links["polymarket account link"].ups
        await found.until(lambda: found.store.links["polymarket account link"].ups > ups, within=90)
        assert any("it did not tell of an order" in each for each in found.news())
        mute[0] = False
        exchange.cut()
        await found.connected()
        ups = found.store.links["polymarket account link"].ups
        await asyncio.sleep(200)
        assert found.store.links["polymarket account link"].ups == ups

    play(scene, exchange)


def test_a_trade_row_of_the_future_does_not_blind_the_questions_after_it() -> None:
    exchange = OwnExchange(pace=600)

    def ahead(path: str, status: int, body: bytes) -> tuple[int, bytes]:
        if path == "/data/trades" and (rows := (told := json.loads(body))["data"]):
            sent = int(rows[0]["match_time"]) + 3 * 86_400
            rows.append(
                rows[0] | {"id": "of-the-future", "match_time": str(sent), "match_time_nano": f"{sent}000000000"}
            )
            body = json.dumps(told).encode()
        return status, body

    exchange.tamper = ahead

    async def scene(found: Scene) -> None:
        await asyncio.sleep(70)
        exchange.stop_trading()
        await asyncio.sleep(180)  # all is settled
        assert found.account.fills.newest(1)[0].trade == "of-the-future"
        assert 0 < found.account.resume_from() < exchange.world.now // 1_000

    play(scene, exchange)


# Rhythm


def test_it_is_checked_after_each_connect_and_each_minute() -> None:
    exchange = OwnExchange(pace=0)

    async def scene(found: Scene) -> None:
        await found.connected()
        assert exchange.asked["/data/orders"] == 1
        await asyncio.sleep(59 * 10)
        assert exchange.asked["/data/orders"] == 10
        exchange.cut()
        await asyncio.sleep(5)
        assert exchange.asked["/data/orders"] == 11
        assert found.label is Label.QUIET  # hours without a word are no reason for anything else
        assert found.account.cash == exchange.ledger.cash

    play(scene, exchange)


def test_a_silent_link_is_as_good_as_one_that_speaks() -> None:
    exchange = OwnExchange(pace=0)

    async def scene(found: Scene) -> None:
        await found.connected()
        for _ in range(8):
            await asyncio.sleep(90)
            exchange.cut()
            await found.until(lambda: len(exchange.lines) == 0)
            lost = clock()
            await found.connected()
            assert clock() - lost < 2_000  # an hour's silence is not an hour's failure

    play(scene, exchange)


def test_a_far_end_that_answers_no_pings_is_given_up() -> None:
    exchange = OwnExchange(pace=0)

    async def scene(found: Scene) -> None:
        await found.connected()
        exchange.lines[0].deaf = True
        await found.until(lambda: any("no answer to our pings" in each for each in found.news()))
        await found.connected()
        assert len(exchange.attempts) == 2

    play(scene, exchange)


def test_a_far_end_that_says_nothing_but_garbage_is_given_up() -> None:
    exchange = OwnExchange(pace=0)

    async def scene(found: Scene) -> None:
        await found.connected()
        (line,) = exchange.lines
        line.deaf = True
        conversation = next(iter(found.feed._carriers.all.values())).conversation
        began, good_until = clock(), conversation.data_at
        while not line.ended:
            assert conversation.data_at == good_until
            line.send(b"  ")
            await asyncio.sleep(5)
            assert clock() < began + 60_000
        assert any("no answer to our pings" in each for each in found.news())

    play(scene, exchange)


def test_a_check_that_fails_is_made_again_soon_and_the_link_goes_on() -> None:
    exchange = OwnExchange(pace=60)

    async def scene(found: Scene) -> None:
        exchange.fault("user-rest 500 20")
        await found.until(lambda: found.account.failed != "")
        assert found.label is Label.SYNCING
        assert found.reason == "the venue has trouble of its own (500)"
        assert found.account.refused == ""
        await asyncio.sleep(20)
        assert 3 < exchange.asked["/data/orders"] < 12
        await found.connected()
        assert shown(found.account).orders == exchange.orders()
        assert len(exchange.attempts) == 1

    play(scene, exchange)


def test_who_asked_too_often_waits_as_long_as_it_was_told_to() -> None:
    exchange = OwnExchange(pace=0)
    exchange.tamper = lambda path, status, body: (429, b'{"retry_after_seconds": 200}')

    async def scene(found: Scene) -> None:
        await asyncio.sleep(190)
        assert exchange.asked.total() == 1
        await asyncio.sleep(20)
        assert exchange.asked.total() == 2

    play(scene, exchange)


def babble(exchange: OwnExchange) -> None:
    """Say something on the account's links that nobody can read."""
    for line in exchange.lines:
        line.send(b'{"event_type":"order","id":7}')


@pytest.mark.parametrize(
    ("status", "body", "wait"), [(429, b'{"retry_after_seconds": 200}', 200), (429, b"", 60), (403, b"", 30)]
)
def test_neither_a_new_link_nor_what_cannot_be_read_shortens_the_wait(status: int, body: bytes, wait: int) -> None:
    exchange = OwnExchange(pace=0)
    exchange.tamper = lambda path, was, told: (status, body)

    async def scene(found: Scene) -> None:
        await found.until(lambda: found.account.failed != "")
        for n in range(wait - 5):
            babble(exchange)
            if n % 20 == 10:
                exchange.cut()
            await asyncio.sleep(1)
        assert exchange.asked.total() == 1
        await asyncio.sleep(10)
        assert exchange.asked.total() == 2

    play(scene, exchange)


def test_what_cannot_be_read_is_asked_for_soon_and_ever_more_seldom() -> None:
    exchange = OwnExchange(pace=0)

    async def scene(found: Scene) -> None:
        await found.connected()
        await asyncio.sleep(20)
        babble(exchange)
        await asyncio.sleep(3)
        assert found.account.checks == 2
        for _ in range(30):
            babble(exchange)
            await asyncio.sleep(1)
        assert 3 <= found.account.checks <= 5
        told = found.account.checks
        for _ in range(600):
            babble(exchange)
            await asyncio.sleep(1)
        assert 9 <= found.account.checks - told <= 12
        await asyncio.sleep(130)
        babble(exchange)
        told = found.account.checks
        await asyncio.sleep(6)
        assert found.account.checks == told + 1

    play(scene, exchange)


def test_orders_from_before_the_link_are_no_news_whatever_our_clock_says() -> None:
    exchange = OwnExchange(pace=1_200)

    async def scene(found: Scene) -> None:
        await found.connected()
        await asyncio.sleep(10)
        exchange.cut()
        await asyncio.sleep(1)
        exchange.stop_trading()
        await asyncio.sleep(5)
        links, checks = len(exchange.attempts), found.account.checks
        await found.until(lambda: found.account.checks > checks)
        assert any(found.account.orders.is_untold(each.order) for each in found.account.orders.working())
        await asyncio.sleep(5)
        assert len(exchange.attempts) == links

    play(scene, exchange, wall_ahead=-20_000)


def test_pages_without_an_end_are_not_read_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "MOST_PAGES", 10)
    exchange, turn = OwnExchange(pace=0), iter(range(10**6))

    def endless(path: str, status: int, body: bytes) -> tuple[int, bytes]:
        return 200, json.dumps({"data": [], "next_cursor": f"c{next(turn)}"}).encode()

    exchange.tamper = endless

    async def scene(found: Scene) -> None:
        await found.until(lambda: found.account.failed == "the answer has more than 10 pages")
        assert exchange.asked.total() == 10
        assert found.label is Label.SYNCING

    play(scene, exchange)


def test_pages_that_go_round_in_a_circle_are_left_at_once() -> None:
    exchange, turn = OwnExchange(pace=0), iter("ABCABCABC")

    def circling(path: str, status: int, body: bytes) -> tuple[int, bytes]:
        return 200, json.dumps({"data": [], "next_cursor": next(turn)}).encode()

    exchange.tamper = circling

    async def scene(found: Scene) -> None:
        await found.until(lambda: found.account.failed == "the pages go round in a circle")
        assert exchange.asked.total() == 4

    play(scene, exchange)


def test_a_row_that_cannot_be_read_is_told_and_ends_no_order() -> None:
    exchange = OwnExchange(pace=600)

    def damaged(path: str, status: int, body: bytes) -> tuple[int, bytes]:
        if path == "/data/orders" and clock() > damaged_from:
            told = json.loads(body)
            for row in told["data"]:
                row["price"] = "much"
            body = json.dumps(told).encode()
        return status, body

    damaged_from = 10**9
    exchange.tamper = damaged

    async def scene(found: Scene) -> None:
        nonlocal damaged_from
        await found.connected()
        await asyncio.sleep(20)
        exchange.stop_trading()
        damaged_from = clock()
        exchange.cut()
        await asyncio.sleep(20)
        assert shown(found.account).orders == exchange.orders() != {}
        odd = [each.text for each in found.store.alerts.ring if each.kind is Kind.REJECT]
        assert odd
        assert all("price is not a number" in each and "much" not in each for each in odd)

    play(scene, exchange)


def test_a_trade_that_cannot_be_read_makes_the_account_stale_until_it_can() -> None:
    exchange, bad = OwnExchange(pace=120), [""]

    def damaged(path: str, status: int, body: bytes) -> tuple[int, bytes]:
        if path == "/data/trades":
            told = json.loads(body)
            bad[0] = bad[0] or told["data"][-1]["id"]
            for row in told["data"]:
                row["bucket_index"] = "many" if row["id"] == bad[0] else row["bucket_index"]
            body = json.dumps(told).encode()
        return status, body

    exchange.tamper = damaged

    async def scene(found: Scene) -> None:
        await found.until(lambda: found.label is Label.STALE)
        assert found.reason == ("1 fill could not be read: positions may be off (bucket_index is not a small number)")
        bad[0] = "none"
        await asyncio.sleep(400)
        assert found.label is Label.STALE
        await asyncio.sleep(260)
        assert found.label in (Label.LIVE, Label.QUIET)
        exchange.stop_trading()
        await asyncio.sleep(180)
        assert shown(found.account).fills == exchange.fills()

    play(scene, exchange)


def test_an_order_that_is_too_young_for_a_list_is_looked_for_in_another_one_soon() -> None:
    exchange, stale = OwnExchange(pace=600), [0]

    def old(path: str, status: int, body: bytes) -> tuple[int, bytes]:
        if path == "/data/orders" and stale[0]:
            stale[0] -= 1
            body = json.dumps(json.loads(body) | {"data": [], "next_cursor": ""}).encode()
        return status, body

    exchange.tamper = old

    async def scene(found: Scene) -> None:
        await found.connected()
        await asyncio.sleep(20)
        known = {each.order for each in found.account.orders.working()}
        await found.until(lambda: any(each.order not in known for each in found.account.orders.working()))
        exchange.stop_trading()
        young, *_ = (each.order for each in found.account.orders.working() if each.order not in known)
        stale[0], checks = 1, found.account.checks
        exchange.cut()
        await found.until(lambda: found.account.checks == checks + 1)
        working = {each.order for each in found.account.orders.working()}
        assert young in working
        assert len(working) < len(known)
        await found.until(lambda: shown(found.account).orders == exchange.orders(), within=8)
        await asyncio.sleep(30)
        assert found.account.checks == checks + 2

    play(scene, exchange)


def test_orders_beyond_all_that_anybody_has_are_told_of_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pmtui.core.orders.MOST_WORKING", 2)
    monkeypatch.setattr(checks, "MOST_WORKING", 2)

    async def scene(found: Scene) -> None:
        await found.until(lambda: found.account.orders.refused > 1)
        await asyncio.sleep(200)
        told = [each for each in found.news() if "working orders" in each]
        assert told == ["account: more than 2 working orders: the others are not here"]

    play(scene, OwnExchange(pace=600))


# Who is not let in


@pytest.mark.parametrize("wrong", [{"key": "0" * 8 + "-1111-4111-8111-" + "0" * 12}, {"passphrase": LETTERS}])
def test_wrong_credentials_end_in_halted_with_the_reason_and_few_knocks(wrong: dict[str, str]) -> None:
    exchange = OwnExchange(pace=0)

    async def scene(found: Scene) -> None:
        await found.until(lambda: found.label is Label.HALTED)
        assert found.reason.startswith("credentials not accepted (401)")
        await asyncio.sleep(600)
        assert found.label is Label.HALTED
        assert found.account.link.phase is Phase.HALTED or found.account.link.phase is Phase.UP
        assert len(exchange.attempts) <= 22
        pairs = exchange.asked_at["/data/orders"]
        assert len(pairs) <= 2 * 43
        assert sum("account refused" in each for each in found.news()) == 1

    play(scene, exchange, **wrong)


def test_a_key_that_is_refused_for_a_while_is_accepted_again() -> None:
    exchange = OwnExchange(pace=60)

    async def scene(found: Scene) -> None:
        await found.connected()
        exchange.fault("user-deny 45")
        await found.until(lambda: found.label is Label.HALTED)
        await found.until(lambda: found.label in (Label.LIVE, Label.QUIET), within=120)
        assert found.account.refused == ""
        assert exchange.attempts[-1] - exchange.attempts[0] < 120

    play(scene, exchange)


def test_one_refusal_that_goes_away_when_asked_again_is_none() -> None:
    exchange = OwnExchange(pace=0)
    spurious = iter([401])

    def once(path: str, status: int, body: bytes) -> tuple[int, bytes]:
        return (next(spurious, status), body) if path == "/data/orders" else (status, body)

    exchange.tamper = once

    async def scene(found: Scene) -> None:
        await found.connected()
        assert exchange.asked["/data/orders"] == 2
        assert found.account.refused == ""

    play(scene, exchange)


@pytest.mark.parametrize(("ahead", "words"), [(-74_000, "74s behind"), (3_600_000, "3600s ahead")])
def test_a_clock_that_is_off_is_measured_and_the_account_works(ahead: int, words: str) -> None:
    async def scene(found: Scene) -> None:
        await found.connected()
        assert [each for each in found.news() if words in each] == [
            f"your clock is {words}: signatures go by the venue's"
        ]

    play(scene, wall_ahead=ahead)


def test_without_an_address_the_link_tells_and_nothing_is_asked() -> None:
    exchange = OwnExchange(pace=600)

    async def scene(found: Scene) -> None:
        await found.until(lambda: found.account.fills.total > 3)
        assert found.label is Label.SYNCING
        assert found.reason == "open orders and fills cannot be asked for: the address is missing"
        assert not exchange.asked.keys() - {"/markets"}  # names are anybody's to ask for

    play(scene, exchange, address="")


def test_without_an_address_a_venue_that_hangs_up_twice_is_not_rung_on_and_on() -> None:
    exchange = OwnExchange(pace=0)

    async def scene(found: Scene) -> None:
        await asyncio.sleep(300)
        assert found.label is Label.HALTED
        assert found.reason.startswith("the venue hangs up as soon as it hears who we are")
        assert len(exchange.attempts) <= 12

    play(scene, exchange, address="", passphrase=LETTERS)


# Names


def test_markets_that_only_the_account_knows_get_their_names() -> None:
    exchange = OwnExchange(pace=600)

    async def scene(found: Scene) -> None:
        await found.until(lambda: found.account.fills.total > 10)
        await asyncio.sleep(65)
        orders = found.account.orders.working()
        assert orders
        named = [each for each in orders if each.instrument in found.store.named]
        assert found.store.named
        assert len(named) >= len(orders) // 2
        assert all(each.title for each in found.store.named.values())

    play(scene, exchange)


def test_names_that_no_catalogue_told_are_asked_for_again_though_the_account_rests() -> None:
    exchange = OwnExchange(pace=600)
    down = True
    exchange.tamper = lambda path, status, body: (503, b"") if down and path == "/markets" else (status, body)

    async def scene(found: Scene) -> None:
        nonlocal down
        await found.until(lambda: found.account.fills.total > 10)
        exchange.stop_trading()
        await asyncio.sleep(600)
        version, known = found.account.version, found.account.instruments()
        assert not any(found.store.named[each].title for each in known if each in found.store.named)
        assert exchange.asked["/markets"] <= 5 * len(known)  # each at once and after 1, 3 and 7 minutes
        down = False
        await asyncio.sleep(1_800)
        assert found.account.version == version
        assert all(found.store.named[each].title for each in known)

    play(scene, exchange)


# Sending


def test_headers_go_to_the_address_that_was_asked_and_not_where_it_points() -> None:
    visitors: list[bytes] = []

    async def elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visitors.append(await reader.read(1_000))
        writer.close()

    heard: list[bytes] = []

    async def work() -> None:
        async with listening(elsewhere) as other:

            async def pointing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                heard.append(await reader.readuntil(b"\r\n\r\n"))
                place = b"http://%s:%d/" % (HOST.encode(), other)
                writer.write(b"HTTP/1.1 307 Away\r\nContent-Length: 0\r\nLocation: " + place + b"\r\n\r\n")
                writer.close()

            async with listening(pointing) as port:
                fetcher = HttpFetcher()
                request = Request(f"http://{HOST}:{port}/data/orders", "orders")
                assert await fetcher.fetch(request, {"POLY_SIGNATURE": "x"}) == (307, b"")
                await fetcher.close()

    asyncio.run(work())
    assert b"POLY_SIGNATURE: x\r\n" in heard[0]
    assert visitors == []


# Trials


def tried(*faults: str, **parts: str) -> dict[str, tuple[Verdict, str]]:
    """What a trial of the account says about each thing."""

    async def work() -> dict[str, tuple[Verdict, str]]:
        exchange = OwnExchange(pace=0)
        for fault in faults:
            exchange.fault(fault)
        exchange.step(1)
        venue = Polymarket.at({"socket": "ws://127.0.0.1:1", "clob": "http://127.0.0.1:2", "gamma": ""})
        access = venue.account(Login(credentials(exchange.ledger.account, **parts)))
        assert access is not None
        clocked = trial(access, exchange, exchange, wall=lambda: exchange.world.now)
        return {each.what: (each.verdict, each.words) for each in await clocked}

    return run(work())


def test_a_trial_of_good_credentials_says_that_both_ways_are_open() -> None:
    assert tried() == {
        "signed read": (Verdict.WORKS, "accepted"),
        "user socket": (Verdict.WORKS, "accepted, it stays open"),
    }


def test_a_trial_without_an_address_tries_the_link_alone() -> None:
    found = tried(address="")
    assert found["signed read"][1].startswith("not tried, ")
    assert found["user socket"] == (Verdict.WORKS, "accepted, it stays open")


@pytest.mark.parametrize("parts", [{}, {"address": ""}])
def test_a_trial_of_wrong_credentials_says_who_refuses_them(parts: dict[str, str]) -> None:
    found = tried(passphrase=LETTERS, **parts)
    assert found["user socket"][0] is Verdict.REFUSED
    assert "hangs up" in found["user socket"][1]
    assert max(verdict for verdict, _ in found.values()) is Verdict.REFUSED


def test_a_trial_at_a_venue_that_is_down_blames_the_venue() -> None:
    found = tried("user-rest 503 60", "user-down 60")
    assert found["signed read"] == (Verdict.NOT_REACHED, "the venue is closed for a while (503)")
    assert found["user socket"] == (Verdict.NOT_REACHED, "refused with status 503")
