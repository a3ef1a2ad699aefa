"""A rebuild in a process of its own, to be killed: `python -m tests.projecting.rebuilding URL NAME [HALT]`.

Prints a line for each committed step. `HALT` names phases, or another place, where it then waits to be killed.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any, Final, Self

from daybook.journal import open_journal
from daybook.projecting import building
from daybook.projecting.discovery import discover
from daybook.projecting.lease import new_holder
from daybook.projecting.read_store import ReadStore
from daybook.projecting.rebuild import start_build

SWITCHING: Final = "switching"
"""Readers are about to get the new build; nothing of that is committed."""
SWITCHED: Final = "switched"
"""That is committed, and what it superseded is not dropped yet."""
_CALLS: Final = {SWITCHING: "set_live", SWITCHED: "drop_superseded"}


class Rebuilding:
    """The parent's end."""

    def __init__(self, url: str, name: str, halt: str = "") -> None:
        command = [sys.executable, "-m", "tests.projecting.rebuilding", url, name, halt]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def told(self) -> str:
        """The phase after its next step, or where it halts; `""` when it has ended."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def go_on(self) -> None:
        """From where it halts, once."""
        assert self._process.stdin is not None
        print(file=self._process.stdin, flush=True)

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        for end in (self._process.stdin, self._process.stdout):
            assert end is not None
            end.close()
        self._process.wait()


def _halting(call: Callable[..., Any], where: str) -> Callable[..., Any]:
    def halting(*arguments: Any) -> None:  # noqa: ANN401  whatever it takes
        if where == SWITCHING:
            call(*arguments)
        print(where, flush=True)
        sys.stdin.readline()
        if where != SWITCHING:
            call(*arguments)

    return halting


def main(url: str, name: str, halt: str) -> None:
    journal = open_journal(url)
    store = ReadStore(url, discover())
    if halt in _CALLS:
        setattr(building, _CALLS[halt], _halting(getattr(building, _CALLS[halt]), halt))
    holder = new_holder()
    build = start_build(store, journal, store.sound(name), again=True, holder=holder)
    one = building.Building(build, store.sound(name), store, journal, holder, load_events_max=7, catch_up_events_max=1)
    for progress in one.run():
        print(progress.phase, flush=True)
        if progress.phase in halt.split(","):
            sys.stdin.readline()


if __name__ == "__main__":
    main(*sys.argv[1:])
