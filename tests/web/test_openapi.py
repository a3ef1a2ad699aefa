from __future__ import annotations

from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck
from hypothesis.strategies import booleans, one_of
from schemathesis.checks import positive_data_acceptance
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from tests.bodies import (
    CENTER,
    GROUP,
    booking,
    entry,
    feedback,
    feedback_data,
    group,
    group_status,
    progress,
    schedule,
)
from tests.web.conftest import Client

AT = "2022-03-22T12:39:20.6984376Z"
REQUESTS_MAX = 500
"""That are made up for all routes together."""


@pytest.fixture
def described(client: Client) -> dict[str, Any]:
    description: dict[str, Any] = client.get("/schema/openapi.json").json()
    return description


@pytest.fixture
def filled(client: Client) -> Client:
    """There is something of everything to read."""
    client.post("/webhooks/main", json=booking("NoShow", 43987, event_id="a", at=AT))
    client.post("/webhooks/main", json=progress("Started", entry("ap-1"), event_id="b", at=AT))
    client.post("/webhooks/main", json=group("Created", entry("ap-1"), event_id="c", at=AT))
    client.post("/webhooks/main", json=group_status(99, event_id="d", at=AT))
    client.post("/webhooks/main", json=feedback(feedback_data(), event_id="e", at=AT))
    client.post("/webhooks/main", json=schedule("Created", 900, event_id="f", at=AT))
    client.post("/webhooks/main", content=b"not JSON")
    client.get("/v1/main/history?min_position=7")
    return client


def test_the_description_is_valid_openapi(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1")
    assert [str(error) for error in OPENAPI_31_VALIDATOR.iter_errors(described)] == []


def test_every_route_tells_what_it_is_for_and_shows_an_example(described: dict[str, Any]) -> None:
    operations = [operation for path in described["paths"].values() for operation in path.values()]

    assert len({operation["operationId"] for operation in operations}) == len(operations) > 10
    for operation in operations:
        assert operation["summary"], operation
        assert operation["description"], operation
        assert operation["tags"], operation
        (content,) = operation["responses"]["200"]["content"].values()
        assert content["examples"], operation
        for parameter in operation.get("parameters", []):
            assert parameter["description"], parameter


def test_every_refusal_is_described_as_a_problem_of_a_known_type(described: dict[str, Any]) -> None:
    told = described["info"]["description"]
    shown = [
        example["value"]["type"]
        for path in described["paths"].values()
        for operation in path.values()
        for status, response in operation["responses"].items()
        if status >= "4"
        for example in response["content"]["application/problem+json"]["examples"].values()
    ]

    assert shown
    assert all(f"`{kind}`" in told for kind in shown)


def test_the_webhooks_are_described_with_examples_for_every_verb(described: dict[str, Any]) -> None:
    webhook = described["webhooks"]["zenoti"]

    assert {"post", "put", "patch"} <= set(webhook)
    assert "200" in webhook["post"]["responses"]
    assert webhook["post"]["requestBody"]["content"]["application/json"]["examples"]


def test_every_answer_is_as_described_whatever_is_asked(filled: Client, described: dict[str, Any]) -> None:
    delivery = filled.get("/v1/main/quarantine").json()["items"][0]["delivery_id"]
    ids = {
        "source": "main",
        "registration_id": "43987",
        "appointment_id": "ap-1",
        "appointment_group_id": GROUP,
        "session_id": "900",
        "center_id": CENTER,
        "date": "2022-03-22",
        "delivery_id": delivery,
    }
    schema = schemathesis.openapi.from_dict(described)
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    answered: set[str] = set()

    @hypothesis.settings(
        max_examples=REQUESTS_MAX, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @hypothesis.given(case=one_of([operation.as_strategy() for operation in operations]), known=booleans())
    def ask(case: schemathesis.Case[Any], known: bool) -> None:  # noqa: FBT001  hypothesis gives it by name
        if known:
            case.path_parameters.update((name, ids[name]) for name in case.path_parameters)
        # Waiting is right, and is tested elsewhere: here it would only take long.
        case.query.pop("min_position", None)
        wanted = case.as_transport_kwargs(base_url=str(filled.base_url))
        wanted.pop("cookies", None)
        wanted["content"] = wanted.pop("data", None)
        answer = filled.request(**wanted)
        case.validate_response(answer, excluded_checks=[positive_data_acceptance])
        if answer.is_success:
            answered.add(case.operation.label)

    ask()

    assert answered == {operation.label for operation in operations}
