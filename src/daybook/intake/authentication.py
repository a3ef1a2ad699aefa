"""Whether a call comes from whom it says: the signature over the raw bytes, and under which secret."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from daybook.domain.events import Signature
from daybook.intake.call import Call
from daybook.zenoti.signature import HEADER, matching_secret

_TAG: Final = b"daybook secret fingerprint\0"
_FINGERPRINT_CHARS: Final = 16


@dataclass(frozen=True, slots=True)
class SourceRules:
    """The secrets of one source, several while they are rotated; `observe` quarantines what `enforce` refuses."""

    secrets: tuple[str, ...] = field(default=(), repr=False)
    verify: Literal["enforce", "observe"] = "enforce"


class Authentication(NamedTuple):
    """What the check of one call gave."""

    signature: Signature
    header: str | None
    secret_fingerprint: str | None


def authenticate(call: Call, rules: SourceRules) -> Authentication | None:
    """What the signature proves; None where the call must be refused."""
    header = next((value for name, value in call.headers if name.lower() == HEADER), None)
    if call.origin == "import" or not rules.secrets:
        return Authentication("unchecked", header, None)
    secret = matching_secret(header, call.body, rules.secrets)
    if secret is not None:
        return Authentication("verified", header, fingerprint(secret))
    return Authentication("unsigned", header, None) if rules.verify == "observe" else None


@lru_cache(maxsize=64)
def fingerprint(secret: str) -> str:
    """Tells secrets apart without telling them."""
    return hashlib.sha256(_TAG + secret.encode()).hexdigest()[:_FINGERPRINT_CHARS]
