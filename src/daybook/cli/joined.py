"""A visit or a class session as the read models tell it, in the shape of the API.

The journal knows no way from a group to its appointments or from a session to its registrations: only the read models
do. So these tell what a follower has posted, and how much it has yet to post.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from daybook.cli.subject import Subject, absent, shaped, told_history
from daybook.domain.identity import Kind, normalize_id
from daybook.projecting.queries import page
from daybook.reading import rosters, visits
from daybook.web import answers
from daybook.web.cursors import Rows, write_cursor

if TYPE_CHECKING:
    from daybook.bootstrap import Daybook

_REGISTRATIONS_MAX: Final = 1_000
"""As in the largest page of the API; no class is so large."""


def read_visit(daybook: Daybook, source: str, told_id: str) -> Subject:
    """Raises `DaybookError` where nothing told of it, `ProjectionError` where there are no read models of it."""
    group_id = normalize_id(told_id)
    with daybook.read_store.snapshot("appointments") as snapshot:
        found = visits.visit(snapshot, source, group_id)
        position = snapshot.cursor.position
    behind = max(daybook.journal.head() - position, 0)
    if found is None:
        raise absent(daybook, source, "visit", group_id, behind)
    entries = list(visits.history_of(daybook.journal, source, group_id, found, position))
    state = msgspec.to_builtins(answers.visit(source, group_id, found, entries))
    return Subject("visit", group_id, state, shaped(entries), behind)


def read_session(daybook: Daybook, source: str, told_id: str) -> Subject:
    """Likewise; its history is that of the session itself."""
    session_id = normalize_id(told_id)
    with daybook.read_store.snapshot("registrations") as snapshot:
        found = rosters.roster(snapshot, source, session_id)
        registered = page(snapshot, source, where={"session_id": session_id}, limit=_REGISTRATIONS_MAX)
        registrations = rosters.with_sessions(snapshot, registered.rows)
        position, rows = snapshot.cursor.position, Rows(snapshot.cursor.version, snapshot.cursor.build)
    behind = max(daybook.journal.head() - position, 0)
    if found is None:
        raise absent(daybook, source, "session", session_id, behind)
    query = {"": "roster", "source": source, "session_id": session_id}
    following = None if registered.before is None else write_cursor(query, *registered.before, rows)
    state = msgspec.to_builtins(answers.session(source, session_id, found, registrations, following))
    history = told_history(daybook, source, Kind.CLASS_SESSION, session_id)
    return Subject("session", session_id, state, history, behind)
