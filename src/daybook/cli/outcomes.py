"""For telling what became of many webhooks: how many of each outcome, with a bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.table import Table

_MEANINGS: Final[Mapping[str, str]] = {
    "recorded": "became events",
    "duplicate": "had been told before",
    "kept": "are about something else",
    "quarantined": "nobody can read; kept as they came",
    "ping": "are empty test calls",
}
_BAR_CHARS: Final = 16
_EIGHTHS: Final = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")


def outcome_table(outcomes: Mapping[str, int]) -> Table:
    """One line for each outcome, in the order in which a reader asks for them."""
    from daybook.cli.console import styled, table

    made = table("outcome", ">webhooks", "", "which")
    total = max(outcomes.values(), default=0)
    for outcome in [*_MEANINGS, *sorted(set(outcomes) - set(_MEANINGS))]:
        if count := outcomes.get(outcome, 0):
            made.add_row(styled(outcome), f"{count:,}", bar(count, total), _MEANINGS.get(outcome, "were not taken"))
    return made


def print_outcomes(outcomes: Mapping[str, int]) -> None:
    """The table, or a word where there is nothing to tell."""
    from daybook.cli.console import console

    console().print(outcome_table(outcomes) if outcomes else "Nothing came.")


def bar(count: int, total: int, chars: int = _BAR_CHARS) -> str:
    """How much of the whole this is, as a bar of eighths of a character."""
    eighths = max(1, round(chars * 8 * count / total)) if total and count else 0
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8]
