"""What a feedback makes of its group: the last one counts, and a further telling of it completes it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from daybook.domain.events import ToldId, ToldText
from daybook.domain.telling import told_id, told_value

if TYPE_CHECKING:
    from daybook.domain.appointment_group import AppointmentGroup, FeedbackGiven

_FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "feedback_version": "feedback_version",
        "feedback_rating": "rating",
        "feedback_rating_service": "rating_service",
        "feedback_rating_therapist": "rating_therapist",
        "feedback_rating_ambience": "rating_ambience",
        "feedback_rating_cleanliness": "rating_cleanliness",
        "feedback_tags": "tags",
        "feedback_recommendation": "recommendation",
        "feedback_is_shared": "share_feedback",
        "feedback_source": "feedback_source",
    }
)
"""Field of the state to field of the event."""
_TELL_APART: Final = ("feedback_user_id", "feedback_version")


class FeedbackTag(msgspec.Struct, frozen=True, kw_only=True):
    """One of the words that a business offers its guests to choose from."""

    id: ToldId = UNSET
    name: ToldText = UNSET


ToldTags: TypeAlias = tuple[FeedbackTag, ...] | None | UnsetType


def taken_over(state: AppointmentGroup, event: FeedbackGiven) -> dict[str, Any]:
    """What a feedback changes of its group.

    Another guest's feedback, or one of the other version, replaces the one before as a whole: two ratings mixed would
    be nobody's. Else what it does not tell stays.
    """
    told = {name: told_value(getattr(event, own)) for name, own in _FIELDS.items()}
    told["feedback_user_id"] = told_id(event.user_id)
    if any(_differ(getattr(state, name), told[name]) for name in _TELL_APART):
        now = told
    else:
        now = {name: getattr(state, name) if value is UNSET else value for name, value in told.items()}
    if state.feedback_at_ns is not None and all(getattr(state, name) == value for name, value in now.items()):
        return {"feedback_delivery_id": event.delivery_id}
    return {**now, "feedback_at_ns": event.occurred_at_ns, "feedback_delivery_id": event.delivery_id}


def _differ(before: object, told: object) -> bool:
    return before is not UNSET and told is not UNSET and before != told
