"""PostgreSQL as the journal's engine: many processes and hosts write to one journal, under one advisory lock."""

from __future__ import annotations

from daybook.journal.postgresql.condition import Condition, condition
from daybook.journal.postgresql.store import URL_PREFIXES, PostgreSQLStore

__all__ = ["URL_PREFIXES", "Condition", "PostgreSQLStore", "condition"]
