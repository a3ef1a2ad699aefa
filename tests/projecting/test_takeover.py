"""A leader that dies or hangs within its transaction: another follower takes over, and nothing is written twice."""

from __future__ import annotations

import pytest

from tests.projecting.book import Book, created
from tests.projecting.halting import COPYING, FAILED, INSIDE, POSTED, WRITTEN, HaltingFollower

TAKEOVER_S_MAX = 20.0


@pytest.mark.parametrize("where", [COPYING, WRITTEN])
def test_another_follower_takes_over_from_one_that_hangs_and_its_commit_fails(shared: Book, where: str) -> None:
    shared.tell(created(1))
    with HaltingFollower(shared.engine.url, where) as leader:
        assert leader.told() == INSIDE
        leader.freeze()
        second = shared.follower()
        second.start()

        assert shared.store.wait_for_position("history", 1, timeout_s=TAKEOVER_S_MAX)
        leader.thaw_and_go_on()

        assert leader.told() == FAILED
        second.stop()
    assert [row["position"] for row in shared.rows("history")] == [1]
    assert shared.status("history").state == "following"


@pytest.mark.parametrize("where", [COPYING, WRITTEN])
def test_another_follower_takes_over_from_one_that_died(shared: Book, where: str) -> None:
    shared.tell(created(1))
    with HaltingFollower(shared.engine.url, where) as leader:
        assert leader.told() == INSIDE
        assert shared.status("history").leader is not None

        leader.kill()

    second = shared.follower()
    second.start()
    assert shared.store.wait_for_position("history", 1, timeout_s=TAKEOVER_S_MAX)
    assert shared.status("history").leader == second.holder
    second.stop()
    assert [row["position"] for row in shared.rows("history")] == [1]


def test_a_leader_that_is_slow_is_left_alone_while_its_lease_lasts(shared: Book) -> None:
    shared.tell(created(1))
    with HaltingFollower(shared.engine.url, WRITTEN) as leader:
        assert leader.told() == INSIDE
        second = shared.follower()

        assert second.run_once() is True  # all projections but this one
        leader.thaw_and_go_on()

        assert leader.told() == POSTED
    assert shared.status("history").position == 1
