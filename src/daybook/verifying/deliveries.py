"""Whether every delivery has its body as it came, outcomes without a gap, the events they count, and its key."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa

from daybook.journal import Journal
from daybook.journal.mapper import PLAIN
from daybook.journal.tables import deliveries, keys
from daybook.verifying.cases import Case, cases, span
from daybook.verifying.damage import RESTORE, Code, Damage, Note, Progress, Told, restore_row
from daybook.verifying.pages import chunks
from daybook.verifying.rereading import Rereading, reread

_NOTES = {
    "erased": "{} bodies are not there: what they told cannot be read again",
    "encoded": "{} bodies are stored in an encoding that this daybook does not know",
    "older": "{} deliveries were read by an older translation; `daybook translate` reads them again",
}


def verify_deliveries(journal: Journal, *, sample: int | None = None) -> Iterator[Told]:
    """Every delivery in order of arrival; of a sample of about so many, or of all, the body is translated again."""
    with journal.inbox.moment() as connection:
        count = connection.scalar(sa.select(sa.func.count()).select_from(deliveries)) or 0
    share = 1.0 if sample is None else min(1.0, sample / max(1, count))
    unread: Counter[str] = Counter()
    done = 0
    for page in cases(journal, share):
        readings = [_reread(journal, case, unread) for case in page]
        claimed = _claimed(journal, [reading.key for reading in readings if reading is not None and reading.key])
        for case, reading in zip(page, readings, strict=True):
            if wrong := list(_outcomes(case)):
                yield from wrong
            elif case.body is not None and case.body.encoding == PLAIN and not _is_whole(case):
                yield Damage(
                    Code.BODY_ALTERED, case.where, "its body is not the one that arrived", restore_row("bodies")
                )
            elif reading is not None:
                yield from _reading(case, reading, claimed)
        done += len(page)
        yield Progress("deliveries", done, count)
    for name, words in _NOTES.items():
        if unread[name]:
            yield Note("deliveries", words.format(f"{unread[name]:,}"))


def _reread(journal: Journal, case: Case, unread: Counter[str]) -> Rereading | None:
    """What its body says when it is read again; None where it cannot be."""
    if not case.is_chosen or not case.outcomes:
        return None
    if case.body is None or case.body.encoding != PLAIN:
        unread["erased" if case.body is None else "encoded"] += 1
        return None
    reading = reread(case, journal.mapper)
    # What could not be understood then is read again by every translation, and leaves no trace where it still cannot.
    unread["older"] += reading is None and case.outcomes[-1].outcome != "quarantined"
    return reading


def _is_whole(case: Case) -> bool:
    return case.body is not None and hashlib.sha256(case.body.body).digest() == case.delivery.body_digest


def _outcomes(case: Case) -> Iterator[Damage]:
    if not case.outcomes:
        yield Damage(Code.OUTCOME_MISSING, case.where, "it has no outcome", restore_row("outcomes"))
    elif [outcome.number for outcome in case.outcomes] != list(range(1, len(case.outcomes) + 1)):
        yield Damage(
            Code.OUTCOME_MISSING, case.where, "the numbers of its outcomes have a gap", restore_row("outcomes")
        )
    at = {event.id for event in case.events}
    for outcome in case.outcomes:
        wanted = range(*span(outcome))
        if len(wanted) != outcome.events:
            words = f"its outcome {outcome.number} counts {outcome.events} events, which its positions do not bear out"
            yield Damage(Code.OUTCOME_ALTERED, case.where, words, restore_row("outcomes"))
        elif absent := [position for position in wanted if position not in at]:
            words = (
                f"its outcome {outcome.number} counts {outcome.events} events, of which {len(absent)} are not in the"
                f" journal: the first at position {absent[0]}"
            )
            yield Damage(Code.OUTCOME_WITHOUT_EVENTS, case.where, words, RESTORE)


def _claimed(journal: Journal, wanted: Sequence[bytes]) -> dict[bytes, UUID]:
    """Which delivery has claimed each of these keys."""
    found: dict[bytes, UUID] = {}
    with journal.inbox.moment() as connection:
        for chunk in chunks(wanted):
            query = sa.select(keys.c.dedupe_key, keys.c.delivery_id).where(keys.c.dedupe_key.in_(chunk))
            found.update((bytes(key), delivery_id) for key, delivery_id in connection.execute(query).all())
    return found


def _reading(case: Case, reading: Rereading, claimed: Mapping[bytes, UUID]) -> Iterator[Damage]:
    owner = claimed.get(reading.key) if reading.key else case.delivery.delivery_id
    if owner not in {None, case.delivery.delivery_id} and case.outcomes[-1].number > 1:
        return  # what a later translation takes for a conflict stays as it was understood once
    yield from reading.damage
    if owner is None:
        words = "its key is not in the inbox, so the same event would be recorded once more"
        yield Damage(Code.KEY_MISSING, case.where, words, restore_row("keys"))
    elif owner != case.delivery.delivery_id:
        words = f"it was recorded, though the delivery {owner} has told the same event"
        yield Damage(Code.DELIVERY_DOUBLED, case.where, words, RESTORE)
