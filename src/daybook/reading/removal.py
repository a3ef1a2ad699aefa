"""Whether an appointment was taken out of its group, as the database computes it: `domain.visit.is_removed` in SQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, ColumnElement, FromClause, and_, case, false
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


def of_its_group(appointments: FromClause, groups: FromClause) -> ColumnElement[bool]:
    """On which an appointment is joined, outer, with its group."""
    return and_(
        groups.c.source == appointments.c.source,
        groups.c.appointment_group_id == appointments.c.appointment_group_id,
    )


def is_removed(appointments: FromClause, groups: FromClause) -> ColumnElement[bool]:
    """Of an appointment beside its group; false where nothing was told of the group."""
    is_later = groups.c.list_place > appointments.c.place
    return case((is_later, ~_is_listed(groups.c.appointment_ids, appointments.c.appointment_id)), else_=false())


class _is_listed(FunctionElement[bool]):  # noqa: N801  as SQLAlchemy names functions
    """Whether a list of texts in JSON holds a text."""

    type = Boolean()
    inherit_cache = True

    def __init__(self, listed: ColumnElement[Any], one: ColumnElement[Any]) -> None:
        super().__init__(listed, one)


@compiles(_is_listed, "sqlite")
def _on_sqlite(element: _is_listed, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401  as SQLAlchemy gives them
    listed, one = (compiler.process(clause, **options) for clause in element.clauses)
    return f"EXISTS (SELECT 1 FROM json_each({listed}) WHERE value = {one})"  # noqa: S608  columns


@compiles(_is_listed, "postgresql")
def _on_postgresql(element: _is_listed, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401  as above
    listed, one = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(CAST({listed} AS jsonb) ? {one})"
