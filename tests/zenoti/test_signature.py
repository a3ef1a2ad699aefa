"""Zenoti's signature in all its spellings."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from daybook.zenoti.signature import matching_secret, sign

BODY = b'{"a": 1}'
HEX = hmac.new(b"current", BODY, hashlib.sha256).hexdigest()
DASHED = "-".join(HEX[at : at + 2] for at in range(0, 64, 2))


@pytest.mark.parametrize(
    "header",
    [
        f"sha256 ={DASHED.upper()}",
        f"sha256={DASHED.upper()}",
        f"sha256 = {DASHED}",
        f"sha256={HEX}",
        HEX,
        HEX.upper(),
        f" SHA256 ={HEX.upper()} ",
    ],
)
def test_every_spelling_of_a_right_signature_is_accepted(header: str) -> None:
    assert matching_secret(header, BODY, ["other", "current"]) == "current"


@pytest.mark.parametrize(
    "header", [None, "", "sha256 =", f"sha256 ={DASHED}-00", HEX[:-2], "sha1=" + HEX, "é" * 64, "0" * 64]
)
def test_anything_else_is_refused(header: str | None) -> None:
    assert matching_secret(header, BODY, ["other", "current"]) is None


def test_one_byte_more_in_the_body_breaks_it() -> None:
    assert matching_secret(sign("current", BODY), BODY + b" ", ["current"]) is None


def test_what_is_signed_here_is_spelt_as_on_the_wire() -> None:
    assert sign("current", BODY) == f"sha256 ={DASHED.upper()}"
