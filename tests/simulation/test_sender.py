"""The sender, against a real server on the loopback."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from daybook.simulation import Disorder, Scenario, Webhook, simulate
from daybook.simulation.sender import ATTEMPTS_MAX, send
from daybook.zenoti.signature import matching_secret

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class Receiver:
    """What a server got, and what it answers."""

    url: str = ""
    calls: list[tuple[str, bytes, str | None]] = field(default_factory=list)
    refusals_left: int = 0
    at_once: int = 0
    at_once_highest: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            with state.lock:
                state.at_once += 1
                state.at_once_highest = max(state.at_once_highest, state.at_once)
            body = self.rfile.read(int(self.headers["content-length"]))
            with state.lock:
                state.calls.append((self.path, body, self.headers["zenoti-webhook-signature"]))
                refused = state.refusals_left > 0
                state.refusals_left -= refused
                state.at_once -= 1
            answer = b"not now" if refused else b'{"status":"recorded"}'
            self.send_response(503 if refused else 200)
            if refused:
                self.send_header("retry-after", "0")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Nothing: a test's output is its own."""

    class Server(ThreadingHTTPServer):
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        state.url = f"http://127.0.0.1:{server.server_port}/webhooks/main"
        yield state
        server.shutdown()
        thread.join(10)


class Answers(list[tuple[Webhook, int, dict[str, Any]]]):
    """What was answered to what."""

    def note(self, webhook: Webhook, status: int, answer: dict[str, Any]) -> None:
        self.append((webhook, status, answer))


def test_every_webhook_arrives_as_it_is_and_is_answered(receiver: Receiver) -> None:
    webhooks = list(simulate(Scenario(webhooks=150, disorder=Disorder(malformed=0.2))))
    answers = Answers()

    asyncio.run(send(webhooks, receiver.url, "secret", connections=4, on_answer=answers.note))

    assert sorted(body for _, body, _ in receiver.calls) == sorted(webhook.body for webhook in webhooks)
    assert {webhook for webhook, _, _ in answers} == set(webhooks)
    assert all((status, answer) == (200, {"status": "recorded"}) for _, status, answer in answers)
    assert receiver.at_once_highest <= 4


def test_each_body_is_signed_with_the_secret(receiver: Receiver) -> None:
    asyncio.run(send(simulate(Scenario(webhooks=20)), receiver.url, "secret", on_answer=Answers().note))

    assert all(
        matching_secret(signature, body, ["other", "secret"]) == "secret" for _, body, signature in receiver.calls
    )


def test_without_a_secret_nothing_is_signed(receiver: Receiver) -> None:
    asyncio.run(send(simulate(Scenario(webhooks=2)), receiver.url, None, on_answer=Answers().note))

    assert [signature for _, _, signature in receiver.calls] == [None, None]


def test_over_one_connection_they_arrive_in_order(receiver: Receiver) -> None:
    webhooks = list(simulate(Scenario(webhooks=50)))

    asyncio.run(send(webhooks, receiver.url, connections=1, on_answer=Answers().note))

    assert [body for _, body, _ in receiver.calls] == [webhook.body for webhook in webhooks]


def test_a_bare_body_goes_to_the_url_of_its_type_and_the_label_stays(receiver: Receiver) -> None:
    webhooks = [Webhook("Appointment.Started", b"{}", 0), Webhook(None, b"{}", 0)]

    asyncio.run(send(webhooks, f"{receiver.url}?via=north", connections=1, on_answer=Answers().note))

    assert [path for path, _, _ in receiver.calls] == [
        "/webhooks/main/Appointment.Started?via=north",
        "/webhooks/main?via=north",
    ]


def test_a_webhook_that_is_not_taken_now_is_sent_again(receiver: Receiver) -> None:
    receiver.refusals_left = 3
    answers = Answers()

    asyncio.run(send([Webhook(None, b"{}", 0)], receiver.url, "secret", on_answer=answers.note))

    assert [status for _, status, _ in answers] == [200]
    assert len(receiver.calls) == 4
    assert len(set(receiver.calls)) == 1


def test_a_webhook_that_is_never_taken_is_given_up_and_told(receiver: Receiver) -> None:
    receiver.refusals_left = 1000
    answers = Answers()

    asyncio.run(send([Webhook(None, b"{}", 0)], receiver.url, on_answer=answers.note))

    assert [(status, answer) for _, status, answer in answers] == [(503, {})]
    assert len(receiver.calls) == ATTEMPTS_MAX


def test_what_the_callback_raises_ends_the_sending(receiver: Receiver) -> None:
    def refuse(*_: object) -> None:
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        asyncio.run(send(simulate(Scenario(webhooks=1000)), receiver.url, connections=2, on_answer=refuse))

    assert len(receiver.calls) < 1000


def test_where_nobody_listens_the_last_attempt_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daybook.simulation.sender.RETRY_AFTER_S_DEFAULT", 0.0)
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        port = server.server_port

    with pytest.raises(httpx.ConnectError):
        asyncio.run(send([Webhook(None, b"{}", 0)], f"http://127.0.0.1:{port}/", on_answer=Answers().note))


@pytest.mark.parametrize("connections", [0, 257])
def test_an_impossible_number_of_connections_is_refused(connections: int) -> None:
    with pytest.raises(ValueError, match="connections"):
        asyncio.run(send([], "http://127.0.0.1/", connections=connections, on_answer=Answers().note))
