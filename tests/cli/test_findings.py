"""`daybook findings`: what cannot be right, as the read models tell it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import get_args

import pytest

from daybook.bootstrap import Daybook
from daybook.cli.findings import CODES, KINDS
from daybook.domain.findings import Code
from daybook.domain.identity import Kind
from tests.bodies import CENTER, booking, entry, progress
from tests.cli.conftest import Run

NO_SHOW = booking("NoShow", 43, event_id="a1", at="2026-03-01T10:00:00.1234567Z")
STARTED = progress("Started", entry("a1", appointment_progress=1), event_id="c1", at="2026-03-02T17:01:00Z")


@pytest.fixture
def posted(told: Callable[..., None], book: Daybook) -> Callable[..., None]:
    """Import these bodies, and post them as a follower does."""

    def import_(*bodies: object) -> None:
        told(*bodies)
        assert book.follower is not None
        while book.follower.run_once():
            pass

    return import_


def test_what_cannot_be_right_is_shown_with_what_was_probably_missed(run: Run, posted: Callable[..., None]) -> None:
    posted(NO_SHOW)

    result = run("findings")

    assert result.exit_code == 0
    assert "no_created" in result.stdout
    assert "registration 43" in result.stdout
    assert "Class.Booking.Created" in result.stdout
    assert result.stderr == ""


def test_for_programs_they_have_the_shape_of_the_api(run: Run, posted: Callable[..., None]) -> None:
    posted(NO_SHOW, STARTED)

    shown = json.loads(run("findings", "--json", "--code", "no_created").stdout)

    (item,) = shown["items"]
    assert item.pop("suggests").startswith("Class.Booking.Created")
    assert item == {
        "code": "no_created",
        "kind": "registration",
        "subject_id": "43",
        "center_id": CENTER,
        "occurred_at": "2026-03-01T10:00:00.1234567Z",
    }
    assert shown["cursor"] is None


def test_findings_are_chosen_by_kind_and_by_center(run: Run, posted: Callable[..., None]) -> None:
    posted(NO_SHOW, STARTED)

    def codes(*options: str) -> list[str]:
        return [item["code"] for item in json.loads(run("findings", "--json", *options).stdout)["items"]]

    assert codes("--kind", "appointment") == ["appointment_without_group"]
    assert codes("--center", CENTER.upper()) == ["appointment_without_group", "no_created"]
    assert codes("--center", "elsewhere") == []
    assert codes("--limit", "1") == ["appointment_without_group"]


def test_where_all_is_right_it_says_so(run: Run, posted: Callable[..., None]) -> None:
    posted(booking("Created", 43, event_id="a0", at="2026-03-01T09:00:00Z"), NO_SHOW)

    assert "Nothing" in run("findings").stdout


def test_what_no_follower_has_posted_yet_is_mentioned(
    run: Run, posted: Callable[..., None], told: Callable[..., None]
) -> None:
    posted(NO_SHOW)
    told(STARTED)

    result = run("findings", "--json")

    assert [item["code"] for item in json.loads(result.stdout)["items"]] == ["no_created"]
    assert "1 event behind" in result.stderr


def test_its_options_are_all_that_can_be_found() -> None:
    assert set(get_args(Code)) == set(CODES)
    assert {kind.value for kind in Kind} == set(KINDS)


def test_a_wrong_choice_is_a_usage_error(run: Run) -> None:
    assert run("findings", "--code", "no_idea").exit_code == 2
