"""`daybook token`: a token is shown once, and only its hash is kept."""

from __future__ import annotations

import hashlib
import json
import re

import pytest

from daybook.settings import Settings
from tests.cli.conftest import Run


def test_the_printed_setting_knows_the_printed_token(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    output = run("token", "grafana").stdout
    (setting,) = re.findall(r"DAYBOOK_API_TOKENS='(.+)'", output)
    token = output.split("\n\n")[1].strip()

    monkeypatch.setenv("DAYBOOK_API_TOKENS", setting)

    assert Settings.load().api_tokens == {"grafana": hashlib.sha256(token.encode()).hexdigest()}


def test_the_setting_keeps_the_tokens_that_are_there(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_API_TOKENS", json.dumps({"old": "0" * 64}))

    (setting,) = re.findall(r"DAYBOOK_API_TOKENS='(.+)'", run("token", "new").stdout)

    assert json.loads(setting).keys() == {"old", "new"}


def test_no_two_tokens_are_alike(run: Run) -> None:
    tokens = [json.loads(run("token", "a", "--json").stdout) for _ in range(2)]

    assert tokens[0]["token"] != tokens[1]["token"]
    assert tokens[0]["sha256"] == hashlib.sha256(tokens[0]["token"].encode()).hexdigest()


@pytest.mark.parametrize("name", ["", "a b", "quote'", "x" * 65])
def test_a_name_that_breaks_a_setting_is_refused(run: Run, name: str) -> None:
    assert run("token", name).exit_code == 2
