"""Real daybook processes: servers on a loopback port and followers, to be loaded, frozen, stopped and killed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx

from daybook.zenoti.signature import HEADER, sign
from tests.bodies import sent

SECRET = "a secret of the tests"
WAIT_S_MAX = 30.0
FOLLOWING = "daybook: following"


def wait_until(condition: Callable[[], bool], what: str, wait_s_max: float = WAIT_S_MAX) -> None:
    """Polls, bounded, for what another process has to do."""
    deadline = time.monotonic() + wait_s_max
    while not condition():
        assert time.monotonic() < deadline, f"waited {wait_s_max} s in vain: {what}"
        time.sleep(0.02)


class DaybookProcess:
    """A `daybook` command that runs until it is ended; what it prints goes to a file beside the folder.

    On SQLite the folder is the store; where the environment names another, it only gives the log its name.
    """

    def __init__(self, folder: Path, command: str, *options: str, env: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.log = folder.parent / f"{folder.name}.log"
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("DAYBOOK_")},
            "DAYBOOK_DATABASE_URL": f"sqlite:///{folder}",
            "DAYBOOK_SOURCES": json.dumps({"main": {"secrets": [SECRET]}}),
            "PYTHONPATH": os.pathsep.join(sys.path),
            **(env or {}),
        }
        self._arguments = (command, *options)
        self._told_before = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def database_url(self) -> str:
        return self.env["DAYBOOK_DATABASE_URL"]

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def spawn(self) -> None:
        """Starts it without waiting for anything."""
        self._told_before = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "daybook.cli", *self._arguments],
                env=self.env,
                cwd=self.folder.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Its workers are ended with it, however it ends.
                start_new_session=True,
            )

    def told(self) -> str:
        """What it printed since it was started last."""
        return self.log.read_bytes()[self._told_before :].decode()

    def assert_running(self) -> None:
        assert self.is_running, f"it ended by itself: {self.told()[-2000:]}"

    def start(self) -> None:
        """Starts it and waits until it does its work."""
        self.spawn()
        self.wait_ready()

    def wait_ready(self) -> None:
        wait_until(self.is_ready, f"the process is ready ({self.log.read_text()[-2000:]})")

    def is_ready(self) -> bool:
        raise NotImplementedError

    def freeze(self) -> None:
        """As a machine that swaps would: it does nothing any more, and its connections stay open."""
        os.killpg(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.killpg(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """As a power cut would: no handler runs."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait(timeout=WAIT_S_MAX)

    def terminate(self) -> int:
        """As an operator would; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=WAIT_S_MAX)


ProcessT = TypeVar("ProcessT", bound=DaybookProcess)


class FollowerProcess(DaybookProcess):
    """`daybook follow`."""

    def __init__(self, folder: Path, *options: str, env: dict[str, str] | None = None) -> None:
        super().__init__(folder, "follow", *options, env=env)

    def is_ready(self) -> bool:
        self.assert_running()
        return FOLLOWING in self.told()


class ServerProcess(DaybookProcess):
    """`daybook serve`."""

    def __init__(self, folder: Path, *options: str, env: dict[str, str] | None = None) -> None:
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__(folder, "serve", *options, env={"DAYBOOK_PORT": str(self.port), **(env or {})})

    def is_ready(self) -> bool:
        self.assert_running()
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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
