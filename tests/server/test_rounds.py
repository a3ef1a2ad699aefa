"""One round of each loop that `scripts/soak` runs long: whatever is killed, what was answered 2xx is there once."""

from __future__ import annotations

from pathlib import Path

from tests.soak.rounds import failover_round, hang_round, kill_round


def test_servers_followers_and_postgresql_can_be_killed_again_and_again(tmp_path: Path) -> None:
    kill_round(tmp_path, seed=1, times=2).assert_clean()


def test_a_promoted_standby_has_everything_that_was_acknowledged(tmp_path: Path) -> None:
    failover_round(tmp_path, seed=1).assert_clean()


def test_a_standby_that_hung_and_a_cancelled_wait_for_it_lose_nothing_after_its_promotion(tmp_path: Path) -> None:
    hang_round(tmp_path, seed=1).assert_clean()
