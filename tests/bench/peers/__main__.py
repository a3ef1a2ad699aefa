"""Starts one peer: `python -m tests.bench.peers NAME PORT FOLDER`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import uvloop
from litestar import Litestar

from tests.bench.peers import bare, noop, saving
from tests.bench.peers.serving import serve_as_daybook

APPLICATIONS: Final[dict[str, Callable[[Path], Litestar]]] = {
    "noop": noop.create_app,
    "noop-reading": noop.create_reading_app,
    "saving": saving.create_app,
}


def main(name: str, port: int, folder: Path) -> None:
    """Serve until SIGTERM."""
    if name == "bare":
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(bare.serve(port))
    else:
        serve_as_daybook(APPLICATIONS[name](folder), port)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
