"""The routes of days: the figures of all centers and of one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bodies import CENTER, booking, entry, group, group_status
from tests.web.conftest import Client

AT_NINE = {"start_time": "2026-03-02T17:00:00", "start_time_in_center": "2026-03-02T09:00:00"}


@pytest.fixture
def filled(client: Client) -> Client:
    told: list[dict[str, Any]] = [
        group("Created", entry("a1", **AT_NINE), event_id="g1", at="2026-03-01T10:00:00Z"),
        booking("Created", 1, event_id="e1", at="2026-03-03T04:00:00Z"),
        booking("Cancelled", 1, event_id="e2", at="2026-03-03T05:00:00Z"),
        booking("Created", 2, event_id="e3", at="2026-03-03T04:00:00Z", center_id="elsewhere"),
    ]
    for body in told:
        client.post("/webhooks/main", json=body)
    client.get("/v1/main/days/2026-03-02?min_position=5")
    return client


def test_a_day_of_all_centers_counts_each_by_its_own_clock(filled: Client) -> None:
    answer = filled.get("/v1/main/days/2026-03-02")

    told = answer.json()
    assert (told["registrations"]["bookings"], told["registrations"]["cancellation_rate"]) == (1, 1.0)
    assert (told["visits"]["by_status"], told["appointments"]["total"]) == ({"new": 1}, 1)
    assert [clock["center_id"] for clock in told["clock"]] == [CENTER]
    assert answer.headers["Daybook-Position"] == "5"
    assert filled.get("/v1/main/days/2026-03-02", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_rates_of_visits_are_of_those_that_were_expected(filled: Client) -> None:
    codes = {"g2": -1, "g3": 7, "g4": 10, "g5": -2, "g6": 20, "g7": 99, "g8": 21}
    for number, (group_id, code) in enumerate(codes.items()):
        filled.post(
            "/webhooks/main",
            json=group(
                "Created", entry(f"b{number}", **AT_NINE), event_id=f"h{number}", at="2026-03-01T10:00:00Z",
                appointment_group_id=group_id,
            ),
        )  # fmt: skip
        status = group_status(code, event_id=f"i{number}", at="2026-03-01T11:00:00Z", appointment_group_id=group_id)
        filled.post("/webhooks/main", json=status)

    visits = filled.get("/v1/main/days/2026-03-02?min_position=26").json()["visits"]

    assert visits["total"] == 8
    assert (visits["by_status"]["deleted"], visits["by_status"]["break"], visits["by_status"]["99"]) == (1, 1, 1)
    # Of the new one, the cancelled one, the one that stayed away, and the one of which nobody knows.
    assert (visits["cancellation_rate"], visits["no_show_rate"]) == (0.25, 0.25)


def test_a_center_without_a_known_clock_has_the_day_of_utc_and_says_so(filled: Client) -> None:
    told = filled.get("/v1/main/centers/ELSEWHERE/days/2026-03-03").json()

    assert (told["center_id"], told["registrations"]["bookings"]) == ("elsewhere", 1)
    assert told["clock"] == [
        {
            "center_id": "elsewhere",
            "utc_offset_minutes": None,
            "begins_at": "2026-03-03T00:00:00Z",
            "ends_at": "2026-03-04T00:00:00Z",
        }
    ]


def test_a_center_of_which_nothing_was_told_has_a_day_of_zeros(filled: Client) -> None:
    told = filled.get("/v1/main/centers/nowhere/days/2026-03-03").json()

    assert (told["registrations"]["bookings"], told["visits"]["total"]) == (0, 0)
    assert told["registrations"]["no_show_rate"] is None


@pytest.mark.parametrize("date", ["2026-02-30", "today", "2026-3-1", "0001-01-01", "9999-12-31"])
def test_what_is_no_date_is_refused(client: Client, date: str) -> None:
    answer = client.get(f"/v1/main/days/{date}")

    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:daybook:problem:invalid-parameter"


def test_an_answer_waits_for_both_projections_that_it_is_joined_from(client: Client) -> None:
    client.post("/webhooks/main", json=booking("Created", 1, event_id="e1", at="2026-03-03T04:00:00Z"))

    assert client.get("/v1/main/days/2026-03-03?min_position=1").headers["Daybook-Position"] == "1"
    assert client.get("/v1/main/days/2026-03-03?min_position=99").status_code == 503
