"""A visit or a class session as the read models tell it, in the shape of the API.

The journal knows no way from a group to its appointments or from a session to its registrations: only the read models
do. So these tell what a follower has posted, and how much it has yet to post.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from daybook.cli.subject import Subject, absent, shaped, told_history
from daybook.domain.identity import Kind, named_id
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
    group_id = named_id(told_id)
    with daybook.read_store.snapshot("appointments") as snapshot:
        found = visits.visit(snapshot, source, group_id)
        position = snapshot.cursor.position
    behind = max(daybook.journal.head() - position, 0)
    if found is None:
        raise absent(daybook, source, "visit", group_id, behind)
    entries = list(visits.history_of(daybook.journal, source, group_id, found, position))
    told = answers.visit(source, group_id, found, entries)
    return Subject("visit", group_id, msgspec.to_builtins(told), shaped(entries), behind, _words(daybook, told))


def _words(daybook: Daybook, visit: answers.Visit) -> str | None:
    if visit.feedback is None:
        return None
    body = daybook.journal.inbox.body(UUID(visit.feedback.delivery_id))
    return answers.feedback_in_words(visit.feedback, body).comments


def read_session(daybook: Daybook, source: str, told_id: str) -> Subject:
    """Likewise; its history is that of the session itself."""
    session_id = named_id(told_id)
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
