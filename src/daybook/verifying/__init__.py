"""The proof that the read models hold what the journal says, and the journal what arrived."""

from __future__ import annotations

from daybook.verifying.damage import Code, Damage, Note, Progress, Told
from daybook.verifying.result import Verification, keep, last_verification
from daybook.verifying.verification import verify

__all__ = ["Code", "Damage", "Note", "Progress", "Told", "Verification", "keep", "last_verification", "verify"]
