"""The tables of journal and inbox, for both dialects."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql


class Id(sa.TypeDecorator[UUID]):
    """A UUID in its 16 bytes."""

    impl = sa.LargeBinary(16)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """PostgreSQL has a type of its own for it."""
        return dialect.type_descriptor(postgresql.UUID() if dialect.name == "postgresql" else sa.LargeBinary(16))

    def process_bind_param(self, value: UUID | None, dialect: sa.Dialect) -> UUID | bytes | None:
        """The value that the driver takes."""
        return value if value is None or dialect.name == "postgresql" else value.bytes

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> UUID | None:  # noqa: ANN401  the driver's
        """The value that the driver gave."""
        return value if value is None or dialect.name == "postgresql" else _uuid_of(value)


# A follower reads the same streams and deliveries for each projection, and a UUID costs more to make than to find.
@lru_cache(maxsize=8_192)
def _uuid_of(value: bytes) -> UUID:
    return UUID(bytes=value)


# SQLite's AUTOINCREMENT wants exactly INTEGER, which is 64 bits wide there.
_Position: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Nanoseconds: Final = sa.BigInteger

metadata: Final = sa.MetaData()

meta: Final = sa.Table(
    "meta",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)


def _provenance() -> list[sa.Column[Any]]:
    return [
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("url_type", sa.Text),
        sa.Column("via", sa.Text),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("peer", sa.Text),
        sa.Column("headers", sa.LargeBinary, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("signature", sa.Text, nullable=False),
        sa.Column("signature_header", sa.Text),
        sa.Column("secret_fingerprint", sa.Text),
        sa.Column("arrived_at_ns", _Nanoseconds, nullable=False),
        sa.Column("body_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("body_bytes", sa.Integer, nullable=False),
    ]


# A delivery's id begins with its time of arrival, so its primary key is the order of arrival too.
deliveries: Final = sa.Table(
    "deliveries",
    metadata,
    sa.Column("delivery_id", Id, primary_key=True),
    *_provenance(),
    sa.Column("event_type", sa.Text),
    sa.Column("event_id", sa.Text),
    sa.Column("event_schema", sa.Text),
    sa.Column("occurred_at_ns", _Nanoseconds),
    sa.Column("content_digest", sa.LargeBinary(32)),
    sa.Column("recorded_at_ns", _Nanoseconds, nullable=False),
)

# Apart from the deliveries, so that bodies can be compressed, encrypted or erased without touching the ledger.
bodies: Final = sa.Table(
    "bodies",
    metadata,
    sa.Column("delivery_id", Id, primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("encoding", sa.Text, nullable=False, server_default="plain"),
    sa.Column("key_id", sa.Text),
)

repeats: Final = sa.Table(
    "repeats",
    metadata,
    sa.Column("delivery_id", Id, primary_key=True),
    sa.Column("repeat_id", Id, primary_key=True),
    *_provenance(),
    sa.Column("recorded_at_ns", _Nanoseconds, nullable=False),
)

outcomes: Final = sa.Table(
    "outcomes",
    metadata,
    sa.Column("delivery_id", Id, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("detail", sa.Text),
    sa.Column("event_type", sa.Text),
    sa.Column("translation", sa.Integer, nullable=False),
    sa.Column("released_by", sa.Text),
    sa.Column("released_type", sa.Text),
    sa.Column("released_distinct", sa.Boolean, nullable=False),
    sa.Column("repeat_of", Id),
    sa.Column("events", sa.Integer, nullable=False),
    sa.Column("first_position", sa.BigInteger),
    sa.Column("last_position", sa.BigInteger),
    sa.Column("recorded_at_ns", _Nanoseconds, nullable=False),
    sqlite_with_rowid=False,
)

# The rule is recorded; whatever is not is looked for, and rare enough for an index of its own.
NOT_RECORDED: Final = sa.literal_column("outcomes.outcome") != sa.literal_column("'recorded'")
sa.Index(
    "outcomes_not_recorded",
    outcomes.c.outcome,
    outcomes.c.delivery_id,
    sqlite_where=sa.text("outcome != 'recorded'"),
    postgresql_where=sa.text("outcome != 'recorded'"),
)

keys: Final = sa.Table(
    "keys",
    metadata,
    sa.Column("dedupe_key", sa.LargeBinary(32), primary_key=True),
    sa.Column("delivery_id", Id, nullable=False),
    sa.Column("content_digest", sa.LargeBinary(32)),
    sqlite_with_rowid=False,
)

quarantined_bytes: Final = sa.Table(
    "quarantined_bytes",
    metadata,
    sa.Column("bytes_key", sa.LargeBinary(32), primary_key=True),
    sa.Column("delivery_id", Id, nullable=False),
    sqlite_with_rowid=False,
)

# AUTOINCREMENT: SQLite would give the row id of a deleted row away again.
events: Final = sa.Table(
    "events",
    metadata,
    sa.Column("position", _Position, primary_key=True, autoincrement=True),
    sa.Column("originator_id", Id, nullable=False),
    sa.Column("originator_version", sa.Integer, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("state", sa.LargeBinary, nullable=False),
    sa.Column("delivery_id", Id, nullable=False),
    sa.Column("recorded_at_ns", _Nanoseconds, nullable=False),
    sa.Column("encoding", sa.Text, nullable=False, server_default="plain"),
    sa.Column("key_id", sa.Text),
    sa.UniqueConstraint("originator_id", "originator_version"),
    sqlite_autoincrement=True,
)

webhooks: Final = sa.Table(
    "webhooks",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("event_type", sa.Text, primary_key=True),
    sa.Column("via", sa.Text, primary_key=True),
    sa.Column("passed_at_ns", _Nanoseconds),
    sa.Column("last_heard_ns", _Nanoseconds),
    sa.Column("last_signature", sa.Text),
    sa.Column("last_unsigned_ns", _Nanoseconds),
    sa.Column("last_ping_ns", _Nanoseconds),
    sa.Column("refusals", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("refusals_in_row", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("last_refused_ns", _Nanoseconds),
    sa.Column("last_refusal_status", sa.Integer),
    sa.Column("last_refusal_reason", sa.Text),
    sqlite_with_rowid=False,
)

refusals: Final = sa.Table(
    "refusals",
    metadata,
    sa.Column("refusal_id", _Position, primary_key=True, autoincrement=True),
    sa.Column("refused_at_ns", _Nanoseconds, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("event_type", sa.Text, nullable=False),
    sa.Column("via", sa.Text, nullable=False),
    sa.Column("http_status", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("body_bytes", sa.Integer, nullable=False),
    sa.Column("body_sha256", sa.LargeBinary(32)),
)

# Counted with the deliveries that have them, so that a new key is noticed on its first day.
payload_shapes: Final = sa.Table(
    "payload_shapes",
    metadata,
    sa.Column("event_type", sa.Text, primary_key=True),
    sa.Column("event_schema", sa.Text, primary_key=True),
    sa.Column("shape", sa.Text, primary_key=True),
    sa.Column("paths", sa.Text, nullable=False),
    sa.Column("deliveries", sa.BigInteger, nullable=False),
    sa.Column("first_seen_ns", _Nanoseconds, nullable=False),
    sa.Column("last_seen_ns", _Nanoseconds, nullable=False),
    sqlite_with_rowid=False,
)

payload_types: Final = sa.Table(
    "payload_types",
    metadata,
    sa.Column("event_type", sa.Text, primary_key=True),
    sa.Column("event_schema", sa.Text, primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("json_type", sa.Text, primary_key=True),
    sa.Column("first_seen_ns", _Nanoseconds, nullable=False),
    sqlite_with_rowid=False,
)

APPEND_ONLY: Final = (deliveries, repeats, outcomes, keys, quarantined_bytes, events)
"""Never updated, never deleted from. A body is never updated in place either, but can be erased."""
