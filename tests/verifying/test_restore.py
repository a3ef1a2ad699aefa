"""A journal that was restored to an earlier point: seen, told apart from a projection that is behind, and mended."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from daybook.projecting.building import Building
from daybook.projecting.projection import BrokenProjection
from daybook.projecting.rebuild import start_build
from tests.bodies import booking
from tests.verifying.conftest import Plant
from tests.verifying.stores import Book, Vandal, opened

LOST = 4
"""Events that the restored journal does not have."""


def restore(vandal: Vandal) -> None:
    """As a backup from before the last deliveries would leave the journal."""
    vandal.run("CREATE TABLE lost AS SELECT DISTINCT delivery_id FROM events WHERE position > 9")
    for table in ("deliveries", "bodies", "outcomes", "keys"):
        vandal.run(f"DELETE FROM {table} WHERE delivery_id IN (SELECT delivery_id FROM lost)")
    vandal.run("DELETE FROM quarantined_bytes WHERE delivery_id IN (SELECT delivery_id FROM lost)")
    vandal.run("DELETE FROM events WHERE position > 9")
    if "SQLite" in type(vandal).__name__:
        vandal.run("UPDATE sqlite_sequence SET seq = 9 WHERE name = 'events'")


def rebuild(book: Book, name: str, *, again: bool = False) -> None:
    projection = book.projections[name]
    assert not isinstance(projection, BrokenProjection)
    build = start_build(book.read_store, book.journal, projection, again=again)
    building = Building(build, projection, book.read_store, book.journal)
    for _ in building.run(pause_s=0):
        pass


def test_a_restored_journal_is_told_by_the_cursors_that_are_ahead(url: str, vandalize: Callable[[Plant], None]) -> None:
    vandalize(restore)

    with opened(url) as book:
        found = book.damage()

    assert {damage.code.value for damage in found} == {"cursor_ahead"}
    assert {damage.remedy for damage in found} == {
        "daybook rebuild appointments",
        "daybook rebuild history",
        "daybook rebuild registrations",
    }


def test_a_projection_stops_at_a_restored_journal_and_a_rebuild_mends_it(
    url: str, vandalize: Callable[[Plant], None]
) -> None:
    vandalize(restore)

    with opened(url) as book:
        book.post()
        assert {status.state for status in book.read_store.status()} == {"stopped"}
        for name in book.projections:
            rebuild(book, name)

        assert book.damage() == []
        assert book.notes() == []


@pytest.mark.parametrize("regrown", [2, LOST, LOST + 2])
def test_a_restored_journal_that_has_grown_again_is_told_too(
    url: str, vandalize: Callable[[Plant], None], regrown: int
) -> None:
    vandalize(restore)

    with opened(url) as book:
        book.tell(
            *(
                booking("Created", number, event_id=f"r{number}", at="2026-01-06T10:00:00Z")
                for number in range(50, 50 + regrown)
            )
        )
        codes = book.codes()

    assert codes == {"cursor_ahead" if regrown < LOST else "cursor_differs": 3}


def test_a_projection_that_was_rebuilt_beside_the_live_one_is_sound(book: Book) -> None:
    projection = book.projections["registrations"]
    assert not isinstance(projection, BrokenProjection)
    build = start_build(book.read_store, book.journal, projection, again=True)
    building = Building(build, projection, book.read_store, book.journal)

    for _ in building.run(pause_s=0):
        assert book.damage() == []

    assert [build.build for build in book.read_store.builds("registrations") if build.is_live] == [2]
    assert book.damage() == []


def test_damage_in_the_rows_of_a_second_build_is_found(url: str, vandalize: Callable[[Plant], None]) -> None:
    with opened(url) as book:
        rebuild(book, "registrations", again=True)
    vandalize(lambda vandal: vandal.run("DELETE FROM registrations_v2_b2 WHERE registration_id = '1'"))

    with opened(url) as book:
        assert book.codes() == {"row_lost": 1}
