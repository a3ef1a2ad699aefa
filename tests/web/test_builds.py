"""Reads, pages and figures while a projection has more than one build."""

from __future__ import annotations

from typing import Any

from daybook.bootstrap import Daybook
from daybook.projecting.rebuild import start_build
from daybook.projecting.switching import drop, rollback, switch
from daybook.web.pace import SPAN_S_MAX, Pace
from tests.bodies import booking
from tests.web.conftest import Client
from tests.web.waiting import wait_until

NAME = "registrations"


def filled(client: Client) -> Daybook:
    """Three registrations were told and posted."""
    for number in (1, 2, 3):
        told = booking("Created", number, event_id=f"e{number}", at=f"2026-01-0{number}T10:00:00Z")
        client.post("/webhooks/main", json=told)
    client.get(f"/v1/main/{NAME}?min_position=3")
    daybook: Daybook = client.app.state.daybook
    return daybook


def held(client: Client) -> Daybook:
    """A second build of the live version, which the follower has filled and holds."""
    daybook = filled(client)
    projection = daybook.read_store.sound(NAME)
    start_build(daybook.read_store, daybook.journal, projection, again=True, on_ready="hold")
    wait_until(lambda: [build["state"] for build in shown(client)["builds"]] == ["following", "held"])
    return daybook


def shown(client: Client) -> dict[str, Any]:
    items = client.get("/ops/projections").json()["items"]
    return next(item for item in items if item["name"] == NAME)


def test_all_builds_are_told_with_the_live_one_among_them(client: Client) -> None:
    held(client)

    told = shown(client)

    assert (told["declared"], told["live"], told["versions"], told["state"]) == (2, 2, [2], "following")
    assert [(build["build"], build["live"]) for build in told["builds"]] == [(1, True), (2, False)]
    assert all(build["position"] == 3 and build["lag"]["events"] == 0 for build in told["builds"])
    assert told["builds"][1]["begun_at"].endswith("Z")
    assert told["builds"][1]["on_ready"] == "hold"


def test_pages_end_with_410_when_another_build_takes_the_place_of_the_one_they_were_begun_on(client: Client) -> None:
    daybook = held(client)
    first = client.get(f"/v1/main/{NAME}?limit=1").json()
    following = {"cursor": first["cursor"], "limit": 1}
    assert client.get(f"/v1/main/{NAME}", params=following).status_code == 200

    switch(daybook.read_store, NAME)
    ended = client.get(f"/v1/main/{NAME}", params=following)
    anew = client.get(f"/v1/main/{NAME}?limit=1")

    assert (ended.status_code, ended.json()["type"]) == (410, "urn:daybook:problem:projection-switched")
    assert "build 1" in ended.json()["detail"]
    assert "leave the cursor out" in ended.json()["detail"]
    assert anew.json()["items"] == first["items"]
    rollback(daybook.read_store, NAME)
    assert client.get(f"/v1/main/{NAME}", params=following).status_code == 200


def test_a_cursor_of_other_filters_stays_a_mistake_after_a_switch(client: Client) -> None:
    daybook = held(client)
    cursor = client.get(f"/v1/main/{NAME}?limit=1").json()["cursor"]
    switch(daybook.read_store, NAME)

    other = client.get(f"/v1/main/{NAME}", params={"cursor": cursor, "status": "booked"})

    assert (other.status_code, other.json()["type"]) == (400, "urn:daybook:problem:invalid-cursor")


def test_the_figures_tell_state_and_lag_of_each_build_until_it_is_dropped(client: Client) -> None:
    daybook = held(client)
    of_second = '{build="2",projection="registrations",state="held",version="2"}'

    there = client.get("/metrics").text
    drop(daybook.read_store, NAME, 2, 2)
    gone = client.get("/metrics").text

    assert 'daybook_build_state{build="1",projection="registrations",state="following",version="2"} 1.0' in there
    assert f"daybook_build_state{of_second} 1.0" in there
    assert 'daybook_build_lag_events{build="2",projection="registrations",version="2"} 0.0' in there
    assert f"daybook_build_state{of_second} 0.0" in gone


def test_a_pace_is_of_the_last_minute_or_since_the_last_look() -> None:
    clock = {"s": 100.0}
    pace = Pace(lambda: clock["s"])
    looks = [(100.0, 0), (100.1, 50), (110.0, 1_000), (160.0, 6_000), (175.0, 9_000), (1_000.0, 9_825)]
    seen = []
    for at_s, done in looks:
        clock["s"] = at_s
        seen.append(pace.of("build", done))

    assert seen == [None, None, 100.0, 100.0, (9_000 - 1_000) / 65, 1.0]
    assert pace.of("another", 5) is None
    assert SPAN_S_MAX == 60.0
