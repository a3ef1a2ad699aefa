"""Figures for Prometheus at `/metrics`, through Litestar's own plugin."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request, Response, get
from litestar.middleware import DefineMiddleware
from litestar.plugins.prometheus import PrometheusConfig, PrometheusController

from daybook.bootstrap import Daybook
from daybook.web.description import example, problems
from daybook.web.figures import figures


class Metrics(PrometheusController):
    """The plugin's exposition, with our own figures made fresh before."""

    path = "/metrics"
    tags = ("operation",)

    @get(
        "/",
        summary="Get the figures",
        operation_class=example('daybook_deliveries_total{outcome="recorded",source="main"} 42.0'),
        media_type="text/plain",
        operation_id="getMetrics",
        responses=problems("unauthorized"),
    )
    async def get(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        """Prometheus' text format: deliveries, batches, commits, queue, lag, refusals, and a duration per route."""
        daybook: Daybook = request.app.state.daybook
        await asyncio.to_thread(figures().look, daybook)
        exposition: Response[bytes] = await PrometheusController.get.fn(self)
        return exposition


def route_figures() -> DefineMiddleware:
    """The plugin's middleware: counts and times requests by route, never by path, which would hold ids."""
    return PrometheusConfig(app_name="daybook", prefix="daybook_http", group_path=True).middleware
