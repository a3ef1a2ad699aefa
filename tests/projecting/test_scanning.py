"""The journal read stream by stream: whole streams, each once, up to a position, and nothing is left out in silence."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.domain.identity import Kind
from daybook.errors import EventNewerError
from tests.bodies import booking, entry, progress
from tests.projecting.book import Book, created
from tests.projecting.days import LAWS, Opened, days
from tests.projecting.test_stop import add_event_of_the_future

KINDS = (Kind.REGISTRATION, Kind.APPOINTMENT)


@given(day=days(), limit=st.integers(1, 9), upto=st.integers(0, 20), kinds=st.sets(st.sampled_from(KINDS)))
@LAWS
def test_every_stream_comes_once_and_as_a_whole(
    opened: Opened, day: list[object], limit: int, upto: int, kinds: set[Kind]
) -> None:
    with opened() as book:
        book.tell(*day)
        found = []
        after: UUID | None = None
        while streams := book.journal.scan_streams(after, upto, kinds, limit):
            assert len(streams) == 1 or sum(map(len, streams)) <= limit
            found += streams
            after = streams[-1][0].originator_id

        wanted = {event.originator_id for event in book.journal.select_events_after(0, 1000)[:upto]
                  if event.KIND in kinds}  # fmt: skip
        whole = book.journal.streams(sorted(wanted, key=lambda one: one.bytes), upto)

        assert found == list(whole.values())


def test_a_stream_that_is_longer_than_a_batch_comes_as_a_whole(book: Book) -> None:
    book.tell(*(booking("NoShow", 1, event_id=f"n{number}", at="2026-01-02T10:00:00Z") for number in range(9)))

    (stream,) = book.journal.scan_streams(None, 8, KINDS, 2)

    assert [event.originator_version for event in stream] == list(range(1, 9))


def test_other_kinds_are_passed_and_an_unknown_type_is_not(book: Book) -> None:
    book.tell(created(1), progress("Started", entry("a1"), event_id="p", at="2026-01-02T10:00:00Z"))
    (stream,) = book.journal.scan_streams(None, 2, [Kind.APPOINTMENT], 10)
    assert [event.KIND for event in stream] == [Kind.APPOINTMENT]
    add_event_of_the_future(book)

    with pytest.raises(EventNewerError, match="position 3"):
        book.journal.scan_streams(None, 3, [Kind.APPOINTMENT], 10)
