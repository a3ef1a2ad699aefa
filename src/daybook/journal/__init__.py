"""The book of original entry: deliveries as they came, and the events that were read from them, in one order."""

from __future__ import annotations

from daybook.journal.journal import Journal, migrate, open_journal

__all__ = ["Journal", "migrate", "open_journal"]
