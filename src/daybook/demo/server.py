"""The server of the demo: `daybook serve` in a process of its own, on a store that goes away with it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import httpx

from daybook.errors import DaybookError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOURCE: Final = "main"
SECRET: Final = "a-secret-of-the-demo"  # noqa: S105  it guards a server on loopback that is gone in a minute
PREFERRED_PORT: Final = 8000
START_S_MAX: Final = 30.0
STOP_S_MAX: Final = 15.0
LOG_LINES_SHOWN: Final = 20
_POLL_S: Final = 0.05


@contextmanager
def serving(folder: Path, port: int) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """`daybook serve` in a process of its own, on an empty store in a folder that goes away afterwards."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DAYBOOK_")}
    environment |= {
        "DAYBOOK_DATABASE_URL": f"sqlite:///{folder}/data",
        "DAYBOOK_SOURCES": json.dumps({SOURCE: {"secrets": [SECRET]}}),
        "DAYBOOK_HOST": "127.0.0.1",
        "DAYBOOK_PORT": str(port),
    }
    with (folder / "server.log").open("wb") as log:
        # A session of its own: Ctrl-C is for this process, which then stops the server in good order. A folder of its
        # own: no daybook.toml of the user's is read.
        process = subprocess.Popen(
            [sys.executable, "-m", "daybook.cli", "serve"],
            cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_ready(url, process, folder)
        yield url, process
    finally:
        process.terminate()
        try:
            process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """The usual port where it is free, else any other."""
    for port in (PREFERRED_PORT, 0):
        with socket.socket() as candidate:
            # A server that was stopped a moment ago must not keep its port from the next one.
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = candidate.getsockname()[1]
            return found
    raise DaybookError("there is no free port on 127.0.0.1")


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + START_S_MAX
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/health/ready", trust_env=False).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(_POLL_S)
    raise DaybookError(f"the server did not start on {url}\n{last_words(folder)}")


def last_words(folder: Path) -> str:
    """The end of the server's log: why it ended."""
    return "\n".join((folder / "server.log").read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:])
