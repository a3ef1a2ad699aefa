"""A plain event-sourced service: one aggregate saved per request, with the `eventsourcing` library and its recorders.

Written as that library's documentation does it: an application, its aggregates, and `save` in a command method.

SQLite: the library switches the file to WAL by itself; `synchronous` is SQLite's own default, FULL, which is daybook's
too. Handlers run on the loop: there is one writer anyway, and a thread per request made it slower still.
PostgreSQL: handlers run in threads, since a save waits for the library's table lock and for the flush; as many as the
pool has connections, which are all kept. The library's optional functions in the database stay off, as they are by
default: they take no lock, and without it a reader can miss events for good.
"""

import asyncio
import sqlite3
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any, Final
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from litestar import Litestar, post
from sqlalchemy import make_url

CONNECTIONS: Final = 8
"""On PostgreSQL. The least CPU for a request of 2, 4, 8 and 16, for the 64 connections of the load."""
_SYNCHRONOUS_FULL: Final = 2


class Notice(Aggregate):
    """What one webhook told."""

    @event("Taken")
    def __init__(self, event_type: str, event_id: str, occurred_at: str, data: dict[str, Any]) -> None:
        self.event_type = event_type
        self.event_id = event_id
        self.occurred_at = occurred_at
        self.data = data


class Notices(Application[UUID]):
    """Takes webhooks."""

    def take(self, body: dict[str, Any]) -> UUID:
        """Save what a webhook told as an aggregate of its own: no stream is read before."""
        notice = Notice(body["event_type"], body["event_id"], body["event_timestamp"], body["data"])
        self.save(notice)
        return notice.id


def create_app(database_url: str) -> Litestar:
    """The service over an empty store."""
    on_sqlite = database_url.startswith("sqlite:")
    notices = Notices(env=_sqlite(database_url) if on_sqlite else _postgresql(database_url))

    @post("/webhooks/main", status_code=200, sync_to_thread=not on_sqlite)
    def take(data: dict[str, Any]) -> dict[str, str]:
        """Answer once the aggregate is saved."""
        return {"status": "saved", "id": str(notices.take(data))}

    return Litestar([take], openapi_config=None, on_startup=[_bound_threads], on_shutdown=[notices.close])


async def _bound_threads() -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(CONNECTIONS))


def _sqlite(database_url: str) -> Mapping[str, str]:
    database = f"{make_url(database_url).database}/notices.db"
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (_SYNCHRONOUS_FULL,)
    return {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": database}


def _postgresql(database_url: str) -> Mapping[str, str]:
    url = make_url(database_url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": url.database or "",
        "POSTGRES_HOST": url.host or "127.0.0.1",
        "POSTGRES_PORT": str(url.port or 5432),
        "POSTGRES_USER": url.username or "postgres",
        # The library insists on one, also where everybody is trusted.
        "POSTGRES_PASSWORD": str(url.password or "none"),
        "POSTGRES_POOL_SIZE": str(CONNECTIONS),
        "POSTGRES_MAX_OVERFLOW": "0",
    }
