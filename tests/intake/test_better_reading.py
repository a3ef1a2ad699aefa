"""The law of a better translation: afterwards everything is as if it had read each delivery in the first place."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from daybook.domain.events import Event
from daybook.domain.fold import fold, history
from daybook.domain.identity import stream_id
from daybook.intake import Call, Retranslation, entry, release, retranslation
from daybook.intake.authentication import Authentication
from daybook.intake.entry import prepare
from daybook.intake.recording import record
from daybook.intake.retranslation import retranslate
from daybook.journal import Journal
from daybook.zenoti.translate import Told, Translation, translate
from tests.bodies import booking, progress, sent
from tests.bodies import entry as appointment

Reader: TypeAlias = Callable[[Told], Translation]
WAYS = ("as it is", "corrected", "of the first alone", "of another one too", "of another one", "kept", "not understood")
_sources = (f"source-{number}" for number in itertools.count())
_ids = st.sampled_from([1, 2, 3])


@st.composite
def bodies(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Deliveries about a few registrations and appointments; each has an event id of its own."""
    found = []
    for number in range(draw(st.integers(1, 6))):
        told: dict[str, Any] = {"event_id": f"e{number}", "at": f"2026-03-01T09:00:0{draw(st.integers(0, 3))}Z"}
        if draw(st.booleans()):
            what = draw(st.sampled_from(["Created", "Approved", "Cancelled", "NoShow"]))
            others = draw(st.lists(_ids, max_size=2))
            found.append(booking(what, draw(_ids), recurrence_registration_ids=others, **told))
        else:
            entries = [appointment(f"a{each}") for each in draw(st.lists(_ids, min_size=1, max_size=2))]
            found.append(progress(draw(st.sampled_from(["Started", "Completed"])), *entries, **told))
    return found


def reader(version: int, ways: Sequence[str]) -> Reader:
    """A translation that reads each delivery, told by its event id, in its way."""

    def read(told: Told) -> Translation:
        reading = translate(told)
        way = ways[int((reading.event_id or "e0")[1:])]
        events = tuple(_events(way, reading.events, told.source))
        reading = replace(reading, version=version, events=tuple(replace(one, translation=version) for one in events))
        if way == "kept":
            return replace(reading, outcome="kept", events=())
        if way == "not understood":
            return replace(reading, outcome="quarantined", events=(), dedupe_key=None, reason=f"reason_{version}")
        return reading

    return read


def _events(way: str, events: Sequence[Event], source: str) -> Iterable[Event]:
    other = replace(events[0], subject_id="9", originator_id=stream_id(source, events[0].KIND, "9"))
    match way:
        case "corrected":
            return [replace(event, center_id="corrected") for event in events]
        case "of the first alone":
            return events[:1]
        case "of another one too":
            return [*events, other]
        case "of another one":
            return [other]
        case _:
            return events


@contextmanager
def translated_by(version: int, read: Reader) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entry, "translate", read)
        patch.setattr(release, "translate", read)
        patch.setattr(retranslation, "TRANSLATION_VERSION", version)
        yield


def tell(journal: Journal, source: str, told: Sequence[dict[str, Any]]) -> None:
    for body in told:
        call = Call(source, None, None, "POST", "/", None, (), sent(body), time.time_ns())
        with journal.transaction() as tx:
            record(tx, [prepare(call, Authentication("verified", None, None), None)])


def again(journal: Journal, source: str, *, dry_run: bool = False) -> Retranslation:
    steps = list(retranslate(journal, ["recorded", "kept", "quarantined"], source=source, dry_run=dry_run))
    return steps[-1] if steps else Retranslation()


def events_of(journal: Journal, source: str) -> list[Event]:
    return [event for event in journal.select_events_after(0, 1_000_000) if event.source == source]


def by_stream(events: Iterable[Event]) -> dict[UUID, list[Event]]:
    streams: dict[UUID, list[Event]] = {}
    for event in events:
        streams.setdefault(event.originator_id, []).append(event)
    return streams


def facts_of(events: Iterable[Event]) -> dict[UUID, Any]:
    """States and histories, without their places in the journal and whose reading it was."""
    found = {}
    for stream, own in by_stream(events).items():
        state = fold(own)
        if state is not None:
            told = [(one.event.event_id, one.event.TOPIC, dict(one.changes)) for one in history(own)]
            found[stream] = replace(state, version=0, position=0, recorded_at_ns=0), told
    return found


def expected(source: str, told: Sequence[tuple[dict[str, Any], Sequence[Reader]]]) -> dict[UUID, Any]:
    """Of each delivery the last reading that understood it, as if nothing had been read before."""
    events: list[Event] = []
    for number, (body, readers) in enumerate(told):
        one = Told(source, None, sent(body), 0, UUID(int=number + 1), "webhook", "verified")
        readings = [reading for read in readers if (reading := read(one)).outcome != "quarantined"]
        events += readings[-1].events if readings else ()
    return facts_of(replace(event, originator_version=number, position=number) for number, event in enumerate(events))


ways = st.lists(st.sampled_from(WAYS), min_size=6, max_size=6)


# The journal is shared by the examples, each of which has a source of its own.
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies(), st.lists(ways, min_size=2, max_size=4), st.integers(1, 3), st.data())
def test_it_is_as_if_every_delivery_had_been_read_so_in_the_first_place(
    journal: Journal, told: list[dict[str, Any]], versions: list[list[str]], batch: int, data: st.DataObject
) -> None:
    source = next(_sources)
    readers = [reader(number + 1, each) for number, each in enumerate(versions)]
    late = data.draw(st.integers(0, len(told)))
    with pytest.MonkeyPatch.context() as patch, translated_by(1, readers[0]):
        patch.setattr(retranslation, "BATCH_DELIVERIES_MAX", batch)
        tell(journal, source, told[:late])
        for number, read in enumerate(readers[1:], start=2):
            with translated_by(number, read):
                _translate_again(journal, source)
        # By a process that still runs the first code, after all that.
        tell(journal, source, told[late:])
        with translated_by(len(readers), readers[-1]):
            _translate_again(journal, source)

    seen_by = [readers if number < late else [readers[0], readers[-1]] for number in range(len(told))]
    assert facts_of(events_of(journal, source)) == expected(source, list(zip(told, seen_by, strict=True)))
    _check_journal(journal, source)


def _translate_again(journal: Journal, source: str) -> None:
    would = again(journal, source, dry_run=True)
    before = len(events_of(journal, source))

    done = again(journal, source)

    assert done == would, "a dry run tells what comes"
    assert len(events_of(journal, source)) - before == done.events
    once_more = again(journal, source)
    assert (once_more.changed, once_more.events) == (0, 0), "each once"


def _check_journal(journal: Journal, source: str) -> None:
    events = events_of(journal, source)
    for own in by_stream(events).values():
        assert [event.originator_version for event in own] == list(range(1, len(own) + 1))
    once = {(event.delivery_id, event.originator_id, event.translation) for event in events}
    assert len(once) == len(events), "one event per delivery, aggregate and translation"
    for delivery_id in {event.delivery_id for event in events}:
        delivery = journal.inbox.delivery(delivery_id)
        assert delivery is not None
        positions = [event.position for event in events if event.delivery_id == delivery_id]
        assert [event.position for event in delivery.events] == positions
