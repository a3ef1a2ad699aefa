"""What holds for the rows whatever order the deliveries came in, how often, and in what batches they were posted."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from daybook.projecting.cursor import CURSORS
from tests.projecting.days import LAWS, NAMES, Opened, days


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
        once = [book.tables(name) for name in NAMES]

        with book.store.snapshot("history") as snapshot:
            cursor = snapshot.cursor
        with book.store.write(cursor) as connection:
            connection.execute(CURSORS.update().values(position=0, digest=None))
        book.post()

        assert [book.tables(name) for name in NAMES] == once
