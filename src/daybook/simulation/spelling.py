"""Zenoti's spellings: how one id is told now in this way and now in that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from daybook.simulation.chance import Chance

_SHOUTED: Final = 0.05
_NO_GUID: Final = 0.01


def spelt(guid: str, chance: Chance) -> str:
    """The same id, now and then in upper case."""
    return guid.upper() if chance.happens(_SHOUTED) else guid


def almost_guid(chance: Chance) -> str:
    """A new id: a GUID, but for the few that only look like one (both forms were seen)."""
    guid = chance.guid()
    if not chance.happens(_NO_GUID):
        return guid
    return f"qpe4ec51{guid[8:]}" if chance.happens(0.5) else f"{guid[:19]}65t3{guid[23:]}"
