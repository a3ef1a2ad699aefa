"""The right of one process to write one build of a projection: proved at every write, lost when it is held too long."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final, TypeAlias

import structlog
from sqlalchemy import Connection

from daybook.errors import CodeChangedError
from daybook.projecting.cursor import LEASE_NS, Cursor, Key, is_free, move_cursor
from daybook.projecting.failure import Policy, policy_of
from daybook.projecting.read_store import ReadStore
from daybook.projecting.reason import reason_of
from daybook.projecting.snapshot import table_lost

Write: TypeAlias = Callable[[Connection], None]
"""What is written in the transaction that moves the cursor."""
Move: TypeAlias = Callable[[Mapping[str, Any]], Cursor]

_RENEW_NS: Final = LEASE_NS // 3

log = structlog.get_logger(__name__)


def new_holder() -> str:
    """A name under which a follower or a rebuild of this process holds leases."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(2)}"


class Lease:
    """Every write proves by compare-and-set on epoch and progress that no other process has taken over."""

    def __init__(self, store: ReadStore, key: Key, holder: str, ticks_ns: Callable[[], int]) -> None:
        """`ticks_ns` measures how old our lease is; when it ends is told by the store's clock."""
        self.key = key
        self.cursor: Cursor | None = None
        """As we wrote it last; None while another one leads."""
        self._store = store
        self._holder = holder
        self._ticks_ns = ticks_ns
        self._written_at_ns = 0

    def take(self, found: Cursor, journal_id: str, now_ns: int) -> Cursor | None:
        """Begin a new epoch, which deposes whoever led before; None where the lease is another one's.

        The code that leads first leaves its fingerprint. Other code of the same version would make other rows: it
        raises `CodeChangedError`. A build that readers get, or got, is stopped by that; one that is not ready is left
        to the code that began it. Raises `TableLostError` where there is nothing to write to.
        """
        # Our own lease is found where a commit succeeded and its answer was lost.
        if not (found.holder == self._holder or is_free(found, now_ns)):
            return None
        if self._store.is_lost(found):
            raise table_lost(found)
        values: dict[str, Any] = {"holder": self._holder, "epoch": found.epoch + 1}
        own = self._store.fingerprints.get(found.key[:2])
        if not found.is_begun and not found.is_loading:
            values |= {"journal_id": journal_id, "fingerprint": own}
        elif own is not None and own != found.fingerprint:
            if found.fingerprint is not None:
                if found.on_ready is None:
                    self.stop(found, code_changed(found), found.position)
                raise code_changed(found)
            values["fingerprint"] = own
        return self.move(found, values)

    def keep(self, cursor: Cursor) -> None:
        """Renew the lease of a build that has nothing to write, where that is due."""
        if self._ticks_ns() - self._written_at_ns > _RENEW_NS:
            self.move(cursor, {})

    def move(self, cursor: Cursor, values: Mapping[str, Any], writes: Iterable[Write] = ()) -> Cursor:
        """Cursor and rows in one transaction; raises `LeaseLostError` where another one leads, and writes nothing."""
        with self.writing(cursor) as (connection, move):
            moved = move(values)
            for write in writes:
                write(connection)
        return moved

    @contextmanager
    def writing(self, cursor: Cursor, *, is_long: bool = False) -> Iterator[tuple[Connection, Move]]:
        """One transaction, in which the cursor must be moved; what we remember changes only after its commit."""
        began_at_ns = self._ticks_ns()
        written: list[Cursor] = []

        def move(values: Mapping[str, Any]) -> Cursor:
            now_ns = self._store.now_ns(connection)
            values = {"updated_at_ns": now_ns, "expires_at_ns": now_ns + LEASE_NS, **values}
            move_cursor(connection, cursor, values)
            written.append(replace(cursor, **values))
            return written[-1]

        with self._store.write(cursor, is_long=is_long) as connection:
            yield connection, move
        self.cursor, self._written_at_ns = written[-1], began_at_ns

    def stop(self, cursor: Cursor, error: Exception, position: int | None) -> None:
        """Mark the build as stopped by what can only be mended by people, and let it go; raises what can pass."""
        if policy_of(error) is Policy.RETRY:
            raise error
        reason = reason_of(error)
        values = {"state": "stopped", "stopped_reason": reason, "stopped_at": position, "expires_at_ns": 0}
        self.move(cursor, values)
        self.cursor = None
        log.error("projection stopped", projection=cursor.name, position=position, reason=reason)
        self._store.announce()

    def release(self) -> None:
        """Let it go, so that another process need not wait for its end."""
        cursor, self.cursor = self.cursor, None
        if cursor is not None:
            with self._store.write(cursor) as connection:
                move_cursor(connection, cursor, {"expires_at_ns": 0})


def code_changed(cursor: Cursor) -> CodeChangedError:
    """What is said of a build whose rows this process's code did not make."""
    return CodeChangedError(
        f"its code changed under version {cursor.version}: raise the version and run `daybook rebuild {cursor.name}`,"
        f" or run `daybook rebuild {cursor.name} --again`"
    )
