"""docs/projections.md stays true: its files are written and its commands run, on a store of each engine."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from daybook.bootstrap import Daybook, bootstrap
from daybook.cli import main
from daybook.settings import Settings
from tests.engines import Engine
from tests.server.process import wait_until

PAGE = (Path(__file__).parent.parent / "docs" / "projections.md").read_text()
BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)


class Person:
    """Does what the page says, in a folder of its own."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self._folder = folder
        own = {"DAYBOOK_DATABASE_URL": database_url, "PYTHONDONTWRITEBYTECODE": "1"}
        self._environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **own}
        self._follower: subprocess.Popen[bytes] | None = None

    def write(self, name: str, text: str) -> None:
        file = self._folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def do(self, command: str) -> str:
        """What this command prints."""
        match shlex.split(command):
            case ["export", assignment]:
                name, _, value = assignment.partition("=")
                self._environment[name] = value
                return ""
            case ["mv", old, new]:
                (self._folder / old).rename(self._folder / new)
                return ""
            case ["rm", file]:
                (self._folder / file).unlink()
                return ""
            case [*_, "daybook", "follow", "&"]:
                self.stop()
                self._follow()
                return ""
            case ["daybook", *arguments]:
                told = CliRunner().invoke(main, arguments, env=self._environment)
                assert told.exit_code == 0, told.output
                return told.stdout
            case ["python", script]:
                return subprocess.check_output([sys.executable, script], env=self._environment, text=True)
        raise AssertionError(f"nobody can do this: {command}")

    def stop(self) -> None:
        """Stop what was left running."""
        if self._follower is not None:
            self._follower.terminate()
            assert self._follower.wait(timeout=30) == 0
            self._follower = None

    def _follow(self) -> None:
        arguments = [sys.executable, "-m", "daybook.cli", "follow"]
        self._follower = subprocess.Popen(arguments, env=self._environment)
        settings = Settings(database_url=self._environment["DAYBOOK_DATABASE_URL"], projections=(self._folder / "own",))
        daybook = bootstrap(settings, follower=False)
        try:
            wait_until(lambda: _is_followed(daybook), "everything is followed and posted")
        finally:
            daybook.close()


@pytest.fixture
def person(tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    for name in [name for name in os.environ if name.startswith("DAYBOOK_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    # Source files change faster here than the time stamps by which Python tells that its compiled ones are old.
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    engine.open().close()
    someone = Person(tmp_path, engine.url)
    yield someone
    someone.stop()


def test_who_does_what_the_page_says_sees_what_it_shows(person: Person) -> None:
    done = 0
    for language, title, text in BLOCK.findall(PAGE):
        if title:
            person.write(title, text)
        elif language == "console":
            for command, shown in _commands(text):
                printed = person.do(command)
                done += 1
                assert not shown or _is_as_shown(printed, shown), f"$ {command}\n{printed}"

    assert done > 10


def _is_followed(daybook: Daybook) -> bool:
    statuses = daybook.read_store.status()
    return all(status.leader and status.position == daybook.journal.head() for status in statuses)


def _commands(text: str) -> Iterator[tuple[str, str]]:
    """Each command with the lines below it."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command.split("  #")[0], shown


def _is_as_shown(printed: str, shown: str) -> bool:
    """The same words, but for where the page has `…`: it stands for any, also for whole lines."""
    pattern = ".*".join(re.escape(part) for part in " ".join(shown.split()).split("…"))
    return re.fullmatch(pattern, " ".join(printed.split())) is not None
