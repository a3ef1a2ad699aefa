"""The compose file: valid by its schema, and in step with the commands and settings that there are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from daybook.cli import main
from daybook.settings import Settings

ROOT = Path(__file__).parent.parent
FILE = ROOT / "compose.yaml"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    services: dict[str, Any] = yaml.safe_load(FILE.read_text())["services"]
    return services


def test_it_is_what_the_compose_schema_asks_for() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", FILE],
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_command_in_it_can_be_parsed(services: dict[str, Any]) -> None:
    for name, service in services.items():
        if service["image"] == "daybook":
            command, *options = service["command"]
            main.commands[command].make_context(command, list(options))
            assert service["build"]["dockerfile_inline"], name


def test_every_setting_in_it_exists_and_every_file_it_copies_is_there(services: dict[str, Any]) -> None:
    api = services["api"]
    known = {f"DAYBOOK_{field}".upper() for field in Settings.model_fields}

    assert set(api["environment"]) <= known
    for line in api["build"]["dockerfile_inline"].splitlines():
        if line.startswith("COPY"):
            *copied, _ = line.split()[1:]
            assert all((ROOT / path).exists() for path in copied), line


def test_it_runs_two_apis_and_a_follower_of_its_own(services: dict[str, Any]) -> None:
    assert services["api"]["deploy"]["replicas"] == 2
    assert "--no-follow" in services["api"]["command"]
    assert services["follower"]["command"] == ["follow"]
