"""A rebuild in a process of its own, to be killed: `python -m tests.projecting.rebuilding URL NAME`.

Prints a line for each committed step.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Self

from daybook.journal import open_journal
from daybook.projecting.building import Building
from daybook.projecting.discovery import discover
from daybook.projecting.lease import new_holder
from daybook.projecting.read_store import ReadStore
from daybook.projecting.rebuild import start_build


class Rebuilding:
    """The parent's end."""

    def __init__(self, url: str, name: str) -> None:
        command = [sys.executable, "-m", "tests.projecting.rebuilding", url, name]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def told(self) -> str:
        """The phase after its next step, `""` when it has ended."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process.wait()


def main(url: str, name: str) -> None:
    journal = open_journal(url)
    store = ReadStore(url, discover())
    holder = new_holder()
    build = start_build(store, journal, store.sound(name), again=True, holder=holder)
    for progress in Building(build, store.sound(name), store, journal, holder, load_events_max=7).run():
        print(progress.phase, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
