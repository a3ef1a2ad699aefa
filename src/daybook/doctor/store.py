"""Whether the store takes writes, and will go on taking them: lock, clock, size, and room on its disk."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from daybook.doctor.finding import Finding, Level
from daybook.errors import DaybookError, StoreError
from daybook.journal.sqlite import JOURNAL_FILE, URL_PREFIX, folder_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from daybook.bootstrap import Daybook
    from daybook.settings import Settings

CLOCK_BEHIND_NS_MAX: Final = 60_000_000_000
FREE_BYTES_WARNING: Final = 2 * 1024**3
FREE_BYTES_ALARM: Final = 256 * 1024**2
_UNIT: Final = 1024


def is_absent(settings: Settings) -> bool:
    """Whether there is no embedded store where the settings say; opening it would create one."""
    url = settings.database_url
    return url.startswith(URL_PREFIX) and not (folder_of(url) / JOURNAL_FILE).is_file()


def examine_store(daybook: Daybook, now_ns: int) -> Iterator[Finding]:
    """Whether it can be written, whether its clock is right, and how much room is left."""
    try:
        daybook.journal.probe()
        head = daybook.journal.head()
    except StoreError as error:
        yield Finding(
            Level.ALARM,
            "store",
            str(error),
            "webhooks are answered 503: look for a full disk, a read-only one, or a process that holds the lock",
        )
    else:
        yield Finding(Level.FINE, "store", f"takes writes; {head:,} events{_size(daybook.settings)}")
        yield from _clock(daybook, head, now_ns)
    yield from _disk(daybook.settings)


def _clock(daybook: Daybook, head: int, now_ns: int) -> Iterator[Finding]:
    try:
        last = daybook.journal.select_events_after(head - 1, 1) if head else []
    except DaybookError as error:
        yield Finding(Level.ALARM, "journal", f"its last event cannot be read: {error}", "restore a backup, or update")
        return
    if last and last[0].recorded_at_ns - now_ns > CLOCK_BEHIND_NS_MAX:
        behind_s = (last[0].recorded_at_ns - now_ns) / 1e9
        yield Finding(
            Level.ALARM,
            "clock",
            f"stands {behind_s:,.0f} seconds behind the last entry, so that entries pile up on one instant",
            "set this machine's clock; nothing is lost meanwhile",
        )


def _size(settings: Settings) -> str:
    folder = _folder(settings)
    if folder is None:
        return ""
    used = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    return f", {_bytes(used)} in {folder}"


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = _folder(settings)
    if folder is not None:
        disk = shutil.disk_usage(folder)
        yield room(disk.free, disk.total)


def room(free_bytes: int, total_bytes: int) -> Finding:
    """What so much room on the store's disk means."""
    level = Level.FINE
    if free_bytes < FREE_BYTES_WARNING:
        level = Level.ALARM if free_bytes < FREE_BYTES_ALARM else Level.WARNING
    remedy = "make room: on a full disk webhooks are answered 503" if level > Level.FINE else None
    return Finding(level, "disk", f"{_bytes(free_bytes)} of {_bytes(total_bytes)} free", remedy)


def _folder(settings: Settings) -> Path | None:
    """The embedded store's folder; a database server looks after its own disk."""
    return folder_of(settings.database_url) if settings.database_url.startswith(URL_PREFIX) else None


def _bytes(count: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < _UNIT:
            return f"{count:.0f} {unit}" if unit in {"B", "KiB"} else f"{count:.1f} {unit}"
        count /= _UNIT
    return f"{count:.1f} TiB"
