"""What holds for the rows whatever order the deliveries came in, how often, and in what batches they were posted."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daybook.projecting.cursor import CURSORS
from tests.bodies import booking, entry, progress
from tests.engines import ENGINES, Engine, PostgreSQLEngine, SQLiteEngine, new_database
from tests.projecting.book import Book

NAMES = ("registrations", "appointments", "history")
BOOKINGS = ("Created", "Approved", "Rejected", "Cancelled", "Deleted", "NoShow")
SUPPRESSED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
LAWS = settings(max_examples=15, deadline=None, suppress_health_check=SUPPRESSED)

Opened: TypeAlias = Callable[[], AbstractContextManager[Book]]


@pytest.fixture(params=ENGINES)
def opened(request: pytest.FixtureRequest) -> Opened:
    """Opens one empty book after another: each example has its own."""

    @contextmanager
    def opened() -> Iterator[Book]:
        with _new_engine(request) as engine:
            book = Book(engine)
            yield book
            book.close()

    return opened


@contextmanager
def _new_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield SQLiteEngine(Path(folder))
    else:
        with new_database(request.getfixturevalue("postgresql_server")) as url:
            yield PostgreSQLEngine(url)


@st.composite
def days(draw: st.DrawFn) -> list[Any]:
    """Some bodies about few subjects, often at the same moment."""
    bodies: list[Any] = []
    for number in range(draw(st.integers(1, 12))):
        told = {"event_id": f"e{number}", "at": f"2026-01-01T10:00:0{draw(st.integers(0, 4))}Z"}
        subject = draw(st.integers(1, 3))
        if draw(st.booleans()):
            data: dict[str, Any] = draw(
                st.fixed_dictionaries(
                    {},
                    optional={
                        "waitlist": st.sampled_from([True, False, None]),
                        "session_id": st.sampled_from([900, 901, -1, None]),
                        "guest_id": st.sampled_from(["g1", "G2", "", None]),
                        "recurrence_registration_ids": st.just([1, 2, 3]),
                    },
                )
            )
            bodies.append(booking(draw(st.sampled_from(BOOKINGS)), subject, **told, **data))
        else:
            one = entry(f"a{subject}", appointment_progress=draw(st.sampled_from([0, 1, 2, None])))
            bodies.append(progress(draw(st.sampled_from(["Started", "Completed"])), one, **told))
    return bodies


@given(day=days(), data=st.data())
@LAWS
def test_any_order_and_any_repetition_give_the_same_rows(opened: Opened, day: list[Any], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(day + data.draw(st.lists(st.sampled_from(day), max_size=4))))

    with opened() as in_order, opened() as in_disorder:
        in_order.tell(*day)
        in_order.post()
        for body in shuffled:
            in_disorder.tell(body)
            if data.draw(st.booleans()):
                in_disorder.post()
        in_disorder.post()

        for name in NAMES:
            assert in_disorder.told_by(name) == in_order.told_by(name)


@given(day=days(), size=st.integers(1, 5))
@LAWS
def test_the_size_of_the_batches_does_not_matter(opened: Opened, day: list[Any], size: int) -> None:
    with opened() as whole, opened() as by_parts:
        whole.tell(*day)
        whole.post()
        by_parts.tell(*day)
        by_parts.post(batch_events_max=size)

        for name in NAMES:
            assert by_parts.told_by(name) == whole.told_by(name)


@given(day=days())
@LAWS
def test_posting_the_same_events_twice_changes_nothing(opened: Opened, day: list[Any]) -> None:
    with opened() as book:
        book.tell(*day)
        book.post()
        once = [book.rows(name) for name in NAMES]

        with book.store.snapshot("history") as snapshot:
            cursor = snapshot.cursor
        with book.store.write(cursor) as connection:
            connection.execute(CURSORS.update().values(position=0, digest=None))
        book.post()

        assert [book.rows(name) for name in NAMES] == once
