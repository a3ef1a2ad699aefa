"""`read`: one body as the translation reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from daybook.zenoti.translate import Told, Translation, translate
from tests.bodies import sent

ARRIVED_AT_NS = 1_900_000_000_000_000_000


@pytest.fixture(scope="session")
def read() -> Callable[..., Translation]:
    """Translates one body, an object or the bytes themselves, sent to a URL with or without a type."""

    def translated(body: Any, url_type: str | None = None, *, distinct: bool = False) -> Translation:  # noqa: ANN401
        return translate(
            Told(
                source="main",
                url_type=url_type,
                body=sent(body),
                arrived_at_ns=ARRIVED_AT_NS,
                delivery_id=UUID(int=7),
                origin="webhook",
                signature="verified",
                distinct=distinct,
            )
        )

    return translated
