"""The composition root: the only place that puts the parts together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from daybook.intake import Intake, Observer, Silent, SourceRules
from daybook.journal import Journal, open_journal
from daybook.projecting.discovery import discover
from daybook.projecting.follower import Follower
from daybook.projecting.projection import Projection
from daybook.projecting.read_store import ReadStore
from daybook.settings import Settings


@dataclass(frozen=True, slots=True)
class Reads:
    """Where reads are answered from: the store itself, or a replica of it, which may be a little behind."""

    journal: Journal
    read_store: ReadStore


@dataclass(frozen=True, slots=True)
class Daybook:
    """All parts of one process. Intake and follower are made, but not started."""

    settings: Settings
    journal: Journal
    read_store: ReadStore
    projections: Mapping[str, Projection]
    intake: Intake
    follower: Follower | None
    reads: Reads

    def close(self) -> None:
        """Stop following and give all connections back; the intake is stopped before, by whoever started it."""
        if self.follower is not None:
            self.follower.stop()
        self.read_store.close()
        self.journal.close()
        if self.reads.journal is not self.journal:
            self.reads.read_store.close()
            self.reads.journal.close()


def bootstrap(settings: Settings, *, follower: bool = True, observer: Observer | None = None) -> Daybook:
    """One process's daybook on the store that the settings name, which is created when absent.

    Raises `StoreUnavailableError` where the store cannot be opened now, `StoreNewerError` where a newer daybook wrote
    it, `SettingsError` where the settings name none.
    """
    journal = open_journal(settings.database_url)
    projections = discover(settings.projections)
    read_store = ReadStore(settings.database_url, projections)
    following = Follower(journal, read_store, projections) if follower else None
    intake = Intake(
        journal,
        {name: SourceRules(source.plain_secrets(), source.verify) for name, source in settings.sources.items()},
        observer=observer or Silent(),
        committed=following.wake if following else _nobody_follows,
    )
    reads = Reads(journal, read_store)
    if settings.read_database_url is not None:
        replica = open_journal(settings.read_database_url, is_replica=True)
        reads = Reads(replica, ReadStore(settings.read_database_url, projections, is_replica=True))
    return Daybook(settings, journal, read_store, projections, intake, following, reads)


def _nobody_follows() -> None:
    """Another process's follower looks for itself."""
