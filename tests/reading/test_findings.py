"""What is found in what was told, against the opinion of a careful reader who shares no code with the read models."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from daybook.domain.findings import Code, Finding
from daybook.domain.identity import Kind
from daybook.domain.instants import parse_instant
from daybook.reading.findings import PROJECTIONS, Wanted, findings_about, search
from daybook.simulation import Disorder, Missed, Scenario, Webhook, missed, simulate
from daybook.simulation.expectation import expected
from daybook.simulation.fact import Fact
from daybook.simulation.stream import arrivals
from tests.bodies import (
    CENTER,
    GROUP,
    booking,
    entry,
    feedback,
    feedback_data,
    group,
    group_deleted,
    group_status,
    progress,
    schedule,
)
from tests.projecting.book import SOURCE, Book
from tests.projecting.days import LAWS, Opened

ALL: Final = Wanted()
DISORDER: Final = Disorder(late=0.1, shuffled=0.3, repeated=0.2)
LEAVES: Final = {
    "Class.Booking.Created": {"no_created"},
    "Class.Booking.Approved": {"no_show_after_cancelled"},
    "Class.Booking.Cancelled": {"capacity_exceeded"},
    "Class.Booking.Deleted": {"capacity_exceeded"},
    "Class.Schedule.Updated": {"capacity_exceeded"},
    "AppointmentGroup.Created": {"appointment_without_group", "after_deleted"},
    "AppointmentGroup.Updated": {"appointment_without_group"},
    "Appointment.Started": {"completed_without_started"},
}
"""What can be found where one of this kind was missed, if anything that was told is impossible without it."""
LEAVES_NO_TRACE: Final = {
    "Class.Booking.Rejected",
    "Class.Booking.NoShow",
    "Class.Schedule.Created",
    "Class.Schedule.Cancelled",
    "Class.Schedule.Deleted",
    "AppointmentGroup.Delete",
    "AppointmentGroup.Status",
    "Appointment.Completed",
    "Appointment.Feedback",
    "Guest.Updated",
    "Invoice.Closed",
}
"""Of which nothing can be found to be missing, whichever of them it is: what else was told is possible without it.

`after_deleted` is found of visits alone. What was told of a registration or a session after its deletion is not: a
Created, Deleted or NoShow that was missed around one leaves nothing but what the other codes find (docs/reading.md).
"""


def tell(book: Book, webhooks: Iterable[Webhook]) -> None:
    """As they arrive; then all of it is posted."""
    for webhook in webhooks:
        book.tell(webhook.body, url_type=webhook.event_type, arrived_at_ns=webhook.arrived_at_ns)
    book.post()


def found(book: Book, wanted: Wanted = ALL, source: str = SOURCE) -> list[Finding]:
    """All that is wanted, read in small pages."""
    findings: list[Finding] = []
    before = None
    with book.store.together(*PROJECTIONS) as snapshots:
        while True:
            page = search(snapshots, source, wanted, before=before, limit=7)
            findings += page.findings
            before = page.before
            if before is None:
                return findings


def told(findings: Iterable[Finding]) -> list[tuple[str, str, str]]:
    return sorted((finding.code, finding.kind.value, finding.subject_id) for finding in findings)


def opinion_on(scenario: Scenario) -> list[tuple[str, str, str]]:
    """What a careful reader finds in all that the stream told."""
    left_out = {one.event_id for one in missed(scenario)}
    facts = {
        arrival.number: arrival.fact
        for arrival in arrivals(scenario)
        if json.loads(arrival.webhook.body)["event_id"] not in left_out
    }
    opinion = expected(facts[number] for number in sorted(facts))
    return sorted((finding.code, finding.subject.kind, finding.subject.id) for finding in opinion)


# ── A chain's whole day


def test_in_an_undisturbed_day_nothing_is_found(book: Book) -> None:
    tell(book, simulate(Scenario(seed=3, centers=2)))

    assert found(book) == []


def test_nothing_is_found_only_because_of_disorder_or_of_bodies_without_a_time(book: Book) -> None:
    tell(book, simulate(Scenario(seed=4, centers=1, disorder=Disorder(late=0.3, shuffled=0.5, repeated=0.3, bare=1))))

    assert found(book) == []


@pytest.mark.parametrize(("seed", "disorder"), [(15, Disorder()), (29, DISORDER)], ids=["in order", "in disorder"])
def test_what_was_missed_is_found_exactly_as_a_careful_reader_finds_it(
    book: Book, seed: int, disorder: Disorder
) -> None:
    scenario = Scenario(seed=seed, centers=1, miss=100, disorder=disorder)

    tell(book, simulate(scenario))

    assert told(found(book)) == opinion_on(scenario) != []


def test_every_delivery_that_was_left_out_and_leaves_a_trace_is_found(opened: Opened) -> None:
    of_kind: dict[str, list[Missed]] = defaultdict(list)
    # In the last one a visit is missed that was deleted by mistake and created again.
    for scenario in (
        *(Scenario(seed=seed, centers=1, miss=100) for seed in (15, 29)),
        Scenario(seed=12, centers=2, miss=19),
    ):
        with opened() as book:
            tell(book, simulate(scenario))
            findings = set(told(found(book)))
        for one in missed(scenario):
            of_kind[one.event_type].append(one)
            assert {(finding.code, finding.subject.kind, finding.subject.id) for finding in one.findings} <= findings

    traces = {
        kind: {finding.code for one in left_out for finding in one.findings} for kind, left_out in of_kind.items()
    }
    assert {kind: codes for kind, codes in traces.items() if codes} == LEAVES
    assert {kind for kind, codes in traces.items() if not codes} == LEAVES_NO_TRACE


def test_what_arrives_late_takes_its_findings_with_it(book: Book) -> None:
    scenario = Scenario(seed=9, centers=1, miss=60)
    tell(book, simulate(scenario))
    assert found(book) != []

    tell(book, [webhook for one in missed(scenario) for webhook in one.webhooks])

    assert found(book) == []


# ── What spans aggregates

LAST_NS: Final = parse_instant("2026-03-02T10:59:00Z")
FULL: Final[dict[str, Any]] = {"waitlist": False, "session_id": 900}


def at(minute: int) -> dict[str, str]:
    """For an event of that minute: its id and its time."""
    return {"event_id": f"e{minute}", "at": f"2026-03-02T10:{minute:02}:00Z"}


def about(book: Book, kind: Kind, *ids: str) -> list[list[Code]]:
    name = "registrations" if kind in {Kind.REGISTRATION, Kind.CLASS_SESSION} else "appointments"
    with book.store.snapshot(name) as snapshot:
        findings = findings_about(snapshot, SOURCE, kind, ids)
    assert list(findings) == list(ids)
    return [[finding.code for finding in one] for one in findings.values()]


def test_a_session_cannot_hold_more_than_it_has_places(book: Book) -> None:
    book.tell(schedule("Created", 900, **at(0), capacity=2))
    book.tell(*(booking("Created", number, **at(number), **FULL) for number in (1, 2, 3)))
    book.post()
    when = parse_instant("2026-03-02T10:03:00Z")
    assert found(book) == [Finding(Kind.CLASS_SESSION, "900", CENTER, "capacity_exceeded", when)]

    book.tell(booking("NoShow", 2, **at(20)), booking("Cancelled", 3, **at(21)))
    book.post()
    assert found(book) == []


def test_who_waits_or_gave_up_takes_no_place_and_who_stayed_away_took_one(book: Book) -> None:
    book.tell(schedule("Created", 900, **at(0), capacity=1), schedule("Created", 901, **at(0) | {"event_id": "x"}))
    book.tell(*(booking("Created", number, **at(number), session_id=900) for number in (1, 2, 3, 4, 5)))
    ends = ((2, "Cancelled"), (3, "Deleted"), (4, "Rejected"), (5, "NoShow"))
    book.tell(*(booking(what, number, **at(number + 10)) for number, what in ends))
    book.tell(booking("Created", 6, **at(6), session_id=900, waitlist=True))
    book.post()
    assert told(found(book)) == [("capacity_exceeded", "class-session", "900")]
    assert about(book, Kind.CLASS_SESSION, "900", "901", "902") == [["capacity_exceeded"], [], []]

    book.tell(schedule("Updated", 900, **at(30), capacity=2))
    book.post()
    assert about(book, Kind.CLASS_SESSION, "900") == [[]]


@pytest.mark.parametrize("unlimited", [-1, 0, None])
def test_a_session_that_told_no_capacity_or_one_of_0_is_never_full(book: Book, unlimited: int | None) -> None:
    book.tell(schedule("Created", 900, **at(0), capacity=unlimited), booking("Created", 1, **at(1), **FULL))
    book.post()

    assert found(book) == []


@pytest.mark.parametrize("what", ["Cancelled", "Deleted"])
def test_a_session_that_was_called_off_has_no_places_to_be_short_of(book: Book, what: str) -> None:
    book.tell(schedule("Created", 900, **at(0), capacity=1))
    book.tell(*(booking("Created", number, **at(number), **FULL) for number in (1, 2)))
    book.tell(schedule(what, 900, **at(10), capacity=1))
    book.post()
    assert (found(book), about(book, Kind.CLASS_SESSION, "900")) == ([], [[]])

    book.tell(schedule("Created", 900, **at(20), capacity=1))
    book.post()
    assert about(book, Kind.CLASS_SESSION, "900") == [["capacity_exceeded"]]


def test_a_place_that_only_a_body_without_a_time_gives_back_does_not_overbook(book: Book) -> None:
    book.tell(schedule("Created", 900, **at(0), capacity=1), booking("Created", 1, **at(1), **FULL))
    book.tell(booking("Created", 2, **at(2), **FULL), booking("Rejected", 2, **at(3)))
    # It arrives last, and may be what was told before the rejection.
    book.tell(booking("Approved", 2, **at(4))["data"], url_type="Class.Booking.Approved", arrived_at_ns=LAST_NS)
    book.post()

    assert found(book) == []


def test_an_appointment_of_a_deleted_group_cannot_be_treated(book: Book) -> None:
    book.tell(group("Created", entry("a1"), **at(0)), group_deleted(**at(1)))
    book.tell(progress("Started", entry("a1", appointment_progress=1), **at(2)))
    book.tell(progress("Completed", entry("a1", appointment_progress=2), **at(3)))
    book.post()
    when = parse_instant("2026-03-02T10:03:00Z")
    assert found(book) == [Finding(Kind.APPOINTMENT_GROUP, GROUP, CENTER, "after_deleted", when)]
    assert about(book, Kind.APPOINTMENT_GROUP, GROUP, "g2") == [["after_deleted"], []]
    assert about(book, Kind.APPOINTMENT, "a1") == [[]]

    book.tell(group("Created", entry("a1"), **at(1) | {"event_id": "x", "at": "2026-03-02T10:01:30Z"}))
    book.post()
    assert found(book) == []


def test_a_group_is_found_once_though_both_it_and_its_appointments_show_it(book: Book) -> None:
    book.tell(group("Created", entry("a1"), **at(0)), group_deleted(**at(1)), group("Updated", entry("a1"), **at(2)))
    book.tell(progress("Started", entry("a1", appointment_progress=1), **at(3)))
    book.post()

    assert told(found(book)) == [("after_deleted", "appointment-group", GROUP)]
    assert about(book, Kind.APPOINTMENT_GROUP, GROUP) == [["after_deleted"]]


def test_a_treatment_without_a_time_of_its_own_came_after_no_deletion(book: Book) -> None:
    book.tell(group("Created", entry("a1"), **at(0)), group_deleted(**at(1)))
    started = progress("Started", entry("a1", appointment_progress=1), **at(2))["data"]
    book.tell(started, url_type="Appointment.Started", arrived_at_ns=LAST_NS)
    book.post()

    assert found(book) == []


# ── Searching


def some(book: Book) -> None:
    """One finding of each of five codes."""
    book.tell(booking("NoShow", 1, **at(1), center_id="c1"), booking("NoShow", "900", **at(2), center_id="c2"))
    book.tell(schedule("Created", 900, **at(0), capacity=1, center_id="c2"))
    book.tell(progress("Completed", entry("a1", appointment_progress=2), **at(3), center_id="c1"))
    book.tell(group_deleted("g1", **at(4)), group("Updated", **at(5), appointment_group_id="g1", center_id="c1"))
    book.post()


def test_findings_come_newest_first_and_no_page_loses_one_or_tells_it_twice(book: Book) -> None:
    some(book)

    findings = found(book)
    with book.store.together(*PROJECTIONS) as snapshots:
        one_by_one: list[Finding] = []
        before = None
        while not one_by_one or before is not None:
            page = search(snapshots, SOURCE, ALL, before=before, limit=1)
            one_by_one += page.findings
            before = page.before

    assert one_by_one == findings
    assert [(finding.code, finding.subject_id) for finding in findings] == [
        ("after_deleted", "g1"),
        ("completed_without_started", "a1"),
        ("appointment_without_group", "a1"),
        ("no_created", "900"),
        ("capacity_exceeded", "900"),
        ("no_created", "1"),
    ]


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (Wanted(code="no_created"), ["900", "1"]),
        (Wanted(code="capacity_exceeded"), ["900"]),
        (Wanted(code="capacity_exceeded", kind=Kind.REGISTRATION), []),
        (Wanted(kind=Kind.CLASS_SESSION), ["900"]),
        (Wanted(kind=Kind.APPOINTMENT), ["a1", "a1"]),
        (Wanted(kind=Kind.APPOINTMENT_GROUP), ["g1"]),
        (Wanted(center_id="c2"), ["900", "900"]),
        (Wanted(center_id="c1", kind=Kind.REGISTRATION), ["1"]),
        (Wanted(from_ns=parse_instant("2026-03-02T10:02:00Z"), to_ns=parse_instant("2026-03-02T10:05:00Z")),
         ["a1", "a1", "900", "900"]),
    ],
)  # fmt: skip
def test_findings_are_searched_by_code_by_kind_by_center_and_by_time(
    book: Book, wanted: Wanted, ids: list[str]
) -> None:
    some(book)

    assert [finding.subject_id for finding in found(book, wanted)] == ids


def test_nothing_of_another_source_is_found(book: Book) -> None:
    some(book)

    assert found(book, source="other") == []


# ── Laws

TOLD: Final = [
    schedule("Created", 900, **at(0), capacity=1),
    schedule("Updated", 900, **at(9), capacity=2),
    *(booking("Created", number, **at(number), **FULL, guest_registration_ids=[4]) for number in (1, 2, 3)),
    booking("Cancelled", 1, **at(14)),
    booking("NoShow", 1, **at(15)),
    group("Created", entry("a1"), entry("a2"), **at(20)),
    group_deleted(**at(21)),
    progress("Started", entry("a1", appointment_progress=1), entry("a2", appointment_progress=0), **at(22)),
    progress("Completed", entry("a1", appointment_progress=2), entry("a3", appointment_progress=2), **at(23)),
    group("Updated", entry("a1"), **at(24)),
    group("Created", entry("a1"), entry("a3"), **at(25)),
]


@given(data=st.data())
@settings(LAWS, max_examples=6)
def test_any_order_and_any_repetition_give_the_same_findings(opened: Opened, data: st.DataObject) -> None:
    bodies = data.draw(st.lists(st.sampled_from(TOLD), min_size=1, unique_by=id))
    again = data.draw(st.lists(st.sampled_from(bodies), max_size=3))

    with opened() as in_order, opened() as in_disorder:
        in_order.tell(*(body for body in TOLD if any(body is one for one in bodies)))
        in_order.post()
        for body in data.draw(st.permutations(bodies + again)):
            in_disorder.tell(body)
            if data.draw(st.booleans()):
                in_disorder.post()
        in_disorder.post()

        assert found(in_disorder) == found(in_order)


@st.composite
def stories(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Enveloped bodies about few subjects, each a minute after the one before."""
    numbers = st.integers(1, 4)
    bodies: list[dict[str, Any]] = []
    for minute in range(draw(st.integers(4, 14))):
        when = at(minute)
        what = draw(st.sampled_from(["booking", "booking", "schedule", "list", "group", "treatment", "treatment"]))
        group_id = draw(st.sampled_from(["g1", "g2"]))
        entries = [f"{group_id}-{number}" for number in draw(st.lists(numbers, min_size=1, max_size=2, unique=True))]
        match what:
            case "booking":
                named: dict[str, Any] = draw(st.fixed_dictionaries({
                    "guest_registration_ids": st.lists(numbers, max_size=1),
                    "recurrence_registration_ids": st.lists(numbers, max_size=1),
                    "session_id": st.sampled_from([900, 901]),
                    "waitlist": st.booleans(),
                }))  # fmt: skip
                kind = draw(st.sampled_from(["Created", "Approved", "Rejected", "Cancelled", "Deleted", "NoShow"]))
                own = draw(numbers)
                for name in ("guest_registration_ids", "recurrence_registration_ids"):
                    named[name] = [number for number in named[name] if number != own]
                bodies.append(booking(kind, own, **when, **named))
            case "schedule":
                capacity = draw(st.integers(0, 3))
                change = draw(st.sampled_from(["Created", "Updated", "Updated", "Cancelled", "Deleted"]))
                bodies.append(schedule(change, draw(st.sampled_from([900, 901])), **when, capacity=capacity))
            case "list":
                kind = draw(st.sampled_from(["Created", "Updated"]))
                listed = [entry(one) for one in entries]
                bodies.append(group(kind, *listed, **when, appointment_group_id=group_id))
            case "group":
                code = draw(st.sampled_from([-1, 2, 7, 99]))
                status = group_status(code, **when, appointment_group_id=group_id)
                rated = feedback(feedback_data(appointment_group_id=group_id), **when)
                bodies.append(draw(st.sampled_from([status, group_deleted(group_id, **when), rated])))
            case _:
                treated = [entry(one, appointment_progress=draw(st.integers(0, 2))) for one in entries]
                bodies.append(progress("Started", *treated, **when, appointment_group_id=group_id))
    return bodies


def is_restored_too_late(bodies: Iterable[dict[str, Any]]) -> bool:
    """Whether an appointment was treated in a deleted group that was created again later.

    Then only a reader who remembers it all knows that anything was wrong: the rows tell what stands.
    """
    deleted: set[str] = set()
    treated: set[str] = set()
    for body in bodies:
        kind, data = body["event_type"], body["data"]
        group_id = data.get("appointment_group_id", "")
        if kind == "AppointmentGroup.Delete" or data.get("appointment_group_status") == 7:
            deleted.add(group_id)
        elif kind in {"Appointment.Started", "Appointment.Completed"} and group_id in deleted:
            treated.add(group_id)
        elif kind == "AppointmentGroup.Created":
            if group_id in treated:
                return True
            deleted.discard(group_id)
    return False


@given(bodies=stories(), data=st.data())
@settings(LAWS, max_examples=8)
def test_whatever_is_told_is_found_as_a_careful_reader_finds_it(
    opened: Opened, bodies: list[dict[str, Any]], data: st.DataObject
) -> None:
    assume(not is_restored_too_late(bodies))
    facts = [Fact(number, body["event_type"], body["data"]) for number, body in enumerate(bodies)]

    with opened() as book:
        book.tell(*data.draw(st.permutations(bodies)))
        book.post()

        opinion = expected(facts)
        assert told(found(book)) == sorted((one.code, one.subject.kind, one.subject.id) for one in opinion)
