"""A body as JSON, read strictly: what two readers could understand differently is refused, numbers stay as sent."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import msgspec

from daybook.errors import DaybookError

NESTING_MAX: Final = 64
_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET: Final = re.compile(rb"[\[\]{}]")
_INTEGER_CHARS_FAST: Final = 18
"""So many characters of an integer always fit 64 bits."""


class UnreadableError(DaybookError):
    """A body cannot be understood; `reason` is the code of its quarantine."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Number:
    """A number that a 64-bit integer does not hold exactly, as it was sent: a fraction or a very long integer."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


def parse(body: bytes) -> Any:  # noqa: ANN401  any JSON value
    """The value of a JSON body in UTF-8 (a BOM is skipped), with `Number` where 64 bits do not hold a number.

    Raises `UnreadableError` with the reason `not_utf8`, `not_json`, `nested_too_deep`, `duplicate_key` or
    `not_a_number`; no message repeats what is in the body.
    """
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise UnreadableError("not_utf8", f"the body is not UTF-8 (byte {error.start})") from None
    _check_nesting(body)
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise UnreadableError("not_json", f"the body is not JSON ({error.msg}, {where})") from None


def canonical(value: Any) -> bytes:  # noqa: ANN401  any JSON value
    """Canonical JSON: keys sorted, no blanks, UTF-8, numbers as sent, lone surrogates escaped."""
    try:
        return _ENCODER.encode(value)
    except UnicodeEncodeError:  # a lone surrogate; a property test holds the two ways of writing together
        return "".join(_write(value)).encode(errors="backslashreplace")


def _write(value: Any) -> list[str]:  # noqa: ANN401  any JSON value
    if isinstance(value, Number):
        return [value.text]
    if isinstance(value, dict):
        out = ["{"]
        for index, key in enumerate(sorted(value)):
            out += ["," if index else "", json.dumps(key, ensure_ascii=False), ":", *_write(value[key])]
        return [*out, "}"]
    if isinstance(value, list):
        out = ["["]
        for index, item in enumerate(value):
            out += ["," if index else "", *_write(item)]
        return [*out, "]"]
    return [json.dumps(value, ensure_ascii=False)]


def _integer(lexeme: str) -> int | Number:
    return int(lexeme) if len(lexeme) <= _INTEGER_CHARS_FAST and lexeme != "-0" else Number(lexeme)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UnreadableError("duplicate_key", "an object in the body has one key twice")
    return found


def _refuse_constant(_name: str) -> None:
    raise UnreadableError("not_a_number", "the body holds NaN or Infinity, which JSON does not know")


def _check_nesting(body: bytes) -> None:
    if body.count(b"[") + body.count(b"{") <= NESTING_MAX:
        return
    depth = 0
    for bracket in _BRACKET.finditer(_STRING.sub(b"", body)):
        depth += 1 if bracket[0] in b"[{" else -1
        if depth > NESTING_MAX:
            raise UnreadableError("nested_too_deep", f"the body is nested deeper than {NESTING_MAX} levels")


_DECODER: Final = json.JSONDecoder(
    parse_int=_integer, parse_float=Number, parse_constant=_refuse_constant, object_pairs_hook=_object
)
_ENCODER: Final = msgspec.json.Encoder(order="sorted", enc_hook=lambda number: msgspec.Raw(number.text.encode()))
