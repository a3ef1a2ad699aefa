"""The way in: from one webhook call to a committed delivery and its answer."""

from __future__ import annotations

from daybook.intake.authentication import SourceRules
from daybook.intake.call import Answer, Call, Refusal
from daybook.intake.observer import Observer, Silent
from daybook.intake.receiver import Intake
from daybook.intake.retranslation import Retranslation

__all__ = ["Answer", "Call", "Intake", "Observer", "Refusal", "Retranslation", "Silent", "SourceRules"]
