from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.bodies import booking
from tests.server.process import ServerProcess

AT = "2022-03-22T12:39:20.6984376Z"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., ServerProcess]]:
    """Real server processes on a store of their own; they end when the test ends."""
    started: list[ServerProcess] = []

    def run(*options: str, env: dict[str, str] | None = None) -> ServerProcess:
        server = ServerProcess(tmp_path / "data", *options, env=env)
        started.append(server)
        server.start()
        return server

    yield run
    for server in started:
        if server.process is not None and server.process.poll() is None:
            server.kill()


def ask(connection: socket.socket, request: bytes) -> tuple[int, bytes]:
    """Status and body of one answer on a connection that stays open."""
    connection.sendall(request)
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    while len(body) < length:
        body += connection.recv(65536)
    return int(head[9:12]), body


def test_a_body_that_announces_too_much_is_refused_before_it_is_sent_and_the_connection_goes_on(
    start: Callable[..., ServerProcess],
) -> None:
    server = start(env={"DAYBOOK_BODY_BYTES_MAX": "2048"})
    head = b"POST /webhooks/main HTTP/1.1\r\nHost: a\r\nContent-Length: "

    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        announced = ask(connection, head + b"4096\r\n\r\n")
        connection.sendall(b"x" * 4096)
        ping = ask(connection, head + b"0\r\n\r\n")

    assert announced[0] == 413
    assert json.loads(announced[1])["type"] == "urn:daybook:problem:body-too-large"
    assert (ping[0], json.loads(ping[1])["status"]) == (200, "ping")


def test_a_body_in_chunks_is_refused_as_soon_as_it_is_too_large(start: Callable[..., ServerProcess]) -> None:
    server = start(env={"DAYBOOK_BODY_BYTES_MAX": "2048"})
    head = b"POST /webhooks/main HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        # The last chunk never comes.
        status, _ = ask(connection, head + b"1000\r\n" + b"x" * 4096 + b"\r\n")

    assert status == 413


def test_a_caller_that_hangs_up_in_the_middle_of_its_body_disturbs_nobody(start: Callable[..., ServerProcess]) -> None:
    server = start()
    head = b"POST /webhooks/main HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{"
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(head)

    answer = server.post(booking("NoShow", 1, event_id="a", at=AT))

    assert answer.json()["status"] == "recorded"
    assert server.terminate() == 0
    assert '"level": "error"' not in server.log.read_text()


def test_several_processes_serve_one_store_and_share_their_figures(start: Callable[..., ServerProcess]) -> None:
    server = start("--workers", "2")

    def post(number: int) -> httpx.Response:
        return server.post(booking("Created", number, event_id=f"e{number}", at=AT))

    with ThreadPoolExecutor(8) as senders:
        answers = list(senders.map(post, range(1, 101)))

    assert {answer.json()["status"] for answer in answers} == {"recorded"}
    assert sorted(answer.json()["position"] for answer in answers) == list(range(1, 101))
    assert len(server.get("/v1/main/registrations", limit=1000, min_position=100)["items"]) == 100
    assert all(item["leader"] for item in server.get("/ops/projections")["items"])
    figures = httpx.get(server.url + "/metrics", timeout=20).text
    assert 'daybook_deliveries_total{outcome="recorded",source="main"} 100.0' in figures
    assert server.terminate() == 0
