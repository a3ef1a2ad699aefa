"""What the last verification came to, kept where `/metrics` and the doctor of any process find it.

In the read store, which is disposable: so is this, since a verification can be run again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import BigInteger, Column, MetaData, Table, Text, inspect, select

from daybook.projecting.read_store import ReadStore

TABLE: Final = Table(
    "verifications",
    MetaData(),
    Column("finished_at_ns", BigInteger, primary_key=True, autoincrement=False),
    Column("damage", BigInteger, nullable=False),
    Column("codes", Text, nullable=False),
    Column("sample", BigInteger),
)
"""At most one row."""


@dataclass(frozen=True, slots=True)
class Verification:
    """One verification that came to its end."""

    finished_at_ns: int
    damage: int
    codes: Mapping[str, int]
    """How much damage of each kind."""
    sample: int | None


def keep(read_store: ReadStore, verification: Verification) -> None:
    """In place of the one before."""
    with read_store.creating() as connection:
        read_store.engine.create(connection, [TABLE])
        connection.execute(TABLE.delete())
        connection.execute(
            TABLE.insert().values(
                finished_at_ns=verification.finished_at_ns,
                damage=verification.damage,
                codes=json.dumps(dict(verification.codes)),
                sample=verification.sample,
            )
        )


def last_verification(read_store: ReadStore) -> Verification | None:
    """The last one; None where there never was one, or the read store was dropped since."""
    with read_store.read() as connection:
        if not inspect(connection).has_table(TABLE.name, schema=read_store.engine.schema):
            return None
        row = connection.execute(select(TABLE)).one_or_none()
    return None if row is None else Verification(row.finished_at_ns, row.damage, json.loads(row.codes), row.sample)
