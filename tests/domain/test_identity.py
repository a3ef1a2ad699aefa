"""Ids are opaque text; instants are integers."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.domain.identity import Kind, means_none, normalize_id, stream_id
from daybook.domain.instants import format_instant, parse_instant
from daybook.errors import InvalidIdError, InvalidInstantError


@pytest.mark.parametrize(
    ("told", "normalized"),
    [(" ABC-65T3 ", "abc-65t3"), (119987, "119987"), ("119987", "119987"), (2**80, str(2**80)), ("", ""), (-1, "-1")],
)
def test_ids_are_compared_trimmed_and_lower_cased(told: object, normalized: str) -> None:
    assert normalize_id(told) == normalized


@pytest.mark.parametrize("told", [True, 1.5, {}, [], None, "a/b", "a\0b", "a\nb", "\ud800", "x" * 201])
def test_what_cannot_be_an_id_is_refused_without_repeating_it(told: object) -> None:
    with pytest.raises(InvalidIdError) as caught:
        normalize_id(told)
    assert "a/b" not in str(caught.value)


@pytest.mark.parametrize("told", ["", 0, -1, "00000000-0000-0000-0000-000000000000"])
def test_some_ids_mean_none(told: object) -> None:
    assert means_none(normalize_id(told))


def test_a_stream_id_is_the_same_for_good() -> None:
    # Another value here would orphan every stream in every journal.
    assert stream_id("main", Kind.REGISTRATION, "119987") == UUID("20a3665f-6d62-566a-b2e4-cf65775365b0")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2022-03-22T12:39:20.6984376Z", "2022-03-22T12:39:20.6984376Z"),
        ("2022-03-22T12:39:20", "2022-03-22T12:39:20Z"),
        ("2022-03-22T12:39:20.100000Z", "2022-03-22T12:39:20.1Z"),
        ("2022-03-22T12:39:20.1234567899Z", "2022-03-22T12:39:20.123456789Z"),
        ("2022-03-22T12:39:20+05:30", "2022-03-22T07:09:20Z"),
        ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.5Z"),
        ("1678-01-01T00:00:00Z", "1678-01-01T00:00:00Z"),
    ],
)
def test_instants_keep_every_digit_up_to_nine(text: str, shown: str) -> None:
    assert format_instant(parse_instant(text)) == shown


@pytest.mark.parametrize(
    "text",
    [
        None,
        1647952760,
        "2022-03-22",
        "2022-03-22T12:39:60Z",
        "2022-02-30T12:39:20Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "2022-03-22T12:39:20.Z",
        "2022-03-22T12:39:20+24:00",
        "٢٠٢٢-03-22T12:39:20Z",
        "",
    ],
)
def test_what_is_no_date_and_time_is_refused(text: object) -> None:
    with pytest.raises(InvalidInstantError):
        parse_instant(text)


@given(st.integers(-9_000_000_000_000_000_000, 9_000_000_000_000_000_000))
def test_an_instant_survives_its_own_text(instant_ns: int) -> None:
    assert parse_instant(format_instant(instant_ns)) == instant_ns
