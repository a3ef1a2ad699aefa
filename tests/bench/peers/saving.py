"""A plain event-sourced service: one aggregate saved per request, with the `eventsourcing` library on SQLite.

Written as that library's documentation does it: an application, its aggregates, and `save` in a command method. The
library switches the file to WAL by itself; `synchronous` is SQLite's own default, FULL, which is daybook's too.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from litestar import Litestar, post

_SYNCHRONOUS_FULL = 2


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


def create_app(folder: Path) -> Litestar:
    """The service over a new file in this folder."""
    database = folder / "notices.db"
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (_SYNCHRONOUS_FULL,)
    notices = Notices(env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(database)})

    # On the loop itself: SQLite has one writer anyway, and a thread per request made it slower still.
    @post("/webhooks/main", status_code=200, sync_to_thread=False)
    def take(data: dict[str, Any]) -> dict[str, str]:
        """Answer once the aggregate is saved."""
        return {"status": "saved", "id": str(notices.take(data))}

    return Litestar([take], openapi_config=None, on_shutdown=[notices.close])
