"""`scripts/bench rebuild`: what it can be asked."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from tests.bench.rebuild.report import report
from tests.bench.rebuild.rounds import WORKS, run

EVENTS_MIN = 100
EVENTS = 1_000_000


def main(arguments: list[str]) -> None:
    """Measure, print the tables, and write everything as JSON where a file is named."""
    parser = argparse.ArgumentParser(prog="scripts/bench rebuild", description="Measures `daybook rebuild`.")
    parser.add_argument("--engine", choices=WORKS, help="only this one (default: all, in the same rounds)")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds (default: %(default)s)")
    parser.add_argument("--events", type=int, default=EVENTS, help="of the log (default: %(default)s)")
    parser.add_argument("--large", action="store_true", help="also a log three times as long, rebuilt once")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all that was measured here")
    asked = parser.parse_args(arguments)
    events = max(EVENTS_MIN, asked.events)
    sizes = [max(EVENTS_MIN, events // 10), *([events * 3] if asked.large else [])]
    found = run([asked.engine] if asked.engine else list(WORKS), max(1, asked.rounds), events, sizes, _say)
    print(report(found))
    if asked.json is not None:
        asked.json.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")


def _say(what: str) -> None:
    print(f"bench: {what}", file=sys.stderr, flush=True)
