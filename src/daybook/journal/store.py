"""The port to a database engine: one transaction that writes whole batches of rows under the writers' lock."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Final, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import Engine

from daybook.journal.rows import AppendedRow, HeardRow, ShapeRow, TallyRow, TypeRow

LOCK_WAIT_S_MAX: Final = 5.0
"""How long a transaction waits for the writers' lock. Zenoti gives up after 10 s, so an answer must come by 8."""
SCHEMA_VERSION: Final = 2


class Opened(NamedTuple):
    """What a store was found to be when it was opened, and what it was brought to."""

    journal_id: UUID
    version_before: int
    """Of the schema; 0 where there was none."""
    version: int
    level_before: int
    """The format level; 0 where there was no store."""
    level: int


class Clock(NamedTuple):
    """The end of the journal as seen under the lock, and the time."""

    position: int
    recorded_at_ns: int
    now_ns: int


class Known(NamedTuple):
    """The delivery that came first, and what became of it last."""

    delivery_id: bytes
    content_digest: bytes | None
    outcome: str
    reason: str | None
    position: int | None


class LastOutcome(NamedTuple):
    """The outcome of a delivery that holds."""

    number: int
    outcome: str
    reason: str | None
    translation: int
    last_position: int | None
    repeat_of: bytes | None = None
    """The delivery that it repeats."""


class PayloadIndex(NamedTuple):
    """What is known of the payloads of one event type under one event schema."""

    shapes: set[str]
    types: set[tuple[str, str]]
    """Path and JSON type."""


class WebhookKey(NamedTuple):
    """One webhook as Zenoti counts its failures: `''` stands for no type and no label."""

    source: str
    event_type: str
    via: str


class WebhookMark(NamedTuple):
    """What a flush has to know of a webhook that is in the store."""

    passed: bool
    last_heard_ns: int
    refusals_in_row: int


class Transaction(Protocol):
    """One write under the lock. Everything read in it stays so until it commits."""

    def known_keys(self, keys: Collection[bytes]) -> dict[bytes, Known]:
        """By dedupe key, those that were claimed."""

    def known_bytes(self, keys: Collection[bytes]) -> dict[bytes, Known]:
        """By digest, those whose bytes were quarantined before."""

    def known_repeats(self, pairs: Collection[tuple[bytes, bytes]]) -> set[tuple[bytes, bytes]]:
        """Of pairs of delivery and repeat, those that were written."""

    def heads(self, stream_ids: Collection[bytes]) -> dict[bytes, int]:
        """The last version of each stream that has events."""

    def clock(self) -> Clock:
        """The last position, its time, and now."""

    def last_outcome(self, delivery_id: bytes) -> LastOutcome | None:
        """The outcome that holds, None for an unknown delivery."""

    def webhooks(self) -> dict[WebhookKey, WebhookMark]:
        """All webhooks that were ever counted."""

    def payload_index(self, event_type: str, event_schema: str) -> PayloadIndex:
        """What was noted of these payloads so far."""

    def payload_kinds(self) -> int:
        """How many pairs of event type and event schema were seen."""

    def append(self, rows: Sequence[AppendedRow]) -> None:
        """Insert rows, all of one type."""

    def touch_webhooks(self, rows: Sequence[HeardRow]) -> None:
        """Note what got through, and end its run of refusals."""

    def tally_webhooks(self, rows: Iterable[TallyRow]) -> None:
        """Add what was counted."""

    def prune_refusals(self, keep: int) -> None:
        """Delete all but the newest refusals."""

    def count_shapes(self, rows: Sequence[ShapeRow]) -> None:
        """Add what was seen, each shape once."""

    def note_types(self, rows: Sequence[TypeRow]) -> None:
        """Note types of values, unless they are."""

    def raise_level(self, level: int) -> None:
        """From now on events of this format level are written; a higher one stays."""

    def probe(self) -> None:
        """Write something that means nothing, so that the commit proves that the store takes writes."""


class Store(Protocol):
    """An engine that holds a journal."""

    @property
    def journal_id(self) -> UUID:
        """Made when the store was created; another store is another journal."""

    @property
    def opened(self) -> Opened:
        """What opening it found and did."""

    @property
    def format_level(self) -> int:
        """Which events the store takes, as this process saw it last."""

    @property
    def engine(self) -> Engine:
        """For reading; a connection of it sees one consistent state from its first read to its end."""

    def transaction(self, lock_wait_s: float = LOCK_WAIT_S_MAX) -> AbstractContextManager[Transaction]:
        """Take the lock, commit at the end.

        Raises `StoreUnavailableError` for what may pass (locked, full, unreadable), `DataRejectedError` for data, and
        `CommitUnknownError` where the write may have been taken all the same.
        """

    def close(self) -> None:
        """Give all connections back."""
