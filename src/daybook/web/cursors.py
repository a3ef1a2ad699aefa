"""Where the next page begins: opaque to clients, and refused where it belongs to another query."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from daybook.web.problems import problem

CURSOR_CHARS_MAX: Final = 1_000
_DIGEST_BYTES: Final = 6


class _Cursor(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    query: bytes
    at_ns: int
    key: str | int


def write_cursor(query: Mapping[str, Any], at_ns: int, key: str | int) -> str:
    """The cursor after the row that sorts at `(at_ns, key)`; `query` is what it must be used with again."""
    packed = msgspec.msgpack.encode(_Cursor(_digest(query), at_ns, key))
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def read_cursor(text: str | None, query: Mapping[str, Any], key_type: type[str | int]) -> tuple[int, Any] | None:
    """`(at_ns, key)` of the last row of the page before, or None; a problem where it is not a cursor of this query."""
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
    return cursor.at_ns, cursor.key


def _digest(query: Mapping[str, Any]) -> bytes:
    told = sorted((name, value) for name, value in query.items() if value is not None)
    return hashlib.sha256(msgspec.json.encode(told)).digest()[:_DIGEST_BYTES]
