"""`Class.Schedule.*`: one body about a class session, and the series it belongs to, as session events."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from msgspec import UNSET
from pydantic import AliasChoices, Field

from daybook.domain import class_session
from daybook.domain.class_session import ClassSessionEvent
from daybook.zenoti.reading import Bool, Id, Int, Reading, Text, TextOrTexts, Unproven, read_id, read_list, spelled
from daybook.zenoti.subjects import Subjects, Telling, first_id

TYPES: Final[Mapping[str, type[ClassSessionEvent]]] = MappingProxyType(
    {
        "Class.Schedule.Created": class_session.Created,
        "Class.Schedule.Updated": class_session.Updated,
        "Class.Schedule.Cancelled": class_session.Cancelled,
        "Class.Schedule.Deleted": class_session.Deleted,
    }
)


class Schedule(Reading):
    """What a body tells of its session. Whether its times are UTC or the center's is not known (zenoti.md)."""

    center_id: Id = UNSET
    class_name: Text = UNSET
    class_type: Int = UNSET
    start_time_unproven: Unproven = Field(default=UNSET, validation_alias="starttime")
    end_time_unproven: Unproven = Field(default=UNSET, validation_alias="endtime")
    duration_minutes: Int = Field(default=UNSET, validation_alias="durationinmins")
    room_id: Id = UNSET
    capacity: Int = UNSET
    web_capacity: Int = UNSET
    show_in_catalog: Bool = UNSET
    is_free_session: Bool = UNSET
    is_recurring: Bool = UNSET
    recurrence_id: Id = UNSET
    recurrence_type: Int = UNSET
    recurrence_frequency: Int = Field(default=UNSET, validation_alias="frequency")
    # Zenoti's own slip of the pen (sample), and the right spelling.
    recurrence_count: Int = Field(default=UNSET, validation_alias=AliasChoices("numoccurences", "numoccurrences"))
    recurrence_weekdays: TextOrTexts = Field(default=UNSET, validation_alias="weekdays")
    recurrence_start_time_unproven: Unproven = Field(default=UNSET, validation_alias="recurrencestarttime")
    recurrence_end_time_unproven: Unproven = Field(default=UNSET, validation_alias="recurrenceendtime")


def events(event_type: type[ClassSessionEvent], data: Mapping[str, Any], telling: Telling) -> list[ClassSessionEvent]:
    """One event for the session, and one for each other session of its series that the body names.

    Raises `UnreadableError` with the reason `no_subject`, `invalid_id`, `invalid_list` or `too_many_subjects`.
    """
    fields = spelled(data)
    schedule = Schedule.model_validate(fields, context=telling.notes).told()
    # `sesion_id` is Zenoti's spelling (sample).
    primary = first_id([fields.get("sesionid"), fields.get("sessionid")], "class session")
    subjects = Subjects()
    subjects.add(primary, {"role": "primary"})
    siblings = _add_siblings(subjects, fields)
    linked: dict[str, Any] = {}
    if primary is not None:
        linked["primary_session_id"] = primary
        (subjects.get(primary) or {}).update({"recurrence_session_ids": tuple(siblings)} if siblings else {})
    return [
        telling.event(event_type, subject_id, schedule, {} if subject_id == primary else linked, told)
        for subject_id, told in subjects.items("class session", telling.notes)
    ]


def _add_siblings(subjects: Subjects, fields: Mapping[str, Any]) -> list[str]:
    """The other sessions of one recurring class."""
    found: list[str] = []
    for entry in read_list(fields.get("recurrencesessionids"), "recurrence_session_ids"):
        subject_id = read_id(entry, "recurrence_session_ids")
        if subjects.add(subject_id, {"role": "recurrence"}) and subject_id is not None:
            found.append(subject_id)
    return found
