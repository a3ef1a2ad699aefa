from __future__ import annotations

import json

import pytest

from tests.bodies import booking, booking_data
from tests.web.conftest import Client, Serve

AT = "2022-03-22T12:39:20.6984376Z"


def test_a_delivery_tells_what_came_and_what_became_of_it(client: Client) -> None:
    body = booking("NoShow", 43987, event_id="e-1", at=AT)
    sent = json.dumps(body).encode()
    told = client.post("/webhooks/main?via=a", content=sent).json()
    client.post("/webhooks/main?via=b", json=body)

    shown = client.get(f"/v1/main/deliveries/{told['delivery_id']}").json()

    assert (shown["event_type"], shown["event_id"], shown["occurred_at"]) == ("Class.Booking.NoShow", "e-1", AT)
    assert (shown["outcome"], shown["position"], shown["repeats"]) == ("recorded", 1, 1)
    assert (shown["via"], [call["via"] for call in shown["calls"]]) == ("a", ["b"])
    assert [outcome["outcome"] for outcome in shown["outcomes"]] == ["recorded"]
    assert shown["recorded"] == [
        {"position": 1, "version": 1, "type": "Registration.NoShow", "kind": "registration", "subject_id": "43987"}
    ]
    assert (shown["body_bytes"], shown["signature"]) == (len(sent), "unchecked")


@pytest.mark.parametrize("body", [b'{"equipment_id: ""}', b"\xff\xfe\x00", b'\xef\xbb\xbf {"a": 1}', b"<html>"])
def test_a_body_comes_back_byte_for_byte_and_is_nobodys_page(client: Client, body: bytes) -> None:
    told = client.post("/webhooks/main", content=body).json()

    answer = client.get(f"/v1/main/deliveries/{told['delivery_id']}/body")

    assert answer.content == body
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_delivery_is_not_found_under_another_source(serve: Serve) -> None:
    client = serve(sources={"main": {}, "other": {}})
    told = client.post("/webhooks/main", content=b"{}").json()

    assert client.get(f"/v1/other/deliveries/{told['delivery_id']}").status_code == 404


def test_deliveries_are_listed_newest_first_and_found_by_what_became_of_them(client: Client) -> None:
    first = client.post("/webhooks/main", json=booking("NoShow", 1, event_id="a", at=AT)).json()["delivery_id"]
    second = client.post("/webhooks/main", content=b"not JSON").json()["delivery_id"]
    third = client.post("/webhooks/main", json=booking("Created", 1, event_id="b", at=AT)).json()["delivery_id"]

    def listed(query: str = "") -> list[str]:
        return [item["delivery_id"] for item in client.get(f"/v1/main/deliveries?{query}").json()["items"]]

    assert listed() == [third, second, first]
    assert listed("outcome=quarantined") == [second]
    assert listed("event_type=Class.Booking.Created") == [third]
    assert listed("to=2022-01-01T00:00:00Z") == []
    page = client.get("/v1/main/deliveries?limit=2").json()
    last = client.get(f"/v1/main/deliveries?limit=2&cursor={page['cursor']}").json()
    assert ([item["delivery_id"] for item in last["items"]], last["cursor"]) == ([first], None)


def test_the_quarantine_tells_reasons_and_how_many_there_are_of_each(client: Client) -> None:
    for body in (b"not JSON", b"nor this", json.dumps(booking_data(1)).encode()):
        client.post("/webhooks/main", content=body)

    shown = client.get("/v1/main/quarantine?limit=1").json()

    assert shown["counts"] == {"not_json": 2, "missing_type": 1}
    assert [item["reason"] for item in shown["items"]] == ["missing_type"]
    assert shown["cursor"] is not None


def test_a_bare_body_without_a_type_is_released_with_one(client: Client) -> None:
    told = client.post("/webhooks/main", json=booking_data(43987)).json()
    assert told["status"] == "quarantined"
    release = f"/v1/main/quarantine/{told['delivery_id']}/release"

    unchanged = client.post(release)
    answer = client.post(release, json={"event_type": "Class.Booking.Approved"})

    assert (unchanged.status_code, unchanged.json()["status"]) == (200, "quarantined")
    assert unchanged.json()["detail"]
    assert (answer.json()["status"], answer.json()["delivery_id"], answer.json()["position"]) == (
        "recorded",
        told["delivery_id"],
        1,
    )
    assert client.get("/v1/main/registrations/43987?min_position=1").json()["status"] == "approved"
    outcome = client.get(f"/v1/main/deliveries/{told['delivery_id']}").json()["outcomes"][-1]
    assert (outcome["outcome"], outcome["released_by"], outcome["released_type"]) == (
        "recorded",
        "api",
        "Class.Booking.Approved",
    )


def test_a_conflict_is_let_in_as_distinct(client: Client) -> None:
    client.post("/webhooks/main", json=booking("Created", 1, event_id="same", at=AT))
    told = client.post("/webhooks/main", json=booking("Created", 2, event_id="same", at=AT)).json()
    assert told["status"] == "quarantined"

    answer = client.post(f"/v1/main/quarantine/{told['delivery_id']}/release", json={"distinct": True}).json()

    assert (answer["status"], answer["position"]) == ("recorded", 2)


def test_only_what_is_quarantined_can_be_released(client: Client) -> None:
    told = client.post("/webhooks/main", json=booking("NoShow", 1, event_id="a", at=AT)).json()

    recorded = client.post(f"/v1/main/quarantine/{told['delivery_id']}/release")
    unknown = client.post("/v1/main/quarantine/0196f3a2-7c1e-7d9b-8a51-2f6c0d4e9b13/release")

    assert (recorded.status_code, recorded.json()["type"]) == (409, "urn:daybook:problem:not-quarantined")
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    "body", [b"[]", b"{", b'{"event_type": 1}', b'{"event_type": ""}', b'{"distinct": "yes"}', b'{"more": 1}', b"\xff"]
)
def test_a_release_that_cannot_be_meant_is_refused(client: Client, body: bytes) -> None:
    told = client.post("/webhooks/main", content=b"not JSON").json()

    answer = client.post(
        f"/v1/main/quarantine/{told['delivery_id']}/release",
        content=body,
        headers={"Content-Type": "application/json"},
    )

    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_a_release_is_a_small_body(client: Client) -> None:
    told = client.post("/webhooks/main", content=b"not JSON").json()

    answer = client.post(f"/v1/main/quarantine/{told['delivery_id']}/release", json={"event_type": "x" * 5000})

    assert answer.status_code == 413
