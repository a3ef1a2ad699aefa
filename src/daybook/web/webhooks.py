"""The way in: one webhook call from the socket to the intake, and its answer. Raw ASGI, since it is the hot path."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from typing import Any, Final, cast
from urllib.parse import parse_qsl

import msgspec
import structlog
from litestar import asgi
from litestar.handlers import ASGIRouteHandler
from litestar.types import HTTPScope, Receive, Scope, Send

from daybook.bootstrap import Daybook
from daybook.intake import Call, Refusal
from daybook.web.logs import where
from daybook.web.problems import KINDS, MEDIA_TYPE, RETRY_AFTER_S, document

METHODS: Final = frozenset({"POST", "PUT", "PATCH"})
"""Whoever sets a webhook up in Zenoti picks one of the three."""
VIA_CHARS_MAX: Final = 64
URL_TYPE_CHARS_MAX: Final = 200
PATH_CHARS_MAX: Final = 500
HEADERS_BYTES_MAX: Final = 8 * 1024
QUERY_FIELDS_MAX: Final = 20

_SIGNATURE: Final = b"zenoti-webhook-signature"
_PRIVATE_HEADERS: Final = frozenset({b"authorization", b"proxy-authorization", b"cookie", b"set-cookie"})
_REFUSALS: Final = {401: "signature-refused", 404: "unknown-source", 405: "method-not-allowed", 413: "body-too-large"}
_ALLOW: Final = ", ".join(sorted(METHODS))
_encode: Final = msgspec.json.Encoder().encode
_log = structlog.get_logger(__name__)


def webhook_route(daybook: Daybook) -> ASGIRouteHandler:
    """The mount at `/webhooks`: no guard, no middleware, nothing between the socket and the intake."""

    @asgi(path="/webhooks", is_mount=True, copy_scope=False)
    async def webhooks(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await _take(daybook, cast("HTTPScope", scope), receive, send)
        except Exception as error:  # noqa: BLE001  whatever fails here, Zenoti shall send it again
            _log.error("webhook_failed", **where(error))
            await _refuse(send, Refusal(503, "failed", "daybook failed at this call", RETRY_AFTER_S))

    return webhooks


async def _take(daybook: Daybook, scope: HTTPScope, receive: Receive, send: Send) -> None:
    arrived_at_ns = time.time_ns()
    # The mount strips its own path: what is left is `/{source}/{event_type}/`, or `foo/` for `/webhooksfoo`.
    _, *segments = scope["path"].rstrip("/").split("/")
    source = segments[0] if segments else ""
    url_type = _printable(segments[1], URL_TYPE_CHARS_MAX) if len(segments) > 1 else None
    via = _via(scope["query_string"]) if scope["query_string"] else None
    limit = daybook.settings.body_bytes_max
    announced = _announced_bytes(scope["headers"])
    refusal = _refusal_unread(daybook, scope["method"], segments, announced)
    body = b""
    if refusal is None:
        collected = await _collect(receive, limit)
        if collected is None:
            return
        body = collected
        refusal = _too_large(limit) if len(body) > limit else None
    if refusal is not None:
        digest = hashlib.sha256(body).hexdigest() if body else None
        daybook.intake.refuse(
            source, url_type, via, refusal.http_status, refusal.reason, max(announced, len(body)), digest
        )
        await _refuse(send, refusal)
        return
    call = Call(
        source=source,
        url_type=url_type,
        via=via,
        method=scope["method"],
        path=scope["raw_path"].partition(b"?")[0].decode("latin-1")[:PATH_CHARS_MAX],
        peer=scope["client"][0] if scope["client"] else None,
        headers=_kept_headers(scope["headers"]),
        body=body,
        arrived_at_ns=arrived_at_ns,
        origin="webhook",
    )
    answer = await daybook.intake.receive(call)
    if isinstance(answer, Refusal):
        await _refuse(send, answer)
    else:
        await _send(send, 200, "application/json", _encode(answer), {})


def _refusal_unread(daybook: Daybook, method: str, segments: list[str], announced: int) -> Refusal | None:
    """What can be refused before a byte of the body is read."""
    if not segments or segments[0] not in daybook.settings.sources:
        return Refusal(404, "unknown_source", "no source of this name is set up; see DAYBOOK_SOURCES", None)
    if len(segments) > 2:  # noqa: PLR2004  a source and a type
        return Refusal(404, "unknown_path", "a webhook's path is /webhooks/{source} or …/{event_type}", None)
    if method not in METHODS:
        return Refusal(405, "method_not_allowed", f"a webhook is sent by {_ALLOW}", None)
    limit = daybook.settings.body_bytes_max
    return _too_large(limit) if announced > limit else None


def _too_large(limit: int) -> Refusal:
    return Refusal(413, "body_too_large", f"a body has at most {limit} bytes; see DAYBOOK_BODY_BYTES_MAX", None)


async def _collect(receive: Receive, limit: int) -> bytes | None:
    """The body, or as much of it as shows that it is too large; None where the caller hung up."""
    message: Any = await receive()
    if message["type"] == "http.disconnect":
        return None
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return body
    collected = bytearray(body)
    while len(collected) <= limit:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        collected += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return bytes(collected)


def _announced_bytes(headers: Iterable[tuple[bytes, bytes]]) -> int:
    for name, value in headers:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0


def _kept_headers(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    """The headers as provenance, at most 8 KiB of them; the signature before all others, since it is needed."""
    kept: list[tuple[str, str]] = []
    room = HEADERS_BYTES_MAX
    for name, value in sorted(headers, key=lambda header: header[0] != _SIGNATURE):
        room -= len(name) + len(value)
        if room < 0:
            break
        if name not in _PRIVATE_HEADERS:
            kept.append((name.decode("latin-1"), value.decode("latin-1")))
    return kept


def _via(query: bytes) -> str | None:
    try:
        fields = parse_qsl(query.decode("latin-1"), max_num_fields=QUERY_FIELDS_MAX)
    except ValueError:
        return None
    return next((_printable(value, VIA_CHARS_MAX) for name, value in fields if name == "via"), None)


def _printable(text: str, chars_max: int) -> str | None:
    """A label from a URL: printable, bounded, and None where nothing is left."""
    return "".join(char for char in text if char.isprintable())[:chars_max] or None


async def _refuse(send: Send, refusal: Refusal) -> None:
    kind = _REFUSALS.get(refusal.http_status, "store-unavailable")
    headers = {"Allow": _ALLOW} if kind == "method-not-allowed" else {}
    if KINDS[kind].status == 503:  # noqa: PLR2004  the status that asks for another try
        headers["Retry-After"] = str(refusal.retry_after_s or RETRY_AFTER_S)
    body = _encode(document(kind, refusal.detail, reason=refusal.reason))
    await _send(send, KINDS[kind].status, MEDIA_TYPE, body, headers)


async def _send(send: Send, status: int, media_type: str, body: bytes, headers: dict[str, str]) -> None:
    fields = {"content-type": media_type, "content-length": str(len(body)), **headers}
    await send({
        "type": "http.response.start",
        "status": status,
        "headers": [(name.lower().encode(), value.encode()) for name, value in fields.items()],
    })  # fmt: skip
    await send({"type": "http.response.body", "body": body, "more_body": False})
