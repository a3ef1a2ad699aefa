"""The proof that every committed event was applied exactly once, or where it was not, and which command mends it.

What it cannot see: an event that was altered where its body was erased or an older translation had read it, as long as
it can be decoded and no cursor stands at it (rows made from it before tell, since a fresh fold differs); provenance
that no body tells, such as a peer's address; a delivery that was lost with all that belongs to it and had no events;
on PostgreSQL the loss of the journal's end together with its outcomes, while no cursor stands there; and whatever was
altered everywhere alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from daybook.errors import StoreUnavailableError
from daybook.journal import Journal
from daybook.projecting.failure import Policy, is_absent, policy_of
from daybook.projecting.projection import Projection
from daybook.projecting.read_store import ReadStore
from daybook.projecting.reason import kind_of, reason_of
from daybook.verifying.cursors import verify_cursor
from daybook.verifying.damage import RESTORE, Code, Damage, Told
from daybook.verifying.deliveries import verify_deliveries
from daybook.verifying.events import verify_events
from daybook.verifying.ledger import Audit
from daybook.verifying.orphans import verify_orphans
from daybook.verifying.rows import verify_rows
from daybook.verifying.streams import verify_streams

_EMPTY: Final = (
    "it is disposable: stop daybook, delete read.db (on PostgreSQL the schema read), and start it again, which fills it"
)


def verify(
    journal: Journal, read_store: ReadStore, projections: Mapping[str, Projection], *, sample: int | None = None
) -> Iterator[Told]:
    """Damage as it is found, notes of what is no damage and not proved either, and progress; nothing is changed.

    Journal and inbox are always looked at as a whole. With a sample, about so many bodies are translated again and
    about so many streams (events, of a log projection) of each projection are compared; without one, all are.
    Can run beside a server: events count up to where the journal ends now, rows up to their cursor. Raises
    `StoreUnavailableError` where a store cannot be read now.
    """
    is_journal_sound = True
    for told in _journal(journal, sample):
        is_journal_sound = is_journal_sound and not isinstance(told, Damage)
        yield told
    try:
        names = {*projections, *(status.name for status in read_store.status())}
    except SQLAlchemyError as error:
        yield Damage(Code.ROWS_UNREADABLE, "read store", reason_of(error), _EMPTY)
        return
    for name in sorted(names):
        yield from _projection(Audit(journal, read_store, projections, name, is_journal_sound), sample)


def _journal(journal: Journal, sample: int | None) -> Iterator[Told]:
    try:
        upto = journal.head()
        yield from verify_events(journal, upto)
        yield from verify_streams(journal, upto)
        yield from verify_deliveries(journal, sample=sample)
        yield from verify_orphans(journal)
    except SQLAlchemyError as error:
        if policy_of(error) is Policy.RETRY and not is_absent(error):
            raise StoreUnavailableError(f"the journal cannot be read now ({kind_of(error)})") from error
        yield Damage(Code.JOURNAL_UNREADABLE, "journal", reason_of(error), RESTORE)


def _projection(audit: Audit, sample: int | None) -> Iterator[Told]:
    try:
        if (yield from verify_cursor(audit)):
            yield from verify_rows(audit, sample=sample)
    except SQLAlchemyError as error:
        yield Damage(Code.ROWS_UNREADABLE, audit.where, f"its rows cannot be read: {reason_of(error)}", audit.rebuild)
