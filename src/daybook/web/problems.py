"""Refusals and failures as RFC 9457 problem details: every kind has a stable type, and says what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Final

import msgspec
from litestar.exceptions import HTTPException, ValidationException
from litestar.plugins.problem_details import ProblemDetailsConfig, ProblemDetailsException, ProblemDetailsPlugin
from msgspec import Meta
from sqlalchemy.exc import OperationalError

from daybook.errors import (
    NotQuarantinedError,
    ProjectionError,
    QueueFullError,
    StoreUnavailableError,
    UnknownDeliveryError,
)

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:daybook:problem:"
RETRY_AFTER_S: Final = 2


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal or failure (RFC 9457)."""

    type: Annotated[str, Meta(examples=["urn:daybook:problem:not-found"])]
    title: str
    status: int
    detail: Annotated[str, Meta(description="What was wrong, and what to do.")]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: its status, its title, and what it means."""

    status: int
    title: str
    meaning: str


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "invalid-parameter": Kind(
            400, "Invalid parameter", "A parameter, or the body, has a value that cannot be meant."
        ),
        "invalid-cursor": Kind(
            400, "Invalid cursor", "The cursor is of another query or projection: begin at the start."
        ),
        "unauthorized": Kind(401, "Not authorized", "No bearer token, or none that is known."),
        "signature-refused": Kind(401, "Signature refused", "The webhook's signature is missing or matches no secret."),
        "unknown-source": Kind(404, "Unknown source", "No source of this name is set up."),
        "not-found": Kind(404, "Not found", "There is nothing under this path."),
        "method-not-allowed": Kind(405, "Method not allowed", "The path takes other verbs: see the header Allow."),
        "not-quarantined": Kind(409, "Not quarantined", "Only a quarantined delivery can be released."),
        "projection-switched": Kind(
            410, "Projection switched", "Other rows have taken the place of those that the pages were begun on."
        ),
        "body-too-large": Kind(413, "Body too large", "The body is over the limit that is set."),
        "bad-request": Kind(400, "Bad request", "The request cannot be understood."),
        "projection-behind": Kind(503, "Projection behind", "The projection has not got to `min_position` in time."),
        "projection-unavailable": Kind(
            503, "Projection unavailable", "The read model is not there, or cannot be read."
        ),
        "store-unavailable": Kind(503, "Store unavailable", "The store cannot be used now; nothing was recorded."),
        "internal-error": Kind(500, "Internal error", "A fault of daybook: its log tells more."),
    }
)
EXPECTED: Final[Mapping[type[Exception], str]] = MappingProxyType(
    {
        UnknownDeliveryError: "not-found",
        NotQuarantinedError: "not-quarantined",
        StoreUnavailableError: "store-unavailable",
        QueueFullError: "store-unavailable",
        ProjectionError: "projection-unavailable",
    }
)
"""Errors whose message is meant for the caller, and the kind of problem each is."""
_BY_STATUS: Final = {401: "unauthorized", 404: "not-found", 405: "method-not-allowed", 413: "body-too-large"}
_QUOTED: Final = re.compile(r"\s*'[^']*'")


def document(kind: str, detail: str, **extra: str) -> dict[str, Any]:
    """The body of one problem, with members of its own in `extra`."""
    known = KINDS[kind]
    return {"type": TYPE_PREFIX + kind, "title": known.title, "status": known.status, "detail": detail, **extra}


def problem(
    kind: str, detail: str, *, headers: Mapping[str, str] | None = None, **extra: str
) -> ProblemDetailsException:
    """A problem to raise. `detail` says what was wrong and what to do, and never repeats personal data."""
    known = KINDS[kind]
    sent = dict(headers or {})
    if known.status == 503:  # noqa: PLR2004  the status that asks for another try
        sent.setdefault("Retry-After", str(RETRY_AFTER_S))
    return ProblemDetailsException(
        detail=detail,
        status_code=known.status,
        type_=TYPE_PREFIX + kind,
        title=known.title,
        headers=sent,
        extra=dict(extra) or None,
    )


def plugin() -> ProblemDetailsPlugin:
    """Litestar's own plugin, told how our errors and Litestar's become problems."""
    return ProblemDetailsPlugin(
        ProblemDetailsConfig(
            exception_to_problem_detail_map={
                HTTPException: _of_http,
                **dict.fromkeys(EXPECTED, _of_expected),
                OperationalError: lambda _: problem("store-unavailable", "the store cannot be read now; ask again"),
                Exception: lambda _: problem("internal-error", "daybook failed at this request; its log tells more"),
            }
        )
    )


def _of_expected(error: Exception) -> ProblemDetailsException:
    return problem(EXPECTED[type(error)], str(error))


def _of_http(error: HTTPException) -> ProblemDetailsException:
    if isinstance(error, ValidationException):
        return problem("invalid-parameter", _invalid(error))
    kind = _BY_STATUS.get(error.status_code)
    if kind is None:
        client = 400 <= error.status_code < 500  # noqa: PLR2004  the range of the caller's mistakes
        kind = "bad-request" if client else "internal-error"
    allowed = (error.headers or {}).get("allow")
    return problem(kind, KINDS[kind].meaning, headers={"Allow": allowed} if allowed else None)


def _invalid(error: ValidationException) -> str:
    """Which parameters are wrong and how, without the values that were sent (they may be personal data)."""
    found = error.extra if isinstance(error.extra, list) else []
    told = [f"{item.get('key', 'the request')}: {_QUOTED.sub('', str(item.get('message', '')))}" for item in found]
    return "; ".join(told) or KINDS["invalid-parameter"].meaning
