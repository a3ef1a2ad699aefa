"""Who may post: one follower at a time, and the next one soon after it is gone."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Column, Text

from daybook.domain.events import Event
from daybook.projecting.cursor import LEASE_NS
from daybook.projecting.projection import LogProjection, Row, log_table
from tests.projecting.book import TALLY, Book, created


def test_a_second_follower_waits_and_takes_over_when_the_lease_has_ended(book: Book) -> None:
    leader, second = book.follower(), book.follower(book.open_store())
    book.tell(created(1))
    leader.run_once()
    book.tell(created(2))

    assert second.run_once() is False
    assert book.status("history").leader == leader.holder
    book.clock_ns += LEASE_NS + 1

    assert second.run_once() is True
    assert book.status("history").leader == second.holder
    assert book.status("history").position == 2


def test_an_idle_leader_keeps_its_lease(book: Book) -> None:
    leader, second = book.follower(), book.follower(book.open_store())
    book.tell(created(1))
    leader.run_once()

    for _ in range(10):
        book.clock_ns += LEASE_NS // 2
        leader.run_once()
        second.run_once()

    assert book.status("history").leader == leader.holder


def test_a_lease_of_a_clock_that_ran_ahead_does_not_keep_others_out(book: Book) -> None:
    book.tell(created(1))
    book.clock_ns += 1000 * LEASE_NS
    book.follower().run_once()
    book.clock_ns -= 1000 * LEASE_NS
    second = book.follower(book.open_store())

    second.run_once()

    assert book.status("history").leader == second.holder


def test_the_commit_of_a_deposed_leader_fails_and_writes_nothing(book: Book) -> None:
    book.tell(created(1))
    second = book.follower(book.tally_store())

    def hang(event: Event) -> Iterable[Row]:
        book.clock_ns += LEASE_NS + 1
        second.run_once()
        yield TALLY, {"what": "written by the deposed one"}

    deposed = book.follower(book.tally_store(hang))
    deposed.run_once()
    deposed.run_once()

    store = second_store = book.tally_store()
    assert [row["what"] for row in book.rows("tally", store)] == ["Class.Booking.Created"]
    assert book.status("tally", second_store).leader == second.holder
    assert book.status("tally", second_store).state == "following"


def test_a_stopped_follower_lets_the_next_one_lead_at_once(book: Book) -> None:
    book.tell(created(1))
    book.post()
    second = book.follower(book.open_store())

    second.run_once()

    assert book.status("history").leader == second.holder


def test_two_followers_in_threads_post_every_event_once(book: Book) -> None:
    stores = [book.open_store(), book.open_store()]
    followers = [book.follower(store, batch_events_max=7) for store in stores]
    for follower in followers:
        follower.start()

    for number in range(1, 60):
        book.tell(created(number))
        followers[number % 2].wake()
    for name in ("registrations", "history"):
        assert book.store.wait_for_position(name, 59, timeout_s=20)
    for follower in followers:
        follower.stop()

    assert [row["position"] for row in book.rows("history")] == list(range(1, 60))
    assert len(book.rows("registrations")) == 59


def test_a_version_that_no_code_here_follows_is_still_served_and_says_that_it_is_frozen(book: Book) -> None:
    book.tell(created(1))
    book.post(book.tally_store())
    newer = log_table("tally", 2, Column("what", Text), Column("why", Text))
    of_newer_code = LogProjection("tally", 2, (newer,), lambda event: [(newer, {"what": "w", "why": "y"})])
    store = book.open_store({"tally": of_newer_code})

    book.post(store)

    status = book.status("tally", store)
    assert (status.versions, status.live, status.state) == ((1,), 1, "frozen")
    assert [row["what"] for row in book.rows("tally", store)] == ["Class.Booking.Created"]
