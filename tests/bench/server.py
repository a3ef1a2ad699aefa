"""Server processes of the benchmark: started on a free loopback port, ended by their own id."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import psutil

from tests.bench.requests import SECRET

START_S_MAX: Final = 30.0
STOP_S_MAX: Final = 20.0


@dataclass(frozen=True, slots=True)
class Server:
    """One that takes requests."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        """Without a path."""
        return f"http://127.0.0.1:{self.port}"

    def cpu_s(self) -> float:
        """What it has used of all cores so far."""
        used = psutil.Process(self.pid).cpu_times()
        return float(used.user + used.system)


@contextmanager
def daybook_server(database_url: str, folder: Path, *options: str) -> Iterator[Server]:
    """`daybook serve` as a user would start it; the folder is for what it prints."""
    port = free_port()
    command = [sys.executable, "-m", "daybook.cli", "serve", *options]
    settings = {
        "DAYBOOK_DATABASE_URL": database_url,
        "DAYBOOK_SOURCES": json.dumps({"main": {"secrets": [SECRET]}}),
        "DAYBOOK_PORT": str(port),
    }
    with _running(command, settings, folder, port, "/health/ready") as server:
        yield server


@contextmanager
def peer_server(name: str, database_url: str, folder: Path) -> Iterator[Server]:
    """A peer of `tests.bench.peers`, under the same server program as daybook."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.peers", name, str(port), database_url]
    with _running(command, {}, folder, port, "/") as server:
        yield server


@contextmanager
def _running(command: Sequence[str], settings: dict[str, str], folder: Path, port: int, asked: str) -> Iterator[Server]:
    log = folder / "server.log"
    env = {name: value for name, value in os.environ.items() if not name.startswith("DAYBOOK_")}
    # The root of the repository may stand there as '', and the server runs in a folder of its own.
    env["PYTHONPATH"] = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env={**env, **settings}, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        server = Server(port, process.pid)
        _wait_until_it_answers(process, server.url + asked, log)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_S_MAX)


def _wait_until_it_answers(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_S_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if httpx.get(url, timeout=5.0, trust_env=False).status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    raise RuntimeError(f"a server did not start: {log.read_text(errors='replace')[-2000:]}")


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
