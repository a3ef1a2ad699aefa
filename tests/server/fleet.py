"""Several daybook processes on one PostgreSQL, as on several hosts: servers that only serve, and followers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.server.process import DaybookProcess, FollowerProcess, ServerProcess


class Fleet:
    """Started when entered, killed when left. Each process is known to PostgreSQL by its name: `server-0` and on."""

    def __init__(
        self, database_url: str, folder: Path, *, servers: int = 4, followers: int = 1, options: Sequence[str] = ()
    ) -> None:
        """`options` are those of `daybook serve`."""

        def env(name: str) -> dict[str, str]:
            joint = "&" if "?" in database_url else "?"
            return {"DAYBOOK_DATABASE_URL": f"{database_url}{joint}application_name={name}"}

        # Without a follower of its own the fleet's servers follow, as they do for most users.
        options = [*options, *(["--no-follow"] if followers else [])]
        names = [f"server-{number}" for number in range(servers)]
        self.servers = [ServerProcess(folder / name, *options, env=env(name)) for name in names]
        names = [f"follower-{number}" for number in range(followers)]
        self.followers = [FollowerProcess(folder / name, env=env(name)) for name in names]
        self.database_url = database_url

    @property
    def processes(self) -> list[DaybookProcess]:
        return [*self.servers, *self.followers]

    def __enter__(self) -> Self:
        try:
            # All at once: the schema is created by one while the others wait.
            for process in self.processes:
                process.spawn()
            for process in self.processes:
                process.wait_ready()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        for process in self.processes:
            if process.is_running:
                process.kill()
