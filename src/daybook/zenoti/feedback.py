"""`Appointment.Feedback`: how a visit was rated, in both of Zenoti's versions, as an event of its group."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from msgspec import UNSET
from pydantic import Field

from daybook.domain.appointment_group import FeedbackGiven
from daybook.domain.feedback import FeedbackTag
from daybook.zenoti.appointment_group import Visit
from daybook.zenoti.document import UnreadableError, parse
from daybook.zenoti.envelope import open_envelope
from daybook.zenoti.reading import Bool, Id, Int, Notes, Reading, Text, read_list, spelled, storable
from daybook.zenoti.subjects import Telling, read_subject

# The samples are bare and name no type; this one is a guess (zenoti.md), and the URL has to tell it.
TYPES: Final[Mapping[str, type[FeedbackGiven]]] = MappingProxyType({"Appointment.Feedback": FeedbackGiven})

TAGS_MAX: Final = 100
"""So many tags of one feedback are read."""


class Feedback(Visit):
    """What both versions tell, beside the ratings."""

    user_id: Id = UNSET
    feedback_version: Int = Field(default=UNSET, validation_alias="version")
    recommendation: Bool = UNSET
    share_feedback: Bool = UNSET
    feedback_source: Int = Field(default=UNSET, validation_alias="source")


class Aspects(Reading):
    """Version 1 rates four aspects."""

    rating_service: Int = Field(default=UNSET, validation_alias="service")
    rating_therapist: Int = Field(default=UNSET, validation_alias="therapist")
    rating_ambience: Int = Field(default=UNSET, validation_alias="ambience")
    rating_cleanliness: Int = Field(default=UNSET, validation_alias="cleanliness")


class Rating(Reading):
    """Version 2 gives one rating."""

    rating: Int = Field(default=UNSET, validation_alias="ratingvalue")


class Tag(Reading):
    """One of the tags of version 2."""

    id: Id = UNSET
    name: Text = UNSET


def events(event_type: type[FeedbackGiven], data: Mapping[str, Any], telling: Telling) -> list[FeedbackGiven]:
    """The event of the group. What the guest wrote is left in the body.

    Raises `UnreadableError` with the reason `no_subject`, `invalid_id` or `invalid_list`.
    """
    fields = spelled(data)
    subject_id = read_subject([fields.get("appointmentgroupid")], "appointment group")
    told = Feedback.model_validate(fields, context=telling.notes).told()
    value = fields.get("ratingvalue")
    # By its shape and not by `version`, which says the same and can be absent.
    rating = Aspects.of(value, telling.notes) if isinstance(value, dict) else Rating.of(fields, telling.notes)
    return [telling.event(event_type, subject_id, told, rating.told(), _tags(fields, telling.notes))]


def comments(body: bytes) -> str | None:
    """What the guest wrote, read from the body of the feedback, the only place that has it; None where nothing is."""
    try:
        data = open_envelope(parse(body), None).data
    except UnreadableError:
        return None
    told = spelled(data).get("comments") if isinstance(data, dict) else None
    return (storable(told).strip() or None) if isinstance(told, str) else None


def _tags(fields: Mapping[str, Any], notes: Notes) -> dict[str, Any]:
    if "guestfeedbacktags" not in fields:
        return {}
    told = fields["guestfeedbacktags"]
    entries = read_list(told, "guest_feedback_tags")
    if len(entries) > TAGS_MAX:
        notes.add(f"guest_feedback_tags: cut to {TAGS_MAX}")
    if any(not isinstance(entry, dict) for entry in entries):
        notes.add("guest_feedback_tags: an entry could not be read and counts as not told")
    tags = [FeedbackTag(**Tag.of(entry, notes).told()) for entry in entries[:TAGS_MAX] if isinstance(entry, dict)]
    return {"tags": None if told is None else tuple(tags)}
