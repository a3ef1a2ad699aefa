"""The writer's talk with PostgreSQL: whole strings of statements and COPYs in one go, and every wait has an end.

The driver's cursor asks twice for each COPY and once for each statement. Beside a busy event loop every wait costs a
turn of Python's global lock, and over a network a round trip, so a batch is written in as few exchanges as there are.
"""

from __future__ import annotations

import secrets
import selectors
import time
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import psycopg
from psycopg.errors import Diagnostic
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult

from daybook.journal.postgresql.connection import BoundedConnection, connect

_CHUNK_BYTES: Final = 256 * 1024
_BINARY: Final = 1
_WARNING: Final = "01000"
"""The only sign that a commit did not wait for its standby."""

# The plans of small young tables would not do for grown ones.
_WRITER: Final = b"SET enable_seqscan = off; SET daybook.session = '%s'"


class Result(NamedTuple):
    """What one statement gave: its tag, and its rows as the server sent them."""

    tag: bytes
    rows: list[tuple[bytes | None, ...]]


class Session:
    """One connection that writes. Not for several threads at once. Lost connections raise `OperationalError`."""

    def __init__(self, parameters: str) -> None:
        self._connection: BoundedConnection = connect(parameters)
        self._pgconn = self._connection.pgconn
        self._connection.add_notice_handler(self._note)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._pgconn.socket, selectors.EVENT_READ)
        self._prepared: dict[bytes, bytes] = {}
        self.deadline_s = time.monotonic() + 3.0
        """When whoever waits gives up, by the monotonic clock; the writer sets it for each stage."""
        self.is_warned = False
        """Whether the server warned since this was last set to false."""
        self.token: Final = secrets.token_hex(8).encode()
        """Stands in the session's settings as `daybook.session`."""
        self.run(_WRITER % self.token)

    @property
    def is_lost(self) -> bool:
        """Whether the connection is gone."""
        return self._pgconn.status != ConnStatus.OK

    def run(self, statements: bytes, copies: Sequence[bytes] = ()) -> list[Result]:
        """Several statements, in one message; each `COPY … FROM STDIN` among them takes the next of the copies.

        Raises the first one's `psycopg.Error`; those behind it are not run.
        """
        self._pgconn.send_query(statements)
        return self._answers(iter(copies))

    def ask(self, statement: bytes, *parameters: bytes) -> list[tuple[bytes | None, ...]]:
        """One query, prepared when it first comes; parameters and rows in binary."""
        name = self._prepared.get(statement)
        if name is None:
            name = b"daybook_%d" % len(self._prepared)
            self._pgconn.send_prepare(name, statement)
            self._answers(iter(()))
            self._prepared[statement] = name
        formats = [_BINARY] * len(parameters)
        self._pgconn.send_query_prepared(name, parameters, param_formats=formats, result_format=_BINARY)
        return self._answers(iter(()))[0].rows

    def quoted(self, text: str | None) -> bytes:
        """A text as a literal of SQL."""
        if text is None:
            return b"NULL"
        # No literal can hold these, and it is counts that are written so: they are not worth a failure.
        clean = text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace")
        return bytes(psycopg.pq.Escaping(self._pgconn).escape_literal(clean))

    def close(self) -> None:
        """Drop the connection, without waiting for anybody."""
        self._selector.close()
        self._connection.close()

    def _answers(self, copies: Iterator[bytes]) -> list[Result]:
        results: list[Result] = []
        failure: psycopg.Error | None = None
        self._flush()
        while (result := self._next()) is not None:
            if result.status == ExecStatus.COPY_IN:
                self._send(next(copies))
            elif result.status in {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}:
                results.append(Result(result.command_status or b"", _rows(result)))
            elif failure is None:
                failure = _failure(result)
        if failure is not None:
            raise failure
        return results

    def _next(self) -> PGresult | None:
        while self._pgconn.is_busy():
            self._wait(selectors.EVENT_READ)
            self._pgconn.consume_input()
        return self._pgconn.get_result()

    def _send(self, data: bytes) -> None:
        view = memoryview(data)
        for start in range(0, len(view), _CHUNK_BYTES):
            self._pgconn.put_copy_data(view[start : start + _CHUNK_BYTES])
            self._flush()
        self._pgconn.put_copy_end()
        self._flush()

    def _flush(self) -> None:
        # Reading as well: a server that complains while it is sent to may wait for us to listen.
        while self._pgconn.flush():
            if self._wait(selectors.EVENT_READ | selectors.EVENT_WRITE) & selectors.EVENT_READ:
                self._pgconn.consume_input()

    def _wait(self, events: int) -> int:
        self._selector.modify(self._pgconn.socket, events)
        ready = self._selector.select(max(0.0, self.deadline_s - time.monotonic()))
        if not ready:
            # What the server does with the rest is its own affair; nobody may mistake it for a later answer.
            self.close()
            raise psycopg.OperationalError("the server did not answer in time")
        return ready[0][1]

    def _note(self, notice: Diagnostic) -> None:
        self.is_warned |= notice.sqlstate == _WARNING


def _rows(result: PGresult) -> list[tuple[bytes | None, ...]]:
    columns = range(result.nfields)
    return [tuple([result.get_value(row, column) for column in columns]) for row in range(result.ntuples)]


def _failure(result: PGresult) -> psycopg.Error:
    state = result.error_field(DiagnosticField.SQLSTATE)
    try:
        # Only the name of the error goes on: its message can quote the data.
        return psycopg.errors.lookup(state.decode() if state else "")("refused by the server")
    except KeyError:
        return psycopg.OperationalError("the connection was lost")
