"""The command line in this process, on a store of its own; and in processes, where only those show it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from click.testing import CliRunner, Result

from daybook.bootstrap import Daybook, bootstrap
from daybook.cli import main
from daybook.settings import Settings
from tests.bodies import sent

Run: TypeAlias = Callable[..., Result]


@pytest.fixture
def database_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where all commands of a test find their store; no setting of the machine gets in."""
    for name in [name for name in os.environ if name.startswith("DAYBOOK_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path / 'data'}"
    monkeypatch.setenv("DAYBOOK_DATABASE_URL", url)
    return url


@pytest.fixture
def run(database_url: str) -> Run:
    """Run `daybook` with these arguments."""

    def invoke(*arguments: object, stdin: bytes | None = None) -> Result:
        result = CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return invoke


@pytest.fixture
def file_of(tmp_path: Path) -> Callable[..., Path]:
    """A file that holds these bodies, one a line."""

    def write(name: str, *bodies: Any) -> Path:  # noqa: ANN401
        path = tmp_path / name
        path.write_bytes(b"\n".join(sent(body) for body in bodies))
        return path

    return write


@pytest.fixture
def told(run: Run, file_of: Callable[..., Path]) -> Callable[..., None]:
    """Import these bodies in this order."""

    def import_(*bodies: Any, event_type: str | None = None) -> None:  # noqa: ANN401
        options = ["--event-type", event_type] if event_type else []
        result = run("import", file_of("told.ndjson", *bodies), *options)
        assert result.exit_code == 0, result.output

    return import_


@pytest.fixture
def own(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for projections of one's own."""
    # Source files change faster here than the time stamps by which Python tells that its compiled ones are old.
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("DAYBOOK_PROJECTIONS", str(folder))
    return folder


@pytest.fixture
def book(database_url: str) -> Iterator[Daybook]:
    """The same store, for looking at it beside the command line."""
    daybook = bootstrap(Settings.load(), follower=True)
    yield daybook
    daybook.close()


@pytest.fixture
def start(database_url: str, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start `python -m MODULE …` in a process of its own, ended when the test ends."""
    started: list[subprocess.Popen[str]] = []

    def popen(module: str, *arguments: object, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *(str(argument) for argument in arguments)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUNBUFFERED": "1", **(env or {})},
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield popen
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=10)
