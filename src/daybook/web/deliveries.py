"""What came in: every delivery with its provenance, what became of it, and its body byte for byte."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import QueryParameter

from daybook.domain.identity import Kind
from daybook.journal import entries
from daybook.journal.entries import OutcomeName
from daybook.journal.inbox import Inbox
from daybook.web.cursors import read_cursor, write_cursor
from daybook.web.description import example, read_responses
from daybook.web.parameters import (
    PAGE_ITEMS_DEFAULT,
    Cursor,
    DeliveryPath,
    FromNamed,
    Limit,
    ToNamed,
    TypeFilter,
    instant_in_filter,
)
from daybook.web.problems import problem
from daybook.web.reading import HEADERS, Reading
from daybook.web.receipts import Deliveries, Delivery, Recorded, WholeDelivery, summary, whole

_SUMMARY: Final = Delivery(
    arrived_at="2022-03-22T12:39:21.104Z",
    recorded_at="2022-03-22T12:39:21.112Z",
    url_type=None,
    via="org-noshow",
    method="POST",
    path="/webhooks/main",
    peer="203.0.113.7",
    origin="webhook",
    signature="verified",
    secret_fingerprint="5f0c1b7d2a9e4c38",  # noqa: S106  a fingerprint is none
    body_bytes=1024,
    body_sha256="9b74c9897bac770ffc029102a200c5de9b74c9897bac770ffc029102a200c5de",
    delivery_id="0196f3a2-7c1e-7d9b-8a51-2f6c0d4e9b13",
    source="main",
    event_type="Class.Booking.NoShow",
    event_id="f3b1d2c4-5e6f-4a7b-8c9d-0e1f2a3b4c5d",
    event_schema="v1",
    occurred_at="2022-03-22T12:39:20.6984376Z",
    outcome="recorded",
    reason=None,
    detail=None,
    position=42,
    repeats=1,
)
_WHOLE: Final = WholeDelivery(
    **msgspec.structs.asdict(_SUMMARY),
    headers=[("content-type", "application/json")],
    outcomes=[],
    calls=[],
    recorded=[Recorded(position=42, version=3, type="Registration.NoShow", kind=Kind.REGISTRATION, subject_id="43987")],
)
OutcomeFilter = Annotated[
    OutcomeName | None,
    QueryParameter(description="What became of it last.", examples=[Example(value="recorded")]),
]


@get(
    "/",
    summary="List deliveries",
    operation_class=example(Deliveries(items=[_SUMMARY], cursor=None)),
    response_headers=HEADERS,
    responses=read_responses("invalid-cursor"),
    sync_to_thread=True,
)
def list_deliveries(
    reading: NamedDependency[Reading],
    *,
    outcome: OutcomeFilter = None,
    event_type: TypeFilter = None,
    from_: FromNamed = None,
    to: ToNamed = None,
    limit: Limit = PAGE_ITEMS_DEFAULT,
    cursor: Cursor = None,
) -> Response[Deliveries]:
    """Newest arrival first; `from` and `to` are about the arrival."""
    position = reading.journal.head()
    query = {"deliveries": reading.source, "outcome": outcome, "type": event_type, "from": from_, "to": to}
    page = reading.journal.inbox.deliveries(
        source=reading.source,
        outcome=outcome,
        event_type=event_type,
        from_ns=instant_in_filter("from", from_),
        to_ns=instant_in_filter("to", to),
        limit=limit,
        before=delivery_before(cursor, query),
    )
    deliveries = Deliveries(items=[summary(item) for item in page.items], cursor=cursor_after(page, query))
    return reading.answer(deliveries, position)


@get(
    "/{delivery_id:str}",
    summary="Show one delivery",
    operation_class=example(_WHOLE),
    response_headers=HEADERS,
    responses=read_responses("not-found"),
    sync_to_thread=True,
)
def show_delivery(reading: NamedDependency[Reading], delivery_id: DeliveryPath) -> Response[WholeDelivery]:
    """With all its calls and outcomes, and the events that it made."""
    position = reading.journal.head()
    delivery = found(reading.journal.inbox, reading.source, delivery_id)
    recorded = [
        Recorded(
            position=event.position,
            version=event.originator_version,
            type=event.type_name(),
            kind=event.KIND,
            subject_id=event.subject_id,
        )
        for outcome in delivery.outcomes
        if outcome.events and outcome.first_position is not None
        for event in reading.journal.select_events_after(outcome.first_position - 1, outcome.events)
    ]
    return reading.answer(whole(delivery, recorded), position)


@get(
    "/{delivery_id:str}/body",
    summary="Get the body of one delivery",
    operation_class=example('{"event_id": "f3b1d2c4-5e6f-4a7b-8c9d-0e1f2a3b4c5d", "data": {}}'),
    media_type="application/octet-stream",
    response_headers=HEADERS[:1],
    responses=read_responses("not-found"),
    sync_to_thread=True,
)
def get_body(reading: NamedDependency[Reading], delivery_id: DeliveryPath) -> Response[bytes]:
    """Byte for byte as it came; it holds personal data."""
    delivery = found(reading.journal.inbox, reading.source, delivery_id)
    body = reading.journal.inbox.body(delivery.delivery_id)
    if body is None:
        raise problem("not-found", "the body of this delivery is no longer kept")
    headers = {
        "ETag": f'"{delivery.body_digest.hex()}"',
        # Whatever it holds, no browser shall take it for a page of ours.
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f'attachment; filename="{delivery.delivery_id}"',
        "Cache-Control": "private, no-cache",
    }
    return Response(body, media_type="application/octet-stream", headers=headers)


def found(inbox: Inbox, source: str, delivery_id: str) -> entries.Delivery:
    """The delivery of this source, or a problem."""
    try:
        delivery = inbox.delivery(UUID(delivery_id.strip()), source)
    except ValueError:
        delivery = None
    if delivery is None:
        raise problem("not-found", "this source has no delivery of this id")
    return delivery


def delivery_before(cursor: str | None, query: dict[str, str | None]) -> UUID | None:
    """Where the page begins, for the inbox."""
    begin = read_cursor(cursor, query, str)
    if begin is None:
        return None
    try:
        return UUID(begin[1])
    except ValueError:
        raise problem("invalid-cursor", "this is not a cursor; leave it out to begin at the start") from None


def cursor_after(page: entries.Page, query: dict[str, str | None]) -> str | None:
    """Where the next page begins, for the client."""
    return None if page.before is None else write_cursor(query, 0, str(page.before))


deliveries_router = Router("/deliveries", route_handlers=[list_deliveries, show_delivery, get_body], tags=["inbox"])
