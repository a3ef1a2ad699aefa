"""What a guest says after a visit, in both versions of Zenoti's form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from daybook.simulation.fact import Fact

if TYPE_CHECKING:
    from daybook.simulation.chance import Chance
    from daybook.simulation.visit import Visit

_SECOND_VERSION: Final = 0.6
_ASPECTS: Final = ("service", "therapist", "ambience", "cleanliness")
_TAGS: Final = ("ambience", "check-in", "check-out", "cleanliness", "safety standards")
_COMMENTS: Final = ("", "feedback", "Lovely as ever.", "A bit cold in the room.", "Très bien, merci ✨")
_RECOMMENDED_FROM: Final = 4


def feedback(at_ns: int, visit: Visit, chance: Chance) -> Fact:
    """Four ratings (version 1), or one rating and tags (version 2); ids are in upper case, as in the samples."""
    version = 2 if chance.happens(_SECOND_VERSION) else 1
    data: dict[str, Any] = {
        "organization_id": visit.center.organization_id.upper(),
        "center_id": visit.center.id.upper(),
        "user_id": visit.guest.id.upper(),
        "version": version,
        "appointment_group_id": visit.group_id.upper(),
    }
    said = {"comments": chance.pick(_COMMENTS), "source": 0}
    if version == 1:
        ratings = {aspect: chance.between(1, 5) for aspect in _ASPECTS}
        recommended = ratings["service"] >= _RECOMMENDED_FROM
        data |= {"rating_value": ratings, **said, "recommendation": recommended, "share_feedback": True}
    else:
        tags = _TAGS[: chance.between(1, len(_TAGS))]
        told = [{"id": number, "name": name} for number, name in enumerate(tags, start=1)]
        data |= {"rating_value": chance.between(1, 5), "guest_feedback_tags": told, **said}
    return Fact(at_ns, "Appointment.Feedback", data, (visit.group_id,))
