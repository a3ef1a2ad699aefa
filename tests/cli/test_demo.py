"""The demo, as a newcomer sees it: it plays, shows, serves, and tidies up."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

LINES_MAX = 200


def read_until(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            break
        assert len(lines) < LINES_MAX
    return "".join(lines)


def test_it_shows_a_day_serves_it_and_leaves_nothing_behind(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = start("daybook.demo", env={"TMPDIR": str(temporary), "DAYBOOK_API_TOKENS": "nobody asks for this"})

    shown = read_until(process, "Serving until Ctrl-C")

    for words in ("What came in", "recorded", "quarantined", "What the state is now", "no_show", "completed"):
        assert words in shown
    story = shown.partition("What happened to registration")[2].partition("Look at it")[0]
    assert len(re.findall("Created|Approved|Rejected|Cancelled|Deleted|NoShow", story)) >= 3
    places = re.findall(r"http://\S+", shown.partition("Look at it")[2])
    assert len(places) == 9
    assert [httpx.get(place).status_code for place in places] == [200] * 9
    assert re.search(r"cancelled|deleted|no_show|approved", httpx.get(places[2]).json()["status"])

    process.send_signal(signal.SIGINT)

    assert "tidied up" in read_until(process, "tidied up")
    assert process.wait(timeout=30) == 0
    assert list(temporary.iterdir()) == []
    with pytest.raises(httpx.ConnectError):
        httpx.get(places[0])
