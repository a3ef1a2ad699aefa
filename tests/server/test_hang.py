"""A process that is stopped in the middle of its work holds nobody else up for long, and does no harm when it wakes."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tests.postgresql.cluster import Cluster
from tests.server.fleet import Fleet
from tests.server.load import Load, days
from tests.server.moment import Moment, freeze_at
from tests.server.process import wait_until
from tests.server.proof import audit, audit_refusals
from tests.server.rows import audit_rows

Deploy = Callable[..., Fleet]
TAKEOVER_S_MAX = 10.0


@pytest.mark.parametrize("moment", Moment)
def test_a_server_that_hangs_with_the_writers_lock_holds_the_others_up_for_ten_seconds_at_most(
    deploy: Deploy, cluster: Cluster, moment: Moment
) -> None:
    fleet = deploy(servers=4, followers=1)
    with Load(fleet.servers, days(seed=11), copies=2, insists=True) as load:
        load.wait_for_more()
        hanging = freeze_at(moment, fleet.servers, cluster)
        others = [server for server in fleet.servers if server is not hanging]

        with Load(others, days(seed=12), insists=True, senders=len(others)) as more:
            wait_until(lambda: _answering(more) == set(others), "all others answer 2xx", TAKEOVER_S_MAX + more.lag_s)
            more.end()

        hanging.thaw()
        wait_until(lambda: hanging in {taken.server for taken in load.acknowledged[-50:]}, "it answers 2xx again")
        load.end()

    audit(fleet.database_url, load.acknowledged + more.acknowledged).assert_clean()
    audit_refusals(load, stopped=[hanging]).assert_clean()
    audit_refusals(more).assert_clean()
    audit_rows(fleet.servers[0]).assert_clean()


@pytest.mark.parametrize("accident", [signal.SIGKILL, signal.SIGSTOP])
def test_another_follower_takes_over_when_the_leading_one_dies_or_hangs_in_the_middle_of_a_batch(
    deploy: Deploy, cluster: Cluster, accident: signal.Signals
) -> None:
    fleet = deploy(servers=1, followers=2)
    with Load(fleet.servers, days(seed=13), insists=True) as load:
        load.wait_for_more()
        leading = freeze_at(Moment.IN_A_COPY, fleet.followers, cluster)
        if accident is signal.SIGKILL:
            leading.kill()
        load.wait_for_more()
        load.end()

    assert not load.refused, "the intake does not wait for followers"
    audit_rows(fleet.servers[0]).assert_clean()
    if accident is signal.SIGSTOP:
        leading.thaw()
        with Load(fleet.servers, days(seed=14)) as more:
            more.wait_for_more()
            more.end()
        leading.assert_running()
        audit_rows(fleet.servers[0]).assert_clean()


def _answering(load: Load) -> set[object]:
    return {taken.server for taken in load.acknowledged}
