"""`python -m tests.bench`: what `scripts/bench` runs; `rebuild` as the first word is a part of its own."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from tests.bench.contenders import CONTENDERS
from tests.bench.rebuild import command as rebuild
from tests.bench.report import report
from tests.bench.rounds import run


def main(arguments: list[str]) -> None:
    """Measure, print the tables, and write everything as JSON where a file is named."""
    names = list(dict.fromkeys(contender.name for contenders in CONTENDERS.values() for contender in contenders))
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measures daybook beside its peers.",
        epilog="`scripts/bench rebuild` measures the rebuild of projections; `scripts/bench rebuild --help` tells how.",
    )
    parser.add_argument("--engine", choices=CONTENDERS, help="only this one (default: all, in the same rounds)")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=3.0, help="measured in each (default: %(default)s)")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all that was measured here")
    asked = parser.parse_args(arguments)
    contenders = {
        engine: [one for one in CONTENDERS[engine] if one.name in asked.only]
        for engine in ([asked.engine] if asked.engine else CONTENDERS)
    }
    found = run(contenders, max(1, asked.rounds), max(0.1, asked.seconds), _say)
    print(report(found, contenders))
    if asked.json is not None:
        asked.json.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")


def _say(what: str) -> None:
    print(f"bench: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["rebuild"]:
        rebuild.main(sys.argv[2:])
    else:
        main(sys.argv[1:])
