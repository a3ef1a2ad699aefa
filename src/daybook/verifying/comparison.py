"""Rows as they are beside rows as they should be: pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from math import isclose
from typing import Any, TypeAlias

from sqlalchemy import Table

from daybook.verifying.damage import Code

Values: TypeAlias = tuple[Any, ...]
"""A row, in the order of its table's columns."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What is wrong with the rows of one key."""

    code: Code
    key: Any
    words: str


def by_key(table: Table, key: str, rows: Iterable[Mapping[str, Any]]) -> dict[Any, list[Values]]:
    """The rows that a projection's function gave; what it does not tell is null."""
    columns = table.columns.keys()
    found: dict[Any, list[Values]] = defaultdict(list)
    for row in rows:
        found[row[key]].append(tuple([row.get(column) for column in columns]))
    return dict(found)


def differences(
    table: Table, key: str, wanted: Mapping[Any, Sequence[Values]], stored: Iterable[Values]
) -> Iterator[Difference]:
    """Every key of which the stored rows, which come sorted by it, are not the wanted ones."""
    index = table.columns.keys().index(key)
    lost = set(wanted)
    for found, group in groupby(stored, key=lambda values: values[index]):
        lost.discard(found)
        should = wanted.get(found, ())
        if (rows := list(group)) != should:
            yield from _different(table, found, list(should), rows)
    for absent in wanted:
        if absent in lost:
            yield Difference(Code.ROW_LOST, absent, "its row is not there")


def _different(table: Table, key: Any, wanted: list[Values], stored: list[Values]) -> Iterator[Difference]:  # noqa: ANN401
    if not wanted:
        yield Difference(Code.ROW_EXTRA, key, "there is a row, and the journal has nothing that it could be made from")
        return
    missing = list(wanted)
    surplus = []
    for row in stored:
        at = next((at for at, other in enumerate(missing) if _is_same(row, other)), None)
        if at is None:
            surplus.append(row)
        else:
            del missing[at]
    for row, other in zip(surplus, missing, strict=False):
        columns = [name for name, *pair in zip(table.columns.keys(), row, other, strict=True) if not _is_equal(*pair)]
        yield Difference(Code.ROW_CHANGED, key, f"its row differs from a fresh fold in {', '.join(columns)}")
    if len(missing) > len(surplus):
        yield Difference(Code.ROW_LOST, key, f"{len(missing) - len(surplus)} of its rows are not there")
    if len(surplus) > len(missing):
        yield Difference(Code.ROW_DOUBLED, key, f"{len(surplus) - len(missing)} of its rows are there too often")


def _is_same(row: Values, other: Values) -> bool:
    return row == other or all(map(_is_equal, row, other))


def _is_equal(one: Any, other: Any) -> bool:  # noqa: ANN401  any value of a column
    if one == other:
        return True
    # A fraction comes back in another type, or with the digits that the column keeps.
    fractions = (float, Decimal)
    if isinstance(one, fractions) or isinstance(other, fractions):
        numbers = isinstance(one, int | float | Decimal) and isinstance(other, int | float | Decimal)
        return numbers and isclose(one, other, rel_tol=1e-6)
    return False
