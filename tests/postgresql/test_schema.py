from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect

from daybook.errors import SettingsError, StoreNewerError
from daybook.journal import Journal, migrate, open_journal
from daybook.journal.postgresql import schema
from daybook.journal.postgresql.connection import BoundedConnection
from daybook.journal.rows import BodyRow
from daybook.journal.store import SCHEMA_VERSION
from daybook.journal.tables import APPEND_ONLY, metadata
from tests.engines import PostgreSQLEngine
from tests.postgresql.cluster import Cluster, wait_until

NEXT = SCHEMA_VERSION + 1
DIALECT: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]


def test_the_migrations_come_to_the_tables_that_queries_are_made_from(
    journal: Journal, database: PostgreSQLEngine
) -> None:
    found = sa.MetaData()
    with database.connected() as other:
        found.reflect(sa.create_engine("postgresql+psycopg://", creator=lambda: other, poolclass=sa.StaticPool))

    assert set(found.tables) == set(metadata.tables)
    for name, table in metadata.tables.items():
        assert _columns(found.tables[name]) == _columns(table), name
        assert found.tables[name].primary_key.columns.keys() == table.primary_key.columns.keys()
        assert {index.name for index in table.indexes} <= {index.name for index in found.tables[name].indexes}


def _columns(table: sa.Table) -> list[tuple[str, str, bool | None]]:
    return [(column.name, column.type.compile(DIALECT), column.nullable) for column in table.columns]


def test_migrations_are_numbered_without_gaps() -> None:
    assert [number for number, _ in schema.migrations()] == list(range(1, len(list(schema.migrations())) + 1))


def test_a_store_of_an_older_version_is_brought_up_and_keeps_what_it_holds(
    journal: Journal, database: PostgreSQLEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery_id = uuid4()
    with journal.transaction() as tx:
        tx.append([BodyRow(delivery_id.bytes, b"told")])
    steps = [*schema.migrations(), (NEXT, "ALTER TABLE webhooks ADD COLUMN note text")]
    monkeypatch.setattr(schema, "migrations", lambda: iter(steps))

    upgraded = open_journal(database.url)

    assert upgraded.journal_id == journal.journal_id
    assert upgraded.inbox.body(delivery_id) == b"told"
    with database.connected() as other:
        assert other.execute("SELECT value FROM meta WHERE name = 'schema_version'").fetchone() == (str(NEXT),)
        assert other.execute("SELECT note FROM webhooks").fetchall() == []
    upgraded.close()

    monkeypatch.undo()
    with pytest.raises(StoreNewerError, match=f"schema_version {NEXT}"):
        open_journal(database.url)


def test_a_migration_that_fails_leaves_the_store_as_it_was(
    journal: Journal, database: PostgreSQLEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [*schema.migrations(), (NEXT, "CREATE TABLE half (done text); SELECT 1 / 0")]
    monkeypatch.setattr(schema, "migrations", lambda: iter(steps))
    with pytest.raises(Exception, match="DivisionByZero"):
        open_journal(database.url)

    monkeypatch.undo()
    open_journal(database.url).close()
    with database.connected() as other:
        assert other.execute("SELECT to_regclass('half')").fetchone() == (None,)


def test_a_migration_steps_back_from_tables_in_use_and_comes_again(
    journal: Journal, database: PostgreSQLEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [*schema.migrations(), (NEXT, "ALTER TABLE webhooks ADD COLUMN note text")]
    monkeypatch.setattr(schema, "migrations", lambda: iter(steps))
    monkeypatch.setattr(schema, "_LOCK_WAIT_MS", 50)
    with database.connected() as other, database.connected() as watching, ThreadPoolExecutor(1) as thread:
        other.execute("BEGIN; SELECT 1 FROM webhooks")
        migrated = thread.submit(migrate, database.url)

        def attempts() -> int:
            query = "SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()"
            (rolled_back,) = watching.execute(query).fetchone() or (0,)
            return int(rolled_back)

        wait_until(lambda: attempts() >= 2, "it has tried more than once")
        assert not migrated.done()
        other.execute("ROLLBACK")

        assert migrated.result()[:2] == (SCHEMA_VERSION, NEXT)


def test_a_migration_may_take_longer_than_any_answer(
    journal: Journal, database: PostgreSQLEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [*schema.migrations(), (NEXT, "DO $$ BEGIN PERFORM pg_sleep(1); END $$")]
    monkeypatch.setattr(schema, "migrations", lambda: iter(steps))
    monkeypatch.setattr(BoundedConnection, "answer_s_max", 0.3)

    assert migrate(database.url)[:2] == (SCHEMA_VERSION, NEXT)


def test_a_role_that_may_not_create_schemas_can_be_given_one(cluster: Cluster, database: PostgreSQLEngine) -> None:
    role = f"plain_{database.name}"
    cluster.sql(f"CREATE ROLE {role} LOGIN")
    cluster.sql(f"CREATE SCHEMA journal AUTHORIZATION {role}", database=database.name)

    assert migrate(database.url.replace("postgres@", f"{role}@"))[:2] == (0, SCHEMA_VERSION)
    cluster.sql(f"DROP OWNED BY {role} CASCADE", database=database.name)
    cluster.sql(f"DROP ROLE {role}")


def test_a_store_of_a_newer_format_refuses_to_open(journal: Journal, database: PostgreSQLEngine) -> None:
    database.run("UPDATE meta SET value = '99' WHERE name = 'format_level'")

    with pytest.raises(StoreNewerError, match="format_level 99"):
        open_journal(database.url)


@pytest.mark.parametrize("change", ["DELETE FROM {0}", "UPDATE {0} SET delivery_id = DEFAULT", "TRUNCATE {0}"])
def test_what_was_written_cannot_be_changed(journal: Journal, database: PostgreSQLEngine, change: str) -> None:
    for table in APPEND_ONLY:
        with pytest.raises(psycopg.errors.IntegrityError, match=f"{table.name} is append-only"):
            database.run(change.format(table.name))


def test_a_body_keeps_its_bytes_but_can_be_put_into_another_encoding_and_be_erased(
    journal: Journal, database: PostgreSQLEngine
) -> None:
    delivery_id = uuid4()
    with journal.transaction() as tx:
        tx.append([BodyRow(delivery_id.bytes, b"told")])

    with pytest.raises(psycopg.errors.IntegrityError):
        database.run("UPDATE bodies SET body = 'other'")
    database.run("UPDATE bodies SET body = 'packed', encoding = 'zstd'")
    database.run("DELETE FROM bodies")

    assert journal.inbox.body(delivery_id) is None


def test_a_url_that_libpq_cannot_read_is_refused_without_repeating_it() -> None:
    with pytest.raises(SettingsError) as caught:
        open_journal("postgresql://user:password-of-mine@host/base?no_such_option=1")

    assert "password-of-mine" not in str(caught.value)


def test_every_sql_file_is_a_migration() -> None:
    folder = Path(schema.__file__).parent / "migrations"
    assert len(list(folder.glob("*.sql"))) == len(list(schema.migrations()))
