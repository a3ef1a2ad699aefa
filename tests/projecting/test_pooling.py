"""Behind a pooler that gives each transaction another session a follower refuses, and says why."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
from structlog.testing import capture_logs

from daybook.errors import PoolingError, StoreUnavailableError
from daybook.projecting.discovery import discover
from daybook.projecting.follower import Follower
from daybook.projecting.read_store import ReadStore
from tests.postgresql.cluster import wait_until
from tests.projecting.book import Book
from tests.projecting.pooler import Pooler


@pytest.fixture
def pooled(shared: Book) -> Iterator[Follower]:
    """A follower behind the pooler, beside a journal that is opened directly."""
    with psycopg.connect(shared.engine.url) as direct:
        port, user = direct.info.port, direct.info.user
        database = urlsplit(shared.engine.url).path
    with Pooler(port) as pooler:
        store = ReadStore(f"postgresql://{user}@127.0.0.1:{pooler.port}{database}", discover())
        yield Follower(shared.journal, store, store.projections)
        store.close()


def test_a_follower_behind_a_pooler_that_shares_sessions_refuses_and_names_the_remedy(pooled: Follower) -> None:
    with pytest.raises(PoolingError, match="pool_mode = session"):
        pooled.check()


def test_its_thread_ends_and_says_why(pooled: Follower) -> None:
    with capture_logs() as logs:
        pooled.start()
        wait_until(lambda: bool(logs), "it says something")
        pooled.stop()

    (told,) = logs
    assert (told["event"], told["log_level"]) == ("follower refuses", "error")
    assert "pool_mode = session" in told["reason"]


def test_a_follower_with_sessions_of_its_own_does_not_refuse(shared: Book) -> None:
    shared.follower().check()


def test_whether_it_has_them_cannot_be_known_while_there_is_no_server(shared: Book) -> None:
    store = ReadStore("postgresql://nobody@127.0.0.1:1/none", {})

    with pytest.raises(StoreUnavailableError):
        Follower(shared.journal, store, {}).check()
