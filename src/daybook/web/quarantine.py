"""What could not be understood, and letting it in: releasing a delivery is translating it again."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from daybook.web.deliveries import cursor_after, delivery_before, found
from daybook.web.description import example, problems, read_responses
from daybook.web.parameters import PAGE_ITEMS_DEFAULT, TEXT_CHARS_MAX, Cursor, DeliveryPath, Limit
from daybook.web.reading import HEADERS, Reading
from daybook.web.receipts import Delivery, summary
from daybook.web.shapes import Answer

RELEASE_BYTES_MAX: Final = 4 * 1024


class Quarantine(msgspec.Struct, frozen=True, kw_only=True):
    """A page of quarantined deliveries, and how many there are in all."""

    items: list[Delivery]
    cursor: str | None
    counts: Annotated[dict[str, int], Meta(description="By reason, over all pages.", examples=[{"not_json": 3}])]


class Release(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to translate it again."""

    event_type: Annotated[str, Meta(min_length=1, max_length=TEXT_CHARS_MAX)] | None = None
    """For a bare body whose URL told no type."""
    distinct: bool = False
    """Let a conflict in: its content then belongs to its identity."""


@get(
    "/",
    summary="List the quarantine",
    operation_class=example(Quarantine(items=[], cursor=None, counts={"not_json": 3, "conflict": 1})),
    response_headers=HEADERS,
    responses=read_responses("invalid-cursor"),
    sync_to_thread=True,
)
def list_quarantine(
    reading: NamedDependency[Reading], limit: Limit = PAGE_ITEMS_DEFAULT, cursor: Cursor = None
) -> Response[Quarantine]:
    """Newest arrival first, with the reasons and how many deliveries there are of each."""
    query: dict[str, str | None] = {"quarantine": reading.source}
    position = reading.journal.head()
    inbox = reading.journal.inbox
    page = inbox.quarantine(source=reading.source, limit=limit, before=delivery_before(cursor, query))
    return reading.answer(
        Quarantine(
            items=[summary(item) for item in page.items],
            cursor=cursor_after(page, query),
            counts=inbox.quarantine_counts(reading.source),
        ),
        position,
    )


@post(
    "/{delivery_id:str}/release",
    status_code=200,
    summary="Release a quarantined delivery",
    operation_class=example(
        Answer(status="recorded", delivery_id="0196f3a2-7c1e-7d9b-8a51-2f6c0d4e9b13", position=42, detail=None)
    ),
    responses=problems(
        "invalid-parameter",
        "unauthorized",
        "not-found",
        "unknown-source",
        "not-quarantined",
        "body-too-large",
        "projection-behind",
        "store-unavailable",
    ),
    request_max_body_size=RELEASE_BYTES_MAX,
)
async def release_delivery(
    reading: NamedDependency[Reading],
    request: Request[Any, Any, Any],
    delivery_id: DeliveryPath,
    data: JSONBody[Release | None] = None,
) -> Answer:
    """Translates it again, answered like a webhook; what still cannot be understood stays `quarantined`."""
    asked = data or Release()
    inbox = reading.daybook.journal.inbox  # a replica may not have it yet
    delivery = await asyncio.to_thread(found, inbox, reading.source, delivery_id)
    answer = await reading.daybook.intake.release(
        delivery.delivery_id,
        source=reading.source,
        event_type=asked.event_type,
        distinct=asked.distinct,
        by=request.auth,
    )
    return Answer(
        status=answer.status,
        delivery_id=None if answer.delivery_id is None else str(answer.delivery_id),
        position=answer.position,
        detail=answer.detail,
    )


quarantine_router = Router("/quarantine", route_handlers=[list_quarantine, release_delivery], tags=["inbox"])
