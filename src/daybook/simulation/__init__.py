"""A believable, seeded stream of webhooks from a chain of centers, for the demo, the tests and the benchmark.

The same scenario gives the same bytes, on any machine and any Python. Nothing here does I/O but `sender`.
"""

from __future__ import annotations

from daybook.simulation.finding import Finding, Subject
from daybook.simulation.missing import Missed, missed, simulate
from daybook.simulation.scenario import CENTERS_MAX, MISSED_MAX, Disorder, Scenario
from daybook.simulation.webhook import Webhook

__all__ = [
    "CENTERS_MAX",
    "MISSED_MAX",
    "Disorder",
    "Finding",
    "Missed",
    "Scenario",
    "Subject",
    "Webhook",
    "missed",
    "simulate",
]
