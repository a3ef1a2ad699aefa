"""One round of each loop: accidents under load, and the audit of what they left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.postgresql.cluster import USER, Cluster, wait_until
from tests.server.fleet import Fleet
from tests.server.load import Load, days
from tests.server.proof import Verdict, audit, audit_refusals
from tests.server.rows import audit_rows
from tests.server.witness import Witness

BETWEEN = 100
"""Deliveries that are acknowledged between two accidents: then all run again, and all are busy."""


def kill_round(folder: Path, *, seed: int, times: int = 3) -> Verdict:
    """`kill -9` of an API process, of the follower and of PostgreSQL itself, each so many times under load."""
    with Cluster() as cluster:
        url = cluster.create_database("killed")
        with (
            Fleet(url, folder, servers=4, followers=1) as fleet,
            Witness(fleet.servers) as witness,
            _load(fleet, seed) as load,
        ):
            for number in range(times):
                _kill_each(cluster, fleet, load, number)
            load.wait_for_more(BETWEEN)
            load.end()
            load.join()
            return _verdict(url, fleet, load, witness)


def failover_round(folder: Path, *, seed: int) -> Verdict:
    """The primary is killed under load, its synchronous standby promoted, and all processes go on there."""

    def accident(primary: Cluster, standby: Cluster, load: Load) -> None:
        load.wait_for_more(5 * BETWEEN)
        primary.kill()
        standby.promote()

    return _on_a_pair(folder, seed, accident)


def hang_round(folder: Path, *, seed: int) -> Verdict:
    """The standby hangs, waits for it are cancelled, the primary is killed, the standby restarted and promoted."""

    def accident(primary: Cluster, standby: Cluster, load: Load) -> None:
        load.wait_for_more(BETWEEN)
        standby.freeze()
        _cancel_waits(primary, times=3)
        primary.kill()
        # Thawed, it would still find in its socket what the primary had sent.
        standby.kill()
        standby.start()
        standby.promote()

    return _on_a_pair(folder, seed, accident)


def _kill_each(cluster: Cluster, fleet: Fleet, load: Load, number: int) -> None:
    victims = fleet.servers[number % len(fleet.servers)], fleet.followers[0]
    for process in victims:
        load.wait_for_more(BETWEEN)
        process.kill()
        load.wait_for_more(BETWEEN)
        process.spawn()
    for process in victims:
        # One that finds no PostgreSQL at its start ends, and is the supervisor's affair.
        process.wait_ready()
    load.wait_for_more(BETWEEN)
    cluster.kill()
    cluster.start()


def _cancel_waits(primary: Cluster, *, times: int) -> None:
    """Cancel, so many times, a commit's wait for its standby."""
    for _ in range(times):
        wait_until(lambda: bool(primary.sql(_CANCEL)), "a commit waits for the standby")


def _on_a_pair(folder: Path, seed: int, accident: Callable[[Cluster, Cluster, Load], None]) -> Verdict:
    with Cluster() as primary, primary.standby("copy") as standby:
        primary.configure(synchronous_standby_names="copy")
        primary.create_database("pair")
        url = _url_of_both(primary, standby, "pair")
        with Fleet(url, folder, servers=2) as fleet, _load(fleet, seed) as load:
            accident(primary, standby, load)
            load.wait_for_more(BETWEEN)
            load.end()
            load.join()
            return _verdict(standby.url("pair"), fleet, load)


def _url_of_both(one: Cluster, other: Cluster, database: str) -> str:
    """Wherever the primary is: what an operator writes who has a standby."""
    hosts = f"127.0.0.1:{one.port},127.0.0.1:{other.port}"
    return f"postgresql://{USER}@{hosts}/{database}?target_session_attrs=read-write"


def _load(fleet: Fleet, seed: int) -> Load:
    return Load(fleet.servers, days(seed=seed), copies=2, insists=True)


def _verdict(url: str, fleet: Fleet, load: Load, witness: Witness | None = None) -> Verdict:
    for process in fleet.processes:
        process.assert_running()
    served = witness.served if witness else []
    seen = witness.verdict() if witness else Verdict()
    return audit(url, load.acknowledged) + audit_refusals(load) + audit_rows(fleet.servers[0], served) + seen


_CANCEL = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
