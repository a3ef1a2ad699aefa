"""What makes the stream of webhooks believable, and what makes it repeatable."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import date
from hashlib import sha256
from itertools import islice, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.domain.instants import parse_instant
from daybook.simulation import CENTERS_MAX, MISSED_MAX, Disorder, Scenario, Webhook, simulate

EVERYTHING = Disorder(late=0.1, shuffled=0.2, repeated=0.1, malformed=0.05, bare=0.2)
SHARES = st.sampled_from((0.0, 0.05, 0.5, 1.0))
DISORDERS = st.builds(Disorder, late=SHARES, shuffled=SHARES, repeated=SHARES, malformed=SHARES, bare=SHARES)
SCENARIOS = st.builds(
    Scenario,
    seed=st.integers(-(2**70), 2**70),
    webhooks=st.integers(0, 500),
    centers=st.integers(1, 9),
    day=st.dates(date(1971, 1, 1), date(2200, 12, 31)),
    disorder=DISORDERS,
)


def read(webhook: Webhook) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(webhook.body)
    return content


def subjects(data: dict[str, Any]) -> list[int]:
    """Every registration that a booking names."""
    company = [guest["registration_id"] for guest in data["training_virtual_guests"] or ()]
    return [
        data["registration_id"],
        *company,
        *(data["guest_registration_ids"] or ()),
        *(data["recurrence_registration_ids"] or ()),
    ]


@settings(deadline=None, max_examples=15)
@given(SCENARIOS)
def test_the_same_scenario_gives_the_same_bytes(scenario: Scenario) -> None:
    assert list(simulate(scenario)) == list(simulate(scenario))


def test_the_bytes_do_not_depend_on_the_process_that_makes_them() -> None:
    program = (
        "import sys; from daybook.simulation import *\n"
        "d = Disorder(late=0.1, shuffled=0.2, repeated=0.1, malformed=0.05, bare=0.2)\n"
        "for w in simulate(Scenario(seed=4, webhooks=3000, disorder=d)): sys.stdout.buffer.write(w.to_line())"
    )
    here = sha256(b"".join(w.to_line() for w in simulate(Scenario(seed=4, webhooks=3000, disorder=EVERYTHING))))

    for hash_seed, zone in (("1", "Asia/Tokyo"), ("2", "America/Los_Angeles")):
        environment = os.environ | {
            "PYTHONHASHSEED": hash_seed,
            "TZ": zone,
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }
        there = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True)
        assert sha256(there.stdout).hexdigest() == here.hexdigest()


def test_another_seed_is_another_world() -> None:
    one, other = (list(simulate(Scenario(seed=seed, webhooks=200))) for seed in (1, 2))

    assert not {webhook.body for webhook in one} & {webhook.body for webhook in other}


@settings(deadline=None, max_examples=15)
@given(SCENARIOS)
def test_exactly_as_many_webhooks_as_asked_for(scenario: Scenario) -> None:
    assert len(list(simulate(scenario))) == scenario.webhooks


@pytest.mark.parametrize("disorder", [Disorder(), EVERYTHING])
def test_a_shorter_stream_is_the_beginning_of_a_longer_one(disorder: Disorder) -> None:
    longer = list(simulate(Scenario(webhooks=6000, centers=3, disorder=disorder)))

    assert list(simulate(Scenario(webhooks=1500, centers=3, disorder=disorder))) == longer[:1500]


def test_without_a_number_the_stream_is_one_day() -> None:
    a_day = list(simulate(Scenario(seed=3, centers=2)))

    assert 100 < len(a_day) < 5000
    assert a_day[-1].arrived_at_ns - a_day[0].arrived_at_ns < 36 * 3_600_000_000_000


@settings(deadline=None, max_examples=12)
@given(SCENARIOS)
def test_webhooks_come_in_the_order_of_their_arrival(scenario: Scenario) -> None:
    arrivals = [webhook.arrived_at_ns for webhook in simulate(scenario)]

    assert arrivals == sorted(arrivals)


def test_an_undisturbed_stream_arrives_in_the_order_of_what_happened_over_days_and_time_zones() -> None:
    happened = [
        parse_instant(read(webhook)["event_timestamp"]) for webhook in simulate(Scenario(webhooks=20_000, centers=9))
    ]

    assert happened == sorted(happened)
    assert happened[-1] - happened[0] > 5 * 24 * 3_600_000_000_000


def test_nothing_arrives_before_it_happened() -> None:
    disorder = Disorder(late=0.2, shuffled=0.3, repeated=0.2)

    for webhook in simulate(Scenario(webhooks=5000, disorder=disorder)):
        assert webhook.arrived_at_ns > parse_instant(read(webhook)["event_timestamp"])


def test_disorder_changes_how_the_facts_arrive_and_not_the_facts() -> None:
    disorder = Disorder(late=0.2, shuffled=0.4, repeated=0.3)
    undisturbed = {read(w)["event_id"]: read(w)["data"] for w in simulate(Scenario(seed=8))}
    disturbed = [read(w) for w in simulate(Scenario(seed=8, disorder=disorder))]

    assert {told["event_id"]: told["data"] for told in disturbed} == undisturbed
    assert [told["event_id"] for told in disturbed] != list(undisturbed)


def test_a_repeated_webhook_tells_the_same_event_as_the_same_bytes_or_under_the_id_of_another_call() -> None:
    calls: dict[str, list[dict[str, Any]]] = {}
    for webhook in simulate(Scenario(seed=5, disorder=Disorder(repeated=1))):
        calls.setdefault(read(webhook)["event_id"], []).append(read(webhook))

    assert {len(told) for told in calls.values()} == {2}
    assert {one["id"] == other["id"] for one, other in calls.values()} == {True, False}
    for one, other in calls.values():
        assert one | {"id": None} == other | {"id": None}


def test_ids_are_unique_and_have_24_hex_digits() -> None:
    ids: Counter[str] = Counter()
    for told in map(read, simulate(Scenario(webhooks=20_000))):
        ids.update((told["id"], told["event_id"]))

    assert set(ids.values()) == {1}
    assert all(len(one) == 24 and int(one, 16) for one in ids)


def test_bare_webhooks_have_their_type_in_the_url_and_no_envelope() -> None:
    webhooks = list(simulate(Scenario(seed=6, disorder=Disorder(bare=1))))
    bare = [webhook for webhook in webhooks if webhook.event_type is not None]

    assert {webhook.event_type for webhook in bare} == {
        "Class.Booking.Approved",
        "Class.Booking.Rejected",
        "Appointment.Started",
        "Appointment.Completed",
        "Appointment.Feedback",
    }
    assert all("event_type" not in read(webhook) for webhook in bare)
    assert all("event_type" in read(webhook) for webhook in webhooks if webhook.event_type is None)


@pytest.mark.parametrize("seed", range(3))
def test_every_change_of_a_booking_follows_the_created_that_named_its_registration(seed: int) -> None:
    named: set[int] = set()
    changes = 0
    for told in map(read, simulate(Scenario(seed=seed, webhooks=10_000))):
        if told["event_type"] == "Class.Booking.Created":
            named.update(subjects(told["data"]))
        elif told["event_type"].startswith("Class.Booking."):
            changes += 1
            assert set(subjects(told["data"])) <= named

    assert changes > 1000


def test_only_who_waits_or_had_cancelled_is_approved_or_rejected_and_only_created_tells_the_waitlist() -> None:
    waitlisted: dict[int, bool] = {}
    cancelled: set[int] = set()
    decided = Counter[tuple[str, bool]]()
    for told in map(read, simulate(Scenario(seed=2, webhooks=15_000))):
        _, subject, kind = (*told["event_type"].split("."), "")[:3]
        if subject != "Booking":
            continue
        number = told["data"]["registration_id"]
        if kind == "Created":
            waitlisted[number] = told["data"]["waitlist"]
            continue
        assert told["data"]["waitlist"] is None
        if kind == "Cancelled":
            cancelled.add(number)
        if kind in {"Approved", "Rejected"}:
            decided[kind, number in cancelled] += 1
            assert waitlisted[number] or (kind == "Approved" and number in cancelled)

    assert min(decided["Approved", False], decided["Approved", True], decided["Rejected", False]) > 10


def test_a_registration_is_the_subject_of_each_kind_of_event_at_most_once() -> None:
    told = Counter(
        (one["event_type"], one["data"]["registration_id"])
        for one in map(read, simulate(Scenario(seed=2, webhooks=10_000)))
        if "registration_id" in one["data"]
    )

    assert set(told.values()) == {1}


def test_series_of_a_year_guests_booked_along_and_extended_series_occur() -> None:
    bookings = [
        told["data"]
        for told in map(read, simulate(Scenario(webhooks=10_000)))
        if told["event_type"] == "Class.Booking.Created"
    ]
    lengths = Counter(len(data["recurrence_registration_ids"] or ()) + 1 for data in bookings)
    series = Counter(data["recurrence_id"] for data in bookings if data["recurrence_id"])

    assert lengths[52] > 5
    assert set(range(4, 13)) <= set(lengths)
    assert max(series.values()) == 2
    assert {len(data["training_virtual_guests"] or ()) for data in bookings} == {0, 1, 2, 3}
    assert any(data["guest_registration_ids"] for data in bookings)


def test_every_appointment_starts_before_it_completes_and_goes_never_back() -> None:
    progress: dict[str, int] = {}
    told_twice_in_a_second = 0
    last: dict[str, int] = {}
    for told in map(read, simulate(Scenario(seed=9, webhooks=10_000))):
        if told["event_type"] not in {"Appointment.Started", "Appointment.Completed"}:
            continue
        at_ns = parse_instant(told["event_timestamp"])
        for entry in told["data"]["appointments"]:
            identity, now = entry["id"].lower(), int(entry["appointment_progress"])
            if identity in progress and now > progress[identity] > 0:
                told_twice_in_a_second += at_ns - last[identity] < 1_000_000_000
            assert now >= progress.get(identity, 0)
            progress[identity], last[identity] = now, at_ns

    assert set(progress.values()) >= {1, 2}
    assert told_twice_in_a_second


def test_the_known_spellings_of_keys_ids_and_values_occur() -> None:
    text = b"\n".join(webhook.body for webhook in simulate(Scenario(webhooks=10_000)))

    for spelling in (
        b'"TherapistId"',
        b'"therapist_id"',
        b'"serviceduration_in_miutes"',
        b'"service_duration_in_minutes"',
        b'"appointment_progress":"1"',
        b'"appointment_progress":1',
        b'"room_id":""',
        b'"sesion_id"',
        b'"center_Name"',
        b'"center_name"',
        b'"is_noshowfeerequired":"Yes"',
        b'"is_cancellationfeerequired":"Yes"',
        b'"receipt_number":"0"',
        b'"rebooked_source_group_id"',
        b'"appointments":[]',
        b'"appointments":null',
        b'"appointment_group_id":"qpe4ec51-',
        b"-65t3",
        b'"recurrence_session_ids":[',
        b'"event_resource":null',
    ):
        assert spelling in text


def test_a_time_in_utc_and_the_same_time_at_the_center_differ_by_the_offset_of_that_center() -> None:
    offsets: dict[str, set[int]] = {}
    for told in map(read, simulate(Scenario(centers=7))):
        for entry in told["data"].get("appointments") or ():
            apart_ns = parse_instant(entry["start_time_in_center"]) - parse_instant(entry["start_time"])
            offsets.setdefault(told["data"]["center_id"].lower(), set()).add(apart_ns // 60_000_000_000)

    assert sorted(offsets.values(), key=min) == [{-480}, {-420}, {-360}, {-300}, {0}, {60}, {330}]


def test_timestamps_have_seven_digits_of_a_second_or_fewer_where_the_last_is_a_zero() -> None:
    digits = Counter(
        len(told["event_timestamp"].partition(".")[2].rstrip("Z"))
        for told in map(read, simulate(Scenario(webhooks=5000)))
    )

    assert digits.most_common(2)[0][0] == 7
    assert digits.most_common(2)[1][0] == 6
    assert max(digits) == 7


def test_guests_can_be_reached_nowhere() -> None:
    for told in map(read, simulate(Scenario(webhooks=5000))):
        for guest in (told["data"].get("guest"), *(told["data"].get("training_virtual_guests") or ())):
            assert guest is None or guest["email"].endswith("@example.com")
        for guest in told["data"].get("training_virtual_guests") or ():
            assert 555_0100 <= guest["mobile_phone"]["number"] % 10_000_000 <= 555_0199


def test_a_stream_of_a_long_time_is_never_held_in_memory() -> None:
    stream = simulate(Scenario(webhooks=10**15))

    assert all(one.arrived_at_ns <= other.arrived_at_ns for one, other in pairwise(islice(stream, 2000)))


@pytest.mark.parametrize(
    "impossible",
    [
        {"webhooks": -1},
        {"centers": 0},
        {"centers": CENTERS_MAX + 1},
        {"day": date(1970, 12, 31)},
        {"day": date(2201, 1, 1)},
        {"miss": -1},
        {"miss": MISSED_MAX + 1},
        {"miss": 4, "webhooks": 3},
    ],
)
def test_an_impossible_scenario_is_refused(impossible: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must"):
        Scenario(**impossible)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="late"):
        Disorder(late=share)
