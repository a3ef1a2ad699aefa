"""One measurement in a process of its own, so that its memory is its own: `python -m tests.bench.rebuild.process`.

Takes what to do, the store's URL and how many events of the log; prints what it measured as its last line.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from daybook.cli.rebuild import rebuild
from daybook.domain.identity import Kind
from daybook.journal import open_journal
from daybook.projecting.building import LOAD_EVENTS_MAX
from daybook.projecting.discovery import discover
from daybook.projecting.garbage import few_collections
from daybook.projecting.read_store import ReadStore
from tests.bench.rebuild.runner import run

NAME: Final = "registrations"
TAKES_S_MAX: Final = 1_800.0


class Done(msgspec.Struct, frozen=True):
    """What one process did."""

    seconds: float
    cpu_s: float
    memory_mb_max: float
    """Resident, of the process that worked; it starts no other."""


def measure(work: str, url: str, events: int) -> Done:
    """Do it in a new process. Raises `RuntimeError` with what it printed where it fails."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("DAYBOOK_")}
    env["PYTHONPATH"] = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.rebuild.process", work, url, str(events)],
        env=env,
        capture_output=True,
        text=True,
        timeout=TAKES_S_MAX,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{work} failed: {done.stderr[-2000:]}")
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=Done)


def _rebuild(url: str, events: int) -> None:
    """`daybook rebuild registrations`: from the first batch to the switch, with all indexes."""
    os.environ["DAYBOOK_DATABASE_URL"] = url
    store = ReadStore(url, discover())
    again = ["--again"] if any(build.is_live for build in store.builds(NAME)) else []
    rebuild.main([NAME, *again], standalone_mode=False)
    (live,) = [build for build in store.builds(NAME) if build.is_live]
    assert live.position == events, f"the log ends at {events}, the rebuild at {live.position}"
    store.close()


def _read(url: str, events: int) -> None:
    """Read in the same pages as a rebuild, decode every event, keep none."""
    journal = open_journal(url)
    read, after = 0, None
    with few_collections():
        while streams := journal.scan_streams(after, events, [Kind.REGISTRATION], LOAD_EVENTS_MAX):
            read, after = read + sum(map(len, streams)), streams[-1][0].originator_id
    assert read == events
    journal.close()


WORKS: Final[Mapping[str, Callable[[str, int], None]]] = {"rebuild": _rebuild, "reading": _read, "runner": run}


def _main(work: str, url: str, count: str) -> None:
    before_s, before_cpu_s = time.perf_counter(), _cpu_s()
    WORKS[work](url, int(count))
    done = Done(time.perf_counter() - before_s, _cpu_s() - before_cpu_s, _memory_mb_max())
    print(msgspec.json.encode(done).decode())


def _memory_mb_max() -> float:
    told = Path("/proc/self/status")
    if told.exists():
        # `getrusage` counts what the parent held when it started this process.
        found = re.search(r"VmHWM:\s*(\d+) kB", told.read_text(encoding="utf-8"))
        if found is not None:
            return int(found[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # bytes on a Mac


def _cpu_s() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


if __name__ == "__main__":
    _main(*sys.argv[1:])
