from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy.exc import OperationalError

from daybook.projecting.read_store import ReadStore
from tests.bodies import booking
from tests.engines import Engine
from tests.web.conftest import Client, Serve
from tests.web.waiting import wait_until

AT = "2022-03-22T12:39:20.6984376Z"


def test_the_projections_tell_where_they_are(client: Client) -> None:
    client.post("/webhooks/main", json=booking("NoShow", 1, event_id="a", at=AT))
    for path in ("registrations", "appointments", "history"):
        client.get(f"/v1/main/{path}?min_position=1")

    items = {item["name"]: item for item in client.get("/ops/projections").json()["items"]}

    assert {"registrations", "appointments", "history"} <= set(items)
    shown = items["registrations"]
    assert (shown["live"], shown["position"], shown["lag"]) == (2, 1, {"events": 0, "seconds": 0.0})
    assert (shown["state"], shown["stopped_reason"]) == ("following", None)


def test_what_nobody_follows_lags_behind_and_says_so(serve: Serve) -> None:
    client = serve()
    client.post("/webhooks/main", json=booking("NoShow", 1, event_id="a", at=AT))
    client.get("/v1/main/registrations?min_position=1")
    follower = client.app.state.daybook.follower
    follower.stop()
    client.post("/webhooks/main", json=booking("Created", 1, event_id="b", at=AT))

    answer = client.get("/v1/main/registrations")

    assert (answer.headers["daybook-position"], answer.headers["daybook-lag"]) == ("1", "1")
    lag = next(
        item["lag"] for item in client.get("/ops/projections").json()["items"] if item["name"] == "registrations"
    )
    assert lag["events"] == 1
    assert 'daybook_follower_lag_events{projection="registrations"} 1.0' in client.get("/metrics").text


def test_the_webhooks_tell_when_they_were_heard(client: Client) -> None:
    client.post("/webhooks/main/Class.Booking.NoShow?via=a", json=booking("NoShow", 1, event_id="a", at=AT))

    (shown,) = client.get("/ops/webhooks").json()["items"]

    assert (shown["source"], shown["event_type"], shown["via"]) == ("main", "Class.Booking.NoShow", "a")
    assert (shown["refusals_in_row"], shown["refusals"], shown["last_signature"]) == (0, 0, "unchecked")
    assert shown["last_heard"].endswith("Z")


def test_a_store_that_is_locked_is_not_ready_and_becomes_so_again(client: Client, engine: Engine) -> None:
    assert client.get("/health/ready").json() == {"status": "ready"}

    with engine.locked():
        wait_until(lambda: client.get("/health/ready").status_code == 503)
        refused = client.get("/health/ready")
        alive = client.get("/health/live").status_code

    assert refused.json()["type"] == "urn:daybook:problem:store-unavailable"
    assert int(refused.headers["retry-after"]) > 0
    assert alive == 200
    wait_until(lambda: client.get("/health/ready").status_code == 200)


def test_a_webhook_that_cannot_be_stored_is_told_to_come_again(client: Client, engine: Engine) -> None:
    with engine.locked():
        refused = client.post("/webhooks/main", json=booking("NoShow", 1, event_id="a", at=AT))

    assert (refused.status_code, refused.json()["type"]) == (503, "urn:daybook:problem:store-unavailable")
    assert int(refused.headers["retry-after"]) > 0
    again = client.post("/webhooks/main", json=booking("NoShow", 1, event_id="a", at=AT))
    assert again.json()["status"] == "recorded"


def test_the_figures_count_deliveries_batches_commits_and_refusals(serve: Serve, engine: Engine) -> None:
    source = f"figures-{type(engine).__name__.lower()}"  # the figures are of the process, which outlives a test
    client = serve(sources={source: {}})
    body = booking("NoShow", 1, event_id="a", at=AT)
    client.post(f"/webhooks/{source}?via=a", json=body)
    client.post(f"/webhooks/{source}?via=a", json=body)
    client.post(f"/webhooks/{source}?via=a", json=booking("NoShow", 2, event_id="a", at=AT))
    client.get(f"/webhooks/{source}?via=a")

    figures = client.get("/metrics").text

    for line in (
        f'daybook_deliveries_total{{outcome="recorded",source="{source}"}} 1.0',
        f'daybook_deliveries_total{{outcome="duplicate",source="{source}"}} 1.0',
        f'daybook_deliveries_total{{outcome="quarantined",source="{source}"}} 1.0',
        f'daybook_conflicts_total{{source="{source}"}} 1.0',
        f'daybook_refusals_total{{source="{source}",status="405"}} 1.0',
        "daybook_queue_depth 0.0",
    ):
        assert line in figures
    for name in ("daybook_batch_deliveries_count", "daybook_commit_seconds_count", "daybook_refusals_in_row"):
        assert name in figures


def test_routes_are_counted_by_their_template_and_never_by_an_id(client: Client) -> None:
    client.get("/v1/main/registrations/4711-0815")

    figures = client.get("/metrics").text

    assert 'path="/v1/{source}/registrations/{registration_id}"' in figures
    assert "4711-0815" not in figures


def test_the_first_page_links_to_what_can_be_read(serve: Serve) -> None:
    client = serve(sources={"main": {}, "north": {}})

    page = client.get("/")

    assert page.headers["content-type"].startswith("text/html")
    links = [part.split('"', 1)[0] for part in page.text.split('href="')[1:]]
    assert {"/v1/main/registrations", "/v1/north/quarantine", "/schema/openapi.json"} <= set(links)
    for link in links:
        assert client.get(link).status_code == 200, link


@pytest.mark.parametrize("path", ["/nothing", "/v1", "/v1/main", "/schema/nothing.json"])
def test_what_is_not_there_is_a_problem(client: Client, path: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_another_verb_is_a_problem_that_names_the_right_ones(client: Client) -> None:
    answer = client.delete("/v1/main/registrations")

    assert (answer.status_code, answer.json()["type"]) == (405, "urn:daybook:problem:method-not-allowed")
    assert "GET" in answer.headers["allow"]


def test_a_read_model_that_cannot_be_read_now_is_told_to_be_asked_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get("/v1/main/registrations")
    # What SQLite says of a file that another program has locked whole.
    locked = OperationalError("SELECT", {}, sqlite3.OperationalError("database is locked"))

    def refuse(*_: object) -> None:
        raise locked

    monkeypatch.setattr(ReadStore, "snapshot", refuse)
    answer = client.get("/v1/main/registrations")

    assert (answer.status_code, answer.json()["type"]) == (503, "urn:daybook:problem:store-unavailable")
    assert int(answer.headers["retry-after"]) > 0
