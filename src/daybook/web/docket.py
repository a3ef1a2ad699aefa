"""Findings as the API tells them, in pages. Free of the web's requests, since the command line tells the same."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

from daybook.domain import findings as domain
from daybook.projecting.read_store import ReadStore
from daybook.reading.findings import PROJECTIONS, Wanted, search
from daybook.web.cursors import Rows, read_cursor, write_cursor
from daybook.web.shapes import Finding, Page
from daybook.web.shaping import shape

FindingKind: TypeAlias = Literal["registration", "class-session", "appointment", "appointment-group"]


class FoundFinding(Finding, frozen=True, kw_only=True):
    """Something that cannot be right: it mostly means that a webhook was missed."""

    kind: Annotated[FindingKind, Meta(description="What the finding is about.", examples=["registration"])]
    subject_id: Annotated[str, Meta(description="And its id.", examples=["43987"])]
    center_id: Annotated[str | None, Meta(description="Where that is, as far as was told.")] = None


class Findings(Page, frozen=True, kw_only=True):
    """A page of findings."""

    items: list[FoundFinding]


def page_of(
    store: ReadStore, source: str, wanted: Wanted, *, limit: int, cursor: str | None = None
) -> tuple[Findings, int]:
    """One page of the findings that are wanted, newest first, and the position up to which everything counts."""
    with store.together(*PROJECTIONS) as snapshots:
        rows = Rows.of(*snapshots)
        query: dict[str, Any] = {**msgspec.to_builtins(wanted), "": "findings", "source": source}
        page = search(snapshots, source, wanted, before=read_cursor(cursor, query, str, rows), limit=limit)
        position = min(snapshot.cursor.position for snapshot in snapshots)
    following = None if page.before is None else write_cursor(query, *page.before, rows)
    return Findings(items=[_found(finding) for finding in page.findings], cursor=following), position


def _found(finding: domain.Finding) -> FoundFinding:
    return shape(FoundFinding, finding.told())
