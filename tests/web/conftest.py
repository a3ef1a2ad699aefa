"""`serve`: the application over real parts, in this process, on a store of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, TypeAlias

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from daybook.bootstrap import bootstrap
from daybook.settings import Settings
from daybook.web.app import create_app
from daybook.web.figures import figures
from tests.engines import Engine

Client: TypeAlias = TestClient[Litestar]
Serve: TypeAlias = Callable[..., Client]


@pytest.fixture
def serve(engine: Engine) -> Iterator[Serve]:
    """Starts the application with settings as given; it ends when the test ends."""
    with ExitStack() as running:

        def start(**settings: Any) -> Client:  # noqa: ANN401  settings by name
            known = Settings(**{"database_url": engine.url, **settings})
            app = create_app(bootstrap(known, observer=figures()))
            return running.enter_context(TestClient(app, raise_server_exceptions=False))

        yield start


@pytest.fixture
def client(serve: Serve) -> Client:
    """On loopback, without secrets or tokens: one source, `main`."""
    return serve()
