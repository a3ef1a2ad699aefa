"""`kill -9` in the middle of a load loses nothing that was acknowledged and doubles nothing."""

from __future__ import annotations

from collections.abc import Callable

from tests.server.load import Acknowledged, Load, day
from tests.server.process import ServerProcess, wait_until
from tests.server.proof import assert_nothing_is_lost_or_double
from tests.server.rows import assert_rows_equal_a_fresh_fold, is_followed

Serve = Callable[..., ServerProcess]
ROUNDS = 3
PER_ROUND = 1500


def test_a_killed_server_has_everything_it_acknowledged_once_and_goes_on(serve: Serve) -> None:
    server = serve()
    acknowledged: list[Acknowledged] = []
    for number in range(ROUNDS):
        load = Load([server], day(PER_ROUND, seed=7, skip=number * PER_ROUND // 2))
        with load:
            load.wait_for_more(100 * (number + 1))
            server.kill()
        acknowledged += load.acknowledged
        assert load.unanswered, "the server was killed in the middle"
        assert not load.refused

        server.start()

        assert_nothing_is_lost_or_double(server.database_url, acknowledged)

    with Load([server], day(PER_ROUND, seed=7)) as rest:
        pass
    assert not rest.refused
    assert_nothing_is_lost_or_double(server.database_url, acknowledged + rest.acknowledged)
    assert_rows_equal_a_fresh_fold(server)


def test_a_terminated_server_answers_what_it_accepted_and_ends_well(serve: Serve) -> None:
    server = serve()

    with Load([server], day(4000, seed=3)) as load:
        load.wait_for_more(200)
        code = server.terminate()

    assert code == 0
    assert not [refused for refused in load.refused if refused.status != 503]
    assert_nothing_is_lost_or_double(server.database_url, load.acknowledged)
    server.start()
    assert_rows_equal_a_fresh_fold(server)


def test_two_servers_on_one_folder_record_each_event_once_and_agree(serve: Serve) -> None:
    first, second = serve(), serve()
    stream = day(1200, seed=5)

    with Load([first, second], stream, copies=2) as load:
        pass

    assert not load.refused
    assert_nothing_is_lost_or_double(first.database_url, load.acknowledged)
    told = [taken.answer["status"] for taken in load.acknowledged]
    assert told.count("duplicate") >= len(stream)
    assert_rows_equal_a_fresh_fold(first)
    assert_rows_equal_a_fresh_fold(second)


def test_another_server_follows_on_when_the_leading_one_dies_or_hangs(serve: Serve) -> None:
    leading, other = serve(), serve()
    with Load([leading], day(300, seed=6)):
        pass
    # SQLite takes no lock away from a process that hangs while it writes, so this one hangs between two batches.
    wait_until(lambda: is_followed(leading), "the leader has nothing to write")
    leading.freeze()

    with Load([other], day(900, seed=6)) as load:
        pass

    assert not load.refused
    assert_rows_equal_a_fresh_fold(other)
    leading.thaw()
    assert_rows_equal_a_fresh_fold(leading)
