"""What a person has to know of the database server under the journal: what would lose entries, and what runs out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import psycopg

from daybook.errors import StoreUnavailableError
from daybook.journal.postgresql.connection import connect, parameters_of

# As a new session of this role finds them: the writer's own sessions set synchronous_commit for themselves.
_ASKED: Final = b"""
SELECT
current_setting('server_version'),
current_setting('server_version_num')::int,
pg_is_in_recovery(),
current_setting('default_transaction_read_only') = 'on',
current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on',
(SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit'),
current_setting('synchronous_standby_names'),
(SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum'))::int,
current_setting('max_connections')::int
- current_setting('superuser_reserved_connections')::int
- coalesce(current_setting('reserved_connections', true), '0')::int,
(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::int,
(SELECT coalesce(sum(pg_total_relation_size(oid)), 0) FROM pg_class
WHERE relnamespace = to_regnamespace('journal') AND relkind IN ('r', 'p', 'm'))::bigint,
(SELECT coalesce(sum(pg_total_relation_size(oid)), 0) FROM pg_class
WHERE relnamespace = to_regnamespace('read') AND relkind IN ('r', 'p', 'm'))::bigint,
(extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000
"""


@dataclass(frozen=True, slots=True)
class Condition:
    """A server, as it stands now."""

    server_version: str
    server_version_number: int
    """160004 is 16.4."""
    is_standby: bool
    """It cannot be written; neither can one that `is_read_only`."""
    is_read_only: bool
    is_flushing: bool
    """Off only where somebody set `fsync` or `full_page_writes` so: a crash then loses what was acknowledged."""
    synchronous_commit: str
    """The default of this database and role. Writers raise it to `on`, but for `remote_apply`, which is more."""
    synchronous_standby_names: str
    """Empty where commits wait for no standby."""
    synchronous_standbys: int
    """How many are connected that commits wait for; told only to a role that may see them (pg_monitor)."""
    connections_max: int
    """For roles without special rights; another limit may be set for the role, the database or a pooler."""
    connections_used: int
    journal_bytes: int
    """With indexes."""
    read_bytes: int
    now_ns: int
    """By the server's clock, which dates the entries."""

    @property
    def connections_free(self) -> int:
        """None or less: the next process that starts is refused."""
        return self.connections_max - self.connections_used


def condition(database_url: str) -> Condition:
    """Ask the server behind this URL; raises `StoreUnavailableError` where it does not answer."""
    try:
        connection = connect(parameters_of(database_url))
        try:
            row = connection.execute(_ASKED).fetchone() or ()
        finally:
            connection.close()
    except psycopg.Error as error:
        raise StoreUnavailableError(f"the store cannot be read now ({type(error).__name__})") from error
    return Condition(*row)
