"""Who may ask: bearer tokens, known to us only by their SHA-256."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from daybook.web.problems import problem

NOBODY: Final = "api"
"""Who vouches where no tokens are set (a loopback host)."""
Guard: TypeAlias = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], None]

_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="daybook"'}
_SCHEME: Final = "bearer "


def token_guard(digests: Mapping[str, str]) -> Guard:
    """A Litestar guard that takes any of the tokens, given by name with their SHA-256 in hex; all pass where none is.

    The name of the token is the request's `auth` from then on.
    """
    expected = [(name, digest.encode()) for name, digest in digests.items()]

    def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        connection.scope["auth"] = _holder(connection.headers.get("authorization", ""), expected)

    return guard


def _holder(header: str, expected: list[tuple[str, bytes]]) -> str:
    if not expected:
        return NOBODY
    if not header.lower().startswith(_SCHEME):
        raise problem("unauthorized", "send a token as `Authorization: Bearer …`", headers=_CHALLENGE)
    token = header[len(_SCHEME) :].strip().encode("latin-1", "replace")
    given = hashlib.sha256(token).hexdigest().encode()
    holder = None
    # Every token is compared, in constant time: how long it takes tells nothing about which one was near.
    for name, digest in expected:
        if hmac.compare_digest(given, digest):
            holder = name
    if holder is None:
        raise problem("unauthorized", "this token is not known; `daybook token NAME` makes one", headers=_CHALLENGE)
    return holder
