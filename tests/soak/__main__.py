"""`python -m tests.soak`: the rounds, for a count or a time, with what they lost, doubled or served wrongly."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg

from tests.server.proof import Verdict
from tests.soak.rebuilding import rebuild_round
from tests.soak.rounds import failover_round, hang_round, kill_round

LOOPS: dict[str, Callable[[Path, int], Verdict]] = {
    "kill": lambda folder, seed: kill_round(folder, seed=seed),
    "failover": lambda folder, seed: failover_round(folder, seed=seed),
    "hang": lambda folder, seed: hang_round(folder, seed=seed),
    "rebuild-sqlite": lambda folder, seed: rebuild_round(folder, "sqlite", seed=seed, say=_say),
    "rebuild-postgresql": lambda folder, seed: rebuild_round(folder, "postgresql", seed=seed, say=_say),
}
SHOWN_MAX = 5


def main() -> int:
    asked = _arguments()
    # Else whoever ends this would leave servers behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    ends_at_s = time.monotonic() + asked.minutes * 60 if asked.minutes else None
    totals = {name: Verdict() for name in asked.loops}
    for number in _numbers(asked.rounds, ends_at_s):
        for name in totals:
            verdict = _run(name, asked.seed + number)
            totals[name] += verdict
            _print(f"{name} {number + 1}", verdict, shown_max=SHOWN_MAX)
    total = sum(totals.values(), Verdict())
    for name, verdict in [*((f"all {name}", found) for name, found in totals.items()), ("total", total)]:
        _print(name, verdict)
    return 1 if total.lost or total.double or total.wrong else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1, help="of each loop (default 1)")
    parser.add_argument("--minutes", type=float, help="start rounds for so long, whatever --rounds says")
    parser.add_argument("--loops", nargs="+", choices=list(LOOPS), default=list(LOOPS), help="default all")
    parser.add_argument("--seed", type=int, default=1, help="of the first round's load (default 1)")
    return parser.parse_args()


def _numbers(rounds: int, ends_at_s: float | None) -> Iterator[int]:
    number = 0
    while (number < rounds) if ends_at_s is None else (time.monotonic() < ends_at_s):
        yield number
        number += 1


def _run(name: str, seed: int) -> Verdict:
    with tempfile.TemporaryDirectory(prefix="daybook-soak-") as folder:
        try:
            return LOOPS[name](Path(folder), seed)
        except (AssertionError, httpx.HTTPError, psycopg.Error) as failure:
            # A round that does not come to its end is a finding too, and no reason to give up the others.
            return Verdict(wrong=[f"{name} with seed {seed} did not end: {type(failure).__name__} {failure}"])


def _say(what: str) -> None:
    print(f"{'':>16}{what}", flush=True)


def _print(what: str, verdict: Verdict, *, shown_max: int = 0) -> None:
    told = {name: getattr(verdict, name) for name in ("lost", "double", "wrong")}
    counts = "  ".join(f"{name} {len(found)}" for name, found in told.items())
    print(f"{what:>20}  acknowledged {verdict.acknowledged:>8}  {counts}", flush=True)
    for name, found in told.items():
        for complaint in found[:shown_max]:
            print(f"{'':>16}{name}: {complaint}", flush=True)


sys.exit(main())
