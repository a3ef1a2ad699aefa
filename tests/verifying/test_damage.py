"""Every kind of damage, planted in a copy of a sound store past all that protects it, is found for what it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from daybook.verifying import Code
from tests.verifying.conftest import Plant
from tests.verifying.stores import Vandal, opened

PLANTED: Final[list[tuple[str, Plant, set[str]]]] = []


def planted(*codes: str) -> Callable[[Plant], Plant]:
    """Exactly these kinds are to be found."""

    def note(plant: Plant) -> Plant:
        PLANTED.append((plant.__name__.strip("_"), plant, set(codes)))
        return plant

    return note


def _delivery_of(vandal: Vandal, position: int) -> Any:  # noqa: ANN401  as the driver has it
    ((delivery_id,),) = vandal.run("SELECT delivery_id FROM events WHERE position = ?", position)
    return delivery_id


# ---- rows


@planted("row_changed")
def _a_row_is_changed(vandal: Vandal) -> None:
    vandal.run("UPDATE registrations_v2 SET status = 'deleted' WHERE registration_id = '1'")


@planted("row_changed")
def _a_row_stands_at_another_position(vandal: Vandal) -> None:
    vandal.run("UPDATE appointments_v2 SET position = 8 WHERE appointment_id = 'a1'")


@planted("row_lost")
def _a_row_is_lost(vandal: Vandal) -> None:
    vandal.run("DELETE FROM registrations_v2 WHERE registration_id = '4'")


@planted("row_lost")
def _all_rows_are_lost(vandal: Vandal) -> None:
    vandal.run("DELETE FROM appointments_v2")


@planted("row_changed")
def _a_row_of_another_table_is_changed(vandal: Vandal) -> None:
    vandal.run("UPDATE appointments_findings_v2 SET center_id = 'x' WHERE subject_id = 'a1'")


@planted("row_lost")
def _a_row_of_another_table_is_lost(vandal: Vandal) -> None:
    vandal.run("DELETE FROM appointments_findings_v2 WHERE subject_id = 'a1'")


@planted("row_extra")
def _a_row_of_another_table_belongs_to_nothing(vandal: Vandal) -> None:
    vandal.run("CREATE TABLE extra AS SELECT * FROM appointments_findings_v2 WHERE subject_id = 'a1'")
    vandal.run("UPDATE extra SET stream_id = 'ff'")
    vandal.run("INSERT INTO appointments_findings_v2 SELECT * FROM extra")
    vandal.run("DROP TABLE extra")


@planted("row_doubled")
def _a_row_is_doubled(vandal: Vandal) -> None:
    vandal.unbind("registrations_v2")
    vandal.run("INSERT INTO registrations_v2 SELECT * FROM registrations_v2 WHERE registration_id = '2'")


@planted("row_extra")
def _rows_have_no_stream(vandal: Vandal) -> None:
    vandal.run("CREATE TABLE extra AS SELECT * FROM registrations_v2 WHERE registration_id = '2'")
    for number, stream_id in enumerate(("0" * 32, "7" * 32, "f" * 32)):
        vandal.run("UPDATE extra SET stream_id = ?, registration_id = ?", stream_id, f"extra{number}")
        vandal.run("INSERT INTO registrations_v2 SELECT * FROM extra")


@planted("row_changed")
def _a_row_of_the_history_is_changed(vandal: Vandal) -> None:
    vandal.run("UPDATE history_v2 SET type = 'Registration.Created' WHERE position = 2")


@planted("row_lost")
def _a_row_of_the_history_is_lost(vandal: Vandal) -> None:
    vandal.run("DELETE FROM history_v2 WHERE position = 13")


@planted("row_extra")
def _a_row_of_the_history_is_ahead_of_its_cursor(vandal: Vandal) -> None:
    vandal.run("CREATE TABLE extra AS SELECT * FROM history_v2 WHERE position = 13")
    vandal.run("UPDATE extra SET position = 14")
    vandal.run("INSERT INTO history_v2 SELECT * FROM extra")


# ---- cursors


@planted("cursor_ahead")
def _a_cursor_is_ahead_of_the_journal(vandal: Vandal) -> None:
    vandal.run("UPDATE cursors SET position = 20 WHERE name = 'history'")


@planted("cursor_of_another_journal")
def _a_cursor_is_of_another_journal(vandal: Vandal) -> None:
    vandal.run(f"UPDATE cursors SET journal_id = '{'0' * 32}' WHERE name = 'history'")


@planted("cursor_differs")
def _a_cursor_was_posted_from_another_event(vandal: Vandal) -> None:
    vandal.run("UPDATE cursors SET digest = ? WHERE name = 'history'", bytes(32))


@planted("cursor_differs")
def _a_cursor_was_set_back(vandal: Vandal) -> None:
    vandal.run("UPDATE cursors SET position = 12 WHERE name = 'registrations'")


@planted("code_changed")
def _rows_were_made_by_other_code(vandal: Vandal) -> None:
    vandal.run("UPDATE cursors SET fingerprint = ? WHERE name = 'history'", bytes(32))


@planted("rows_unreadable")
def _a_table_has_lost_a_column(vandal: Vandal) -> None:
    vandal.run("ALTER TABLE registrations_v2 RENAME COLUMN status TO lost")


@planted("table_lost")
def _a_table_is_lost(vandal: Vandal) -> None:
    vandal.run("DROP TABLE history_v2")


@planted("nothing_live")
def _no_build_is_live(vandal: Vandal) -> None:
    vandal.run("UPDATE live_versions SET build = 7 WHERE name = 'history'")


@planted("nothing_live")
def _the_cursor_of_the_live_build_is_lost(vandal: Vandal) -> None:
    vandal.run("DELETE FROM cursors WHERE name = 'history'")


@planted()
def _which_build_is_live_is_lost(vandal: Vandal) -> None:
    """There is only one that it can be, so that it is found again at the next start."""
    vandal.run("DELETE FROM live_versions WHERE name = 'registrations'")


# ---- events


@planted("event_missing", "outcome_without_events", "row_extra", "row_changed")
def _an_event_is_missing(vandal: Vandal) -> None:
    vandal.run("DELETE FROM events WHERE position = 7")


@planted("event_altered", "row_changed")
def _an_event_is_altered(vandal: Vandal) -> None:
    vandal.set_state(4, vandal.state(4).replace('"center_id":"0b9a61f4', '"center_id":"1b9a61f4'))


@planted("event_altered", "cursor_differs")
def _the_event_at_a_cursor_is_altered(vandal: Vandal) -> None:
    vandal.set_state(13, vandal.state(13).replace('"unchecked"', '"verified"'))


@planted("event_altered")
def _an_event_is_altered_in_what_no_row_shows(vandal: Vandal) -> None:
    vandal.set_state(8, vandal.state(8)[:-1] + ',"no":"key that is known"}')


@planted("event_altered", "event_unreadable")
def _an_event_cannot_be_decoded(vandal: Vandal) -> None:
    vandal.set_state(6, vandal.state(6)[:-9])


@planted("event_altered", "event_newer")
def _an_event_is_of_an_unknown_type(vandal: Vandal) -> None:
    vandal.run("UPDATE events SET topic = 'daybook:Registration.Dreamt' WHERE position = 6")


@planted("event_altered", "row_changed")
def _an_event_is_of_another_type(vandal: Vandal) -> None:
    vandal.run("UPDATE events SET topic = 'daybook:Registration.Deleted' WHERE position = 6")


@planted("event_altered", "outcome_without_events", "version_missing", "row_changed", "row_extra")
def _an_event_is_in_another_stream(vandal: Vandal) -> None:
    vandal.run(
        "UPDATE events SET originator_version = 5, originator_id ="
        " (SELECT originator_id FROM events WHERE position = 1) WHERE position = 7"
    )


@planted("event_altered", "event_without_delivery", "outcome_without_events")
def _an_event_names_another_delivery(vandal: Vandal) -> None:
    value = "randomblob(16)" if "SQLite" in type(vandal).__name__ else "gen_random_uuid()"
    vandal.run(f"UPDATE events SET delivery_id = {value} WHERE position = 6")


@planted("event_out_of_order", "event_without_outcome", "outcome_without_events", "version_out_of_order", "row_changed")
def _two_events_have_changed_places(vandal: Vandal) -> None:
    vandal.run("UPDATE events SET position = 99 WHERE position = 2")
    vandal.run("UPDATE events SET position = 2 WHERE position = 1")
    vandal.run("UPDATE events SET position = 1 WHERE position = 99")


@planted("event_out_of_order", "row_changed")
def _a_time_of_recording_was_set_back(vandal: Vandal) -> None:
    vandal.run("UPDATE events SET recorded_at_ns = 1 WHERE position = 6")


@planted("version_missing", "row_changed")
def _a_version_is_missing(vandal: Vandal) -> None:
    vandal.run("UPDATE events SET originator_version = 3 WHERE position = 7")


@planted("version_doubled", "row_changed")
def _a_version_is_there_twice(vandal: Vandal) -> None:
    vandal.unbind("events")
    vandal.run("UPDATE events SET originator_version = 1 WHERE position = 7")


@planted("version_out_of_order", "row_changed")
def _the_versions_of_a_stream_have_changed_places(vandal: Vandal) -> None:
    for position, version in ((1, 9), (2, 1), (1, 2)):
        vandal.run("UPDATE events SET originator_version = ? WHERE position = ?", version, position)


@planted("event_without_outcome")
def _an_event_was_recorded_once_more(vandal: Vandal) -> None:
    vandal.run(
        "INSERT INTO events (position, originator_id, originator_version, topic, state, delivery_id, recorded_at_ns)"
        " SELECT 14, originator_id, 3, topic, state, delivery_id, recorded_at_ns + 1000000000000000000"
        " FROM events WHERE position = 7"
    )


# ---- the inbox


@planted(
    "event_without_delivery",
    "outcome_without_delivery",
    "body_without_delivery",
    "repeat_without_delivery",
    "key_without_delivery",
)
def _a_delivery_is_lost(vandal: Vandal) -> None:
    vandal.run("DELETE FROM deliveries WHERE delivery_id = ?", _delivery_of(vandal, 1))


@planted("bytes_without_delivery", "outcome_without_delivery", "body_without_delivery")
def _a_quarantined_delivery_is_lost(vandal: Vandal) -> None:
    vandal.run(
        "DELETE FROM deliveries WHERE delivery_id = (SELECT delivery_id FROM outcomes WHERE reason = 'not_json')"
    )


@planted("delivery_altered")
def _a_delivery_is_altered(vandal: Vandal) -> None:
    vandal.run("UPDATE deliveries SET event_id = 'e9' WHERE event_id = 'e5'")


@planted("outcome_missing", "event_without_outcome", "key_without_outcome")
def _an_outcome_is_lost(vandal: Vandal) -> None:
    vandal.run("DELETE FROM outcomes WHERE first_position = 6")


@planted("outcome_missing")
def _the_first_of_two_outcomes_is_lost(vandal: Vandal) -> None:
    vandal.run("DELETE FROM outcomes WHERE reason = 'missing_type'")


@planted("outcome_without_events", "event_missing", "version_missing", "row_extra", "row_changed", "row_lost")
def _an_outcome_is_without_its_events(vandal: Vandal) -> None:
    vandal.run("DELETE FROM events WHERE position IN (8, 9)")


@planted("outcome_altered")
def _an_outcome_counts_fewer_events(vandal: Vandal) -> None:
    vandal.run("UPDATE outcomes SET events = 1 WHERE first_position = 3")


@planted("outcome_altered", "event_without_outcome", "key_without_outcome")
def _an_outcome_is_altered(vandal: Vandal) -> None:
    vandal.run(
        "UPDATE outcomes SET outcome = 'quarantined', reason = 'no_subject', events = 0, first_position = NULL,"
        " last_position = NULL WHERE first_position = 6"
    )


@planted("body_altered")
def _a_body_is_altered(vandal: Vandal) -> None:
    vandal.run("UPDATE bodies SET body = ? WHERE delivery_id = ?", b"{}", _delivery_of(vandal, 6))


@planted("key_missing")
def _a_key_is_lost(vandal: Vandal) -> None:
    vandal.run("DELETE FROM keys WHERE delivery_id = ?", _delivery_of(vandal, 6))


@planted("key_missing", "key_without_delivery")
def _a_key_names_no_delivery(vandal: Vandal) -> None:
    vandal.run("UPDATE keys SET dedupe_key = ? WHERE delivery_id = ?", b"k" * 32, _delivery_of(vandal, 6))
    value = "randomblob(16)" if "SQLite" in type(vandal).__name__ else "gen_random_uuid()"
    vandal.run(f"UPDATE keys SET delivery_id = {value} WHERE dedupe_key = ?", b"k" * 32)


@planted("key_without_outcome", "delivery_doubled")
def _a_key_was_claimed_by_a_quarantined_delivery(vandal: Vandal) -> None:
    vandal.run(
        "UPDATE keys SET delivery_id = (SELECT delivery_id FROM outcomes WHERE reason = 'not_json')"
        " WHERE delivery_id = ?",
        _delivery_of(vandal, 6),
    )


@planted("delivery_doubled")
def _two_deliveries_have_told_the_same_event(vandal: Vandal) -> None:
    vandal.run("UPDATE keys SET delivery_id = ? WHERE delivery_id = ?", *(_delivery_of(vandal, at) for at in (7, 6)))


@planted("journal_unreadable")
def _a_table_of_the_journal_is_lost(vandal: Vandal) -> None:
    vandal.run("ALTER TABLE outcomes RENAME TO lost")


@pytest.mark.parametrize(("plant", "codes"), [pytest.param(*rest, id=name) for name, *rest in PLANTED])
def test_what_was_planted_is_found(
    url: str, vandalize: Callable[[Plant], None], page_size: Callable[[int], None], plant: Plant, codes: set[str]
) -> None:
    vandalize(plant)

    with opened(url) as book:
        found = book.damage()
        page_size(2)
        found_by_pages = book.damage()

    assert {damage.code.value for damage in found} == codes
    assert found_by_pages == found
    assert all(damage.where and damage.words and damage.remedy for damage in found)


@pytest.mark.parametrize(
    ("statement", "code", "table"),
    [
        ("DELETE FROM keys WHERE delivery_id = ?", "key_missing", "keys"),
        ("UPDATE outcomes SET reason = 'x' WHERE delivery_id = ?", "outcome_altered", "outcomes"),
        ("UPDATE deliveries SET event_id = 'x' WHERE delivery_id = ?", "delivery_altered", "deliveries"),
        ("UPDATE bodies SET body = delivery_id WHERE ? = delivery_id", "body_altered", "bodies"),
    ],
)
def test_for_one_row_beside_the_events_nobody_is_told_to_restore_the_journal(
    url: str, vandalize: Callable[[Plant], None], statement: str, code: str, table: str
) -> None:
    if url.startswith("postgresql"):
        statement = statement.replace("body = delivery_id", "body = '\\x00'")
    vandalize(lambda vandal: vandal.run(statement, _delivery_of(vandal, 6)))

    with opened(url) as book:
        (found,) = book.damage()

    assert found.code == code
    assert f"`{table}`" in found.remedy
    assert "the rest of the journal can stay" in found.remedy


def test_the_end_of_the_journal_is_missed(url: str, vandalize: Callable[[Plant], None]) -> None:
    vandalize(lambda vandal: vandal.run("DELETE FROM events WHERE position > 11"))

    with opened(url) as book:
        found = book.codes()

    # Only SQLite counts the positions that it gave away.
    assert set(found) - {"journal_end_lost"} == {"outcome_without_events", "cursor_ahead"}
    assert found["cursor_ahead"] == 3
    assert ("journal_end_lost" in found) == url.startswith("sqlite")


def test_every_kind_of_damage_has_a_test() -> None:
    planted_codes = {code for _, _, codes in PLANTED for code in codes} | {Code.JOURNAL_END_LOST}
    in_another_file = {Code.CODE_FAILS}
    assert planted_codes == set(Code) - in_another_file
