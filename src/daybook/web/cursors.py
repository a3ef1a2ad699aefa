"""Where the next page begins: opaque to clients, and refused where it belongs to another query or to other rows."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from daybook.projecting.snapshot import Snapshot
from daybook.web.problems import problem

CURSOR_CHARS_MAX: Final = 1_000
_DIGEST_BYTES: Final = 6


class Rows(msgspec.Struct, array_like=True, forbid_unknown_fields=True, frozen=True):
    """Which rows a page was read from: pages of two versions or builds do not continue each other."""

    version: int
    build: int
    others: tuple[tuple[int, int], ...] = ()
    """Versions and builds of the other projections that a page was joined from."""

    @classmethod
    def of(cls, first: Snapshot, *others: Snapshot) -> Rows:
        """Those of the builds that these are snapshots of."""
        beside = tuple((one.cursor.version, one.cursor.build) for one in others)
        return cls(first.cursor.version, first.cursor.build, beside)

    def told(self) -> str:
        """In words."""
        builds = ((self.version, self.build), *self.others)
        return " with ".join(f"version {version}, build {build}" for version, build in builds)


_NONE: Final = Rows(0, 0)
"""Of lists that are of no projection."""


class _Cursor(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    query: bytes
    rows: Rows
    at_ns: int
    key: str | int


def write_cursor(query: Mapping[str, Any], at_ns: int, key: str | int, rows: Rows = _NONE) -> str:
    """The cursor after the row that sorts at `(at_ns, key)`; `query` is what it must be used with again."""
    packed = msgspec.msgpack.encode(_Cursor(_digest(query), rows, at_ns, key))
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def read_cursor(
    text: str | None, query: Mapping[str, Any], key_type: type[str | int], rows: Rows = _NONE
) -> tuple[int, Any] | None:
    """`(at_ns, key)` of the last row of the page before, or None; a problem where it is not a cursor of this query.

    Another problem where it is, but was written for other rows of the projection than those that are live now.
    """
    if text is None:
        return None
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        cursor = msgspec.msgpack.decode(packed, type=_Cursor)
    except (ValueError, msgspec.DecodeError):
        raise problem("invalid-cursor", "this is not a cursor; leave it out to begin at the start") from None
    if cursor.query != _digest(query) or not isinstance(cursor.key, key_type):
        raise problem(
            "invalid-cursor", "the cursor belongs to other filters or another projection; leave it out to begin anew"
        )
    if cursor.rows != rows:
        raise problem(
            "projection-switched",
            f"these pages were begun on {cursor.rows.told()} of what they are read from; {rows.told()} has taken its"
            " place; leave the cursor out to begin anew",
        )
    return cursor.at_ns, cursor.key


def _digest(query: Mapping[str, Any]) -> bytes:
    told = sorted((name, value) for name, value in query.items() if value is not None)
    return hashlib.sha256(msgspec.json.encode(told)).digest()[:_DIGEST_BYTES]
