from __future__ import annotations

from typing import Any

import pytest

from daybook.zenoti.signature import HEADER, sign
from tests.bodies import booking, sent
from tests.web.conftest import Client, Serve
from tests.web.waiting import wait_until

SECRET = "a secret of the tests"
AT = "2022-03-22T12:39:20.6984376Z"


def no_show(registration_id: int = 43987, event_id: str = "e-1") -> dict[str, Any]:
    return booking("NoShow", registration_id, event_id=event_id, at=AT)


@pytest.mark.parametrize("verb", ["POST", "PUT", "PATCH"])
def test_a_webhook_is_recorded_by_any_of_the_three_verbs(client: Client, verb: str) -> None:
    answer = client.request(verb, "/webhooks/main", json=no_show())

    assert answer.status_code == 200
    told = answer.json()
    assert (told["status"], told["position"], told["detail"]) == ("recorded", 1, None)
    assert client.get(f"/v1/main/deliveries/{told['delivery_id']}").json()["method"] == verb


def test_a_webhook_told_again_is_a_duplicate_with_the_first_ones_id_and_position(client: Client) -> None:
    first = client.post("/webhooks/main", json=no_show()).json()

    second = client.post("/webhooks/main", json=no_show()).json()

    assert second["status"] == "duplicate"
    assert (second["delivery_id"], second["position"]) == (first["delivery_id"], first["position"])


@pytest.mark.parametrize("headers", [{}, {HEADER: "sha256 =00"}])
def test_an_empty_body_is_a_ping_whatever_its_headers_and_is_not_stored(serve: Serve, headers: dict[str, str]) -> None:
    client = serve(sources={"main": {"secrets": [SECRET]}})

    answer = client.post("/webhooks/main", headers=headers)

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["delivery_id"], answer.json()["position"]) == ("ping", None, None)
    assert client.get("/v1/main/deliveries").json()["items"] == []


def test_blanks_are_no_ping(client: Client) -> None:
    assert client.post("/webhooks/main", content=b"  ").json()["status"] == "quarantined"


def test_a_wrong_signature_is_refused_and_the_same_body_under_the_right_one_recorded(serve: Serve) -> None:
    client = serve(sources={"main": {"secrets": ["another", SECRET]}})
    body = sent(no_show())

    refused = client.post("/webhooks/main", content=body, headers={HEADER: sign("wrong", body)})
    missing = client.post("/webhooks/main", content=body)
    taken = client.post("/webhooks/main", content=body, headers={HEADER: sign(SECRET, body)})

    assert (refused.status_code, missing.status_code) == (401, 401)
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"] == "urn:daybook:problem:signature-refused"
    assert taken.json()["status"] == "recorded"


def test_under_observe_a_wrong_signature_is_kept_quarantined_and_answered_200(serve: Serve) -> None:
    client = serve(sources={"main": {"secrets": [SECRET], "verify": "observe"}})

    answer = client.post("/webhooks/main", json=no_show())

    assert (answer.status_code, answer.json()["status"]) == (200, "quarantined")


def test_an_unknown_source_is_not_found(client: Client) -> None:
    answer = client.post("/webhooks/elsewhere", json=no_show())

    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:daybook:problem:unknown-source"


@pytest.mark.parametrize("path", ["/webhooks", "/webhooks/", "/webhooksmain", "/webhooks/main/A.B/more"])
def test_other_paths_are_not_found(client: Client, path: str) -> None:
    assert client.post(path, json=no_show()).status_code == 404


@pytest.mark.parametrize("verb", ["GET", "DELETE", "OPTIONS", "HEAD"])
def test_other_verbs_are_not_allowed_and_told_which_are(client: Client, verb: str) -> None:
    answer = client.request(verb, "/webhooks/main")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "PATCH, POST, PUT"


def test_a_body_over_the_limit_is_refused_and_one_at_the_limit_taken(serve: Serve) -> None:
    client = serve(body_bytes_max=2048)

    at, over = (client.post("/webhooks/main", content=b"x" * size) for size in (2048, 2049))

    assert (at.status_code, at.json()["status"]) == (200, "quarantined")
    assert (over.status_code, over.json()["type"]) == (413, "urn:daybook:problem:body-too-large")


def test_a_body_that_does_not_tell_its_length_is_refused_when_it_grows_over_the_limit(serve: Serve) -> None:
    client = serve(body_bytes_max=2048)

    answer = client.post("/webhooks/main", content=(b"x" * 1000 for _ in range(4)))

    assert answer.status_code == 413


def test_refusals_are_counted_by_webhook_and_ended_by_a_success(client: Client) -> None:
    client.post("/webhooks/main/Class.Booking.NoShow?via=a", json=no_show())
    client.get("/webhooks/main/Class.Booking.NoShow?via=a")
    client.get("/webhooks/main/Class.Booking.NoShow?via=a")

    def row() -> dict[str, Any]:
        items = client.get("/ops/webhooks").json()["items"]
        return next(item for item in items if item["via"] == "a")

    wait_until(lambda: row()["refusals_in_row"] == 2)
    assert (row()["event_type"], row()["last_refusal_status"]) == ("Class.Booking.NoShow", 405)

    client.post("/webhooks/main/Class.Booking.NoShow?via=a", json=no_show(event_id="e-2"))
    assert (row()["refusals_in_row"], row()["refusals"]) == (0, 2)


def test_what_came_with_the_call_is_kept_but_for_authorization_and_cookies(client: Client) -> None:
    headers = {"Authorization": "Bearer t", "Cookie": "c=1", "X-Trace": "abc", "User-Agent": "Zenoti"}

    told = client.post("/webhooks/main/T%C3%A4st?via=org%0A-no%20show", content=b"{}", headers=headers).json()

    delivery = client.get(f"/v1/main/deliveries/{told['delivery_id']}").json()
    kept = dict(delivery["headers"])
    assert kept["x-trace"] == "abc"
    assert kept["user-agent"] == "Zenoti"
    assert "authorization" not in kept
    assert "cookie" not in kept
    assert (delivery["url_type"], delivery["via"]) == ("Täst", "org-no show")
    assert delivery["path"] == "/webhooks/main/T%C3%A4st"


def test_headers_are_kept_up_to_a_bound_and_the_signature_among_them(serve: Serve) -> None:
    client = serve(sources={"main": {"secrets": [SECRET]}})
    headers = {f"X-Filler-{number}": "f" * 900 for number in range(12)}

    told = client.post("/webhooks/main", content=b"{}", headers={**headers, HEADER: sign(SECRET, b"{}")}).json()

    kept = client.get(f"/v1/main/deliveries/{told['delivery_id']}").json()["headers"]
    assert sum(len(name) + len(value) for name, value in kept) <= 8 * 1024
    assert HEADER in dict(kept)


def test_a_label_is_at_most_64_characters(client: Client) -> None:
    told = client.post(f"/webhooks/main?via={'v' * 100}", content=b"{}").json()

    assert client.get(f"/v1/main/deliveries/{told['delivery_id']}").json()["via"] == "v" * 64
