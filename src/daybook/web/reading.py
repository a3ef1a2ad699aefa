"""One read request: whose data it is about, how fresh the answer must be, and how fresh it is."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Sequence
from typing import Any, Final, TypeVar, cast

import msgspec
from litestar import Request, Response
from litestar.datastructures import ResponseHeader
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter

from daybook.bootstrap import Daybook
from daybook.web.parameters import MinPosition, SourcePath
from daybook.web.problems import problem

T = TypeVar("T")

WAIT_S_MAX: Final = 2.0
"""How long `min_position=` waits."""
_POLL_S: Final = 0.02
_ETAG_BYTES: Final = 12

HEADERS: Final = [
    ResponseHeader(name="ETag", description="Changes with the answer: send it as `If-None-Match`.",
                   value='"b1946ac92492d2347c62"', documentation_only=True),
    ResponseHeader(name="Daybook-Position", description="Everything up to this position of the journal is in it.",
                   value="0", documentation_only=True),
    ResponseHeader(name="Daybook-Lag", description="Events that the journal holds beyond that.", value="0",
                   documentation_only=True),
]  # fmt: skip


class Reading:
    """What every read needs; made anew for each request."""

    def __init__(self, daybook: Daybook, source: str, request: Request[Any, Any, Any]) -> None:
        self.daybook = daybook
        self.journal = daybook.reads.journal
        self.read_store = daybook.reads.read_store
        self.source = source
        self._if_none_match = request.headers.get("if-none-match")

    def answer(self, value: T, position: int) -> Response[T]:
        """The value with its ETag and its place in the journal, or 304 where the caller has it already.

        `position` is that of the projection the value was read from, or the journal's end before it was read there.
        """
        head = self.journal.head()
        body = msgspec.json.encode(value)
        # Over the body, so that it covers every row that was joined to it, and no bookkeeping beside it.
        etag = f'"{hashlib.blake2b(body, digest_size=_ETAG_BYTES).hexdigest()}"'
        headers = {
            "ETag": etag,
            "Daybook-Position": str(position),
            "Daybook-Lag": str(max(head - position, 0)),
            "Cache-Control": "private, no-cache",
        }
        if _matches(self._if_none_match, etag):
            return Response(cast("T", None), status_code=304, headers=headers)
        return Response(cast("T", body), media_type="application/json", headers=headers)


async def provide_reading(
    request: Request[Any, Any, Any], source: SourcePath, min_position: MinPosition = None
) -> Reading:
    """Refuses an unknown source and unknown parameters, and waits until the answer can be as fresh as asked."""
    daybook: Daybook = request.app.state.daybook
    if source not in daybook.settings.sources:
        raise problem("unknown-source", "no source of this name is set up; see DAYBOOK_SOURCES")
    _refuse_unknown_parameters(request)
    if min_position is not None:
        await _wait_for(daybook, request.route_handler.opt.get("projection"), min_position)
    return Reading(daybook, source, request)


READING: Final = Provide(provide_reading)


async def _wait_for(daybook: Daybook, projections: str | Sequence[str] | None, position: int) -> None:
    """Waits on the event loop, not in a thread: forty callers that wait must not keep the others from reading."""
    names = (projections,) if isinstance(projections, str) else tuple(projections or ())
    deadline = time.monotonic() + WAIT_S_MAX
    while True:
        at = await asyncio.to_thread(_position, daybook, names)
        if at >= position:
            return
        if time.monotonic() >= deadline:
            which = " or ".join(names)
            what = f"the projection {which}" if which else "the journal"
            raise problem(
                "projection-behind",
                f"{what} has got to position {at}, not yet to {position}; ask again",
                headers={"Daybook-Position": str(at)},
            )
        await asyncio.sleep(_POLL_S)


def _position(daybook: Daybook, projections: Sequence[str]) -> int:
    """That of the one that is furthest behind, of what an answer is joined from; the journal's end without any."""
    if not projections:
        return daybook.reads.journal.head()
    with daybook.reads.read_store.together(*projections) as snapshots:
        return min(snapshot.cursor.position for snapshot in snapshots)


def _refuse_unknown_parameters(request: Request[Any, Any, Any]) -> None:
    known = {"min_position"} | _query_names(request.route_handler)
    given = [name for name, _ in request.query_params.multi_items()]
    if any(name not in known for name in given):
        raise problem("invalid-parameter", f"an unknown parameter was given; known are {', '.join(sorted(known))}")
    if len(set(given)) < len(given):
        raise problem("invalid-parameter", "a parameter was given twice")


def _query_names(handler: BaseRouteHandler) -> set[str]:
    fields = handler.parsed_fn_signature.parameters.values()
    return {
        field.kwarg_definition.name or field.name
        for field in fields
        if isinstance(field.kwarg_definition, QueryParameter)
    }


def _matches(if_none_match: str | None, etag: str) -> bool:
    if if_none_match is None:
        return False
    candidates = [candidate.strip().removeprefix("W/") for candidate in if_none_match.split(",")]
    return "*" in candidates or etag in candidates
