"""The examination: settings, store, webhooks, inbox and projections, each looked at by its own part."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from daybook.bootstrap import bootstrap
from daybook.doctor.finding import Finding, Level
from daybook.doctor.inbox import examine_inbox, examine_kept
from daybook.doctor.payloads import examine_payloads
from daybook.doctor.projections import examine_projections
from daybook.doctor.store import examine_store, is_absent
from daybook.doctor.webhooks import examine_webhooks
from daybook.errors import DaybookError, SettingsError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from daybook.bootstrap import Daybook
    from daybook.settings import Settings


def examine(settings: Settings) -> list[Finding]:
    """All findings. Writes nothing but a probe, creates no store, and does not need the server."""
    return list(_findings(settings, time.time_ns()))


def _findings(settings: Settings, now_ns: int) -> Iterator[Finding]:
    yield from _settings(settings)
    if is_absent(settings):
        yield Finding(
            Level.ALARM,
            "store",
            f"there is none at {settings.store}",
            "start `daybook serve` with these settings, or call the doctor with the server's",
        )
        return
    try:
        daybook = bootstrap(settings, follower=False)
    except DaybookError as error:
        yield Finding(Level.ALARM, "store", str(error), "until it opens, webhooks are answered 503")
        return
    try:
        yield from _opened(daybook, now_ns)
    finally:
        daybook.close()


def _opened(daybook: Daybook, now_ns: int) -> Iterator[Finding]:
    yield from examine_store(daybook, now_ns)
    try:
        yield from examine_webhooks(daybook.journal.inbox.webhooks(), daybook.settings, now_ns)
        for source in sorted(daybook.settings.sources):
            yield from examine_inbox(daybook.journal.inbox, source)
        yield from examine_kept(daybook.journal)
        yield from examine_payloads(daybook.journal, now_ns)
    except StoreError as error:
        yield Finding(Level.ALARM, "inbox", str(error), "see what the store says above")
    yield from examine_projections(daybook, now_ns)


def _settings(settings: Settings) -> Iterator[Finding]:
    try:
        settings.require_guards()
    except SettingsError as error:
        yield Finding(Level.ALARM, "settings", str(error), "until then `daybook serve` does not start")
    for name, source in sorted(settings.sources.items()):
        if not source.secrets:
            yield Finding(Level.NOTE, f"source {name}", "has no secret: whoever reaches it can tell it anything")
        elif source.verify == "observe":
            yield Finding(
                Level.WARNING,
                f"source {name}",
                "only observes signatures: deliveries with a wrong one are quarantined, not refused",
                'set verify to "enforce" once every webhook below is verified',
            )
