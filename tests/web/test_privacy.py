from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from daybook.journal.inbox import Inbox
from daybook.web import webhooks
from daybook.zenoti.signature import HEADER, sign
from tests.bodies import booking
from tests.web.conftest import Client, Serve

SECRET = "secret-of-main-4f1c"
TOKEN = "token-of-the-desk-77aa"
PRIVATE = ("Ada", "Lovelace", "ada@example.com", "+1-555-0100", SECRET, TOKEN)
AT = "2022-03-22T12:39:20.6984376Z"


@pytest.fixture
def guarded(serve: Serve) -> Callable[[], Client]:
    """Made inside the test: a log goes to the stderr that is there when the application is made."""
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    return lambda: serve(sources={"main": {"secrets": [SECRET]}}, api_tokens={"desk": digest})


def post(client: Client, body: bytes, secret: str = SECRET, path: str = "/webhooks/main") -> httpx.Response:
    return client.post(path, content=body, headers={HEADER: sign(secret, body)})


def personal(**told: Any) -> bytes:  # noqa: ANN401
    guest = {"registration_id": 7, "first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"}
    data = {"training_virtual_guests": [{**guest, "phone": "+1-555-0100"}], **told}
    return json.dumps(booking("Created", 43987, event_id="a", at=AT, **data)).encode()


def test_no_log_line_metric_or_refusal_holds_personal_data_secrets_or_tokens(
    guarded: Callable[[], Client], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = guarded()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answers = [
        post(client, personal()),
        post(client, personal(), path="/webhooks/main?via=x&mail=ada@example.com"),
        post(client, personal(guest_id=["ada@example.com"])),
        post(client, personal().replace(b'"data"', b'"data": {"Ada": 1}, "data"')),
        post(client, personal()[:-30]),
        post(client, personal(), secret="wrong"),
        post(client, personal(), path="/webhooks/ada@example.com"),
        client.get("/webhooks/main?mail=ada@example.com"),
        client.get("/v1/main/registrations?guest_id=Ada/Lovelace", headers=headers),
        client.get("/v1/main/registrations?status=ada@example.com", headers=headers),
        client.get("/v1/main/registrations/Ada%01Lovelace", headers=headers),
        client.get("/v1/main/history?ada@example.com=1", headers={"Authorization": f"Bearer x{TOKEN}"}),
    ]

    def broken(*_: object) -> None:
        raise RuntimeError("failed at Ada Lovelace, ada@example.com")

    # A fault of ours: whatever its message says must stay inside.
    monkeypatch.setattr(Inbox, "webhooks", broken)
    answers.append(client.get("/ops/webhooks", headers=headers))
    monkeypatch.setattr(webhooks, "_via", broken)
    answers.append(post(client, personal(), path="/webhooks/main?via=x"))
    monkeypatch.undo()
    answers.append(client.get("/metrics", headers=headers))
    logged = capsys.readouterr()

    assert [answer.status_code for answer in answers[-3:]] == [500, 503, 200]
    assert "RuntimeError" in logged.err
    told = [logged.out, logged.err, *(answer.text for answer in answers)]
    for private in PRIVATE:
        assert not [text for text in told if private in text], private


def test_a_log_line_is_json(
    guarded: Callable[[], Client], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = guarded()
    monkeypatch.setattr(Inbox, "webhooks", lambda _: 1 / 0)
    client.get("/ops/webhooks", headers={"Authorization": f"Bearer {TOKEN}"})

    (line,) = [json.loads(line) for line in capsys.readouterr().err.splitlines() if "ZeroDivisionError" in line]

    assert (line["event"], line["route"], line["level"]) == ("request_failed", "/ops/webhooks", "error")
    assert any("list_webhooks" in frame for frame in line["frames"])
