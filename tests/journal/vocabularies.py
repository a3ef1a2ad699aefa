"""Two versions of the code in one process: an older one, and a newer one with another class version and a new topic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from msgspec import UNSET, UnsetType

from daybook.domain import registration
from daybook.domain.aggregates import EVENT_TYPES
from daybook.domain.registration import RegistrationEvent, Status
from daybook.journal.vocabulary import FORMAT_LEVEL, Vocabulary

NEWER_LEVEL = FORMAT_LEVEL + 1


class CreatedNow(registration.Created, frozen=True, kw_only=True):
    """`Registration.Created` at its second version: the workshop became a course."""

    CLASS_VERSION: ClassVar[int] = 2
    LEVEL: ClassVar[int] = NEWER_LEVEL

    class_version: int = 2
    course_id: str | UnsetType | None = UNSET

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        if "workshop_id" in state:
            state["course_id"] = state.pop("workshop_id")


class Transferred(RegistrationEvent, frozen=True, kw_only=True):
    """An event that only the newer code knows."""

    TOPIC: ClassVar[str] = "daybook:Registration.Transferred"
    LEVEL: ClassVar[int] = NEWER_LEVEL
    STATUS: ClassVar[Status] = "booked"


_NEW: Mapping[str, Any] = {CreatedNow.TOPIC: CreatedNow, Transferred.TOPIC: Transferred}
OLDER = Vocabulary(EVENT_TYPES, FORMAT_LEVEL)
NEWER = Vocabulary({**EVENT_TYPES, **_NEW}, NEWER_LEVEL)
