"""Rows and lists in PostgreSQL's binary format: what its COPY and its array parameters take without any parsing."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, repeat
from typing import Any, Final, TypeAlias

import sqlalchemy as sa

from daybook.journal.rows import TABLE_NAMES, AppendedRow
from daybook.journal.tables import metadata

_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER: Final = b"\xff\xff"
_NULL: Final = b"\xff\xff\xff\xff"
_UUID_OID: Final = 2950
_BYTEA_OID: Final = 17
_int4: Final = struct.Struct("!ii").pack
_int8: Final = struct.Struct("!iq").pack
_length: Final = struct.Struct("!i").pack
_count: Final = struct.Struct("!h").pack
_BOOLEANS: Final = {True: b"\0\0\0\1\1", False: b"\0\0\0\1\0"}

_Column: TypeAlias = Sequence[Any]
_Packer: TypeAlias = Callable[[_Column], list[bytes]]


def copy_statement(row_type: type[AppendedRow]) -> bytes:
    """The statement that takes the rows of this type."""
    return _COPIES[row_type]


def packed_rows(rows: Sequence[AppendedRow]) -> bytes:
    """Rows, all of one type, as COPY takes them in binary."""
    columns = [
        # Much of a batch's provenance is the same in every row.
        packer(column[:1]) * len(rows) if column.count(column[0]) == len(rows) else packer(column)
        for packer, column in zip(_PACKERS[type(rows[0])], zip(*rows, strict=True), strict=True)
    ]
    heads = repeat(_count(len(columns)), len(rows))
    return b"".join([_HEADER, *chain.from_iterable(zip(heads, *columns, strict=True)), _TRAILER])


def packed_uuids(values: Iterable[bytes]) -> bytes:
    """A `uuid[]` parameter."""
    return _array(_UUID_OID, list(values))


def packed_bytes(values: Iterable[bytes]) -> bytes:
    """A `bytea[]` parameter."""
    return _array(_BYTEA_OID, list(values))


def _array(oid: int, values: list[bytes]) -> bytes:
    head = struct.pack("!iiiii", 1, 0, oid, len(values), 1)
    return head + b"".join([_length(len(value)) + value for value in values])


def _packer(column_type: sa.types.TypeEngine[Any]) -> _Packer:
    if isinstance(column_type, sa.BigInteger):
        return _int8_column
    if isinstance(column_type, sa.Integer):
        return _int4_column
    if isinstance(column_type, sa.Boolean):
        return _boolean_column
    return _text_column if isinstance(column_type, sa.Text) else _bytes_column


# Column by column: one test of the type for all rows instead of one for each value.


def _bytes_column(values: _Column) -> list[bytes]:
    return [_NULL if value is None else _length(len(value)) + value for value in values]


def _text_column(values: _Column) -> list[bytes]:
    return [_NULL if value is None else _length(len(encoded := value.encode())) + encoded for value in values]


def _int8_column(values: _Column) -> list[bytes]:
    return [_NULL if value is None else _int8(8, value) for value in values]


def _int4_column(values: _Column) -> list[bytes]:
    return [_NULL if value is None else _int4(4, value) for value in values]


def _boolean_column(values: _Column) -> list[bytes]:
    return [_BOOLEANS[value] for value in values]


_COPIES: Final[Mapping[type[AppendedRow], bytes]] = {
    row_type: f"COPY {name} ({', '.join(row_type._fields)}) FROM STDIN (FORMAT binary)".encode()
    for row_type, name in TABLE_NAMES.items()
}
_PACKERS: Final[Mapping[type[AppendedRow], list[_Packer]]] = {
    row_type: [_packer(metadata.tables[name].c[field].type) for field in row_type._fields]
    for row_type, name in TABLE_NAMES.items()
}
