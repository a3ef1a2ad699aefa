"""Finding the projections: every folder in `projections/` is one, and nobody imports them by name."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

import daybook.projections
from daybook.projecting.projection import BrokenProjection, LogProjection, Projection, StateProjection
from daybook.projecting.reason import reason_of


def discover(package: ModuleType = daybook.projections) -> dict[str, Projection]:
    """All projections by name; each folder's module has one in its variable `projection`.

    A folder that cannot be imported does not keep daybook from starting, since webhooks must be taken whatever a read
    model does: it is found as a `BrokenProjection`, which is shown as stopped with the reason.
    """
    importlib.invalidate_caches()
    folders = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return {name: _load(package, name) for name in folders if not name.startswith("_")}


def _load(package: ModuleType, name: str) -> Projection:
    try:
        found = getattr(importlib.import_module(f"{package.__name__}.{name}"), "projection", None)
    except Exception as error:  # noqa: BLE001  a module may raise anything while it is imported
        return BrokenProjection(name, f"it cannot be imported: {reason_of(error)}")
    if not isinstance(found, StateProjection | LogProjection):
        return BrokenProjection(name, "its module has no variable `projection` with a StateProjection or LogProjection")
    if found.name != name:
        return BrokenProjection(name, f"its projection calls itself {found.name!r}; folder and name must be the same")
    return found
