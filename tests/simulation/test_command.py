"""`daybook simulate --miss`: the lines of the rest on one stream, what is missed on the other."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from daybook.cli import main
from daybook.simulation import Scenario, missed, simulate

SCENARIO = Scenario(seed=9, webhooks=900, miss=25)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["simulate", *map(str, arguments)])


def test_the_rest_is_on_standard_output_and_each_missed_event_is_a_line_on_standard_error() -> None:
    result = run("--seed", 9, "--webhooks", 900, "--miss", 25)

    assert result.exit_code == 0
    assert result.stdout_bytes == b"".join(webhook.to_line() for webhook in simulate(SCENARIO))
    lines = result.stderr.splitlines()
    assert len(lines) == 25
    for line, one in zip(lines, missed(SCENARIO), strict=True):
        assert line.startswith(f"missed {one.event_type}")
        assert all(f"{code} on" in line and subject.id in line for code, subject in one.findings)
        assert one.reason is None or line.endswith(f"none, {one.reason}")


def test_with_json_they_are_one_array_of_data() -> None:
    result = run("--seed", 9, "--webhooks", 900, "--miss", 25, "--json")

    found: list[dict[str, Any]] = json.loads(result.stderr)
    assert [one["event_id"] for one in found] == [one.event_id for one in missed(SCENARIO)]
    assert all(one["findings"] or one["reason"] for one in found)
    kinds = {finding["subject"]["kind"] for one in found for finding in one["findings"]}
    assert kinds == {finding.subject.kind for one in missed(SCENARIO) for finding in one.findings} != set()
    assert found[0]["occurred_at"].endswith("Z")


def test_where_nothing_is_missed_nothing_is_said() -> None:
    assert not run("--webhooks", 5, "--json").stderr


@pytest.mark.parametrize("wrong", [("--miss", -1), ("--miss", 1001), ("--webhooks", 3, "--miss", 4)])
def test_an_impossible_number_is_a_usage_error(wrong: tuple[object, ...]) -> None:
    assert run(*wrong).exit_code == 2


def test_no_guest_is_named() -> None:
    told = run("--seed", 9, "--webhooks", 900, "--miss", 25, "--json").stderr

    assert "example.com" not in told
