from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

import psycopg
import pytest
from litestar import Litestar

from daybook.settings import Settings
from daybook.web import server
from tests.bench import postgresql
from tests.bench.comparison import Comparison
from tests.bench.contenders import CONTENDERS
from tests.bench.measured import Measured
from tests.bench.peers.serving import configuration
from tests.bench.rebuild import log
from tests.bench.rebuild.rounds import TITLES, WORKS

ROOT = Path(__file__).parents[2]


@pytest.fixture
def temporary() -> Iterator[Path]:
    """Not pytest's own: the user that PostgreSQL runs as, where root runs the tests, does not get in there."""
    folder = Path(tempfile.mkdtemp(prefix="daybook-"))
    folder.chmod(0o755)
    yield folder
    rmtree(folder)


@pytest.mark.parametrize("measured_on", CONTENDERS)
def test_a_short_run_measures_every_contender_and_prints_a_line_for_each(
    tmp_path: Path, temporary: Path, measured_on: str
) -> None:
    written = tmp_path / "bench.json"
    options = ["--engine", measured_on, "--rounds", "1", "--seconds", "0.2", "--json", str(written)]

    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    found = json.loads(written.read_bytes())["engines"]
    assert found.keys() == {measured_on}
    for contender in CONTENDERS[measured_on]:
        assert [line for line in lines if line.startswith(f"| {contender.title} ")], contender.name
        assert len(found[measured_on]["measured"][contender.name]) == 1
        assert (contender.comparison is None) == (contender.name not in found[measured_on]["ratios"])
    assert found[measured_on]["measured"]["daybook-while-read"][0]["reads"].keys() == {"state", "history"}
    assert list(temporary.iterdir()) == [], "what was made for the run is gone"


@pytest.mark.parametrize("measured_on", WORKS)
def test_a_short_rebuild_is_measured_beside_its_peers_and_at_another_size(
    tmp_path: Path, temporary: Path, measured_on: str
) -> None:
    written = tmp_path / "bench.json"
    options = ["--engine", measured_on, "--rounds", "1", "--events", "1000", "--json", str(written)]

    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "rebuild", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(written.read_bytes())["engines"][measured_on]
    assert found["measured"].keys() == set(WORKS[measured_on])
    assert found["ratios"].keys() == set(WORKS[measured_on]) - {"rebuild"}
    assert all(one["per_s"] > 0 and one["memory_mb_max"] > 0 for (one,) in found["measured"].values())
    assert [size["events"] for size in found["sizes"]] == [100]
    for work in WORKS[measured_on]:
        assert [line for line in done.stdout.splitlines() if line.startswith(f"| {TITLES[work]} ")], work
    assert list(temporary.iterdir()) == [], "what was made for the run is gone"


def test_the_log_of_a_rebuild_has_five_events_of_each_registration_in_gapless_versions() -> None:
    told = list(log.events(log.APART * log.EVENTS_EACH))

    versions: dict[str, list[int]] = {}
    for event in told:
        versions.setdefault(event.subject_id, []).append(event.originator_version)
    assert [event.occurred_at_ns for event in told] == sorted(event.occurred_at_ns for event in told)
    assert set(map(tuple, versions.values())) == {(1, 2, 3, 4, 5)}
    assert len(versions) == log.APART


def test_a_target_is_held_against_the_median_of_the_ratios_of_the_rounds() -> None:
    measured = {"daybook": [Measured(100.0), Measured(900.0), Measured(800.0)], "peer": [Measured(100.0)] * 3}

    reached = Comparison("daybook", "peer", at_least=8).ratio(measured)
    missed = Comparison("daybook", "peer", at_most=7).ratio(measured)

    assert reached is not None
    assert missed is not None
    assert (reached.median, reached.lowest, reached.highest) == (8.0, 1.0, 9.0)
    assert (reached.is_reached, missed.is_reached) == (True, False)


def test_flushes_are_slower_in_the_database_that_was_asked_for_and_in_no_other(
    postgresql_server: str, tmp_path: Path
) -> None:
    def delay(url: str) -> tuple[str, str]:
        with psycopg.connect(url) as connection:
            query = "SELECT current_setting('commit_delay'), current_setting('commit_siblings')"
            found: tuple[str, str] = connection.execute(query).fetchone() or ("", "")
            return found

    engine = postgresql.PostgreSQL(postgresql_server, None)
    with engine.new_store(tmp_path, slow_flushes=True) as slow, engine.new_store(tmp_path) as plain:
        assert delay(slow) == ("2000", "0")
        assert delay(plain) == ("0", "5")


def test_the_peers_are_served_with_the_settings_that_daybook_is_served_with() -> None:
    app = Litestar(openapi_config=None)

    ours = vars(server._config(Settings(port=8000), app))

    theirs = vars(configuration(app, 8000))
    assert {name for name in ours if ours[name] != theirs[name]} == set()
