"""The peer: `ProjectionRunner` of the `eventsourcing` library, with its application and view on PostgreSQL.

As that library's documentation does it: the view is a tracking recorder with a table of its own, and each event's
upsert is committed together with its tracking record. The rows are the registrations' status and ids, fewer columns
than daybook's, and the last event told wins, which needs no fold. Everything else is the library's default.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID

import msgspec
from eventsourcing.application import Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import DomainEvent
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL, Identifier, Placeholder
from sqlalchemy import make_url

from daybook.domain.registration import RegistrationEvent
from tests.bench.rebuild.log import events

COLUMNS: Final = ("source", "registration_id", "status", "guest_id", "center_id", "session_id", "class_id")
_SAVED_AT_ONCE: Final = 500
_WAIT_S_MAX: Final = 900.0


class Told(DomainEvent):
    """One event of the log."""

    source: str
    registration_id: str
    status: str
    guest_id: str
    center_id: str
    session_id: str
    class_id: str


class Registrations(Application[UUID]):
    """Holds the log."""


class RegistrationsView(PostgresTrackingRecorder):
    """One row for each registration."""

    def __init__(self, datastore: PostgresDatastore, **options: Any) -> None:  # noqa: ANN401  as the library's
        super().__init__(datastore, **options)
        table = SQL("{}.{}").format(Identifier(datastore.schema), Identifier("runner_view"))
        names = SQL(", ").join(map(Identifier, COLUMNS))
        typed = SQL(", ").join([SQL("{} text").format(Identifier(name)) for name in COLUMNS])
        told = SQL(", ").join([SQL("{0} = excluded.{0}").format(Identifier(name)) for name in COLUMNS[2:]])
        create = SQL("CREATE TABLE IF NOT EXISTS {} ({}, PRIMARY KEY (source, registration_id))")
        self.sql_create_statements.append(create.format(table, typed))
        upsert = SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT (source, registration_id) DO UPDATE SET {}")
        self._upsert = upsert.format(table, names, SQL(", ").join(map(Placeholder, COLUMNS)), told)

    def put(self, row: Mapping[str, Any], tracking: Tracking) -> None:
        """Row and tracking in one transaction."""
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(self._upsert, row, prepare=True)
            self._insert_tracking(cursor, tracking)


class Status(Projection[RegistrationsView]):
    """From events to rows."""

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:  # noqa: ANN401  as the library's
        """Any other event is only counted."""
        self.view.insert_tracking(tracking)

    @process_event.register
    def _told(self, domain_event: Told, tracking: Tracking) -> None:
        self.view.put({name: getattr(domain_event, name) for name in COLUMNS}, tracking)


def fill(url: str, count: int) -> None:
    """The first events of the same log, saved by an application of the library in an empty database."""
    application = Registrations(env=_environment(url))
    made = map(_told, events(count))
    while batch := list(islice(made, _SAVED_AT_ONCE)):
        application.save(*batch)
    application.close()


def run(url: str, count: int) -> None:
    """From nothing to the last event."""
    with ProjectionRunner(
        application_class=Registrations,
        projection_class=Status,
        view_class=RegistrationsView,
        env=_environment(url),
    ) as runner:
        runner.wait(count, timeout=_WAIT_S_MAX)


def _told(event: Any) -> Told:  # noqa: ANN401  an event of a registration
    assert isinstance(event, RegistrationEvent)
    told: dict[str, Any] = {
        name: None if (value := getattr(event, name)) is msgspec.UNSET else value
        for name in COLUMNS
        if name not in {"registration_id", "status"}
    }
    # That it is a dataclass is known to its metaclass only.
    make: Callable[..., Told] = Told
    return make(
        originator_id=event.originator_id,
        originator_version=event.originator_version,
        timestamp=datetime.fromtimestamp(event.occurred_at_ns / 1e9, UTC),
        registration_id=event.subject_id,
        status=event.STATUS,
        **told,
    )


def _environment(url: str) -> Mapping[str, str]:
    parts = make_url(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": parts.database or "",
        "POSTGRES_HOST": parts.host or "127.0.0.1",
        "POSTGRES_PORT": str(parts.port or 5432),
        "POSTGRES_USER": parts.username or "postgres",
        # The library insists on one, also where everybody is trusted.
        "POSTGRES_PASSWORD": str(parts.password or "none"),
    }
