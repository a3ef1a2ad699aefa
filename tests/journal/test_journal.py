from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from eventsourcing.application import AggregateNotFoundError
from eventsourcing.persistence import IntegrityError

from daybook.domain.registration import Created, Registration
from daybook.errors import SettingsError, StoreUnavailableError
from daybook.journal import Journal, open_journal
from daybook.journal.journal import project
from daybook.journal.sqlite import SQLiteStore
from tests.engines import Engine
from tests.journal.conftest import registration

Booked = Callable[..., Created]


def test_what_was_saved_comes_back_with_its_place_in_the_journal(journal: Journal, booked: Booked) -> None:
    told = booked()

    journal.save(told)

    (event,) = journal.select_events_after(0, 10)
    assert event.position == journal.head() == 1
    assert event.recorded_at_ns > 0
    assert isinstance(event, Created)
    assert (event.originator_id, event.originator_version, event.guest_id) == (registration("1"), 1, "g")
    assert event.delivery_id == told.delivery_id


def test_the_librarys_repository_folds_a_stream_whatever_order_it_was_recorded_in(
    journal: Journal, booked: Booked
) -> None:
    journal.save(booked(version=1, occurred_at_ns=9, guest_id="later"), booked(version=2, occurred_at_ns=5))

    now: Registration = journal.repository.get(registration("1"), projector_func=project)
    first: Registration = journal.repository.get(registration("1"), version=1, projector_func=project)

    assert (now.guest_id, now.version, now.position) == ("later", 2, 2)
    assert (first.version, first.position) == (1, 1)
    with pytest.raises(AggregateNotFoundError):
        journal.repository.get(registration("2"), projector_func=project)


def test_the_librarys_notification_log_reads_by_position_and_topic(journal: Journal, booked: Booked) -> None:
    journal.save(*(booked(str(number)) for number in range(1, 6)))

    assert [each.id for each in journal.notification_log.select(2, 3)] == [2, 3, 4]
    assert [each.id for each in journal.notification_log.select(2, 9, 3, inclusive_of_start=False)] == [3]
    assert journal.notification_log.select(1, 9, topics=["daybook:Registration.NoShow"]) == []
    assert journal.notification_log["1,3"].next_id == "4,6"


def test_a_version_that_is_taken_is_refused_and_leaves_nothing_behind(journal: Journal, booked: Booked) -> None:
    journal.save(booked())

    with pytest.raises(IntegrityError):
        journal.save(booked("2"), booked())

    assert journal.head() == 1
    assert journal.stream(registration("2")) == []


def test_streams_are_read_up_to_a_position(journal: Journal, booked: Booked) -> None:
    journal.save(booked("1"), booked("2"), booked("1", 2))

    both = journal.streams([registration("1"), registration("2"), registration("3")], upto=2)

    assert [event.position for event in both[registration("1")]] == [1]
    assert [event.position for event in both[registration("2")]] == [2]
    assert both[registration("3")] == []


def test_positions_have_no_gaps_and_times_grow_with_them_even_if_the_clock_is_set_back(
    folder: Path, booked: Booked
) -> None:
    times = iter([1_000, 500, 500, 2_000])
    journal = Journal(SQLiteStore(folder, clock_ns=lambda: next(times)))

    for version in (1, 3, 5, 7):
        journal.save(booked("1", version), booked("1", version + 1))

    events = journal.select_events_after(0, 100)
    assert [event.position for event in events] == list(range(1, 9))
    assert [event.recorded_at_ns for event in events] == [1_000, 1_001, 1_002, 1_003, 1_004, 1_005, 2_000, 2_001]
    journal.close()


def test_a_position_is_told_apart_from_the_same_position_of_another_journal(
    journal: Journal, booked: Booked, tmp_path: Path
) -> None:
    other = open_journal(f"sqlite:///{tmp_path / 'other'}")
    told = booked()
    journal.save(told)
    other.save(booked(guest_id="another"))

    assert journal.journal_id != other.journal_id
    assert journal.digest_at(1) is not None
    assert journal.digest_at(1) != other.digest_at(1)
    assert journal.digest_at(2) is None
    other.close()


def test_a_journal_opened_again_goes_on_where_it_ended(engine: Engine, booked: Booked) -> None:
    first = engine.open()
    first.save(booked())
    first.close()

    again = engine.open()
    again.save(booked(version=2))

    assert again.journal_id == first.journal_id
    assert [event.position for event in again.stream(registration("1"))] == [1, 2]
    again.close()


def test_a_closed_journal_takes_no_writes(engine: Engine, booked: Booked) -> None:
    journal = engine.open()
    journal.close()

    with pytest.raises(StoreUnavailableError, match="closed"):
        journal.save(booked())


@pytest.mark.parametrize("url", ["sqlite:///", "sqlite://", "mysql://localhost/daybook"])
def test_a_url_that_names_no_folder_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="folder"):
        open_journal(url)


def test_an_environment_variable_of_the_library_changes_nothing(
    engine: Engine, booked: Booked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IS_SNAPSHOTTING_ENABLED", "y")
    monkeypatch.setenv("AGGREGATE_CACHE_MAXSIZE", "10")
    journal = engine.open()

    assert journal.snapshots is None
    assert journal.repository.cache is None
    journal.close()
