"""What cannot be right, searched: what the read models say of each aggregate, and what only several of them show.

That of several is computed from what is known now, so it depends on no order of arrival, and goes by itself when what
was missed arrives late.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, Select, case, exists, func, literal, or_, select, true, tuple_

from daybook.domain.findings import KINDS, Code, Finding
from daybook.domain.identity import Kind, stream_id
from daybook.projecting.snapshot import Snapshot

PROJECTIONS: Final = ("registrations", "appointments")
"""Whose rows the findings are in: take one snapshot of each, at one moment."""

Row: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[int, str]
"""Where a page ended: the time of its last finding, and its subject and code as one text."""

_COLUMNS: Final = ("kind", "subject_id", "center_id", "code", "occurred_at_ns")
_SUBJECTS: Final = {
    Kind.REGISTRATION: "registration_id",
    Kind.CLASS_SESSION: "session_id",
    Kind.APPOINTMENT: "appointment_id",
    Kind.APPOINTMENT_GROUP: "appointment_group_id",
}
_TAKES_PLACE: Final = ("scheduled", "unknown")
_SEPARATOR: Final = "/"
"""Stands in no id."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is searched for; None is any. `from_ns` is inclusive, `to_ns` exclusive."""

    code: Code | None = None
    kind: Kind | None = None
    center_id: str | None = None
    from_ns: int | None = None
    to_ns: int | None = None

    def can_be(self, code: Code) -> bool:
        """Whether findings of this code are wanted."""
        return self.code in {None, code} and self.kind in {None, KINDS[code]}


@dataclass(frozen=True, slots=True)
class Page:
    """Findings, newest first, and the key after which the next page begins; None where these are the last."""

    findings: list[Finding]
    before: Key | None


@dataclass(frozen=True, slots=True)
class _Branch:
    """One query of findings, and the code that all of them have, if it is one."""

    query: Select[Any]
    code: Code | None = None


def search(
    snapshots: Sequence[Snapshot], source: str, wanted: Wanted, *, before: Key | None = None, limit: int = 50
) -> Page:
    """The newest findings of a source; `snapshots` are of `PROJECTIONS`."""
    found: list[Finding] = []
    for snapshot in snapshots:
        for branch in _branches(snapshot, source, wanted):
            rows = snapshot.connection.execute(_page_of(branch, wanted, before, limit + 1))
            found += [_finding(row) for row in rows.mappings()]
    found.sort(key=_order, reverse=True)
    more = len(found) > limit
    return Page(found[:limit], _key(found[limit - 1]) if more else None)


def findings_about(snapshot: Snapshot, source: str, kind: Kind, ids: Collection[str]) -> dict[str, list[Finding]]:
    """What cannot be right about each of these, all of one kind, by normalized id; `[]` where nothing is.

    `snapshot` is of `registrations` for registrations and class sessions, of `appointments` for the others.
    """
    about: dict[str, list[Finding]] = {subject_id: [] for subject_id in ids}
    if not about:
        return about
    for branch in _branches(snapshot, source, Wanted(kind=kind), [*about]):
        for row in snapshot.connection.execute(branch.query).mappings():
            about[row["subject_id"]].append(_finding(row))
    for found in about.values():
        found.sort(key=_order)
    return about


def findings_beside(snapshot: Snapshot, kind: Kind, source: str, ids: Collection[str]) -> dict[str, list[Row]]:
    """The same as rows, as they stand beside the rows of what they are about."""
    about = findings_about(snapshot, source, kind, ids)
    return {subject_id: [finding.told() for finding in found] for subject_id, found in about.items()}


def with_findings(snapshot: Snapshot, kind: Kind, rows: Sequence[Row]) -> list[Row]:
    """Rows of the main table of this kind, each with its `findings`."""
    subject = _SUBJECTS[kind]
    about = {
        source: findings_beside(snapshot, kind, source, [row[subject] for row in rows if row["source"] == source])
        for source in {row["source"] for row in rows}
    }
    return [{**row, "findings": about[row["source"]][row[subject]]} for row in rows]


def _branches(snapshot: Snapshot, source: str, wanted: Wanted, ids: Sequence[str] | None = None) -> Iterator[_Branch]:
    """All findings of a snapshot: those that stand in its rows, and those that several aggregates show."""
    if snapshot.cursor.name == "registrations":
        spanning: Code = "capacity_exceeded"
        query = _capacity_exceeded
    else:
        spanning, query = "after_deleted", _after_deleted
    yield _Branch(_of_each(snapshot, source, wanted.kind, ids))
    if wanted.can_be(spanning):
        yield _Branch(query(snapshot, source, ids), spanning)


def _of_each(snapshot: Snapshot, source: str, kind: Kind | None, ids: Sequence[str] | None) -> Select[Any]:
    own = snapshot.named(f"{snapshot.cursor.name}_findings")
    query = select(*(own.c[name] for name in _COLUMNS)).where(own.c.source == source)
    if ids is not None and kind is not None:
        query = query.where(own.c.stream_id.in_([stream_id(source, kind, subject_id).hex for subject_id in ids]))
    return query


def _capacity_exceeded(snapshot: Snapshot, source: str, ids: Sequence[str] | None) -> Select[Any]:
    """Sessions in which more registrations hold a place than it has.

    A capacity that an update without a time of its own may have told too late does not count, nor one of 0: no body
    ever showed whether that means none or no limit. What was called off has no places to be short of.
    """
    sessions, own = snapshot.named("registrations_sessions"), snapshot.named("registrations")
    held = (
        select(
            own.c.session_id,
            func.sum(case((own.c.holds_place, 1), else_=0)).label("places"),
            func.max(case((own.c.holds_place, own.c.occurred_at_ns))).label("at_ns"),
        )
        .where(own.c.source == source, true() if ids is None else own.c.session_id.in_(ids))
        .group_by(own.c.session_id)
        .subquery()
    )
    at_ns = case((held.c.at_ns > sessions.c.occurred_at_ns, held.c.at_ns), else_=sessions.c.occurred_at_ns)
    return (
        select(
            *_named("class-session", sessions.c.session_id, sessions.c.center_id, "capacity_exceeded"),
            at_ns.label("occurred_at_ns"),
        )
        .select_from(sessions.join(held, sessions.c.session_id == held.c.session_id))
        .where(sessions.c.source == source, held.c.places > sessions.c.capacity, sessions.c.capacity > 0)
        .where(sessions.c.status.in_(_TAKES_PLACE))
        .where(or_(sessions.c.time_basis == "event", sessions.c.version == 1))
    )


def _after_deleted(snapshot: Snapshot, source: str, ids: Sequence[str] | None) -> Select[Any]:
    """Groups that are deleted, and of an appointment of which something was told that occurred later.

    What is told of the group itself after its deletion stands in its row already.
    """
    groups, own = snapshot.named("appointments_groups"), snapshot.named("appointments")
    findings = snapshot.named("appointments_findings")
    told = exists().where(findings.c.stream_id == groups.c.stream_id, findings.c.code == "after_deleted")
    later = (
        (own.c.source == groups.c.source)
        & (own.c.appointment_group_id == groups.c.appointment_group_id)
        & (own.c.time_basis == "event")
        & (own.c.occurred_at_ns > groups.c.deleted_since_ns)
    )
    # Of an expression, not of the column: else an index by center is walked for the first one.
    center = func.nullif(func.max(func.coalesce(own.c.center_id, "")), "")
    center_id = select(center).where(later).scalar_subquery()
    at_ns = select(func.min(own.c.occurred_at_ns)).where(later).scalar_subquery()
    return (
        select(
            *_named(
                "appointment-group",
                groups.c.appointment_group_id,
                func.coalesce(groups.c.center_id, center_id),
                "after_deleted",
            ),
            at_ns.label("occurred_at_ns"),
        )
        .where(groups.c.source == source, groups.c.deleted_since_ns.is_not(None), ~told, exists().where(later))
        .where(true() if ids is None else groups.c.appointment_group_id.in_(ids))
    )


def _named(
    kind: str, subject_id: ColumnElement[Any], center_id: ColumnElement[Any], code: Code
) -> Iterator[ColumnElement[Any]]:
    yield literal(kind).label("kind")
    yield subject_id.label("subject_id")
    yield center_id.label("center_id")
    yield literal(code).label("code")


def _page_of(branch: _Branch, wanted: Wanted, before: Key | None, limit: int) -> Select[Any]:
    """The first rows of a branch that are wanted and stand behind the key."""
    # What stands in a table is filtered there, by its indexes; what is computed, as it comes out.
    found = branch.query.selected_columns if branch.code is None else branch.query.subquery().c
    query = branch.query if branch.code is None else select(*found)
    at_ns = found["occurred_at_ns"]
    told = {"code": wanted.code, "kind": wanted.kind and wanted.kind.value, "center_id": wanted.center_id}
    for name, value in told.items():
        if value is not None:
            query = query.where(found[name] == value)
    if wanted.from_ns is not None:
        query = query.where(at_ns >= wanted.from_ns)
    if wanted.to_ns is not None:
        query = query.where(at_ns < wanted.to_ns)
    if before is not None:
        query = query.where(_behind(branch, found, before))
    return query.order_by(at_ns.desc(), found["subject_id"].desc(), found["code"].desc()).limit(limit)


def _behind(branch: _Branch, found: Any, before: Key) -> ColumnElement[bool]:  # noqa: ANN401  columns of a query
    at_ns, (subject_id, _, code) = before[0], before[1].rpartition(_SEPARATOR)
    if branch.code is None:
        return tuple_(found["occurred_at_ns"], found["subject_id"], found["code"]) < tuple_(at_ns, subject_id, code)
    place, end = tuple_(found["occurred_at_ns"], found["subject_id"]), tuple_(at_ns, subject_id)
    # The database need not compare a text that is the same in all rows, by whatever rule it would.
    return place <= end if branch.code < code else place < end


def _finding(row: Any) -> Finding:  # noqa: ANN401  the mapping of a row
    return Finding(Kind(row["kind"]), row["subject_id"], row["center_id"], row["code"], row["occurred_at_ns"])


def _order(found: Finding) -> tuple[int, str, str]:
    return found.occurred_at_ns, found.subject_id, found.code


def _key(found: Finding) -> Key:
    return found.occurred_at_ns, f"{found.subject_id}{_SEPARATOR}{found.code}"
