from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from daybook.journal.uuid7 import first_uuid7, uuid7

INSTANTS = st.integers(min_value=0, max_value=(1 << 63) - 1)


@given(INSTANTS)
def test_an_id_is_a_version_7_uuid_and_tells_its_millisecond(instant_ns: int) -> None:
    made = uuid7(instant_ns)

    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == instant_ns // 1_000_000


@given(INSTANTS, st.integers(min_value=1_000, max_value=1 << 60))
def test_ids_sort_by_time_down_to_a_microsecond(instant_ns: int, later_ns: int) -> None:
    assert uuid7(instant_ns) < uuid7(instant_ns + later_ns)


@given(INSTANTS)
def test_no_id_of_an_instant_comes_before_its_first_one(instant_ns: int) -> None:
    assert first_uuid7(instant_ns) <= uuid7(instant_ns)
    assert first_uuid7(instant_ns + 1_000) > uuid7(instant_ns)


@given(st.integers(max_value=-1))
def test_an_instant_before_1970_counts_as_1970(instant_ns: int) -> None:
    assert uuid7(instant_ns).int >> 80 == 0


def test_two_ids_of_one_instant_differ() -> None:
    assert isinstance(uuid7(1), UUID)
    assert uuid7(1) != uuid7(1)
