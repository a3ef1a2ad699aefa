"""`serve`: real servers, each ended when its test ends."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.server.process import ServerProcess


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., ServerProcess]]:
    """Starts a server on `tmp_path/data`; options and environment as given."""
    started: list[ServerProcess] = []

    def start(*options: str, env: dict[str, str] | None = None) -> ServerProcess:
        server = ServerProcess(tmp_path / "data", *options, env=env)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        if server.process is not None and server.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                server.process.send_signal(signal.SIGKILL)
            server.process.wait(timeout=10)
