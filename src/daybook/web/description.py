"""The API told in OpenAPI: what every route shares, and the webhooks, which are no route of Litestar's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from litestar import Router
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin, YamlRenderPlugin
from litestar.openapi.spec import (
    Components,
    Example,
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    Parameter,
    PathItem,
    Reference,
    RequestBody,
    Schema,
    SecurityScheme,
    Tag,
)
from litestar.openapi.spec.enums import OpenAPIType
from litestar.types import Guard, Method
from litestar.types.internal_types import PathParameterDefinition

from daybook import __version__
from daybook.web.problems import KINDS, MEDIA_TYPE, TYPE_PREFIX, Problem, document
from daybook.web.shapes import Answer

_ABOUT: Final = """Zenoti's webhooks, written down as they happen and posted into readable state with its history.

Ids are strings, compared trimmed and lower-cased. Positions are integers: places in the journal's one order.
Times are RFC 3339 in UTC. Every read takes `min_position`, and tells with `Daybook-Position` and `Daybook-Lag` how
fresh it is; its `ETag` can be sent back as `If-None-Match`. Lists come in pages: newest first, `limit` 1 to 1000, and
`cursor` for the next one.

Refusals and failures are problem details (RFC 9457). Their types:

"""
_TAGS: Final = (
    ("state", "What is so now, and how it came about."),
    ("inbox", "What came in, and what became of it."),
    ("operation", "Whether everything runs."),
)


def example(value: object) -> type[Operation]:
    """An operation whose successful answer shows this value."""
    shown = msgspec.to_builtins(value)

    @dataclass
    class Exemplified(Operation):
        def __post_init__(self) -> None:
            for status, response in (self.responses or {}).items():
                if status.startswith("2") and isinstance(response, OpenAPIResponse):
                    for media in (response.content or {}).values():
                        media.examples = {"example": Example(value=shown)}

    return Exemplified


def problems(*kinds: str) -> dict[int, ResponseSpec]:
    """The refusals of a route, for its `responses`; several kinds can share a status."""
    told: dict[int, list[str]] = {}
    for kind in kinds:
        told.setdefault(KINDS[kind].status, []).append(kind)
    return {
        status: ResponseSpec(
            Problem,
            generate_examples=False,
            description=" ".join(KINDS[kind].meaning for kind in of_status),
            media_type=MEDIA_TYPE,
            examples=[Example(summary=kind, value=document(kind, KINDS[kind].meaning)) for kind in of_status],
        )
        for status, of_status in told.items()
    }


def read_responses(*kinds: str) -> dict[int, ResponseSpec]:
    """What every read under `/v1` can answer beside its own success, and these."""
    unchanged = ResponseSpec(None, generate_examples=False, description="The caller has it already (`If-None-Match`).")
    return {
        304: unchanged,
        **problems("invalid-parameter", "unauthorized", "unknown-source", "projection-behind", *kinds),
    }


def openapi_config(guards: Sequence[Guard], *, asks_for_tokens: bool) -> OpenAPIConfig:
    """OpenAPI 3.1 at `/schema/openapi.json`, behind the same guard as everything else."""
    table = "\n".join(f"- `{TYPE_PREFIX}{kind}` ({told.status}): {told.meaning}" for kind, told in KINDS.items())
    return OpenAPIConfig(
        title="daybook",
        version=__version__,
        description=_ABOUT + table,
        use_handler_docstrings=True,
        operation_id_creator=_operation_id,
        tags=[Tag(name=name, description=text) for name, text in _TAGS],
        components=Components(
            security_schemes={
                "token": SecurityScheme(type="http", scheme="bearer", description="`daybook token NAME` makes one.")
            }
        ),
        security=[{"token": []}] if asks_for_tokens else [{}, {"token": []}],
        webhooks={"zenoti": _webhooks()},
        render_plugins=[JsonRenderPlugin(), YamlRenderPlugin()],
        openapi_router=Router("/schema", route_handlers=[], include_in_schema=False, guards=guards),
    )


def _operation_id(
    handler: HTTPRouteHandler, http_method: Method, path_components: list[str | PathParameterDefinition]
) -> str:
    del http_method, path_components
    return re.sub("_(.)", lambda match: match[1].upper(), handler.handler_name)


def _webhooks() -> PathItem:
    """What Zenoti sends to `/webhooks/{source}` and `/webhooks/{source}/{event_type}`."""
    return PathItem(
        summary="A webhook of Zenoti",
        description="Sent to `/webhooks/{source}` or `/webhooks/{source}/{event_type}`, by POST, PUT or PATCH.",
        post=_webhook("Post"),
        put=_webhook("Put"),
        patch=_webhook("Patch"),
    )


def _webhook(verb: str) -> Operation:
    refused = ("signature-refused", "unknown-source", "method-not-allowed", "body-too-large", "store-unavailable")
    return Operation(
        operation_id=f"webhook{verb}",
        summary="Take one delivery",
        description=(
            "Answered after the commit. The body is signed; an empty one is Zenoti's test and is answered `ping`. What "
            "is authentic but cannot be understood is kept, and answered 200 `quarantined` with the reason."
        ),
        tags=["inbox"],
        security=[{}],
        parameters=[
            _parameter("source", "path", "Name of the Zenoti organization, as set up.", "main"),
            _parameter("zenoti-webhook-signature", "header", "HMAC-SHA256 of the raw body.", "sha256 =18-2E-10-EB-…"),
            _parameter("via", "query", "A label that names the webhook.", "org-noshow"),
        ],
        request_body=RequestBody(
            content={"application/json": OpenAPIMediaType(schema=Schema(type=OpenAPIType.OBJECT), examples=_BODIES)}
        ),
        responses={
            "200": OpenAPIResponse(
                description="Stored, or stored before.",
                content={"application/json": OpenAPIMediaType(schema=_answer_schema(), examples=_ANSWERS)},
            ),
            **{
                str(KINDS[kind].status): OpenAPIResponse(
                    description=KINDS[kind].meaning,
                    content={
                        MEDIA_TYPE: OpenAPIMediaType(
                            schema=Schema(type=OpenAPIType.OBJECT),
                            examples={kind: Example(value=document(kind, KINDS[kind].meaning))},
                        )
                    },
                )
                for kind in refused
            },
        },
    )


def _parameter(name: str, where: str, description: str, value: str) -> Parameter:
    return Parameter(
        name=name,
        param_in=where,
        required=where == "path",
        description=description,
        schema=Schema(type=OpenAPIType.STRING),
        examples={"example": Example(value=value)},
    )


def _answer_schema() -> Schema:
    names = [field.name for field in msgspec.structs.fields(Answer)]
    text_or_null = Schema(type=[OpenAPIType.STRING, OpenAPIType.NULL])
    return Schema(
        type=OpenAPIType.OBJECT,
        required=names,
        properties={
            "status": Schema(enum=["recorded", "duplicate", "quarantined", "kept", "ping"]),
            "delivery_id": text_or_null,
            "position": Schema(type=[OpenAPIType.INTEGER, OpenAPIType.NULL]),
            "detail": text_or_null,
        },
    )


_DELIVERY: Final = "0196f3a2-7c1e-7d9b-8a51-2f6c0d4e9b13"
_ANSWERS: Final[dict[str, Example | Reference]] = {
    "recorded": Example(value={"status": "recorded", "delivery_id": _DELIVERY, "position": 42, "detail": None}),
    "quarantined": Example(
        value={
            "status": "quarantined",
            "delivery_id": _DELIVERY,
            "position": None,
            "detail": "the body is not JSON",
        }
    ),
    "ping": Example(value={"status": "ping", "delivery_id": None, "position": None, "detail": "a test"}),
}
_BODIES: Final[dict[str, Example | Reference]] = {
    "enveloped": Example(
        value={
            "id": "6a1c8f0e-3f0b-4c9a-9f2e-0d7b5a4c3e21",
            "event_id": "f3b1d2c4-5e6f-4a7b-8c9d-0e1f2a3b4c5d",
            "event_schema": "v1",
            "event_resource": "Class",
            "event_type": "Class.Booking.NoShow",
            "event_timestamp": "2022-03-22T12:39:20.6984376Z",
            "data": {"registration_id": 43987, "session_id": 1201, "guest_id": "0b1c…", "waitlist": None},
        }
    ),
    "bare": Example(value={"registration_id": 43987, "session_id": 1201}),
}
