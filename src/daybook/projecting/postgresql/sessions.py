"""What a follower needs a session of its own for: to be told that the journal has grown, and to hold its settings."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from typing import Final

from daybook.errors import PoolingError
from daybook.journal.postgresql.connection import connect
from daybook.journal.postgresql.transaction import CHANNEL

_SLICE_S: Final = 1.0
"""How soon a listener sees that it is to stop, or that its connection is lost."""


def listen(parameters: str, heard: Callable[[int], None], stopping: threading.Event) -> None:
    """Tell of the journal's last position whenever it has grown, until the event is set.

    Raises `psycopg.Error` where the connection is lost.
    """
    with connect(parameters) as connection:
        connection.execute(f"LISTEN {CHANNEL}".encode())
        # What came before nobody tells of.
        (end,) = connection.execute(b"SELECT coalesce(max(position), 0) FROM events").fetchone() or (0,)
        heard(end)
        while not stopping.is_set():
            told = [int(notify.payload) for notify in connection.notifies(timeout=_SLICE_S, stop_after=1)]
            if told:
                heard(max(told))
            else:
                connection.execute(b"SELECT")  # silence may also mean that the server is gone


def check_sessions(parameters: str) -> None:
    """Raises `PoolingError` behind a pooler that gives a connection another session for each transaction.

    Notifications, settings and locks would be lost, or be another client's, without any error.
    """
    token = secrets.token_hex(8)
    with connect(parameters) as own, connect(parameters) as other:
        own.execute(b"SELECT set_config('daybook.session', %s, false)", [token])
        before = own.execute(b"SELECT pg_backend_pid()").fetchone()
        with other.transaction():
            # It takes a session for itself, most likely the one that was used last.
            others = other.execute(b"SELECT pg_backend_pid()").fetchone()
            after = own.execute(b"SELECT pg_backend_pid(), current_setting('daybook.session', true)").fetchone()
    if before is None or others == before or after != (*before, token):
        raise PoolingError
