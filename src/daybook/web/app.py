"""The Litestar application: every route, behind the token guard but for webhooks and health."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from litestar import Litestar, Router
from litestar.datastructures import State

from daybook.bootstrap import Daybook
from daybook.web import logs, problems
from daybook.web.appointments import appointments_router
from daybook.web.days import days_router
from daybook.web.deliveries import deliveries_router
from daybook.web.description import openapi_config
from daybook.web.findings import search_findings
from daybook.web.health import Probe, health_router
from daybook.web.history import search_history
from daybook.web.landing import landing
from daybook.web.metrics import Metrics, route_figures
from daybook.web.ops import ops_router
from daybook.web.pace import Pace
from daybook.web.quarantine import quarantine_router
from daybook.web.reading import READING
from daybook.web.registrations import registrations_router
from daybook.web.sessions import sessions_router
from daybook.web.tokens import token_guard
from daybook.web.visits import visits_router
from daybook.web.webhooks import webhook_route


def create_app(daybook: Daybook) -> Litestar:
    """The application over one daybook; while it runs, so do its intake and its follower."""
    guard = token_guard(daybook.settings.api_tokens)
    reads = Router(
        "/v1/{source:str}",
        route_handlers=[
            registrations_router,
            appointments_router,
            visits_router,
            sessions_router,
            search_history,
            days_router,
            search_findings,
            deliveries_router,
            quarantine_router,
        ],
        dependencies={"reading": READING},
    )
    # Guard and middleware stand on this router, not on the application: there they would be in the webhooks' way.
    guarded = Router(
        "/",
        route_handlers=[landing, reads, ops_router, Metrics],
        guards=[guard],
        middleware=[route_figures()],
    )
    return Litestar(
        route_handlers=[webhook_route(daybook), health_router, guarded],
        plugins=[problems.plugin(), logs.plugin()],
        openapi_config=openapi_config([guard], asks_for_tokens=bool(daybook.settings.api_tokens)),
        lifespan=[_running(daybook)],
        state=State({"daybook": daybook, "probe": Probe(daybook), "pace": Pace()}),
    )


def _running(daybook: Daybook) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def running(_: Litestar) -> AsyncIterator[None]:
        daybook.intake.start()
        if daybook.follower is not None:
            daybook.follower.start()
        try:
            yield
        finally:
            # First what was accepted is committed and answered, then nobody needs the store any more.
            await daybook.intake.stop()
            daybook.close()

    return running
