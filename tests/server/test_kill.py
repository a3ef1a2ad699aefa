"""`kill -9` in the middle of a load loses nothing that was acknowledged and doubles nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import partial

from tests.server.load import Load, day
from tests.server.process import ServerProcess, wait_until
from tests.server.proof import assert_nothing_is_lost_or_double, assert_rows_equal_a_fresh_fold

Serve = Callable[..., ServerProcess]
ROUNDS = 3
PER_ROUND = 1500


def test_a_killed_server_has_everything_it_acknowledged_once_and_goes_on(serve: Serve) -> None:
    server = serve()
    acknowledged = []
    for number in range(ROUNDS):
        load = Load(server, day(PER_ROUND, seed=7, skip=number * PER_ROUND // 2))
        with load:
            wait_until(partial(_has_acknowledged, load, 100 * (number + 1)), "some are acknowledged")
            server.kill()
        acknowledged += load.acknowledged
        assert load.unanswered, "the server was killed in the middle"
        assert not load.refused

        server.start()

        assert_nothing_is_lost_or_double(server.folder, acknowledged)

    with Load(server, day(PER_ROUND, seed=7)) as rest:
        pass
    assert not rest.refused
    assert_nothing_is_lost_or_double(server.folder, acknowledged + rest.acknowledged)
    assert_rows_equal_a_fresh_fold(server)


def test_a_terminated_server_answers_what_it_accepted_and_ends_well(serve: Serve) -> None:
    server = serve()

    with Load(server, day(4000, seed=3)) as load:
        wait_until(lambda: len(load.acknowledged) > 200, "some are acknowledged")
        code = server.terminate()

    assert code == 0
    assert not [status for status in load.refused if status != 503]
    assert_nothing_is_lost_or_double(server.folder, load.acknowledged)
    server.start()
    assert_rows_equal_a_fresh_fold(server)


def test_two_servers_on_one_folder_record_each_event_once_and_agree(serve: Serve) -> None:
    first, second = serve(), serve()
    stream = day(1200, seed=5)

    with Load(first, stream) as one, Load(second, stream) as other:
        pass

    assert not one.refused
    assert not other.refused
    assert_nothing_is_lost_or_double(first.folder, one.acknowledged + other.acknowledged)
    told = [answer["status"] for _, answer in one.acknowledged + other.acknowledged]
    assert told.count("duplicate") >= len(stream)
    assert_rows_equal_a_fresh_fold(first)
    assert_rows_equal_a_fresh_fold(second)


def test_another_server_follows_on_when_the_leading_one_dies_or_hangs(serve: Serve) -> None:
    leading, other = serve(), serve()
    with Load(leading, day(300, seed=6)):
        pass
    os.kill(leading.pid, signal.SIGSTOP)

    with Load(other, day(900, seed=6)) as load:
        pass

    assert not load.refused
    assert_rows_equal_a_fresh_fold(other)
    os.kill(leading.pid, signal.SIGCONT)
    assert_rows_equal_a_fresh_fold(leading)


def _has_acknowledged(load: Load, count: int) -> bool:
    return len(load.acknowledged) > count
