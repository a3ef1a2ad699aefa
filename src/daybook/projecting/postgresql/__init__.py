"""PostgreSQL as the engine of the read models: a schema beside the journal's, kept by followers on many hosts."""

from __future__ import annotations

from daybook.projecting.postgresql.engine import PostgreSQLEngine

__all__ = ["PostgreSQLEngine"]
