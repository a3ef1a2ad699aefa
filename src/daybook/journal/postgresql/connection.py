"""Connections to PostgreSQL on which no wait is without an end, whatever the server or the network does.

libpq itself waits for ever for a server that takes a connection and then stays silent.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any, Final, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import Format

from daybook.errors import SettingsError

SCHEMA: Final = "journal"
ANSWER_S_MAX: Final = 7.0
"""How long any one exchange with the server may take on a connection that reads."""
STATEMENT_S_MAX: Final = 4.0
"""After this the server itself ends a statement: a wait for a synchronous standby too, which nothing else ends."""
IDLE_IN_TRANSACTION_S_MAX: Final = 5.0
_CONNECT_S_MAX: Final = 3
_KEEPALIVE_IDLE_S: Final = 10
_KEEPALIVE_INTERVAL_S: Final = 3
_KEEPALIVES: Final = 3
_UNACKNOWLEDGED_MS_MAX: Final = 7_000

_R = TypeVar("_R")

_DEFAULTS: Final[dict[str, Any]] = {
    "connect_timeout": _CONNECT_S_MAX,
    "keepalives_idle": _KEEPALIVE_IDLE_S,
    "keepalives_interval": _KEEPALIVE_INTERVAL_S,
    "keepalives_count": _KEEPALIVES,
    "tcp_user_timeout": _UNACKNOWLEDGED_MS_MAX,
    "fallback_application_name": "daybook",
}
"""For the client's end; a URL that says otherwise is obeyed."""

# The server's end: it must notice too that a client is gone, or its locks stay. And a commit is durable whatever the
# server's default is.
SESSION: Final = f"""
SET client_encoding = 'UTF8';
SET search_path = {SCHEMA};
SET statement_timeout = {int(STATEMENT_S_MAX * 1000)};
SET idle_in_transaction_session_timeout = {int(IDLE_IN_TRANSACTION_S_MAX * 1000)};
SET client_connection_check_interval = 1000;
SET tcp_keepalives_idle = {_KEEPALIVE_IDLE_S};
SET tcp_keepalives_interval = {_KEEPALIVE_INTERVAL_S};
SET tcp_keepalives_count = {_KEEPALIVES};
SET tcp_user_timeout = {_UNACKNOWLEDGED_MS_MAX};
SET jit = off;
SELECT set_config('synchronous_commit', 'on', false)
WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')
"""


class BinaryCursor(psycopg.Cursor[Any]):
    """Asks for results as they are; text would be twice the bytes for a body or a state."""

    def __init__(self, connection: psycopg.Connection[Any], **options: Any) -> None:  # noqa: ANN401  as the driver
        super().__init__(connection, **options)
        self.format = Format.BINARY


class BoundedConnection(psycopg.Connection[Any]):
    """The driver's connection; an answer that does not come in time closes it, and counts as its loss."""

    answer_s_max = ANSWER_S_MAX

    def wait(self, gen: PQGen[_R], *args: Any, **options: Any) -> _R:  # noqa: ANN401  as the driver
        """Wait for what the driver asked, at most `answer_s_max`."""
        try:
            return super().wait(_until(gen, time.monotonic() + self.answer_s_max), *args, **options)
        except _TooLateError:
            self.close()
            raise psycopg.OperationalError("the server did not answer in time") from None


def parameters_of(url: str) -> str:
    """The connection string for libpq: the URL, and an end to every wait where it sets none.

    Raises `SettingsError` for a URL that libpq cannot read.
    """
    try:
        return make_conninfo(**{**_DEFAULTS, **conninfo_to_dict(url)})
    except psycopg.ProgrammingError:
        # The driver's message repeats the URL, which may hold a password.
        raise SettingsError("the database URL is not one that libpq can read") from None


def connect(parameters: str) -> BoundedConnection:
    """A new connection for reading and for the schema."""
    connection = BoundedConnection.connect(parameters, autocommit=True)
    try:
        connection.execute(SESSION.encode())
        connection.cursor_factory = BinaryCursor
    except BaseException:
        connection.close()
        raise
    return connection


def _until(gen: PQGen[_R], deadline_s: float) -> Generator[Any, Any, _R]:
    # The driver resumes what it waits for a few times a second, answer or not.
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if time.monotonic() > deadline_s and not ready:
                gen.close()
                raise _TooLateError
            wanted = gen.send(ready)
    except StopIteration as done:
        result: _R = done.value
        return result


class _TooLateError(Exception):
    """The deadline came first."""
