"""What happened although something before had ruled it out: a no-show after a cancellation, a start after the end.

Only an order that was told proves anything. A body without a time of its own stands where it arrived, by a clock that
is not Zenoti's: it rules nothing out, contradicts nothing, and what it allows it may have allowed at any time.
"""

from __future__ import annotations

import msgspec

from daybook.domain.events import Event


class Contradiction(msgspec.Struct, frozen=True):
    """How far one thing that cannot be right has come; each method takes the next event in order of occurrence."""

    since_ns: int | None = None
    """Ruled out since then; None where it is not."""
    at_ns: int | None = None
    """When it first happened nevertheless."""
    is_open: bool = False
    """Nothing can be proved any more: what has no time may have allowed whatever happened."""

    def ruled_out(self, event: Event) -> Contradiction:
        """The event makes it impossible from now on."""
        if self.is_open or self.since_ns is not None or event.time_basis == "arrival":
            return self
        return Contradiction(event.occurred_at_ns, self.at_ns)

    def allowed(self, event: Event) -> Contradiction:
        """The event makes it possible again, or shows that it was."""
        if event.time_basis == "arrival":
            return _OPEN
        return self if self.since_ns is None else Contradiction(None, self.at_ns)

    def happened(self, event: Event) -> Contradiction:
        """The event is what may have been impossible; of two at one moment nobody knows which came first."""
        if self.since_ns is None or self.at_ns is not None or event.time_basis == "arrival":
            return self
        return Contradiction(self.since_ns, event.occurred_at_ns) if self.since_ns < event.occurred_at_ns else self


_OPEN = Contradiction(is_open=True)
