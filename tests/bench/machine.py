"""Which machine it was: figures without it mean nothing."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec

_FLUSHES: Final = 200
_PAGE_BYTES: Final = 4096
_LIBRARIES: Final = (
    "asyncpg",
    "eventsourcing",
    "fastapi",
    "httptools",
    "litestar",
    "msgspec",
    "psycopg",
    "sqlalchemy",
    "uvicorn",
    "uvloop",
)


class Machine(msgspec.Struct, frozen=True):
    """What the figures depend on."""

    cores: int
    cpu: str
    system: str
    python: str
    libraries: dict[str, str]
    flush_p50_ms: float
    """One 4 KiB page appended and flushed, in the folder that the stores are in. Near nothing: no disk is behind it."""
    flush_p99_ms: float


def this_machine(folder: Path) -> Machine:
    """Looks, and flushes some pages."""
    flushes_ms = _flushes_ms(folder / "flushes")
    return Machine(
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        cpu=_cpu(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=platform.python_version(),
        libraries={name: version(name) for name in _LIBRARIES},
        flush_p50_ms=flushes_ms[_FLUSHES // 2],
        flush_p99_ms=flushes_ms[_FLUSHES * 99 // 100],
    )


def _cpu() -> str:
    told = Path("/proc/cpuinfo")
    if told.exists():
        for line in told.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _flushes_ms(path: Path) -> list[float]:
    taken_ms = []
    with path.open("wb", buffering=0) as file:
        for _ in range(_FLUSHES):
            file.write(bytes(_PAGE_BYTES))
            started_ns = time.perf_counter_ns()
            os.fsync(file.fileno())
            taken_ms.append((time.perf_counter_ns() - started_ns) / 1e6)
    path.unlink()
    return sorted(taken_ms)
