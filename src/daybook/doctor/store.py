"""Whether the store takes writes, and will go on taking them: its lock, its size, and room on its disk."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from daybook.doctor.clock import examine_clock
from daybook.doctor.finding import Finding, Level, size
from daybook.doctor.server import examine_server
from daybook.errors import StoreError
from daybook.journal.sqlite import JOURNAL_FILE, URL_PREFIX, folder_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from daybook.bootstrap import Daybook
    from daybook.settings import Settings

FREE_BYTES_WARNING: Final = 2 * 1024**3
FREE_BYTES_ALARM: Final = 256 * 1024**2


def is_absent(settings: Settings) -> bool:
    """Whether there is no embedded store where the settings say; opening it would create one."""
    url = settings.database_url
    return url.startswith(URL_PREFIX) and not (folder_of(url) / JOURNAL_FILE).is_file()


def examine_store(daybook: Daybook, now_ns: int) -> Iterator[Finding]:
    """Whether it can be written, whether its clock is right, and what may run out."""
    try:
        daybook.journal.probe()
        head = daybook.journal.head()
    except StoreError as error:
        yield Finding(
            Level.ALARM,
            "store",
            str(error),
            "webhooks are answered 503: look for a disk that is full or read-only, a process that holds the lock,"
            " or a database server that is down",
        )
    else:
        yield Finding(Level.FINE, "store", f"takes writes; {head:,} events{_size(daybook.settings)}")
        if _folder(daybook.settings) is not None:
            yield from examine_clock(daybook.journal, now_ns)
    if _folder(daybook.settings) is None:
        yield from examine_server(daybook)
    yield from _disk(daybook.settings)


def _size(settings: Settings) -> str:
    folder = _folder(settings)
    if folder is None:
        return ""
    used = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    return f", {size(used)} in {folder}"


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
    return Finding(level, "disk", f"{size(free_bytes)} of {size(total_bytes)} free", remedy)


def _folder(settings: Settings) -> Path | None:
    """The embedded store's folder; a database server looks after its own disk."""
    return folder_of(settings.database_url) if settings.database_url.startswith(URL_PREFIX) else None
