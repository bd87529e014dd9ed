"""Happenings are logged once, in order, in bounded memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.alerts import MOST_UNWRITTEN, Alert, Alerts, Kind
from pmtui.core.units import Millis


def test_an_alert_is_read_once_by_each_reader() -> None:
    alerts = Alerts()
    alerts.add(Millis(1), Kind.LINK, "down")

    first, cursor = alerts.since(0)
    again, cursor = alerts.since(cursor)
    other, _ = alerts.since(0)

    assert [alert.text for alert in first] == ["down"]
    assert again == []
    assert other == first


@given(st.lists(st.integers(0, 9), max_size=10), st.integers(1, 8))
def test_a_slow_reader_misses_only_what_the_ring_forgot(bursts: list[int], keep: int) -> None:
    alerts, cursor, n = Alerts(keep=keep), 0, 0
    for burst in bursts:
        for _ in range(burst):
            alerts.add(Millis(n), Kind.NOTICE, str(n))
            n += 1
        entries, cursor = alerts.since(cursor)
        assert [alert.text for alert in entries] == [str(each) for each in range(n - min(burst, keep), n)]

    assert alerts.total == n
    assert len(alerts.ring) <= keep


def test_what_no_log_has_yet_is_handed_out_once_and_in_order_whether_the_screen_shows_it_or_not() -> None:
    alerts = Alerts(keep=1)
    alerts.add(Millis(1), Kind.LINK, "down")
    alerts.write(Alert(Millis(2), Kind.FILL, "filled"))
    alerts.push(Alert(Millis(3), Kind.NOTICE, "one more"))
    alerts.add(Millis(4), Kind.LINK_UP, "up")

    fresh, forgotten = alerts.take_unwritten()

    assert [each.text for each in fresh] == ["down", "filled", "up"]
    assert [each.text for each in alerts.ring] == ["up"]
    assert forgotten == 0
    assert not alerts.unwritten
    assert alerts.take_unwritten() == ([], 0)


def test_where_no_log_takes_anything_the_newest_wait_for_one_and_the_others_are_counted() -> None:
    alerts = Alerts()
    for n in range(MOST_UNWRITTEN + 7):
        alerts.add(Millis(n), Kind.NOTICE, str(n))

    fresh, forgotten = alerts.take_unwritten()

    assert (len(fresh), forgotten, fresh[0].text) == (MOST_UNWRITTEN, 7, "7")
