"""Litestar handlers that do nothing: what the framework costs before anything is done."""

from typing import Any

from litestar import Litestar, post


@post("/webhooks/main", status_code=200)
async def nothing() -> None:
    """Takes the request, stores nothing, answers 200."""


@post("/webhooks/main", status_code=200)
async def nothing_but_reading(data: dict[str, Any]) -> dict[str, Any]:
    """Reads the body as JSON, as a handler has to that means to do something with it, and answers in JSON."""
    return {"status": "nothing", "event_id": data["event_id"]}


def create_app(_: str) -> Litestar:
    """Needs no store."""
    return Litestar([nothing], openapi_config=None)


def create_reading_app(_: str) -> Litestar:
    """Needs no store."""
    return Litestar([nothing_but_reading], openapi_config=None)
