"""What a delivery says when it is translated again, beside what the journal holds of it: pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

import msgspec
from eventsourcing.persistence import Mapper
from msgspec.structs import replace

from daybook.domain.aggregates import EVENT_TYPES
from daybook.domain.events import Event
from daybook.errors import DaybookError
from daybook.intake.entry import AWAITS_FORMAT_LEVEL, COULD_NOT_BE_STORED, UNSIGNED
from daybook.intake.recording import CONFLICT
from daybook.journal.mapper import RecordedEvent, encode_event
from daybook.verifying.cases import Case
from daybook.verifying.damage import RESTORE, Code, Damage, restore_row
from daybook.verifying.pages import place
from daybook.zenoti.translate import TRANSLATION_VERSION, Told, Translation, translate

_BY_THE_INTAKE: Final = frozenset({CONFLICT, UNSIGNED, COULD_NOT_BE_STORED, AWAITS_FORMAT_LEVEL})
"""Reasons of an outcome that the body alone does not tell."""
_TOLD: Final = ("event_type", "event_id", "event_schema", "occurred_at_ns", "content_digest")


@dataclass(frozen=True, slots=True)
class Rereading:
    """What a second reading by the same translation came to."""

    damage: Sequence[Damage]
    key: bytes | None
    """The dedupe key that the delivery must have claimed."""


def reread(case: Case, mapper: Mapper[UUID]) -> Rereading | None:
    """Compare what the body says with what was recorded of it; None where an older translation has read it."""
    last = case.outcomes[-1]
    if last.translation != TRANSLATION_VERSION or case.body is None:
        return None
    said = [outcome for outcome in reversed(case.outcomes) if outcome.released_by]
    reading = translate(
        Told(
            source=case.delivery.source,
            url_type=next((one.released_type for one in said if one.released_type), case.delivery.url_type),
            body=bytes(case.body.body),
            arrived_at_ns=case.delivery.arrived_at_ns,
            delivery_id=case.delivery.delivery_id,
            origin=case.delivery.origin,
            signature=case.delivery.signature,
            distinct=any(one.released_distinct for one in said),
        )
    )
    found = [*_delivery(case, reading), *_outcome(case, reading)]
    if last.outcome == reading.outcome == "recorded":
        found += _events(case, reading.events, mapper)
    return Rereading(found, reading.dedupe_key if last.outcome == reading.outcome else None)


def _delivery(case: Case, reading: Translation) -> Iterator[Damage]:
    first = case.outcomes[0]
    # Written once, by the first reading; a release may read it otherwise, and what could not be stored is left out.
    if len(case.outcomes) > 1 or first.reason == COULD_NOT_BE_STORED:
        return
    if wrong := [name for name in _TOLD if getattr(case.delivery, name) != getattr(reading, name)]:
        words = f"it differs from what its body says in {', '.join(wrong)}"
        yield Damage(Code.DELIVERY_ALTERED, case.where, words, restore_row("deliveries"))


def _outcome(case: Case, reading: Translation) -> Iterator[Damage]:
    last = case.outcomes[-1]
    if last.outcome == "repeat" or last.reason in _BY_THE_INTAKE:
        return
    if reading.outcome == "quarantined" and last.outcome == "recorded" and len(case.outcomes) > 1:
        return  # what was understood once stays so
    if (last.outcome, last.reason) != (reading.outcome, reading.reason):
        words = f"its outcome is {_named(last)}; its body read again by the same translation is {_named(reading)}"
        yield Damage(Code.OUTCOME_ALTERED, case.where, words, restore_row("outcomes"))


def _named(became: Any) -> str:  # noqa: ANN401  an outcome or a translation
    return f"{became.outcome} ({became.reason})" if became.reason else str(became.outcome)


def _events(case: Case, told: Sequence[Event], mapper: Mapper[UUID]) -> Iterator[Damage]:
    latest = {cast("UUID", event.originator_id): event for event in sorted(case.events, key=lambda event: event.id)}
    for event in told:
        recorded = latest.pop(event.originator_id, None)
        if recorded is None:
            words = f"its body tells an event for the stream {event.originator_id}, and the journal holds none of it"
            yield Damage(Code.OUTCOME_WITHOUT_EVENTS, case.where, words, RESTORE)
        elif not _is_told(event, recorded, mapper):
            yield _altered(recorded, "it is not what the body of its delivery says")
    for recorded in latest.values():
        stamp = _stamp_of(recorded)
        if stamp is not None and stamp.translation == TRANSLATION_VERSION and not _withdraws(recorded):
            yield _altered(recorded, "the body of its delivery says nothing of its stream")


def _altered(recorded: RecordedEvent, words: str) -> Damage:
    return Damage(Code.EVENT_ALTERED, place(recorded), words, RESTORE)


def _is_told(event: Event, recorded: RecordedEvent, mapper: Mapper[UUID]) -> bool:
    if recorded.topic != event.TOPIC:
        return False
    if recorded.state == encode_event(event):
        return True
    stamp = _stamp_of(recorded)
    if stamp is None or (stamp.translation, stamp.class_version) == (TRANSLATION_VERSION, event.CLASS_VERSION):
        return False
    # A reading that is the same under a newer translation is not told again, and what is stored keeps its class.
    try:
        before: Any = mapper.to_domain_event(recorded)
    except DaybookError:
        return True  # told where the journal itself is looked at
    return encode_event(replace(event, translation=before.translation)) == encode_event(before)


def _withdraws(recorded: RecordedEvent) -> bool:
    event_type = EVENT_TYPES.get(recorded.topic)
    return event_type is not None and event_type.WITHDRAWS


class _Stamp(msgspec.Struct):
    """What of a stored event says by which code it was made."""

    translation: int
    class_version: int = 1


_STAMP: Final = msgspec.json.Decoder(_Stamp)


def _stamp_of(recorded: RecordedEvent) -> _Stamp | None:
    try:
        return _STAMP.decode(recorded.state)
    except msgspec.MsgspecError:
        return None
