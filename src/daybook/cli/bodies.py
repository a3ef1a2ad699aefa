"""For reading webhooks back from files: which bodies a file holds, and what is told beside them."""

from __future__ import annotations

import sys
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
from msgspec import UNSET, UnsetType

from daybook.domain.instants import parse_instant
from daybook.errors import DaybookError, InvalidInstantError

STANDARD_INPUT: Final = "-"
_LINE_SUFFIXES: Final = frozenset({".ndjson", ".jsonl"})
_BASE64_GROWTH: Final = 2
"""A line is at most so many times as long as the body it tells, and a little more."""
_LINE_BYTES_BESIDE: Final = 4096


@dataclass(frozen=True, slots=True)
class Body:
    """One body as it was sent once."""

    body: bytes
    event_type: str | None
    """The type in the URL it was sent to, where the file tells one."""
    arrived_at_ns: int | None
    bytes_read: int
    """How much of its file it took."""


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    """A line as `daybook simulate` writes it; a body has other keys."""

    event_type: str | None
    body: msgspec.Raw | UnsetType = UNSET
    body_base64: str | UnsetType = UNSET
    arrived_at: str | UnsetType = UNSET


_read_line: Final = msgspec.json.Decoder(_Line).decode


def read_bodies(path: str, body_bytes_max: int) -> Iterator[Body]:
    """The bodies of one file: one a line in `*.ndjson`, `*.jsonl` and `-`, any other file is one body byte for byte.

    Raises `DaybookError` that names the file and line, never what stands there.
    """
    if path == STANDARD_INPUT:
        yield from _lines("standard input", sys.stdin.buffer, body_bytes_max)
        return
    with _opened(path) as file:
        if Path(path).suffix.lower() in _LINE_SUFFIXES:
            yield from _lines(path, file, body_bytes_max)
        else:
            body = file.read(body_bytes_max + 1)
            _require_fitting(path, body, body_bytes_max)
            yield Body(body, None, None, len(body))


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    try:
        file = Path(path).open("rb")  # noqa: SIM115  it is closed below; what its reader raises is no trouble with it
    except OSError as error:
        raise DaybookError(f"{path} cannot be read: {error.strerror}") from None
    with file:
        yield file


def _lines(name: str, file: BinaryIO, body_bytes_max: int) -> Iterator[Body]:
    line_bytes_max = _BASE64_GROWTH * body_bytes_max + _LINE_BYTES_BESIDE
    number = 0
    while line := file.readline(line_bytes_max + 1):
        number += 1
        content = line.strip()
        if not content:
            continue
        place = f"{name}, line {number}"
        _require_fitting(place, line, line_bytes_max)
        told = _body(place, content, len(line))
        _require_fitting(place, told.body, body_bytes_max)
        yield told


def _body(place: str, content: bytes, bytes_read: int) -> Body:
    try:
        line = _read_line(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # Whatever it is instead, it is a body, and the intake says what is wrong with it.
        return Body(content, None, None, bytes_read)
    if (line.body is UNSET) == (line.body_base64 is UNSET):
        return Body(content, None, None, bytes_read)
    try:
        if isinstance(line.body, msgspec.Raw):
            body = bytes(line.body)
        else:
            body = b64decode(str(line.body_base64), validate=True)
        arrived_at_ns = None if line.arrived_at is UNSET else parse_instant(line.arrived_at)
    except (ValueError, InvalidInstantError):
        raise DaybookError(f"{place}: body_base64 is not base64 or arrived_at is not RFC 3339") from None
    return Body(body, line.event_type or None, arrived_at_ns, bytes_read)


def _require_fitting(place: str, content: bytes, bytes_max: int) -> None:
    if len(content) > bytes_max:
        raise DaybookError(f"{place}: larger than DAYBOOK_BODY_BYTES_MAX allows")
