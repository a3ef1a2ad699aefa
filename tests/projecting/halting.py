"""A follower in a process of its own that halts within its transaction: `python -m tests.projecting.halting URL WHERE`.

It tells where it is by lines on its output, and goes on when it is sent a line.
"""

from __future__ import annotations

import dataclasses
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Final, Self

from sqlalchemy import Connection

from daybook.errors import DaybookError
from daybook.journal import open_journal
from daybook.projecting.change import Change
from daybook.projecting.discovery import discover
from daybook.projecting.follower import Follower
from daybook.projecting.read_store import ReadStore

INSIDE: Final = "inside"
FAILED: Final = "failed"
POSTED: Final = "posted"
COPYING: Final = "copying"
"""In the middle of a COPY, where the server waits for the client for ever."""
WRITTEN: Final = "written"
"""All rows are written, and nothing is committed."""


class HaltingFollower:
    """The parent's end."""

    def __init__(self, url: str, where: str) -> None:
        command = [sys.executable, "-m", "tests.projecting.halting", url, where]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def told(self) -> str:
        """The next line that it prints, `""` when it has ended."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw_and_go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)
        assert self._process.stdin is not None
        print(file=self._process.stdin, flush=True)

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


class _Halting(list[Any]):
    def __iter__(self) -> Iterator[Any]:
        for row in super().__iter__():
            yield row
            _halt()


def _halt() -> None:
    print(INSIDE, flush=True)
    sys.stdin.readline()


def main(url: str, where: str) -> None:
    journal = open_journal(url)
    store = ReadStore(url, {"history": discover()["history"]})
    replace_rows = store.engine.replace_rows

    def halting(connection: Connection, change: Change) -> None:
        if where == COPYING:
            replace_rows(connection, dataclasses.replace(change, rows=_Halting(change.rows)))
        else:
            replace_rows(connection, change)
            _halt()

    store.engine.replace_rows = halting  # type: ignore[method-assign]
    follower = Follower(journal, store, store.projections)
    try:
        moved = follower.run_once()
    except DaybookError:
        moved = False
    print(POSTED if moved else FAILED, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
