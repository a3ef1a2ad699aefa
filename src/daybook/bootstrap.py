"""The composition root: the only place that puts the parts together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from daybook.intake import Intake, Observer, Silent, SourceRules
from daybook.journal import Journal, open_journal
from daybook.journal.sqlite import folder_of
from daybook.projecting.discovery import discover
from daybook.projecting.follower import Follower
from daybook.projecting.projection import Projection
from daybook.projecting.read_store import ReadStore
from daybook.settings import Settings

READ_FILE: Final = "read.db"


@dataclass(frozen=True, slots=True)
class Daybook:
    """All parts of one process. Intake and follower are made, but not started."""

    settings: Settings
    journal: Journal
    read_store: ReadStore
    projections: Mapping[str, Projection]
    intake: Intake
    follower: Follower | None

    def close(self) -> None:
        """Stop following and give all connections back; the intake is stopped before, by whoever started it."""
        if self.follower is not None:
            self.follower.stop()
        self.read_store.close()
        self.journal.close()


def bootstrap(settings: Settings, *, follower: bool = True, observer: Observer | None = None) -> Daybook:
    """One process's daybook on the store that the settings name, which is created when absent.

    Raises `StoreUnavailableError` where the store cannot be opened now, `StoreNewerError` where a newer daybook wrote
    it, `SettingsError` where the settings name none.
    """
    journal = open_journal(settings.database_url)
    projections = discover()
    read_store = ReadStore(folder_of(settings.database_url) / READ_FILE, projections)
    following = Follower(journal, read_store, projections) if follower else None
    intake = Intake(
        journal,
        {name: SourceRules(source.plain_secrets(), source.verify) for name, source in settings.sources.items()},
        observer=observer or Silent(),
        committed=following.wake if following else _nobody_follows,
    )
    return Daybook(settings, journal, read_store, projections, intake, following)


def _nobody_follows() -> None:
    """Another process's follower looks for itself."""
