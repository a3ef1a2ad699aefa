"""The journal as the rest of daybook sees it: an application of the `eventsourcing` library over one store."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, NoReturn
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import InfrastructureFactory, TrackingRecorder
from eventsourcing.utils import Environment, EnvType

from daybook.domain.aggregates import EVENT_TYPES
from daybook.domain.events import Event
from daybook.domain.fold import fold
from daybook.domain.identity import Kind
from daybook.errors import SettingsError
from daybook.journal.inbox import Inbox
from daybook.journal.mapper import StructMapper
from daybook.journal.payloads import Payloads
from daybook.journal.postgresql import URL_PREFIXES, PostgreSQLStore
from daybook.journal.recorder import JournalRecorder
from daybook.journal.sqlite import URL_PREFIX, SQLiteStore, folder_of
from daybook.journal.store import LOCK_WAIT_S_MAX, Opened, Store, Transaction
from daybook.journal.vocabulary import VOCABULARY, Vocabulary


def open_journal(database_url: str, *, is_replica: bool = False, vocabulary: Vocabulary = VOCABULARY) -> Journal:
    """The journal at this URL; its schema is created when absent. A replica on PostgreSQL is only ever read.

    Raises `StoreUnavailableError` where it cannot be opened now, `StoreNewerError` where a newer daybook wrote it.
    """
    if database_url.startswith(URL_PREFIXES):
        return Journal(PostgreSQLStore(database_url, is_replica=is_replica, level=vocabulary.level), vocabulary)
    if not database_url.startswith(URL_PREFIX) or database_url == URL_PREFIX:
        raise SettingsError("the database URL must name a folder, e.g. sqlite:///./daybook-data")
    return Journal(SQLiteStore(folder_of(database_url), level=vocabulary.level), vocabulary)


class Migration(NamedTuple):
    """Schema version and format level of a store, before and after; 0 stands for a store that was not there yet."""

    version_before: int
    version: int
    level_before: int
    level: int


def migrate(database_url: str, vocabulary: Vocabulary = VOCABULARY) -> Migration:
    """Bring the journal at this URL up to this code: its schema, as opening does, and its format level.

    From then on events are written that older processes cannot read. Raises what `open_journal` raises.
    """
    journal = open_journal(database_url, vocabulary=vocabulary)
    try:
        found = journal.opened
        if found.level < vocabulary.level:
            with journal.transaction() as tx:
                tx.raise_level(vocabulary.level)
        return Migration(found.version_before, found.version, found.level_before, vocabulary.level)
    finally:
        journal.close()


def project(state: object, events: Iterable[Event]) -> Any:  # noqa: ANN401  as `fold`
    """The projector for `repository.get(stream_id, projector_func=project)`: sorts, so it needs the whole stream."""
    if state is not None:
        raise ValueError("a sorted fold cannot go on from a cached or snapshotted state")
    return fold(events)


class Journal(Application[UUID]):
    """All events in one gap-safe order, and the inbox they came from. Every read is one consistent read."""

    def __init__(self, store: Store, vocabulary: Vocabulary = VOCABULARY) -> None:
        self.vocabulary = vocabulary
        self._store = store
        self._recorder = JournalRecorder(store)
        self._mapper = StructMapper(vocabulary, lambda: store.format_level)
        self.inbox = Inbox(store.engine)
        self.payloads = Payloads(store.engine)
        super().__init__()

    @property
    def journal_id(self) -> UUID:
        """Made when the store was created."""
        return self._store.journal_id

    @property
    def opened(self) -> Opened:
        """What opening it found and did, the schema's version among it."""
        return self._store.opened

    @property
    def format_level(self) -> int:
        """Which events the store takes (`Event.LEVEL`), as this process saw it last."""
        return self._store.format_level

    def head(self) -> int:
        """The highest committed position, 0 if there is none."""
        return self._recorder.max_notification_id() or 0

    def select_events_after(self, position: int, limit: int) -> list[Event]:
        """At most so many events behind a position, in the journal's order."""
        stored = self._recorder.select_notifications(position, limit, inclusive_of_start=False)
        return [self._mapper.to_domain_event(event) for event in stored]

    def stream(self, stream_id: UUID, upto: int | None = None) -> list[Event]:
        """The events of one aggregate by version, up to and including a position."""
        return self.streams([stream_id], upto)[stream_id]

    def streams(self, stream_ids: Collection[UUID], upto: int | None = None) -> dict[UUID, list[Event]]:
        """The events of several aggregates from one state of the journal; an empty list for an unknown one."""
        return {
            stream_id: [self._mapper.to_domain_event(event) for event in stored]
            for stream_id, stored in self._recorder.select_streams(stream_ids, upto).items()
        }

    def scan_streams(
        self, after: UUID | None, upto: int, kinds: Collection[Kind], limit_events: int
    ) -> list[list[Event]]:
        """The next whole streams in the order of their ids, each up to and including a position; [] at the end.

        Of about so many events, and of one stream at least. An event of a type that this daybook does not know is of
        any kind: it raises `EventNewerError` rather than being left out.
        """
        unwanted = [topic for topic, event_type in EVENT_TYPES.items() if event_type.KIND not in kinds]
        scanned = self._recorder.scan_streams(after, upto, unwanted, limit_events)
        return [[self._mapper.to_domain_event(event) for event in stored] for stored in scanned]

    def digest_at(self, position: int) -> bytes | None:
        """SHA-256 over stream, version, topic and state of the event at a position, None if there is none."""
        return self._recorder.digest(position)

    def transaction(self, lock_wait_s: float = LOCK_WAIT_S_MAX) -> AbstractContextManager[Transaction]:
        """One write under the writers' lock."""
        return self._store.transaction(lock_wait_s)

    def probe(self, lock_wait_s: float = 1.0) -> None:
        """Prove that the store takes writes; raises `StoreUnavailableError` where it does not."""
        with self._store.transaction(lock_wait_s) as tx:
            tx.probe()

    def close(self) -> None:
        """Give all connections back."""
        super().close()
        self._store.close()

    # ---- the library's hooks

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        """Nothing from outside: a cache, a cipher or snapshots set by an environment variable would break the fold."""
        return Environment(name, env)

    def construct_factory(self, env: Environment) -> InfrastructureFactory[TrackingRecorder]:
        """Gives the recorder that we have."""
        return _Factory(env, self._recorder)

    def construct_mapper(self) -> StructMapper:
        """Ours."""
        return self._mapper


class _Factory(InfrastructureFactory[TrackingRecorder]):
    def __init__(self, env: Environment, recorder: JournalRecorder) -> None:
        super().__init__(env)
        self._recorder = recorder

    def aggregate_recorder(self, purpose: str = "events") -> JournalRecorder:  # noqa: ARG002  the library names it
        return self._recorder

    def application_recorder(self) -> JournalRecorder:
        return self._recorder

    def tracking_recorder(self, tracking_recorder_class: object = None) -> NoReturn:
        raise NotImplementedError("cursors belong to the projections")

    def process_recorder(self) -> NoReturn:
        raise NotImplementedError("cursors belong to the projections")
