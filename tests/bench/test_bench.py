from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from litestar import Litestar

from daybook.settings import Settings
from daybook.web import server
from tests.bench.contenders import CONTENDERS
from tests.bench.peers.serving import configuration

ROOT = Path(__file__).parents[2]


def test_a_short_run_measures_every_contender_and_prints_a_line_for_each(tmp_path: Path) -> None:
    written = tmp_path / "bench.json"

    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--rounds", "1", "--seconds", "0.3", "--json", str(written)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    for contender in CONTENDERS:
        assert [line for line in lines if line.startswith(f"| {contender.title} ")], contender.name
    measured = json.loads(written.read_bytes())["measured"]
    assert all(measured[contender.name][0]["per_s"] > 0 for contender in CONTENDERS)
    assert measured["daybook-while-read"][0]["reads"].keys() == {"state", "history"}
    assert list(tmp_path.iterdir()) == [written], "what was made for the run is gone"


def test_the_peers_are_served_with_the_settings_that_daybook_is_served_with() -> None:
    app = Litestar(openapi_config=None)

    ours = vars(server._config(Settings(port=8000), app))

    theirs = vars(configuration(app, 8000))
    assert {name for name in ours if ours[name] != theirs[name]} == set()
