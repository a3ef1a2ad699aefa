"""Read models that the first release filled, read by this one: before anybody has rebuilt them, and after."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from daybook.bootstrap import Daybook
from daybook.doctor.finding import Level
from daybook.doctor.projections import LAG_S_ALARM, examine_projections
from daybook.projecting.layout import FIRST_LAYOUT, LAYOUT
from tests.bodies import GROUP, booking, entry, group, progress, schedule
from tests.engines import Engine
from tests.projecting.book import Book
from tests.projecting.released import RELEASED, fill_as_released
from tests.projecting.versions import rebuild
from tests.web.conftest import Client, Serve

DAY = "2026-03-02"
WENT = (
    "registrations",
    "registrations/1",
    "appointments",
    "appointments/a1",
    "history",
    "registrations?session_id=900",
)
NEW = {
    f"visits/{GROUP}": "appointments",
    "sessions/900": "registrations",
    "findings": "registrations",
    f"days/{DAY}": "appointments",
    "history?session_id=900": "history",
    f"history?appointment_group_id={GROUP}": "history",
}
"""What this release brought, and the projection that must be rebuilt for it first."""


@pytest.fixture(params=[FIRST_LAYOUT, LAYOUT])
def book(request: pytest.FixtureRequest, engine: Engine) -> Iterator[Book]:
    book = Book(engine, has_own_clock=False)
    book.tell(
        schedule("Created", 900, event_id="s", at=f"{DAY}T08:00:00Z"),
        booking("Created", 1, event_id="b", at=f"{DAY}T10:00:00Z"),
        booking("NoShow", 2, event_id="n", at=f"{DAY}T11:00:00Z"),
        group("Created", entry("a1"), event_id="g", at=f"{DAY}T08:00:00Z"),
        progress("Started", entry("a1", appointment_progress=1), event_id="p", at=f"{DAY}T17:01:00Z"),
    )
    fill_as_released(book, request.param)
    yield book
    book.close()


@pytest.fixture
def upgraded(book: Book, serve: Serve) -> Client:
    assert book.store is not None
    return serve()


def test_what_could_be_read_before_can_be_read_still_without_what_is_joined_to_it(upgraded: Client) -> None:
    answers = {path: upgraded.get(f"/v1/main/{path}") for path in WENT}

    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(WENT, 200)
    registration, appointment = answers["registrations/1"].json(), answers["appointments/a1"].json()
    assert (registration["status"], registration["session"], registration["findings"]) == ("booked", None, [])
    assert (appointment["progress"], appointment["group_status"], appointment["removed"], appointment["findings"]) == (
        "started",
        None,
        False,
        [],
    )
    assert [one["registration_id"] for one in answers["registrations"].json()["items"]] == ["2", "1"]


def test_what_is_new_names_the_command_that_brings_it(upgraded: Client) -> None:
    answers = {path: upgraded.get(f"/v1/main/{path}") for path in NEW}

    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(NEW, 503)
    for path, projection in NEW.items():
        assert f"run `daybook rebuild {projection}`" in answers[path].json()["detail"]


def test_each_rebuild_brings_what_is_new_of_its_projection(upgraded: Client, book: Book) -> None:
    for name in RELEASED:
        assert rebuild(book, name).is_live

    assert {upgraded.get(f"/v1/main/{path}").status_code for path in (*WENT, *NEW)} == {200}
    assert upgraded.get("/v1/main/registrations/1").json()["session"]["session_id"] == "900"
    assert upgraded.get("/v1/main/appointments/a1").json()["group_status"] == "new"


def test_the_doctor_names_the_rebuild_and_calls_for_a_person_when_readers_have_waited(
    upgraded: Client, book: Book
) -> None:
    daybook: Daybook = upgraded.app.state.daybook
    book.tell(booking("Cancelled", 1, event_id="c", at=f"{DAY}T12:00:00Z"))

    def levels(now_ns: int) -> set[Level]:
        found = [one for one in examine_projections(daybook, now_ns) if one.about.startswith("projection ")]
        assert len(found) == len(RELEASED)
        for one in found:
            assert f"run `daybook rebuild {one.about.removeprefix('projection ')}`" in str(one.remedy)
        return {one.level for one in found}

    assert levels(time.time_ns()) == {Level.WARNING}
    assert levels(time.time_ns() + int(LAG_S_ALARM + 60) * 1_000_000_000) == {Level.ALARM}
