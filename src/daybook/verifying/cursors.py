"""Whether the cursor of each live projection belongs to this journal, or only stands behind its end."""

from __future__ import annotations

from collections.abc import Generator

from daybook.errors import ProjectionError, TableLostError
from daybook.projecting.cursor import Cursor
from daybook.projecting.projection import BrokenProjection
from daybook.verifying.damage import Code, Damage, Note, Told
from daybook.verifying.ledger import Audit, opened


def verify_cursor(audit: Audit) -> Generator[Told, None, bool]:
    """The cursor of the live version; gives back whether its rows can be compared with this journal."""
    projection = audit.projections.get(audit.name)
    if projection is None:
        yield Note(audit.where, "no running code has it: its rows are not compared", 0)
        return False
    if isinstance(projection, BrokenProjection):
        yield Note(audit.where, f"its code cannot be used, so its rows are not compared: {projection.reason}", 0)
        return False
    try:
        with opened(audit) as ledger:
            cursor, code = ledger.cursor, ledger.code
    except TableLostError:
        yield Damage(Code.TABLE_LOST, audit.where, "its table is gone, and its cursor is not", audit.rebuild)
        return False
    except ProjectionError as error:
        yield Damage(Code.NOTHING_LIVE, audit.where, str(error), f"daybook rebuild {audit.name}")
        return False
    damage = _damage(audit, cursor)
    if damage is not None:
        yield damage
    if code is None:
        yield Note(audit.where, f"no running code has its live version {cursor.version}: its rows are not compared", 0)
    elif _is_made_by_other_code(audit):
        words = f"its code changed under version {cursor.version}, so its rows cannot be compared"
        remedy = f"raise its version and run `daybook rebuild {audit.name}`, or run `{audit.rebuild}`"
        damage = Damage(Code.CODE_CHANGED, audit.where, words, remedy)
        yield damage
    if cursor.state == "stopped":
        words = f"it stopped at position {cursor.stopped_at}: {cursor.stopped_reason}"
        yield Note(audit.where, words, None if code is None else cursor.position)
    elif damage is None and (behind := audit.journal.head() - cursor.position) > 0:
        words = f"it is {behind:,} events behind the journal, which is no damage"
        yield Note(audit.where, words, None if code is None else cursor.position)
    return damage is None and code is not None


def _is_made_by_other_code(audit: Audit) -> bool:
    return any(build.is_live and build.fingerprint_matches is False for build in audit.read_store.builds(audit.name))


def _damage(audit: Audit, cursor: Cursor) -> Damage | None:
    journal, remedy = audit.journal, f"daybook rebuild {audit.name}"
    if cursor.position == 0:
        return None
    if cursor.journal_id != journal.journal_id.hex:
        return Damage(Code.CURSOR_OF_ANOTHER_JOURNAL, audit.where, "its rows were posted from another journal", remedy)
    # Asked for behind the cursor, which a follower may have moved meanwhile.
    head = journal.head()
    if cursor.position > head:
        words = (
            f"it stands at position {cursor.position}, and the journal ends at {head}: the journal was restored to an"
            " earlier point, or has lost its end"
        )
        return Damage(Code.CURSOR_AHEAD, audit.where, words, remedy)
    if journal.digest_at(cursor.position) != cursor.digest:
        words = (
            f"the event at its position {cursor.position} is not the one that it was posted from: the journal was"
            " restored to an earlier point and has grown since, or this event was altered"
        )
        return Damage(Code.CURSOR_DIFFERS, audit.where, words, remedy)
    return None
