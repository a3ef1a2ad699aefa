"""What is asked of the load generator, and what it gives back: the two sides of a pipe."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import msgspec

CONNECTIONS: Final = 64
_START_S_MAX: Final = 30.0


class Job(msgspec.Struct, frozen=True):
    """One load. It ends at its time, or where the requests do."""

    port: int
    requests: str
    """A file as `requests.write_requests` makes it."""
    seconds: float
    """How long is measured."""
    warm_up_s: float
    """How long it runs before that."""
    first: int = 0
    """How many requests of the file are left out."""
    requests_max: int | None = None
    again: bool = False
    """Whether the requests begin again at the end; not for a server that tells a repeat from a new one."""
    connections: int = CONNECTIONS
    reads: dict[str, list[str]] = {}
    """What is read meanwhile: name to paths, one connection for each name."""
    reads_per_s: float = 100.0


class Latency(msgspec.Struct, frozen=True):
    """From the request's last byte given away to the answer's last byte received."""

    count: int
    p50_ms: float
    p99_ms: float
    max_ms: float


class Result(msgspec.Struct, frozen=True):
    """What came of a load. Answers of the warm-up are checked, but neither counted in `per_s` nor timed."""

    per_s: float
    latency: Latency
    told: dict[str, int]
    """All answers by the status in their JSON (`-` without one), or by the HTTP status where it is not 200."""
    ran_out: bool
    """Whether the requests ended before the time did."""
    generator_cores: float
    """How busy the generator itself was; near 1 it is the generator that was measured."""
    reads: dict[str, Latency]


def drive(job: Job) -> Result:
    """Run the load in a process of its own. Raises `RuntimeError` with what it printed where it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.generator"],
        input=msgspec.json.encode(job),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path)},
        capture_output=True,
        timeout=job.seconds + job.warm_up_s + _START_S_MAX,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the generator failed: {done.stderr.decode(errors='replace')[-2000:]}")
    return msgspec.json.decode(done.stdout, type=Result)
