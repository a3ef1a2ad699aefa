"""`GET /v1/{source}/findings`: what cannot be right, searched over HTTP."""

from __future__ import annotations

import pytest

from daybook.bootstrap import Daybook
from daybook.projecting.rebuild import start_build
from daybook.projecting.switching import switch
from tests.bodies import CENTER, booking, entry, group, progress, schedule
from tests.web.conftest import Client
from tests.web.telling import told
from tests.web.waiting import wait_until

DAY = "2026-03-02T"


def some(client: Client) -> int:
    """One finding about each of three kinds."""
    return told(
        client,
        booking("NoShow", 1, event_id="a", at=f"{DAY}10:01:00Z", session_id=900),
        schedule("Created", 900, event_id="b", at=f"{DAY}10:00:00Z", capacity=1),
        booking("Created", 2, event_id="b2", at=f"{DAY}10:00:30Z", session_id=900),
        group("Created", entry("a1"), event_id="c", at=f"{DAY}10:00:00Z"),
        progress("Completed", entry("A1", appointment_progress=2), event_id="d", at=f"{DAY}10:02:00.5Z"),
    )


def test_a_finding_tells_what_it_is_about_and_what_was_probably_missed(client: Client) -> None:
    at = some(client)

    answer = client.get("/v1/main/findings", params={"min_position": at, "code": "completed_without_started"})

    assert answer.status_code == 200
    assert answer.json() == {
        "items": [
            {
                "code": "completed_without_started",
                "occurred_at": f"{DAY}10:02:00.5Z",
                "suggests": "Appointment.Started",
                "kind": "appointment",
                "subject_id": "a1",
                "center_id": CENTER,
            }
        ],
        "cursor": None,
    }
    assert int(answer.headers["daybook-position"]) >= at
    assert answer.headers["daybook-lag"] == "0"


def test_it_goes_when_what_was_missed_arrives_late_and_the_etag_tells(client: Client) -> None:
    at = some(client)
    before = client.get("/v1/main/findings", params={"min_position": at, "kind": "appointment"})
    at = told(client, progress("Started", entry("a1", appointment_progress=1), event_id="e", at=f"{DAY}10:01:00Z"))

    after = client.get("/v1/main/findings", params={"min_position": at, "kind": "appointment"})

    assert len(before.json()["items"]) == 1
    assert after.json()["items"] == []
    assert after.headers["etag"] != before.headers["etag"]
    unchanged = client.get("/v1/main/findings?kind=appointment", headers={"If-None-Match": after.headers["etag"]})
    assert unchanged.status_code == 304


def test_pages_follow_each_other_newest_first(client: Client) -> None:
    at = some(client)

    seen: list[str] = []
    cursor = None
    while cursor is not None or not seen:
        page = client.get(
            "/v1/main/findings", params={"min_position": at, "limit": 1} | ({"cursor": cursor} if cursor else {})
        ).json()
        seen += [item["code"] for item in page["items"]]
        cursor = page["cursor"]

    assert seen == ["completed_without_started", "capacity_exceeded", "no_created"]


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ({"kind": "class-session"}, ["capacity_exceeded"]),
        ({"center_id": CENTER.upper(), "kind": "registration"}, ["no_created"]),
        ({"center_id": "elsewhere"}, []),
        ({"from": f"{DAY}10:02:00Z"}, ["completed_without_started"]),
        ({"from": f"{DAY}10:01:00Z", "to": f"{DAY}10:02:00Z"}, ["capacity_exceeded", "no_created"]),
    ],
)
def test_findings_are_filtered(client: Client, query: dict[str, str], codes: list[str]) -> None:
    at = some(client)

    items = client.get("/v1/main/findings", params={"min_position": at, **query}).json()["items"]

    assert [item["code"] for item in items] == codes


@pytest.mark.parametrize("query", ["code=no_idea", "kind=guest", "from=soon", "limit=0", "cursor=x", "center_id=a/b"])
def test_what_cannot_be_meant_is_refused(client: Client, query: str) -> None:
    answer = client.get(f"/v1/main/findings?{query}")

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_cursor_belongs_to_its_filters(client: Client) -> None:
    at = some(client)
    cursor = client.get("/v1/main/findings", params={"min_position": at, "limit": 1}).json()["cursor"]

    assert client.get("/v1/main/findings", params={"cursor": cursor, "kind": "appointment"}).status_code == 400


@pytest.mark.parametrize("name", ["registrations", "appointments"])
def test_pages_end_with_410_whichever_of_the_two_projections_has_another_build_now(client: Client, name: str) -> None:
    at = some(client)
    page = client.get("/v1/main/findings", params={"min_position": at, "limit": 1}).json()
    daybook: Daybook = client.app.state.daybook
    store = daybook.read_store
    start_build(store, daybook.journal, store.sound(name), again=True, on_ready="hold")
    wait_until(lambda: [build.state for build in store.builds(name)] == ["following", "held"])
    switch(store, name)

    ended = client.get("/v1/main/findings", params={"cursor": page["cursor"], "limit": 1})
    anew = client.get("/v1/main/findings", params={"limit": 1})

    assert (ended.status_code, ended.json()["type"]) == (410, "urn:daybook:problem:projection-switched")
    assert "build 2" in ended.json()["detail"]
    assert anew.json()["items"] == page["items"]
    assert anew.json()["cursor"] != page["cursor"]
