"""What a read can be asked: the query parameters, each described once."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

from litestar.openapi.spec import Example
from litestar.params import PathParameter, QueryParameter

from daybook.domain.identity import ID_CHARS_MAX, normalize_id
from daybook.domain.instants import parse_instant
from daybook.errors import InvalidIdError, InvalidInstantError
from daybook.web.cursors import CURSOR_CHARS_MAX
from daybook.web.problems import problem

PAGE_ITEMS_DEFAULT: Final = 50
PAGE_ITEMS_MAX: Final = 1_000
POSITION_MAX: Final = 2**63 - 1
TEXT_CHARS_MAX: Final = 200

_ID: Final = "An id in any case; compared trimmed and lower-cased."
_INSTANT: Final = "RFC 3339; without an offset it is UTC."


def _example(value: str | int) -> list[Example]:
    return [Example(value=value)]


SourcePath: TypeAlias = Annotated[
    str, PathParameter(description="Name of the Zenoti organization, as set up.", examples=_example("main"))
]
RegistrationPath: TypeAlias = Annotated[str, PathParameter(description=_ID, examples=_example("43987"))]
AppointmentPath: TypeAlias = Annotated[
    str, PathParameter(description=_ID, examples=_example("e2c1a3f0-65a4-4d6c-9b0e-3c6f1a2b4d5e"))
]
GroupPath: TypeAlias = Annotated[
    str, PathParameter(description=_ID, examples=_example("a7d0c1b2-3e4f-4a5b-8c6d-7e8f9a0b1c2d"))
]
SessionPath: TypeAlias = Annotated[str, PathParameter(description=_ID, examples=_example("1201"))]
DeliveryPath: TypeAlias = Annotated[
    str,
    PathParameter(description="The delivery's id, a UUID.", examples=_example("0196f3a2-7c1e-7d9b-8a51-2f6c0d4e9b13")),
]
MinPosition: TypeAlias = Annotated[
    int | None,
    QueryParameter(
        ge=0,
        le=POSITION_MAX,
        schema_extra={"minimum": 0},  # Litestar leaves a minimum of 0 out
        description="Wait, at most 2 s, until the answer holds everything up to this position; else 503.",
        examples=_example(1),
    ),
]
Limit: TypeAlias = Annotated[
    int, QueryParameter(ge=1, le=PAGE_ITEMS_MAX, description="Items of a page.", examples=_example(50))
]
Cursor: TypeAlias = Annotated[
    str | None,
    QueryParameter(max_length=CURSOR_CHARS_MAX, description="The `cursor` of the page before, with the same filters."),
]
IdFilter: TypeAlias = Annotated[str | None, QueryParameter(max_length=ID_CHARS_MAX, description=_ID)]
TypeFilter: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        max_length=TEXT_CHARS_MAX, description="Zenoti's type of the event.", examples=_example("Class.Booking.NoShow")
    ),
]
From: TypeAlias = Annotated[
    str | None,
    QueryParameter(description=f"From this instant on. {_INSTANT}", examples=_example("2022-03-22T00:00:00Z")),
]
To: TypeAlias = Annotated[
    str | None,
    QueryParameter(description=f"Before this instant. {_INSTANT}", examples=_example("2022-03-23T00:00:00Z")),
]
FromNamed: TypeAlias = Annotated[
    str | None,
    QueryParameter(name="from", description=f"From this instant on. {_INSTANT}",
                   examples=_example("2022-03-22T00:00:00Z")),
]  # fmt: skip
ToNamed: TypeAlias = Annotated[
    str | None,
    QueryParameter(name="to", description=f"Before this instant. {_INSTANT}",
                   examples=_example("2022-03-23T00:00:00Z")),
]  # fmt: skip
WhichTime: TypeAlias = Annotated[
    Literal["occurred", "recorded"],
    QueryParameter(name="time", description="The time that `from`, `to` and the order are about.",
                   examples=_example("occurred")),
]  # fmt: skip


def id_in_filter(name: str, value: str | None) -> str | None:
    """The id to look for, in the spelling ids are compared in; 400 for what cannot be an id."""
    if value is None:
        return None
    try:
        return normalize_id(value)
    except InvalidIdError as error:
        raise problem("invalid-parameter", f"{name}: {error}") from None


def instant_in_filter(name: str, value: str | None) -> int | None:
    """Nanoseconds of an instant in a query; 400 for what is none."""
    if value is None:
        return None
    try:
        return parse_instant(value)
    except InvalidInstantError as error:
        raise problem("invalid-parameter", f"{name}: {error}") from None
