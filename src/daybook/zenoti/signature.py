"""Zenoti's signature: HMAC-SHA256 over the raw body, spelt as dashed hex pairs behind `sha256 =`."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

HEADER: Final = "zenoti-webhook-signature"
_HEX: Final = re.compile(r"(?:sha256\s*=\s*)?((?:[0-9a-f]{2}-?){31}[0-9a-f]{2})", re.IGNORECASE | re.ASCII)


def sign(secret: str, body: bytes) -> str:
    """The header's value as Zenoti spells it, e.g. `sha256 =18-2E-10-EB-…`."""
    return "sha256 =" + _digest(secret, body).hex("-").upper()


def matching_secret(header: str | None, body: bytes, secrets: Sequence[str]) -> str | None:
    """The secret under which the header signs the body, or None.

    Dashed pairs and plain hex are accepted, in either case, with or without `sha256=`. Every secret is tried,
    each in constant time, so that the answer's time tells nothing.
    """
    match = _HEX.fullmatch(header.strip()) if header else None
    told = bytes.fromhex(match[1].replace("-", "")) if match else b""
    found = None
    for secret in secrets:
        if hmac.compare_digest(_digest(secret, body), told):
            found = secret
    return found


def _digest(secret: str, body: bytes) -> bytes:
    # `hmac.digest` would let the interpreter's lock go for two microseconds of work, and wait to get it back.
    keyed = _keyed(secret).copy()
    keyed.update(body)
    return keyed.digest()


@lru_cache(maxsize=64)
def _keyed(secret: str) -> hmac.HMAC:
    return hmac.new(secret.encode(), digestmod="sha256")
