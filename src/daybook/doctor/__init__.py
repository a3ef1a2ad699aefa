"""Whether a person is needed, for what, and what to do: everything that can quietly go wrong, in plain words."""

from __future__ import annotations

from daybook.doctor.examination import examine
from daybook.doctor.finding import Finding, Level

__all__ = ["Finding", "Level", "examine"]
