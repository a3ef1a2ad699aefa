"""Whether the clock that dates the entries is right, as far as the entries themselves can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from daybook.doctor.finding import Finding, Level
from daybook.errors import DaybookError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from daybook.journal import Journal

CLOCK_BEHIND_NS_MAX: Final = 60_000_000_000


def examine_clock(journal: Journal, now_ns: int) -> Iterator[Finding]:
    """Whether it stands behind the last entry; `now_ns` is by the clock that dates the entries."""
    try:
        head = journal.head()
        last = journal.select_events_after(head - 1, 1) if head else []
    except DaybookError as error:
        yield Finding(Level.ALARM, "journal", f"its last event cannot be read: {error}", "restore a backup, or update")
        return
    if last and last[0].recorded_at_ns - now_ns > CLOCK_BEHIND_NS_MAX:
        behind_s = (last[0].recorded_at_ns - now_ns) / 1e9
        yield Finding(
            Level.ALARM,
            "clock",
            f"stands {behind_s:,.0f} seconds behind the last entry, so that entries pile up on one instant",
            "set the clock of the machine that keeps the store; nothing is lost meanwhile",
        )
