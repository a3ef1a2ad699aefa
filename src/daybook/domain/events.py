"""What is on every event: who told it, when it happened, and its place in the journal."""

from __future__ import annotations

from typing import ClassVar, Literal, TypeAlias, cast
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from daybook.domain.identity import Kind

Role: TypeAlias = Literal["primary", "guest", "recurrence"]
TimeBasis: TypeAlias = Literal["event", "arrival"]
Origin: TypeAlias = Literal["webhook", "import"]
Signature: TypeAlias = Literal["verified", "unsigned", "unchecked"]

ToldId: TypeAlias = str | None | UnsetType
ToldText: TypeAlias = str | None | UnsetType
ToldInt: TypeAlias = int | None | UnsetType
ToldBool: TypeAlias = bool | None | UnsetType
"""`UNSET` where a body did not have the key, `None` where it said null, else the value as told."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One immutable fact in the stream of one aggregate.

    The fields above the line are what was told; they are encoded once and stored as the event's state. Those below
    are given by the journal when it records the event and have columns of their own; they are unset before.
    """

    TOPIC: ClassVar[str]
    """The stored name of the class, `daybook:{type}`: independent of the file it is defined in."""
    CLASS_VERSION: ClassVar[int] = 1
    LEVEL: ClassVar[int] = 1
    """The journal's format level from which this version of the class is written."""
    KIND: ClassVar[Kind]
    WITHDRAWS: ClassVar[bool] = False
    """Whether it says that its delivery, read better, tells nothing of this aggregate."""

    class_version: int = 1
    source: str
    subject_id: str
    """The id of the aggregate as Zenoti tells it, normalized: a registration_id, an appointment id, …"""
    delivery_id: UUID
    zenoti_type: str
    event_id: str | None = None
    content_digest: str | None = None
    """Hex SHA-256 of the canonical content where there is no `event_id`, or beside it for a released conflict."""
    role: Role = "primary"
    occurred_at_ns: int
    time_basis: TimeBasis
    origin: Origin
    signature: Signature
    translation: int
    """Version of the translation that read the delivery."""

    # ---- given by the journal
    originator_id: UUID = cast("UUID", UNSET)
    originator_version: int = cast("int", UNSET)
    position: int = cast("int", UNSET)
    recorded_at_ns: int = cast("int", UNSET)

    @classmethod
    def type_name(cls) -> str:
        """The type as users see it, e.g. `Registration.NoShow`."""
        return cls.TOPIC.removeprefix("daybook:")

    @property
    def order_of_occurrence(self) -> tuple[int, str, str]:
        """The sort key of the fold: when it happened, then the event's identity, then its type, bytewise.

        Python compares texts by code point, which is how their UTF-8 compares.
        """
        return self.occurred_at_ns, *self.tie_break

    @property
    def tie_break(self) -> tuple[str, str]:
        """The event's identity and its type, which order events of one time.

        Zenoti's type is the end of it: two of its types can tell one type of ours, at one time under one `event_id`.
        """
        event_id, digest = self.event_id, self.content_digest
        identity = f"{event_id}/{digest}" if event_id and digest else event_id or digest or ""
        return identity, f"{self.TOPIC}\x1f{self.zenoti_type}"
