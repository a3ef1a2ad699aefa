"""Telling a server what happened, as Zenoti does."""

from __future__ import annotations

from typing import Any

from tests.web.conftest import Client
from tests.web.waiting import wait_until


def told(client: Client, *bodies: dict[str, Any]) -> int:
    """Sends webhooks and waits until all read models have them; the position of the last event."""
    position = 0
    for body in bodies:
        answer = client.post("/webhooks/main", json=body).json()
        assert answer["status"] == "recorded", answer
        position = max(position, answer["position"])
    # Not by `min_position`, which waits no longer than a reader would.
    wait_until(lambda: all(one["position"] >= position for one in client.get("/ops/projections").json()["items"]))
    return position
