"""A webhook as it is sent, and the line that a file of them holds for each."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from daybook.simulation.instant import parse_utc, utc_text


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
# Python reads NaN and Infinity where JSON knows none.
_DECODER: Final = json.JSONDecoder(parse_constant=_refuse)


def encode(content: object) -> bytes:
    """Compact JSON in UTF-8: the one spelling in which the simulation writes."""
    return _ENCODER.encode(content).encode()


@dataclass(frozen=True, slots=True)
class Webhook:
    """One webhook call."""

    event_type: str | None
    """The type in the URL: None for an enveloped body, e.g. `Appointment.Started` for a bare one."""
    body: bytes
    """Exactly what is sent."""
    arrived_at_ns: int
    """When it arrives in the simulated world, in nanoseconds since 1970 UTC."""

    def to_line(self) -> bytes:
        """One NDJSON line with its line end: `{"event_type", "body" or "body_base64", "arrived_at"}`.

        A body is told as `body` where reading that object and writing it compactly gives the same bytes back, else
        as `body_base64`.
        """
        content = _object(self.body)
        told: dict[str, Any]
        told = {"body_base64": b64encode(self.body).decode()} if content is None else {"body": content}
        return encode({"event_type": self.event_type, **told, "arrived_at": utc_text(self.arrived_at_ns)}) + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Webhook:
        """The webhook that `to_line` told, byte for byte; raises `ValueError` for any other line."""
        told = _DECODER.decode(line.decode())
        try:
            body = encode(told["body"]) if "body" in told else b64decode(told["body_base64"], validate=True)
            event_type = told["event_type"]
            arrived_at_ns = parse_utc(told["arrived_at"])
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("a line of a stream holds event_type, body or body_base64, and arrived_at") from error
        if event_type is not None and not isinstance(event_type, str):
            raise ValueError("the event_type of a line is a text or null")
        return cls(event_type, body, arrived_at_ns)


def _object(body: bytes) -> dict[str, Any] | None:
    """The JSON object that this body is, or None if it is none or if writing it again gives other bytes."""
    try:
        content = _DECODER.decode(body.decode())
        # Duplicate keys, blanks, escapes and spellings of numbers do not survive being read and written.
        if isinstance(content, dict) and encode(content) == body:
            return content
    except (ValueError, RecursionError):
        pass
    return None
