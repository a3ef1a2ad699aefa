"""Projections rebuilt under continuous load through a real server: every answer is right for its position."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final

from daybook.simulation import Webhook
from tests.bench.rebuild import log
from tests.bodies import booking, sent
from tests.postgresql.cluster import Cluster
from tests.server.load import Load
from tests.server.process import DaybookProcess, ServerProcess, wait_until
from tests.server.proof import Verdict, audit, audit_refusals
from tests.server.rows import is_followed
from tests.soak.reader import Reader
from tests.soak.tally import tally

PROJECTIONS: Final = ("registrations", "history")
EVENTS: Final = 200_000
BETWEEN: Final = 50
"""Webhooks and answers between two rebuilds."""
REBUILD_S_MAX: Final = 600.0
FOLLOWED_S_MAX: Final = 600.0
SENDERS: Final = 2
"""Each sends its next webhook when the last one was answered: the rebuild has the rest of the machine."""
SESSION_REGISTRATIONS: Final = 200
"""New registrations of one session, so that it fits on a page."""
_LOG_SESSIONS: Final = 900
_FIRST_LOG_SESSION: Final = 82_579_000
_FIRST_LOG_REGISTRATION: Final = 120_000
_BEGINS_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)

Say = Callable[[str], None]


def rebuild_round(folder: Path, engine: str, *, seed: int, events: int = EVENTS, say: Say = lambda _: None) -> Verdict:
    """Rebuild both projections over a log of so many events while webhooks arrive and somebody reads."""
    with _store(folder, engine) as url:
        log.fill(url, events)
        server = ServerProcess(folder / "store", env={"DAYBOOK_DATABASE_URL": url})
        server.start()
        try:
            wait_until(lambda: is_followed(server), "the log is followed", FOLLOWED_S_MAX)
            return _under_load(server, events, seed, say)
        finally:
            if server.is_running:
                server.kill()


def _under_load(server: ServerProcess, events: int, seed: int, say: Say) -> Verdict:
    sent_so_far = [0]
    load = Load([server], _webhooks(events // log.EVENTS_EACH, seed, sent_so_far), senders=SENDERS)
    reader = Reader(server, lambda chance: _session(chance, sent_so_far[0]), _registration(events), seed)
    with load, reader:
        _wait_for_more(load, reader)
        for name in PROJECTIONS:
            before, answered, began_s = len(load.acknowledged), len(reader.answers), time.monotonic()
            _rebuild(server, name)
            taken_s = time.monotonic() - began_s
            taken, read = len(load.acknowledged) - before, len(reader.answers) - answered
            say(f"{name}: rebuilt in {taken_s:.1f} s, while {taken} webhooks were taken and {read} answers given")
            _wait_for_more(load, reader)
        load.end()
    server.assert_running()
    wait_until(lambda: is_followed(server), "the last webhooks are followed", FOLLOWED_S_MAX)
    return _audited(server, load, reader, say)


def _audited(server: ServerProcess, load: Load, reader: Reader, say: Say) -> Verdict:
    counted = tally(server.database_url)
    wrong = [*reader.wrong, *(complaint for answer in reader.answers for complaint in counted.wrong(answer))]
    rows = _count_registrations(server)
    if rows != len(counted.streams):
        wrong.append(f"there are {rows} registrations, and not {len(counted.streams)}")
    say(f"{len(reader.answers)} answers counted after; {len(counted.by_position)} events, {rows} registrations")
    return audit(server.database_url, load.acknowledged) + audit_refusals(load) + Verdict(wrong=wrong)


def _rebuild(server: ServerProcess, name: str) -> None:
    build = _live_build(server, name)
    command = DaybookProcess(server.folder.parent / f"rebuild-{name}", "rebuild", name, "--again", env=server.env)
    command.spawn()
    try:
        wait_until(lambda: not command.is_running, f"{name} is rebuilt", REBUILD_S_MAX)
    finally:
        if command.is_running:
            command.kill()
    assert command.process is not None
    assert command.process.returncode == 0, command.told()[-2000:]
    assert _live_build(server, name) > build, "another build is live"


def _wait_for_more(load: Load, reader: Reader) -> None:
    wanted = len(reader.answers) + BETWEEN
    load.wait_for_more(BETWEEN)
    wait_until(lambda: len(reader.answers) >= wanted, f"{BETWEEN} more answers are given")


def _live_build(server: ServerProcess, name: str) -> int:
    (found,) = [item for item in server.get("/ops/projections")["items"] if item["name"] == name]
    (build,) = [one["build"] for one in found["builds"] if one["live"]]
    return int(build)


def _count_registrations(server: ServerProcess) -> int:
    page = server.get("/v1/main/registrations", limit=1_000)
    rows = len(page["items"])
    while page["cursor"] is not None:
        page = server.get("/v1/main/registrations", limit=1_000, cursor=page["cursor"])
        rows += len(page["items"])
    return rows


def _webhooks(registrations: int, seed: int, sent_so_far: list[int]) -> Iterator[Webhook]:
    """Bookings of new registrations, what became of them, and what becomes of those of the log."""
    chance = random.Random(seed)
    for number in count():
        sent_so_far[0] = number
        booked, at = number - number % 3, (_BEGINS_AT + timedelta(seconds=number)).isoformat()
        untold = {"session_id": None, "guest_id": None}
        if number % 3 == 0:
            body = booking("Created", f"n{booked}", event_id=f"n{number}", at=at, session_id=_new_session(number))
        elif number % 3 == 1:
            body = booking("NoShow", f"n{booked}", event_id=f"n{number}", at=at, **untold)
        else:
            known = _FIRST_LOG_REGISTRATION + chance.randrange(registrations)
            body = booking("Approved", known, event_id=f"n{number}", at=at, **untold)
        yield Webhook(None, sent(body), 0)


def _new_session(number: int) -> str:
    return f"s{number // (3 * SESSION_REGISTRATIONS)}"


def _session(chance: random.Random, number: int) -> str:
    """One of the log, or the one that is being booked."""
    return chance.choice((str(_FIRST_LOG_SESSION + chance.randrange(_LOG_SESSIONS)), _new_session(number)))


def _registration(events: int) -> Callable[[random.Random], str]:
    return lambda chance: str(_FIRST_LOG_REGISTRATION + chance.randrange(events // log.EVENTS_EACH))


def _store(folder: Path, engine: str) -> AbstractContextManager[str]:
    return _folder(folder) if engine == "sqlite" else _database()


@contextmanager
def _folder(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / 'store'}"


@contextmanager
def _database() -> Iterator[str]:
    with Cluster() as cluster:
        yield cluster.create_database("rebuilt")
