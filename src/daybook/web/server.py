"""The server processes: uvicorn around the application, one process or several, and a clean end on SIGTERM."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import tempfile
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from uvicorn.supervisors import Multiprocess

from daybook.bootstrap import bootstrap
from daybook.errors import SettingsError
from daybook.web.logs import configure_logs

if TYPE_CHECKING:
    from litestar import Litestar

    from daybook.settings import Settings

SHUTDOWN_S_MAX: Final = 10
"""Connections that have not ended by then are cut; an accepted delivery is answered within 8 s."""
KEEP_ALIVE_S: Final = 75
"""Longer than proxies keep theirs, so that it is never we who close a connection on a webhook that is under way."""
BACKLOG: Final = 2048
COLLECTOR_THRESHOLDS: Final = (20_000, 10, 100)
_MULTIPROCESS_METRICS: Final = "PROMETHEUS_MULTIPROC_DIR"


def serve(settings: Settings, *, workers: int = 1, follower: bool = True) -> None:
    """Serve until SIGTERM or SIGINT. Raises `SettingsError` where something stands open that must not."""
    settings.require_guards()
    _require_address(settings)
    configure_logs()
    # uvicorn raises the signal again when it is done; its default would end us as if we had been shot.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    if workers == 1:
        _serve_here(settings, follower=follower)
    else:
        _serve_in_processes(settings, workers, follower=follower)


def _require_address(settings: Settings) -> None:
    """Before anything is opened, and in words: uvicorn would tell it in the middle of its log."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        socket.create_server((settings.host, settings.port), family=family).close()
    except OSError as error:
        raise SettingsError(
            f"cannot listen on {settings.host}, port {settings.port}: {error.strerror or error};"
            " set DAYBOOK_HOST and DAYBOOK_PORT"
        ) from None


def application(settings: Settings, *, follower: bool) -> Litestar:
    """The application of one process: its own writer, and a follower that leads where it gets the lease."""
    # Late: prometheus_client decides when it is imported whether its figures are shared between processes.
    from daybook.web.app import create_app
    from daybook.web.figures import figures

    app = create_app(bootstrap(settings, follower=follower, observer=figures()))
    _spare_the_collector()
    return app


def _spare_the_collector() -> None:
    """What is alive now lives as long as the process, and a webhook leaves few cycles behind: look less often.

    Each full collection stops every thread of the process, and every answer with it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)


def _serve_here(settings: Settings, *, follower: bool) -> None:
    server = uvicorn.Server(_config(settings, application(settings, follower=follower)))
    server.run()
    if not server.started:
        sys.exit(1)


def _serve_in_processes(settings: Settings, workers: int, *, follower: bool) -> None:
    """Under uvicorn's own supervisor, which starts a process again that died or hangs."""
    with ExitStack() as stack:
        if _MULTIPROCESS_METRICS not in os.environ:
            os.environ[_MULTIPROCESS_METRICS] = stack.enter_context(tempfile.TemporaryDirectory(prefix="daybook-"))
        factory = partial(application, settings, follower=follower)
        config = _config(settings, factory, factory=True, workers=workers)
        listener = stack.enter_context(config.bind_socket())
        supervisor = Multiprocess(config, sockets=[listener])
        supervisor.run()
        if any(process.exitcode not in {0, -signal.SIGTERM, -signal.SIGINT} for process in supervisor.processes):
            sys.exit(1)


def _config(settings: Settings, app: Any, **more: Any) -> uvicorn.Config:  # noqa: ANN401  as uvicorn takes them
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        ws="none",
        lifespan="on",
        # The application's own logging is for uvicorn's loggers too; a line per request is nobody's wish.
        log_config=None,
        access_log=False,
        server_header=False,
        # Only then is there a proxy whose word about the caller's address counts.
        proxy_headers=settings.behind_proxy,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=SHUTDOWN_S_MAX,
        **more,
    )
