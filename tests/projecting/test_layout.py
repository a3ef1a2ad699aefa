"""A store of the first layout, which knew no builds: brought up in place, and nothing is filled again."""

from __future__ import annotations

from sqlalchemy import text

from daybook.projecting.layout import LAYOUT
from tests.bodies import booking
from tests.projecting.book import Book, created
from tests.projecting.versions import NEW, OLD, rebuild

FIRST_CURSORS = """
CREATE TABLE {cursors} (
    name TEXT NOT NULL, version INTEGER NOT NULL, journal_id VARCHAR(32), position BIGINT NOT NULL, digest {bytes},
    state TEXT NOT NULL, stopped_reason TEXT, stopped_at BIGINT, updated_at_ns BIGINT NOT NULL, holder TEXT,
    epoch BIGINT NOT NULL, expires_at_ns BIGINT NOT NULL, CONSTRAINT {key} PRIMARY KEY (name, version)
)
"""
FIRST_LIVE = "CREATE TABLE {live} (name TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL)"
KEPT = (
    "name, version, journal_id, position, digest, state, stopped_reason, stopped_at, updated_at_ns, holder, epoch,"
    " expires_at_ns"
)


def _take_back_to_the_first_layout(book: Book) -> None:
    """The bookkeeping as the first layout had it, with what it says now."""
    schema = book.store.engine.schema
    cursors, live, prefix = ("cursors", "live_versions", "") if schema is None else (
        f"{schema}.cursors", f"{schema}.live_versions", f"{schema}.",
    )  # fmt: skip
    key = "cursors_pkey"
    with book.store.change() as connection:
        for table, names, definition in (
            (cursors, KEPT, FIRST_CURSORS.format(cursors=cursors, key=key, bytes="BYTEA" if schema else "BLOB")),
            (live, "name, version", FIRST_LIVE.format(live=live)),
        ):
            connection.execute(text(f"CREATE TABLE {prefix}kept AS SELECT {names} FROM {table}"))
            connection.execute(text(f"DROP TABLE {table}"))
            connection.execute(text(definition))
            connection.execute(text(f"INSERT INTO {table} ({names}) SELECT {names} FROM {prefix}kept"))
            connection.execute(text(f"DROP TABLE {prefix}kept"))
        if schema is None:
            connection.execute(text("PRAGMA user_version = 1"))
        else:
            connection.execute(text(f"UPDATE {schema}.layout SET layout = 1"))


def test_a_store_of_the_first_layout_goes_on_where_it_was(book: Book) -> None:
    old = book.open_store(OLD)
    book.tell(created(1), created(2))
    book.post(old)
    before = {name: book.rows(name, old) for name in OLD}
    _take_back_to_the_first_layout(book)

    store = book.open_store(OLD)

    assert {name: book.rows(name, store) for name in OLD} == before
    assert [(build.key, build.position, build.is_live) for build in store.builds() if build.name in OLD] == [
        ((name, 1, 1), 2, True) for name in sorted(OLD)
    ]
    book.tell(booking("NoShow", 1, event_id="n", at="2026-01-02T10:00:00Z"))
    book.post(store)
    assert {build.position for build in store.builds() if build.name in OLD} == {3}
    assert {build.fingerprint_matches for build in store.builds() if build.name in OLD} == {True}
    for name in NEW:
        assert rebuild(book, name, book.open_store(NEW)).is_live
    assert rebuild(book, "seats", book.open_store(NEW), again=True).key == ("seats", 2, 2)


def test_it_is_brought_up_once(book: Book) -> None:
    book.tell(created(1))
    book.post()
    _take_back_to_the_first_layout(book)

    for _ in range(2):
        assert len(book.open_store().status()) == 3
    with book.store.read() as connection:
        schema = book.store.engine.schema
        told = "PRAGMA user_version" if schema is None else f"SELECT layout FROM {schema}.layout"
        assert connection.scalar(text(told)) == LAYOUT
