"""UTC and wall clock at the center are two things, and a body that tells both tells what is between them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from daybook.domain.clock import CenterTime, Offset, UtcTime, in_center, offset, offset_minutes_at
from daybook.domain.instants import format_instant, parse_instant
from tests.bodies import entry, group
from tests.domain.conftest import Replay

Tell = Callable[..., Replay]
UTC = UtcTime("2026-03-02T17:00:00")
AT_NS = parse_instant(UTC)


@pytest.mark.parametrize(
    ("center", "minutes"),
    [
        ("2026-03-02T09:00:00", -480),
        ("2026-03-02T17:00:00", 0),
        ("2026-03-02T22:45:00", 345),
        ("2026-03-03T07:00:00.000", 840),
    ],
)
def test_a_moment_told_in_both_tells_the_offset_of_the_center(center: str, minutes: int) -> None:
    assert offset(UTC, CenterTime(center)) == Offset(AT_NS, minutes)


@pytest.mark.parametrize(
    "center",
    ["", "soon", "2026-03-02T09:00:00Z", "2026-03-02T09:00:00-08:00", "2026-03-02T09:07:00", "2026-03-04T17:00:00"],
)
def test_what_is_no_wall_clock_or_no_clocks_offset_tells_none(center: str) -> None:
    assert offset(UTC, CenterTime(center)) is None


def test_one_of_the_two_alone_tells_none() -> None:
    assert offset(UTC, UNSET) is None
    assert offset(None, CenterTime("2026-03-02T09:00:00")) is None
    assert offset(UtcTime("soon"), CenterTime("2026-03-02T09:00:00")) is None


_offsets = st.integers(-48, 56).map(lambda quarters: quarters * 15)


@given(st.integers(-(10**9), 4 * 10**9), _offsets)
def test_what_is_shown_in_center_time_tells_the_offset_again(at_s: int, minutes: int) -> None:
    at_ns = at_s * 10**9

    assert offset(UtcTime(format_instant(at_ns)), in_center(at_ns, minutes)) == Offset(at_ns, minutes)


def test_the_nearest_moment_tells_the_offset_at_an_instant() -> None:
    winter, summer = Offset(1_000, -480), Offset(9_000, -420)

    assert offset_minutes_at(2_000, [summer, winter]) == -480
    assert offset_minutes_at(8_000, [winter, summer]) == -420
    assert offset_minutes_at(5_000, [summer, winter]) == -480
    assert offset_minutes_at(0, []) is None


def test_an_older_wall_clock_beside_a_newer_utc_time_tells_no_offset(replay: Tell) -> None:
    both = entry("a1", start_time="2026-03-02T17:00:00", start_time_in_center="2026-03-02T09:00:00")
    moved = entry("a1", start_time="2026-03-02T18:00:00", end_time=None)

    told = replay([group("Created", both, event_id="e1", at="2026-03-01T09:00:00Z")])
    told.tell(group("Updated", moved, event_id="e2", at="2026-03-01T10:00:00Z"))

    state = told.appointment("a1")
    assert (state.start_time_utc, state.start_time_in_center) == ("2026-03-02T18:00:00", UNSET)
    assert state.utc_offset == Offset(AT_NS, -480)


def test_the_end_tells_the_offset_where_the_start_does_not(replay: Tell) -> None:
    end = entry("a1", start_time="", end_time="2026-03-02T17:00:00", end_time_in_center="2026-03-02T12:00:00")

    state = replay([group("Created", end, event_id="e1", at="2026-03-01T09:00:00Z")]).appointment("a1")

    assert state.utc_offset == Offset(AT_NS, -300)
