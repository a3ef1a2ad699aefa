"""What cannot be right, across registrations, class sessions, appointments and their groups."""

from __future__ import annotations

from typing import Annotated, Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import QueryParameter

from daybook.domain.findings import SUGGESTS, Code
from daybook.domain.identity import Kind
from daybook.reading.findings import PROJECTIONS, Wanted
from daybook.web.description import example, read_responses
from daybook.web.docket import FindingKind, Findings, FoundFinding, page_of
from daybook.web.parameters import (
    PAGE_ITEMS_DEFAULT,
    Cursor,
    FromNamed,
    IdFilter,
    Limit,
    ToNamed,
    id_in_filter,
    instant_in_filter,
)
from daybook.web.reading import HEADERS, Reading

CodeFilter = Annotated[
    Code | None, QueryParameter(description="What cannot be right.", examples=[Example(value="no_created")])
]
KindFilter = Annotated[
    FindingKind | None,
    QueryParameter(description="What the findings are about.", examples=[Example(value="registration")]),
]

_FINDING: Final = FoundFinding(
    code="no_created",
    kind="registration",
    subject_id="43987",
    center_id="5c2d1e3f-1a2b-4c3d-8e4f-5a6b7c8d9e0f",
    occurred_at="2022-03-22T12:39:20.6984376Z",
    suggests=SUGGESTS["no_created"],
)


@get(
    "/findings",
    summary="Search the findings",
    operation_class=example(Findings(items=[_FINDING], cursor=None)),
    response_headers=HEADERS,
    responses=read_responses("invalid-cursor", "projection-switched", "projection-unavailable"),
    sync_to_thread=True,
    tags=["state"],
    projection=PROJECTIONS,
)
def search_findings(
    reading: NamedDependency[Reading],
    *,
    code: CodeFilter = None,
    kind: KindFilter = None,
    center_id: IdFilter = None,
    from_: FromNamed = None,
    to: ToNamed = None,
    limit: Limit = PAGE_ITEMS_DEFAULT,
    cursor: Cursor = None,
) -> Response[Findings]:
    """What cannot be right in what was told, newest first, each with the webhook that was probably missed.

    A finding goes by itself when that webhook arrives after all.
    """
    wanted = Wanted(
        code=code,
        kind=None if kind is None else Kind(kind),
        center_id=id_in_filter("center_id", center_id),
        from_ns=instant_in_filter("from", from_),
        to_ns=instant_in_filter("to", to),
    )
    found, position = page_of(reading.read_store, reading.source, wanted, limit=limit, cursor=cursor)
    return reading.answer(found, position)
