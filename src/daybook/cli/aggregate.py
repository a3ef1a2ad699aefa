"""One registration or appointment as the journal tells it now, in the shape of the API.

Folded afresh from its stream by the projection's own row function, so that it needs no server, waits for no follower,
and still says the same as the API once that has caught up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from daybook.domain.fold import history
from daybook.domain.identity import Kind, normalize_id, stream_id
from daybook.errors import DaybookError, ProjectionError
from daybook.projecting.change import changes_of
from daybook.projecting.projection import BrokenProjection
from daybook.web.shapes import Appointment, Registration
from daybook.web.shaping import history_entry, shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from daybook.bootstrap import Daybook
    from daybook.domain.events import Event

_SHAPES: Final[Mapping[Kind, tuple[str, type[msgspec.Struct]]]] = {
    Kind.REGISTRATION: ("registrations", Registration),
    Kind.APPOINTMENT: ("appointments", Appointment),
}


@dataclass(frozen=True, slots=True)
class Aggregate:
    """State and history of one registration or appointment."""

    state: Mapping[str, Any]
    history: Sequence[Mapping[str, Any]]
    """In the order of occurrence."""


def read_aggregate(daybook: Daybook, kind: Kind, source: str, told_id: str) -> Aggregate:
    """What the journal tells up to its end; raises `DaybookError` where it tells nothing."""
    subject_id = normalize_id(told_id)
    events = daybook.journal.stream(stream_id(source, kind, subject_id))
    if not events:
        raise DaybookError(f"source {source} has told nothing of {kind} {subject_id} ({daybook.settings.store})")
    return Aggregate(
        _state(daybook, kind, events), [msgspec.to_builtins(history_entry(entry)) for entry in history(events)]
    )


def _state(daybook: Daybook, kind: Kind, events: Sequence[Event]) -> dict[str, Any]:
    name, kind_of_shape = _SHAPES[kind]
    projection = daybook.projections.get(name)
    if projection is None or isinstance(projection, BrokenProjection):
        raise ProjectionError(f"the projection {name} cannot be used: {projection.reason if projection else 'missing'}")
    (change,) = changes_of(projection, events, lambda ids, _upto: dict.fromkeys(ids, events))
    (row,) = change.rows
    told: dict[str, Any] = msgspec.to_builtins(shape(kind_of_shape, row))
    return told
