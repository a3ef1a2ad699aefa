"""One webhook call as the intake takes it, and what it gives back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias
from uuid import UUID

from daybook.domain.events import Origin

RETRY_AFTER_S: Final = 30
"""Zenoti's first retry comes after 30 s anyway."""

Status: TypeAlias = Literal["recorded", "duplicate", "quarantined", "kept", "ping"]


@dataclass(frozen=True, slots=True)
class Call:
    """What came in; headers without authorization and cookies, at most 8 KiB."""

    source: str
    url_type: str | None
    via: str | None
    method: str
    path: str
    peer: str | None
    headers: Sequence[tuple[str, str]]
    body: bytes
    arrived_at_ns: int
    origin: Origin = "webhook"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a 200 says. `position` is that of the delivery's last event; a duplicate gets those of the first call."""

    status: Status
    delivery_id: UUID | None
    position: int | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """What anything else says; `reason` is a machine code, `detail` words without personal data."""

    http_status: int
    reason: str
    detail: str
    retry_after_s: int | None = None
