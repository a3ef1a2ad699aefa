"""Ids as Zenoti tells them, and the streams of events that are named after them."""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum
from functools import lru_cache
from typing import Final
from uuid import UUID

from daybook.errors import InvalidIdError

ID_CHARS_MAX: Final = 200
NAMESPACE: Final = UUID("6f1d3a52-0d0c-5b58-9e7f-5a0c5d3f7b21")
"""The UUIDv5 namespace of all stream ids. A constant for good: another one would orphan every stream."""

_REMEMBERED_CHARS_MAX: Final = 64
_NONE_IDS: Final = frozenset({"", "0", "-1", "00000000-0000-0000-0000-000000000000"})
# C0 and C1 controls with NUL and DEL, the slash (ids stand in URLs), and lone surrogates (no UTF-8 can hold them).
_FORBIDDEN: Final = re.compile("[\x00-\x1f\x7f-\x9f/\ud800-\udfff]")


class Kind(StrEnum):
    """What a stream is about."""

    REGISTRATION = "registration"
    APPOINTMENT = "appointment"
    APPOINTMENT_GROUP = "appointment-group"
    CLASS_SESSION = "class-session"


def normalize_id(value: object) -> str:
    """The id in the one spelling in which ids are compared: trimmed and lower-cased.

    Raises `InvalidIdError` for what cannot be an id: a boolean, a fraction, an object, a list, a text of more than
    200 characters or with `/`, a control character or a lone surrogate. The message never repeats the value.
    """
    if isinstance(value, str):
        # Most ids of a body are told again and again: the center's, the class's, the therapist's.
        return _remembered(value) if len(value) <= _REMEMBERED_CHARS_MAX else _normalize(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return _normalize(str(value))
    raise InvalidIdError(f"an id is {_json_type(value)}; it must be a text or a whole number")


def _normalize(text: str) -> str:
    text = text.strip().lower()
    if len(text) > ID_CHARS_MAX:
        raise InvalidIdError(f"an id is {len(text)} characters long; at most {ID_CHARS_MAX} are read")
    if _FORBIDDEN.search(text):
        raise InvalidIdError("an id holds a slash, a control character or a lone surrogate")
    return text


_remembered: Final = lru_cache(maxsize=16_384)(_normalize)


def named_id(value: object) -> str:
    """The same of an id that must name something: raises `InvalidIdError` for one that means none, too."""
    told = normalize_id(value)
    if means_none(told):
        raise InvalidIdError("an id is blank, 0, -1 or the all-zero GUID, which names nothing")
    return told


def means_none(value: str) -> bool:
    """Whether a normalized id stands for "no such thing": `""`, 0, -1 or the all-zero GUID."""
    return value in _NONE_IDS


def stream_id(source: str, kind: Kind, subject_id: str) -> UUID:
    """The id of the stream of one aggregate: UUIDv5 of `{source}/{kind}/{id}`."""
    # What `uuid.uuid5` does, without reading the namespace anew each time: every event asks for one.
    digest = hashlib.sha1(NAMESPACE.bytes + f"{source}/{kind.value}/{subject_id}".encode(), usedforsecurity=False)
    return UUID(bytes=digest.digest()[:16], version=5)


def _json_type(value: object) -> str:
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, float):
        return "a fraction"
    if isinstance(value, dict):
        return "an object"
    return "a list" if isinstance(value, list) else "of an unreadable type"
