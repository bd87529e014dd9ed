"""What the program relies on, for every venue there is: a new folder joins by itself."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import pkgutil
from collections.abc import Iterable, Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pmtui.venues
from pmtui.core.access import Access, Page
from pmtui.core.book import Book
from pmtui.core.credentials import Credentials, Secret
from pmtui.core.events import Event, is_data
from pmtui.core.instrument import InstrumentId, identify
from pmtui.core.ports import Heartbeat, Hit, Login, Request, Seal, Stream, Venue, VenueError, Witnessed
from pmtui.core.units import Millis
from tests.examples import more

NAMES = [
    each.name
    for each in pkgutil.iter_modules(pmtui.venues.__path__)
    if each.ispkg and importlib.util.find_spec(f"pmtui.venues.{each.name}.venue")
]
NONSENSE = [
    b"",
    b"  ",
    b"\0",
    b"\xff\xfe",
    b"{",
    b"[",
    b"[[]]",
    b"null",
    b"7",
    b'"x"',
    b"<html></html>",
    b"{}",
    b"[{}]",
    b"x" * 999,
]


def venue_of(name: str) -> Venue:
    made: Venue = importlib.import_module(f"pmtui.venues.{name}.venue").VENUE()
    return made


def symbols_of(name: str) -> tuple[str, ...]:
    """Two symbols of this venue's making, from its test folder if that names any."""
    if importlib.util.find_spec(f"{__package__}.{name}") and importlib.util.find_spec(f"{__package__}.{name}.frames"):
        frames = importlib.import_module(f"{__package__}.{name}.frames")
        return tuple(getattr(frames, "SYMBOLS", ("1" * 70, "2" * 70)))
    return "1" * 70, "2" * 70


def ids_of(name: str) -> list[InstrumentId]:
    return [identify(name, symbol) for symbol in symbols_of(name)]


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def venue(name: str) -> Venue:
    return venue_of(name)


@pytest.fixture
def ids(name: str) -> list[InstrumentId]:
    return ids_of(name)


def test_there_is_a_venue() -> None:
    assert "polymarket" in NAMES


def members(protocol: type) -> Iterable[str]:
    return [each for each in vars(protocol) if not each.startswith("_")]


def test_a_venue_is_named_after_its_folder(venue: Venue, name: str) -> None:
    assert venue.name == name


def test_a_venue_has_all_that_is_asked_of_one(venue: Venue) -> None:
    for member in members(Venue):
        assert hasattr(venue, member), member
        asked = getattr(Venue, member)
        if inspect.isfunction(asked):
            wanted = list(inspect.signature(asked).parameters)[1:]
            assert list(inspect.signature(getattr(venue, member)).parameters) == wanted, member


def test_a_stream_has_all_that_is_asked_of_one(venue: Venue, ids: list[InstrumentId]) -> None:
    stream = venue.stream(1, ids)

    for member in members(Stream):
        assert hasattr(stream, member), member
    assert stream.heartbeat is None or isinstance(stream.heartbeat, Heartbeat)
    assert stream.url.startswith("wss://")
    assert set(stream.instruments) == set(ids)


def test_streams_of_one_venue_have_names_of_their_own(venue: Venue, ids: list[InstrumentId]) -> None:
    assert venue.stream(1, ids).name != venue.stream(2, ids).name


def test_the_room_of_a_stream_is_what_is_left_of_its_capacity(venue: Venue, ids: list[InstrumentId]) -> None:
    assert venue.stream(1, []).room() == venue.capacity() > 0
    assert venue.stream(1, ids).room() == venue.capacity() - len(ids)


def test_what_is_said_is_bytes_and_something(venue: Venue, ids: list[InstrumentId]) -> None:
    said = venue.stream(1, ids).open()

    assert said
    assert all(isinstance(frame, bytes) and frame for frame in said)


def test_opening_twice_says_the_same(venue: Venue, ids: list[InstrumentId]) -> None:
    stream = venue.stream(1, ids)

    assert stream.open() == stream.open()


def test_opening_says_what_is_followed_after_all_changes(venue: Venue, ids: list[InstrumentId]) -> None:
    changed, fresh = venue.stream(1, ids[:1]), venue.stream(1, ids[1:])
    if changed.change(ids[1:], ids[:1]) is None:
        return  # this venue takes a new connection for that

    assert changed.instruments == fresh.instruments
    assert changed.open() == fresh.open()
    assert changed.room() == fresh.room()


def test_changing_nothing_says_nothing(venue: Venue, ids: list[InstrumentId]) -> None:
    assert not venue.stream(1, ids).change([], [])
    assert venue.stream(1, ids).again([]) == []


def test_a_fresh_book_can_be_asked_for(venue: Venue, ids: list[InstrumentId]) -> None:
    assert all(isinstance(frame, bytes) for frame in venue.stream(1, ids).again(ids[:1]))


def received(stream: Stream, frame: bytes) -> list[Event]:
    """Facts, or the refusal as a fact; anything else that is raised fails the test."""
    try:
        return list(stream.receive(frame, Millis(1)))
    except VenueError as error:
        return [error.fact(Millis(1), stream.instruments)]


@pytest.mark.parametrize("frame", NONSENSE, ids=repr)
def test_nonsense_is_refused_or_noted_and_counted(venue: Venue, ids: list[InstrumentId], frame: bytes) -> None:
    stream = venue.stream(1, ids)
    stream.open()
    before = stream.messages

    events = received(stream, frame)

    assert stream.messages > before
    assert len(events) == stream.messages - before
    assert not any(map(is_data, events))


@pytest.mark.parametrize("name", NAMES)
def test_bytes_of_any_kind_raise_nothing_but_a_venue_error(name: str) -> None:
    stream = venue_of(name).stream(1, ids_of(name))
    stream.open()

    @more(2)
    @given(st.binary(max_size=120))
    def fed(frame: bytes) -> None:
        received(stream, frame)

    fed()


@pytest.mark.parametrize("name", NAMES)
def test_a_fetched_book_is_read_or_the_venues_fault(name: str) -> None:
    venue, instrument = venue_of(name), ids_of(name)[0]

    @given(st.sampled_from([200, 400, 404, 429, 500]), st.one_of(st.sampled_from(NONSENSE), st.binary(max_size=60)))
    def fetched(status: int, body: bytes) -> None:
        try:
            assert isinstance(venue.witness(instrument, status, body, Millis(1)), Witnessed)
        except VenueError:
            return

    fetched()


def test_nonsense_is_no_fetched_book(venue: Venue, ids: list[InstrumentId]) -> None:
    for body in NONSENSE:
        # A venue may say in its own words that it knows no such book.
        with suppress(VenueError):
            assert venue.witness(ids[0], 200, body, Millis(1)).book is None


def test_a_venue_without_a_book_says_so(venue: Venue, ids: list[InstrumentId]) -> None:
    assert venue.witness(ids[0], 404, b"", Millis(5)) == Witnessed(None, Millis(5))


def test_requests_go_to_encrypted_addresses(venue: Venue, name: str, ids: list[InstrumentId]) -> None:
    symbol = symbols_of(name)[0]
    searches = [request for text in (symbol, "rain tomorrow", "ä & b?#/..") for request in venue.search(text)]
    requests = [
        venue.snapshot(ids[0]),
        *venue.details(ids[0]),
        *venue.overviews(ids),
        *venue.lookups(symbol),
        *searches,
    ]

    for request in requests:
        assert isinstance(request, Request)
        assert request.url.startswith("https://")
        assert request.url.isascii()
        assert " " not in request.url
    asked = venue.snapshot(ids[0])
    assert symbol in asked.url + asked.body.decode()


def test_a_symbol_is_recognised_and_nonsense_is_not(venue: Venue, name: str) -> None:
    assert venue.recognise(symbols_of(name)[0]) is None
    for text in ("", " ", "\x1b[2J", "no such thing!", "a\nb"):
        assert venue.recognise(text), text


def test_an_instrument_of_a_symbol_is_the_venues_own(venue: Venue, name: str) -> None:
    symbol = symbols_of(name)[0]
    instrument = venue.instrument(symbol)

    if instrument is not None:
        assert (instrument.id, instrument.venue, instrument.symbol) == (identify(name, symbol), name, symbol)


def test_look_ups_that_find_nothing_are_no_error(venue: Venue) -> None:
    assert venue.found(404, b"{}") == ()
    for body in (b"", b"\xff", b"<html>"):
        with pytest.raises(VenueError):
            venue.found(200, body)


def test_a_search_finds_what_a_look_up_finds(venue: Venue, name: str) -> None:
    symbol = symbols_of(name)[0]

    assert venue.search(f"  {symbol} ") == venue.lookups(symbol)


def test_nothing_is_searched_for_by_nothing(venue: Venue) -> None:
    assert venue.search("") == venue.search(" \n") == []


def with_odd_values(found: object) -> Iterator[object]:
    """The same with something else in the place of each value, one at a time."""
    yield from (None, 7, "", "x", [], {}, [7])
    inner = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for key, each in inner:
        for odd in with_odd_values(each):
            yield {**found, key: odd} if isinstance(found, dict) else [odd]


def test_an_answer_to_a_search_is_hits_or_the_venues_fault(venue: Venue, name: str) -> None:
    text, answer = importlib.import_module(f"{__package__}.{name}.frames").FOUND
    good = json.dumps(answer).encode()
    assert [(type(each), each.instrument.venue) for each in venue.hits(text, 200, good)] == [(Hit, name)]
    assert venue.hits(text, 404, good) == ()
    odd = [json.dumps(each).encode() for each in with_odd_values(answer)]
    for body in [*NONSENSE, *odd, *(good[:end] for end in range(len(good)))]:
        with suppress(VenueError):
            assert all(isinstance(each, Hit) for each in venue.hits(text, 200, body))


def test_a_forgotten_instrument_can_be_watched_again(venue: Venue, ids: list[InstrumentId]) -> None:
    venue.forget(ids[0])
    first = venue.seal(ids[0])
    venue.forget(ids[0])
    venue.forget(ids[0])

    assert venue.seal(ids[0]) is not first


def test_a_seal_proves_nothing_before_it_was_told_anything(venue: Venue, ids: list[InstrumentId]) -> None:
    seal: Seal = venue.seal(ids[0])

    assert not seal.matches(Book(), 1, "nonsense", Millis(0))


def test_what_stands_before_a_colon_is_one_venues(venue: Venue, name: str) -> None:
    assert name in venue.prefixes
    others = {prefix for each in NAMES if each != name for prefix in venue_of(each).prefixes}
    assert not others.intersection(venue.prefixes)


def test_nothing_changes_for_what_is_not_followed(venue: Venue, ids: list[InstrumentId]) -> None:
    stream = venue.stream(1, ids[:1])

    assert stream.attend([]) == []
    assert stream.attend(ids[1:]) == []
    assert stream.widen(ids[1], 10) == stream.widen(ids[0], 0) == []
    assert stream.open() == venue.stream(1, ids[:1]).open()


def test_what_is_asked_over_the_stream_is_the_same_for_the_same_number(venue: Venue, ids: list[InstrumentId]) -> None:
    stream, request = venue.stream(1, ids), venue.snapshot(ids[0])
    asked = stream.ask(request, 7)

    assert asked == stream.ask(request, 7)
    assert asked is None or (isinstance(asked, bytes) and asked != stream.ask(request, 8))
    assert stream.ask(Request("https://example.invalid/", "nothing of the venue's"), 7) is None


def test_the_past_is_asked_for_by_a_request_and_nonsense_is_no_answer(venue: Venue, ids: list[InstrumentId]) -> None:
    asked = venue.history(ids[0], Millis(1_800_000_000_000))

    assert asked is None or asked.url.startswith("https://")
    for body in (b"", b"{", b"7"):
        with pytest.raises(VenueError):
            venue.remembered(ids[0], 200, body, Millis(1))


def test_a_polite_close_is_not_the_end(venue: Venue, ids: list[InstrumentId]) -> None:
    stream = venue.stream(1, ids)

    assert all(stream.settled(code, "") is None for code in (1000, 1001, 1006, 1013))


# Accounts


def access_of(name: str) -> Access:
    """The account of somebody who has all that any venue asks for."""
    trio = (Secret("6f1a0000-1111-4111-8111-00000000a1b2"), Secret("c2VjcmV0" * 5 + "c2U="), Secret("ab" * 32))
    address = "0x" + "5a" * 20
    found = venue_of(name).account(Login(Credentials(*trio, address), addresses={name: address}))
    assert found is not None, "a venue without accounts need not be asked for one"
    return found


def test_nobody_has_no_account(venue: Venue) -> None:
    assert venue.account(Login()) is None
    assert venue.account(Login(addresses={"elsewhere": "0x" + "5a" * 20})) is None


def test_an_account_has_all_that_is_asked_of_one(name: str) -> None:
    access = access_of(name)

    for member in members(Access):
        assert hasattr(access, member), member
        asked = getattr(Access, member)
        if inspect.isfunction(asked):
            wanted = list(inspect.signature(asked).parameters)[1:]
            assert list(inspect.signature(getattr(access, member)).parameters) == wanted, member
    for member in members(Stream):
        assert hasattr(access.stream, member), member
    assert access.stream.url.startswith("wss://")
    assert access.stream.instruments == ()


def test_an_accounts_conversation_says_the_same_each_time_and_follows_no_books(
    name: str, ids: list[InstrumentId]
) -> None:
    stream = access_of(name).stream

    assert stream.open() == stream.open()
    assert all(isinstance(frame, bytes) and frame for frame in stream.open())
    assert not stream.change(ids, ids)
    assert stream.again(ids) == stream.attend(ids) == stream.widen(ids[0], 7) == []
    assert stream.room() == 0
    assert all(stream.settled(code, "") is None for code in (1000, 1001, 1006, 1013))


@pytest.mark.parametrize("frame", NONSENSE, ids=repr)
def test_nonsense_about_an_account_is_refused_or_noted_and_counted(name: str, frame: bytes) -> None:
    stream = access_of(name).stream
    stream.open()
    before = stream.messages

    events = received(stream, frame)

    assert stream.messages > before
    assert len(events) == stream.messages - before


def test_what_is_asked_about_an_account_goes_to_encrypted_addresses(name: str) -> None:
    access = access_of(name)
    asked = [access.clock(), access.key(), access.orders(), access.trades(0), access.trades(7), access.cash()]

    for request in (each for each in (*asked, access.holdings()) if each is not None):
        assert request.url.startswith("https://")
        headers = access.headers(request, 1_800_000_000)
        assert dict(headers) == dict(access.headers(request, 1_800_000_000))


def test_an_answer_about_an_account_is_a_page_or_the_venues_fault(name: str) -> None:
    access = access_of(name)
    for status, body in [(200, each) for each in NONSENSE] + [(401, b"{}"), (404, b""), (429, b"{}"), (500, b"")]:
        for read in (access.told_orders, access.told_trades, access.told_holdings):
            with suppress(VenueError):
                assert isinstance(read(status, body, Millis(1)), Page)
        for told in (access.told_time, access.told_key, access.told_cash):
            with suppress(VenueError):
                told(status, body)
