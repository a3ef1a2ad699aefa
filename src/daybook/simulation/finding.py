"""What cannot be right in what was told, and which webhook's absence explains it: the codes, in words.

| code | what was told |
|---|---|
| `no_created` | a registration was named, in whatever role, that no `Created` booked ¹ |
| `no_show_after_cancelled` | a registration did not come that was cancelled, and neither approved nor created since |
| `capacity_exceeded` | more registrations of a session are booked, approved or did not come than it last had places ² |
| `completed_without_started` | an appointment was completed and never under way |
| `started_after_completed` | an appointment was under way after it had been completed, and not open again between |
| `appointment_without_group` | an appointment started or completed that no `AppointmentGroup` event ever listed |
| `after_deleted` | something of a group, or of its appointments, after it was deleted and not created again ³ |
| `unknown_status_code` | a group's status that Zenoti does not document |

¹ A `Created` that names it as a guest or as one of a series books it where nothing had become of it before.
² Of a session that is neither cancelled nor deleted. No places at all are no limit that anybody proved.
³ But for a feedback, which its guest may give whatever became of the group.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

Code: TypeAlias = Literal[
    "no_created",
    "no_show_after_cancelled",
    "capacity_exceeded",
    "completed_without_started",
    "started_after_completed",
    "appointment_without_group",
    "after_deleted",
    "unknown_status_code",
]


class Subject(NamedTuple):
    """What something is about."""

    kind: Literal["registration", "class-session", "appointment-group", "appointment"]
    id: str
    """As identities are compared: trimmed and in lower case."""


class Finding(NamedTuple):
    """One thing that cannot be right."""

    code: Code
    subject: Subject
