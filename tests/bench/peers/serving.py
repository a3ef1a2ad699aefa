"""The server program of daybook around another application: a test holds the settings together."""

from __future__ import annotations

from typing import Any

import uvicorn


def serve_as_daybook(app: Any, port: int) -> None:  # noqa: ANN401  any framework's
    """Serve until SIGTERM."""
    uvicorn.Server(configuration(app, port)).run()


def configuration(app: Any, port: int) -> uvicorn.Config:  # noqa: ANN401  as uvicorn takes it
    """As daybook's own, without importing it: its modules would weigh on the peer's garbage collector."""
    return uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=2048,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=10,
    )
