"""How it runs: the projections and their builds, every webhook with its refusals in a row (twenty deactivate it)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Router, get
from msgspec import Meta

from daybook.bootstrap import Daybook
from daybook.journal.entries import WebhookHealth
from daybook.web.description import example, problems
from daybook.web.shapes import Instant
from daybook.web.shaping import instant
from daybook.web.standing import Build, Lag, Projection, standings

REFUSALS_DEACTIVATE: Final = 20
"""Zenoti deactivates a webhook after so many failures in a row."""


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """One webhook, as Zenoti counts its failures."""

    source: str
    event_type: Annotated[str | None, Meta(description="The type in its URL.")]
    via: str | None
    last_heard: Annotated[Instant | None, Meta(description="When a delivery last got through.")]
    last_signature: Annotated[str | None, Meta(description="Of that delivery.", examples=["verified"])]
    refusals_in_row: Annotated[int, Meta(description="Twenty deactivate the webhook until a person re-enables it.")]
    refusals: Annotated[int, Meta(description="All there ever were.")]
    last_refused: Instant | None
    last_refusal_status: int | None
    last_refusal_reason: str | None
    last_unsigned: Annotated[Instant | None, Meta(description="When an unsigned one was last let in (`observe`).")]
    last_ping: Annotated[Instant | None, Meta(description="When Zenoti's test button was last pressed.")]


class Projections(msgspec.Struct, frozen=True, kw_only=True):
    """All projections."""

    items: list[Projection]


class Webhooks(msgspec.Struct, frozen=True, kw_only=True):
    """All webhooks that were heard or refused."""

    items: list[Webhook]


_BUILD: Final = Build(
    version=1,
    build=1,
    live=True,
    previous=False,
    state="following",
    position=42,
    lag=Lag(0, 0.0),
    rate=12.5,
    events_done=0,
    events_total=None,
    on_ready=None,
    begun_at="2022-03-01T08:00:00Z",
    updated_at="2022-03-22T12:39:21Z",
    stopped_reason=None,
    stopped_at=None,
    leader="host:4711:6f1c",
)
_NEXT: Final = msgspec.structs.replace(
    _BUILD,
    version=2,
    live=False,
    state="building",
    position=0,
    lag=Lag(42, 1815600.0),
    rate=84210.0,
    events_done=30,
    events_total=42,
    on_ready="switch",
    begun_at="2022-03-22T12:39:20Z",
)
_PROJECTION: Final = Projection(
    name="registrations",
    versions=[1, 2],
    declared=2,
    live=1,
    position=42,
    lag=Lag(0, 0.0),
    rate=12.5,
    state="following",
    stopped_reason=None,
    stopped_at=None,
    updated_at="2022-03-22T12:39:21Z",
    leader="host:4711:6f1c",
    builds=[_BUILD, _NEXT],
)
_WEBHOOK: Final = Webhook(
    source="main",
    event_type=None,
    via="org-noshow",
    last_heard="2022-03-22T12:39:21Z",
    last_signature="verified",
    refusals_in_row=0,
    refusals=2,
    last_refused="2022-03-21T08:00:00Z",
    last_refusal_status=401,
    last_refusal_reason="signature_wrong",
    last_unsigned=None,
    last_ping="2022-03-20T08:00:00Z",
)


@get(
    "/projections",
    summary="How the projections stand",
    operation_class=example(Projections(items=[_PROJECTION])),
    responses=problems("unauthorized"),
    sync_to_thread=True,
)
def list_projections(request: Request[Any, Any, Any]) -> Projections:
    """Every projection with its versions and builds, its place in the journal and, where it stopped, why."""
    return Projections(items=standings(request.app.state.daybook, request.app.state.pace))


@get(
    "/webhooks",
    summary="How the webhooks stand",
    operation_class=example(Webhooks(items=[_WEBHOOK])),
    responses=problems("unauthorized"),
    sync_to_thread=True,
)
def list_webhooks(request: Request[Any, Any, Any]) -> Webhooks:
    """Every webhook that was heard or refused, by source, type in the URL and label."""
    daybook: Daybook = request.app.state.daybook
    return Webhooks(items=[_webhook(health) for health in daybook.journal.inbox.webhooks()])


def _webhook(health: WebhookHealth) -> Webhook:
    told = asdict(health)
    for name in ("last_heard", "last_refused", "last_unsigned", "last_ping"):
        told[name] = instant(told.pop(f"{name}_ns"))
    return Webhook(**{name: told[name] for name in Webhook.__struct_fields__})


ops_router = Router("/ops", route_handlers=[list_projections, list_webhooks], tags=["operation"])
