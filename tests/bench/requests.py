"""The requests of a run, made before anything is measured: distinct, signed webhooks, whole HTTP requests as bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from daybook.simulation import Scenario, Webhook, simulate
from daybook.zenoti.signature import HEADER, sign

SECRET: Final = "a secret of the benchmark"
REQUESTS_MAX: Final = 200_000
"""About 300 MB in the generator's memory."""
_HEAD: Final = (
    "POST /webhooks/main HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    "user-agent: Zenoti\r\n{header}: {signature}\r\ncontent-length: {length}\r\n\r\n"
)


def make_webhooks(count: int) -> list[Webhook]:
    """Undisturbed: each is a new delivery with an envelope, in the order of what happened."""
    return list(simulate(Scenario(seed=11, webhooks=min(count, REQUESTS_MAX))))


def write_requests(webhooks: Iterable[Webhook], path: Path) -> None:
    """The file that the generator reads."""
    path.write_bytes(msgspec.msgpack.encode([_request(webhook.body) for webhook in webhooks]))


def registrations_of(webhooks: Iterable[Webhook]) -> list[str]:
    """The registrations that these webhooks are about, each once."""
    told = (json.loads(webhook.body)["data"].get("registration_id") for webhook in webhooks)
    return list(dict.fromkeys(str(registration_id) for registration_id in told if registration_id is not None))


def _request(body: bytes) -> bytes:
    return _HEAD.format(header=HEADER, signature=sign(SECRET, body), length=len(body)).encode() + body
