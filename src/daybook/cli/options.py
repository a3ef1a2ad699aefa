"""Options that several commands share, and what they stand for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

from daybook.errors import DaybookError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from daybook.bootstrap import Daybook
    from daybook.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])


def source_option(command: Command) -> Command:
    """`--source`: which Zenoti organization is meant."""
    return click.option(
        "--source", metavar="NAME", help="Which of the sources in the settings; not needed where there is only one."
    )(command)


def json_option(command: Command) -> Command:
    """`--json`: data for programs instead of tables for people."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for programs instead of a table.")(command)


def chosen_source(settings: Settings, told: str | None) -> str:
    """The source that `--source` names, or the only one there is."""
    known = ", ".join(sorted(settings.sources)) or "none; name one in DAYBOOK_SOURCES"
    if told is not None:
        if told not in settings.sources:
            raise click.BadParameter(f"there is no source {told!r} in the settings (known: {known})")
        return told
    if len(settings.sources) != 1:
        raise click.UsageError(f"Which source? Add --source NAME (known: {known}).")
    return next(iter(settings.sources))


@contextmanager
def opened(settings: Settings, *, create: bool = False) -> Iterator[Daybook]:
    """The store, without a follower: whoever serves posts what a command writes.

    Where there is none yet, `create` makes it; a command that only looks must not leave an empty one behind.
    """
    from daybook.bootstrap import bootstrap
    from daybook.doctor.store import is_absent

    if not create and is_absent(settings):
        raise DaybookError(f"there is no store at {settings.store}; `daybook serve` makes one")
    daybook = bootstrap(settings, follower=False)
    try:
        yield daybook
    finally:
        daybook.close()
