"""`DAYBOOK_PROJECTIONS`: folders outside the package, added, changed and removed by whoever runs daybook."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.bodies import booking
from tests.cli.conftest import Run
from tests.cli.own import follow, put, rows


@pytest.fixture(autouse=True)
def _told(told: Callable[..., None]) -> None:
    told(booking("Created", 1, event_id="e1", at="2026-01-01T10:00:00Z"))


def listed(run: Run) -> dict[str, Any]:
    items = json.loads(run("projections", "--json").stdout)["items"]
    return {item["name"]: item for item in items}


def test_a_folder_that_is_added_is_filled_and_live(run: Run, own: Path) -> None:
    follow()
    assert "tally" not in listed(run)

    put(own)
    follow()

    assert rows() == ["Registration.Created"]
    assert (listed(run)["tally"]["live"], listed(run)["tally"]["state"]) == (1, "following")


def test_a_folder_that_is_removed_leaves_its_rows_frozen(run: Run, own: Path, told: Callable[..., None]) -> None:
    put(own)
    follow()
    (own / "tally").rename(own.parent / "elsewhere")
    told(booking("Created", 2, event_id="e2", at="2026-01-01T10:00:00Z"))
    follow()

    assert (listed(run)["tally"]["state"], listed(run)["tally"]["position"]) == ("frozen", 1)
    assert "frozen" in run("projections").stdout


def test_a_folder_that_is_not_there_is_told_and_stops_nothing_else(
    run: Run, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAYBOOK_PROJECTIONS", f"{own}{os.pathsep}{own}-typo")
    put(own)
    follow()

    found = listed(run)

    assert (found[f"{own}-typo"]["state"], found["tally"]["state"]) == ("stopped", "following")
    assert "there is no such folder; see DAYBOOK_PROJECTIONS" in " ".join(run("projections").stdout.split())


def test_the_first_folder_of_a_name_is_the_one(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = own.parent / "other"
    put(own, change=" + '!'")
    put(other, change=" + '?'")
    monkeypatch.setenv("DAYBOOK_PROJECTIONS", os.pathsep.join([str(own), str(other)]))

    follow()

    assert rows() == ["Registration.Created!"]
