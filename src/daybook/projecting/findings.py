"""What cannot be right about one aggregate, as rows beside its state: one for each code."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table, Text

from daybook.projecting.projection import NAMES


def findings_table(name: str, version: int) -> Table:
    """The findings of a state projection; its lists are read newest first, by `(occurred_at_ns, subject_id)`."""
    return Table(
        f"{name}_findings_v{version}",
        MetaData(naming_convention=NAMES),
        Column("stream_id", String(32), primary_key=True),
        Column("code", Text, primary_key=True),
        Column("source", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("subject_id", Text, nullable=False),
        Column("center_id", Text),
        Column("occurred_at_ns", BigInteger, nullable=False),
        Column("time_basis", Text, nullable=False),
        Column("recorded_at_ns", BigInteger, nullable=False),
        Column("version", Integer, nullable=False),
        Column("position", BigInteger, nullable=False),
        Index(None, "source", "occurred_at_ns", "subject_id", "code"),
        Index(None, "source", "code", "occurred_at_ns", "subject_id"),
        info={"subject": "subject_id"},
    )
