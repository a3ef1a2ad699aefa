"""A plain service on PostgreSQL: one hand-written INSERT a request, with asyncpg and its own pool.

Nothing is checked, translated or compared: the body goes into one table with a primary key.

Tuned: the statement is prepared once a connection and commits by itself, so a request costs one round trip and one
flush, which concurrent commits share. A connection is not reset when it is given back, since it holds no state: that
would be a second round trip.
"""

from typing import Any, Final

import asyncpg  # type: ignore[import-untyped]
from litestar import Litestar, Request, post
from litestar.datastructures import State

CONNECTIONS: Final = 16
"""The least CPU for a request of 4, 8, 16 and 32, for the 64 connections of the load."""
_CREATE: Final = """
CREATE TABLE notices (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_type text NOT NULL,
    event_id text NOT NULL,
    occurred_at text NOT NULL,
    body bytea NOT NULL
)
"""
_INSERT: Final = "INSERT INTO notices (event_type, event_id, occurred_at, body) VALUES ($1, $2, $3, $4)"


class _Connection(asyncpg.Connection):  # type: ignore[misc]
    def get_reset_query(self) -> str:
        return ""


@post("/webhooks/main", status_code=200)
async def take(request: Request[Any, Any, Any], state: State) -> dict[str, str]:
    """Answer once the row is committed."""
    told = await request.json()
    values = (told["event_type"], told["event_id"], told["event_timestamp"], await request.body())
    await state.pool.execute(_INSERT, *values)
    return {"status": "saved"}


def create_app(database_url: str) -> Litestar:
    """The service over an empty database."""

    async def connect(app: Litestar) -> None:
        app.state.pool = await asyncpg.create_pool(
            database_url, min_size=CONNECTIONS, max_size=CONNECTIONS, connection_class=_Connection
        )
        await app.state.pool.execute(_CREATE)

    async def disconnect(app: Litestar) -> None:
        await app.state.pool.close()

    return Litestar([take], openapi_config=None, on_startup=[connect], on_shutdown=[disconnect])
