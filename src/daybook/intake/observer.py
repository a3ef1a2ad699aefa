"""What the intake tells whoever counts: the web layer binds it to its metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Observer(Protocol):
    """Called from the writer's thread or the event loop, once per batch where it can be; must be quick."""

    def answered(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Deliveries that were answered 200, by (source, status)."""

    def conflicted(self, source: str, count: int) -> None:
        """Deliveries that told another content under an id that is known."""

    def committed(self, deliveries: int, events: int, seconds: float) -> None:
        """One transaction, from asking for the lock to the end of its commit."""

    def queued(self, deliveries: int) -> None:
        """How many wait for the writer now."""

    def refused(self, source: str, http_status: int, reason: str) -> None:
        """One call that was not answered 200; an unknown source is told as `(unknown)`."""

    def refusals_in_row(self, source: str, event_type: str, via: str, count: int) -> None:
        """The run of a webhook that once passed; `''` stands for no type and no label. Twenty deactivate it."""


class Silent:
    """Counts nothing."""

    def answered(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Do nothing."""

    def conflicted(self, source: str, count: int) -> None:
        """Do nothing."""

    def committed(self, deliveries: int, events: int, seconds: float) -> None:
        """Do nothing."""

    def queued(self, deliveries: int) -> None:
        """Do nothing."""

    def refused(self, source: str, http_status: int, reason: str) -> None:
        """Do nothing."""

    def refusals_in_row(self, source: str, event_type: str, via: str, count: int) -> None:
        """Do nothing."""
