"""A new version beside the live one: when it is begun, how it goes on, and what readers see meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Column, Text

from daybook.domain.events import Event
from daybook.domain.identity import Kind
from daybook.errors import ProjectionError
from daybook.projecting.cursor import LEASE_NS
from daybook.projecting.projection import LogProjection, Row, StateProjection, log_table
from daybook.projecting.rebuild import start_build
from tests.bodies import booking
from tests.projecting.book import Book, created
from tests.projecting.test_stop import add_event_of_the_future
from tests.projecting.versions import (
    BOTH,
    NEW,
    OLD,
    SEATS_2,
    building,
    fresh_fold,
    indexes_there,
    rebuild,
    resumed,
    tables_there,
)


def _old_and_new(book: Book) -> tuple[Any, Any]:
    """The read store as processes with the old and with the new code have it; version 1 is live and up to date."""
    old = book.open_store(OLD)
    book.tell(*(created(number, guest_id=f"g{number}") for number in range(1, 9)))
    book.post(old)
    return old, book.open_store(NEW)


@pytest.mark.parametrize("name", ["seats", "notes"])
def test_a_version_that_the_code_declares_is_built_only_when_it_is_asked_for_and_then_it_is_live(
    book: Book, name: str
) -> None:
    old, new = _old_and_new(book)
    book.post(new)
    assert tables_there(new, name) == [f"{name}_v1"]
    assert [row["source"] for row in book.rows(name, new)] == ["main"] * 8

    build = rebuild(book, name, new)

    assert (build.key, build.is_live, build.phase) == ((name, 2, 1), True, "live")
    assert book.rows(name, new) == fresh_fold(book.journal, new, name)
    assert book.rows(name, old) == book.rows(name, new)
    assert [one.key for one in new.builds(name) if one.is_previous] == [(name, 1, 1)]


@pytest.mark.parametrize("name", ["seats", "notes"])
def test_progress_goes_through_all_phases_in_their_order(book: Book, name: str) -> None:
    _, new = _old_and_new(book)
    build = start_build(new, book.journal, new.sound(name))
    book.tell(*(created(number) for number in range(9, 15)))
    book.post(book.open_store(OLD))

    told = list(resumed(book, build, new).run(pause_s=0))

    phases = list(dict.fromkeys(progress.phase for progress in told))
    assert phases == ["load", "index", "catch up", "live"]
    for phase in phases:
        done = [progress.done for progress in told if progress.phase == phase]
        assert done == sorted(done)
        assert all(progress.done <= (progress.total or 0) for progress in told)


def test_the_live_version_needs_to_be_asked_for_again(book: Book) -> None:
    book.tell(created(1))
    book.post()
    with pytest.raises(ProjectionError, match="--again"):
        building(book, "registrations")

    build = rebuild(book, "registrations", again=True)

    assert (build.key, build.is_live) == (("registrations", 2, 2), True)
    tables = ["registrations_findings_v2", "registrations_sessions_v2", "registrations_v2"]
    assert tables_there(book.store, "registrations") == sorted([*tables, *(f"{table}_b2" for table in tables)])
    assert indexes_there(book.store, "registrations_v2_b2") == indexes_there(book.store, "registrations_v2")


def test_of_the_live_version_only_the_last_two_fillings_are_kept(book: Book) -> None:
    book.tell(created(1))
    book.post()

    for _ in range(4):
        rebuild(book, "history", again=True)

    assert tables_there(book.store, "history") == ["history_v2_b4", "history_v2_b5"]
    assert [row["subject_id"] for row in book.rows("history")] == ["1"]


def test_two_rebuilds_at_once_are_one(book: Book) -> None:
    _, new = _old_and_new(book)
    stores = [new, book.open_store(NEW)]

    def run(store: Any) -> tuple[str, int, int]:  # noqa: ANN401
        return rebuild(book, "seats", store).key

    with ThreadPoolExecutor(2) as threads:
        keys = list(threads.map(run, stores))

    assert keys == [("seats", 2, 1)] * 2
    assert [build.key for build in new.builds("seats")] == [("seats", 1, 1), ("seats", 2, 1)]
    assert book.rows("seats", new) == fresh_fold(book.journal, new, "seats")


def test_while_one_process_builds_another_one_waits_and_takes_over_when_it_is_gone(book: Book) -> None:
    _, new = _old_and_new(book)
    first, second = building(book, "notes", new), building(book, "notes", new)
    assert first.step() is True
    done = first.progress.done

    assert second.step() is False
    assert second.progress.done == done
    book.clock_ns += LEASE_NS + 1

    assert second.step() is True
    assert second.progress.done > done
    assert first.step() is False


def test_a_lease_that_is_lost_while_catching_up_can_be_taken_again(book: Book) -> None:
    old, new = _old_and_new(book)
    first, second = building(book, "notes", new), building(book, "notes", new)
    book.tell(*(created(number) for number in range(9, 30)))
    book.post(old)
    while first.progress.phase != "catch up":
        assert first.step() is True
    book.clock_ns += LEASE_NS + 1
    assert second.step() is True
    assert first.step() is False
    book.clock_ns += LEASE_NS + 1

    assert first.step() is True

    assert [progress.phase for progress in first.run(pause_s=0)][-1] == "live"


def test_the_follower_builds_what_nobody_builds_and_goes_on_when_another_follower_died(book: Book) -> None:
    old, new = _old_and_new(book)
    for name in NEW:
        start_build(new, book.journal, new.sound(name))
    dying = book.follower(new, batch_events_max=2)
    dying.run_once()
    dying.run_once()
    assert {build.state for build in new.builds() if build.version == 2} == {"building"}
    book.clock_ns += LEASE_NS + 1
    book.tell(created(9), booking("NoShow", 1, event_id="n", at="2026-01-02T10:00:00Z"))
    book.post(old)

    book.post(book.open_store(NEW))

    for name in NEW:
        assert book.status(name, new).live == 2
        assert book.rows(name, new) == fresh_fold(book.journal, new, name)


def test_a_reader_in_the_middle_of_pages_sees_the_build_it_began_with(book: Book) -> None:
    _, new = _old_and_new(book)
    with new.snapshot("seats") as reading:
        (first, *_) = reading.connection.execute(reading.table.select()).mappings()

        rebuild(book, "seats", new)

        (same, *_) = reading.connection.execute(reading.table.select()).mappings()
        assert dict(same) == dict(first)
        assert first["status"] == "booked"
    with new.snapshot("seats") as after:
        assert (after.cursor.version, after.cursor.position) == (2, 8)
        assert {row["status"] for row in after.connection.execute(after.table.select()).mappings()} == {"BOOKED"}


def test_where_the_live_build_moves_on_at_the_last_moment_readers_do_not_step_back(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = _old_and_new(book)
    one = building(book, "seats", new)
    while one.progress.phase != "catch up":
        one.step()
    writing = one._lease.writing

    def late(*cursor: Any, **options: Any) -> Any:  # noqa: ANN401  as the lease's
        monkeypatch.undo()
        book.tell(created(9))
        book.post(old)
        return writing(*cursor, **options)

    monkeypatch.setattr(one._lease, "writing", late)

    one.step()

    assert one.progress.phase == "catch up"
    assert book.status("seats", new).position == 9
    assert [progress.phase for progress in one.run(pause_s=0)][-1] == "live"
    assert book.status("seats", new).position == 9


def test_processes_with_old_and_with_new_code_keep_their_own_version_current(book: Book) -> None:
    old, new = _old_and_new(book)
    followers = [book.follower(old), book.follower(new)]
    rebuild(book, "seats", new)
    book.tell(booking("NoShow", 1, event_id="n", at="2026-01-02T10:00:00Z"), created(9))

    for follower in followers:
        while follower.run_once():
            pass

    positions = {build.key: (build.position, build.state) for build in new.builds("seats")}
    assert positions == {("seats", 1, 1): (10, "following"), ("seats", 2, 1): (10, "following")}
    assert {row["status"] for row in book.rows("seats", old)} == {"BOOKED", "NO_SHOW"}
    with old.snapshot_of("seats", 1, 1) as kept:
        assert {row["status"] for row in kept.connection.execute(kept.table.select()).mappings()} == {
            "booked",
            "no_show",
        }


def test_one_process_keeps_two_versions_where_the_folder_keeps_the_predecessor(book: Book) -> None:
    _old_and_new(book)
    store = book.open_store(BOTH)
    for name in BOTH:
        rebuild(book, name, store)
    book.tell(created(9))

    book.post(store)

    assert {build.position for build in store.builds() if build.name in BOTH} == {9}
    assert all(build.fingerprint_matches for build in store.builds() if build.name in BOTH)


def test_a_predecessor_that_was_changed_stops_alone_and_the_version_behind_it_goes_on(book: Book) -> None:
    _old_and_new(book)
    changed = LogProjection("notes", 1, OLD["notes"].tables, lambda event: [])  # type: ignore[union-attr]
    notes = LogProjection("notes", 2, NEW["notes"].tables, NEW["notes"].rows, changed)  # type: ignore[union-attr,arg-type]
    store = book.open_store({"notes": notes})
    book.tell(created(9))

    book.post(store)
    stopped = book.status("notes", store)
    rebuild(book, "notes", store)

    assert (stopped.live, stopped.state, stopped.position) == (1, "stopped", 8)
    assert book.rows("notes", store) == fresh_fold(book.journal, store, "notes")


def test_code_that_changed_under_its_version_stops_alone_and_names_the_command(book: Book) -> None:
    old = book.open_store(OLD)
    book.tell(created(1))
    book.post(old)

    def changed(event: Event) -> Iterable[Row]:
        yield notes, {"what": "changed", "why": "more columns"}

    notes = log_table("notes", 1, Column("what", Text), Column("why", Text))
    store = book.open_store({**OLD, "notes": LogProjection("notes", 1, (notes,), changed)})
    book.tell(created(2))
    book.post(store)

    status = book.status("notes", store)
    assert (status.state, status.position, status.stopped_at) == ("stopped", 1, 1)
    assert "daybook rebuild notes --again" in str(status.stopped_reason)
    assert [row["what"] for row in book.rows("notes", store)] == ["Class.Booking.Created"]
    assert book.status("seats", store).position == 2

    rebuild(book, "notes", store, again=True)
    assert [row["why"] for row in book.rows("notes", store)] == ["more columns"] * 2
    book.post(old)
    assert book.status("notes", old).state == "stopped"


def test_the_same_code_goes_on_where_other_code_had_stopped_it(book: Book) -> None:
    old = book.open_store(OLD)
    book.tell(created(1))
    book.post(old)
    book.post(book.open_store({"notes": LogProjection("notes", 1, OLD["notes"].tables, lambda event: [])}))  # type: ignore[union-attr]
    assert book.status("notes", old).state == "stopped"

    book.post(book.open_store(OLD))

    assert (book.status("notes", old).state, book.status("notes", old).stopped_reason) == ("following", None)


@pytest.mark.parametrize("told_instead", [[], [10], [10, 11, 12], [1, 2]])
def test_after_the_journal_was_exchanged_a_rebuild_mends_what_had_stopped(book: Book, told_instead: list[int]) -> None:
    book.tell(created(1), created(2))
    book.post()
    book.exchange_journal()
    book.tell(*(created(number) for number in told_instead))
    book.post()
    assert book.status("registrations").state == "stopped"

    for name in ("registrations", "history"):
        rebuild(book, name)
    book.post()

    status = book.status("registrations")
    assert (status.state, status.position, status.build) == ("following", len(told_instead), 2)
    assert sorted(int(row["registration_id"]) for row in book.rows("registrations")) == told_instead
    assert book.rows("history") == fresh_fold(book.journal, book.store, "history")


def test_a_journal_that_is_exchanged_during_a_rebuild_stops_it_and_it_is_begun_again(book: Book) -> None:
    book.tell(*(created(number) for number in range(1, 9)))
    book.post()
    one = building(book, "history", again=True)
    one.step()
    one.release()
    book.exchange_journal()
    book.tell(created(7))

    rebuild(book, "history")

    assert [row["subject_id"] for row in book.rows("history")] == ["7"]


def test_a_load_stops_at_the_event_it_cannot_handle_and_mended_code_begins_anew(book: Book) -> None:
    old, _ = _old_and_new(book)

    def choosy(event: Event) -> Iterable[Row]:
        if event.subject_id == "6":
            raise ValueError("Ada Lovelace")
        return []

    broken = {"notes": LogProjection("notes", 2, NEW["notes"].tables, choosy)}  # type: ignore[union-attr]
    store = book.open_store(broken)
    with pytest.raises(ProjectionError, match="ValueError at projecting/test_rebuild"):
        rebuild(book, "notes", store)

    build = store.builds("notes")[-1]
    assert (build.phase, build.stopped_at, build.events_done) == ("stopped", 6, 5)
    assert "Lovelace" not in str(build.stopped_reason)
    assert book.status("notes", old).live == 1

    new = book.open_store(NEW)
    begun = building(book, "notes", new)
    assert begun.key == ("notes", 2, 2)
    assert [progress.phase for progress in begun.run(pause_s=0)][-1] == "live"
    assert book.rows("notes", new) == fresh_fold(book.journal, new, "notes")
    assert tables_there(new, "notes") == ["notes_v1", "notes_v2_b2"]


def test_what_other_code_had_begun_goes_when_it_is_begun_anew_but_not_while_that_is_at_work(book: Book) -> None:
    _, new = _old_and_new(book)
    other = book.open_store({"notes": LogProjection("notes", 2, NEW["notes"].tables, lambda event: [])})  # type: ignore[union-attr]
    at_work = building(book, "notes", other)
    at_work.step()

    with pytest.raises(ProjectionError, match="with other code at this moment"):
        building(book, "notes", new)
    at_work.release()

    assert building(book, "notes", new, on_ready="hold").key == ("notes", 2, 2)
    assert tables_there(new, "notes") == ["notes_v1", "notes_v2_b2"]
    assert at_work.step() is False
    assert at_work.progress.phase == "gone"


def test_a_state_that_cannot_be_made_into_rows_stops_the_load_at_its_last_event(book: Book) -> None:
    _old_and_new(book)
    book.tell(booking("NoShow", 3, event_id="n", at="2026-01-02T10:00:00Z"))

    def choosy(state: Any) -> Iterable[Row]:  # noqa: ANN401  a Registration
        yield (
            SEATS_2,
            {"registration_id": state.registration_id, "wrong": 1}
            if state.version == 2
            else {"registration_id": state.registration_id},
        )

    store = book.open_store({"seats": StateProjection("seats", 2, (SEATS_2,), {Kind.REGISTRATION: choosy})})
    with pytest.raises(ProjectionError, match="has columns that the table seats_v2 has not"):
        rebuild(book, "seats", store)

    assert store.builds("seats")[-1].stopped_at == 9


@pytest.mark.parametrize("name", ["seats", "notes"])
def test_a_load_never_passes_an_event_of_a_newer_daybook(book: Book, name: str) -> None:
    _, new = _old_and_new(book)
    add_event_of_the_future(book)

    with pytest.raises(ProjectionError, match="Teleported"):
        rebuild(book, name, new)

    assert new.builds(name)[-1].phase == "stopped"
    assert book.status(name, new).live == 1


def test_a_store_of_a_name_that_is_new_needs_no_rebuild(book: Book) -> None:
    book.tell(created(1))
    store = book.open_store(NEW)

    book.post(store)

    assert [build.key for build in store.builds() if build.name in NEW] == [("notes", 2, 1), ("seats", 2, 1)]
    assert book.rows("seats", store) == fresh_fold(book.journal, store, "seats")
