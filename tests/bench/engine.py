"""What the stores of a run are on, so that every contender of an engine gets an empty store of the same kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

TABLES: Final = ("deliveries", "bodies", "outcomes", "keys", "events")
"""Those of which every new webhook fills rows. Each has a column `delivery_id`, except for the owner of all others."""

Rows: TypeAlias = Mapping[str, Sequence[Sequence[Any]]]
"""Of each table some rows, in the order of the table's columns."""


class Engine(Protocol):
    """One that runs."""

    @property
    def version(self) -> str:
        """With all that was set for the run."""

    def new_store(self, folder: Path, *, slow_flushes: bool = False) -> AbstractContextManager[str]:
        """The URL of an empty store, and nobody before left anything to be written; gone at the end.

        `slow_flushes`: a commit waits 2 ms more, where the engine can do that.
        """

    def settle(self, url: str) -> None:
        """After a store was filled: what would be done some time later is done now."""

    def count(self, url: str, table: str) -> int:
        """The rows of one of daybook's tables."""

    def rows(self, url: str, table: str) -> tuple[Sequence[str], list[Sequence[Any]]]:
        """All columns and rows of one of daybook's tables."""

    def writer(self, url: str) -> AbstractContextManager[Callable[[Rows], None]]:
        """Creates daybook's schema; what it gives inserts rows in one transaction, the fastest way a driver has."""

    def cpu_s(self) -> float:
        """What the engine's own processes have used of all cores so far; 0 where it has none, or they are elsewhere."""
