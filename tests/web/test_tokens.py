from __future__ import annotations

import hashlib

import pytest
from litestar.routes import HTTPRoute

from tests.bodies import booking_data
from tests.web.conftest import Client, Serve

TOKENS = {"reports": "token-of-reports", "desk": "token-of-the-desk"}
OPEN = ("/health/live", "/health/ready")


@pytest.fixture
def guarded(serve: Serve) -> Client:
    return serve(api_tokens={name: hashlib.sha256(token.encode()).hexdigest() for name, token in TOKENS.items()})


def routes(client: Client) -> list[tuple[str, str]]:
    """Every verb and path that Litestar routes; the webhooks' mount is no route of this kind."""
    return [
        (verb, route.path_format.replace("{source}", "main"))
        for route in client.app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for verb in sorted(handler.http_methods)
        if verb != "OPTIONS"
    ]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer "},
        {"Authorization": "token-of-the-desk"},
        {"Authorization": "Digest token-of-the-desk"},
        {"Authorization": f"Bearer {hashlib.sha256(b'token-of-the-desk').hexdigest()}"},
        {"Authorization": b"Bearer \xff\xfe"},
    ],
    ids=["none", "wrong", "empty", "no scheme", "another scheme", "its digest", "no text"],
)
def test_every_route_refuses_a_missing_and_a_wrong_token(guarded: Client, headers: dict[str, str]) -> None:
    asked = [(verb, path) for verb, path in routes(guarded) if path not in OPEN]
    assert len(asked) >= 18

    for verb, path in asked:
        answer = guarded.request(verb, path, headers=headers)

        assert answer.status_code == 401, (verb, path)
        assert answer.headers["www-authenticate"].startswith("Bearer"), (verb, path)
        assert answer.json()["type"] == "urn:daybook:problem:unauthorized"


@pytest.mark.parametrize("token", TOKENS.values())
@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_each_token_opens_every_route(guarded: Client, scheme: str, token: str) -> None:
    for verb, path in routes(guarded):
        assert guarded.request(verb, path, headers={"Authorization": f"{scheme} {token}"}).status_code != 401, path


def test_webhooks_and_health_ask_for_no_token(guarded: Client) -> None:
    assert [guarded.get(path).status_code for path in OPEN] == [200, 200]
    assert guarded.post("/webhooks/main").json()["status"] == "ping"


def test_who_releases_a_delivery_is_told_by_the_name_of_the_token(guarded: Client) -> None:
    headers = {"Authorization": "Bearer token-of-the-desk"}
    told = guarded.post("/webhooks/main", json=booking_data(1)).json()

    guarded.post(
        f"/v1/main/quarantine/{told['delivery_id']}/release",
        json={"event_type": "Class.Booking.Created"},
        headers=headers,
    )

    shown = guarded.get(f"/v1/main/deliveries/{told['delivery_id']}", headers=headers).json()
    assert shown["outcomes"][-1]["released_by"] == "desk"


def test_the_description_says_whether_tokens_are_asked_for(guarded: Client) -> None:
    headers = {"Authorization": "Bearer token-of-the-desk"}

    described = guarded.get("/schema/openapi.json", headers=headers).json()

    assert described["security"] == [{"token": []}]
    assert described["paths"]["/health/live"]["get"]["security"] == [{}]
