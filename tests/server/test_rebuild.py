"""A short one of what `scripts/soak --loops rebuild-…` runs long."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engines import ENGINES
from tests.soak.rebuilding import rebuild_round


@pytest.mark.parametrize("engine_name", ENGINES)
def test_every_answer_is_right_for_its_position_while_projections_are_rebuilt_under_load(
    tmp_path: Path, engine_name: str
) -> None:
    told: list[str] = []

    verdict = rebuild_round(tmp_path, engine_name, seed=1, events=3_000, say=told.append)

    verdict.assert_clean()
    assert verdict.acknowledged
    assert len(told) == 3, "both were rebuilt, and answers were counted after"
