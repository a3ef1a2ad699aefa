"""A real server process on a loopback port, to be loaded, stopped and killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from daybook.zenoti.signature import HEADER, sign
from tests.bodies import sent

SECRET = "a secret of the tests"
WAIT_S_MAX = 30.0


def wait_until(condition: Callable[[], bool], what: str, wait_s_max: float = WAIT_S_MAX) -> None:
    """Polls, bounded, for what another process has to do."""
    deadline = time.monotonic() + wait_s_max
    while not condition():
        assert time.monotonic() < deadline, f"waited {wait_s_max} s in vain: {what}"
        time.sleep(0.02)


class ServerProcess:
    """`daybook serve` on a folder; what it prints goes to a file beside the folder."""

    def __init__(self, folder: Path, *options: str, env: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.log = folder.parent / f"{folder.name}.log"
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("DAYBOOK_")},
            "DAYBOOK_DATABASE_URL": f"sqlite:///{folder}",
            "DAYBOOK_SOURCES": json.dumps({"main": {"secrets": [SECRET]}}),
            "DAYBOOK_PORT": str(self.port),
            "PYTHONPATH": os.pathsep.join(sys.path),
            **(env or {}),
        }
        self._options = options
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        """Starts it and waits until it takes webhooks."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "daybook.cli", "serve", *self._options],
                env=self.env,
                cwd=self.folder.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_until(self.is_ready, f"the server is ready ({self.log.read_text()[-2000:]})")

    def is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the server ended by itself: {self.log.read_text()[-2000:]}"
        return self.status("/health/ready") == httpx.codes.OK

    def status(self, path: str) -> int:
        try:
            return httpx.get(self.url + path, timeout=10).status_code
        except httpx.TransportError:
            return 0

    def post(self, body: Any, event_type: str | None = None, *, timeout_s: float = 20) -> httpx.Response:  # noqa: ANN401
        """One signed webhook."""
        raw = sent(body)
        path = f"/webhooks/main/{event_type}" if event_type else "/webhooks/main"
        return httpx.post(self.url + path, content=raw, headers={HEADER: sign(SECRET, raw)}, timeout=timeout_s)

    def get(self, path: str, **params: Any) -> Any:  # noqa: ANN401  any JSON
        answer = httpx.get(self.url + path, params=params, timeout=20)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()

    def kill(self) -> None:
        """As a power cut would: no handler runs."""
        self._end(signal.SIGKILL)

    def terminate(self) -> int:
        """As an operator would; the exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=WAIT_S_MAX)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
