"""Starts one peer: `python -m tests.bench.peers NAME PORT DATABASE_URL`."""

from __future__ import annotations

import asyncio
import sys
from importlib import import_module
from typing import Final

import uvloop

from tests.bench.peers import bare
from tests.bench.peers.serving import serve_as_daybook

APPLICATIONS: Final = {
    "inserting": ("inserting", "create_app"),
    "mapping": ("mapping", "create_app"),
    "noop": ("noop", "create_app"),
    "noop-reading": ("noop", "create_reading_app"),
    "saving": ("saving", "create_app"),
}


def main(name: str, port: int, database_url: str) -> None:
    """Serve until SIGTERM."""
    if name == "bare":
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(bare.serve(port))
    else:
        # Only its own: what another peer imports would weigh on this one's garbage collector.
        module, create_app = APPLICATIONS[name]
        serve_as_daybook(getattr(import_module(f"tests.bench.peers.{module}"), create_app)(database_url), port)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
