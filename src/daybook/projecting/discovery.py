"""Finding the projections: every folder in `projections/`, and in a user's own places, is one; nobody imports them."""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import daybook.projections
from daybook.projecting.projection import BrokenProjection, LogProjection, Projection, StateProjection
from daybook.projecting.reason import reason_of


def discover(paths: Iterable[Path] = ()) -> dict[str, Projection]:
    """All projections by name; each folder's module has one in its variable `projection`.

    `paths` are looked in before daybook's own place, in their order: the first folder of a name is the one.

    A folder that cannot be imported does not keep daybook from starting, since webhooks must be taken whatever a read
    model does: it is found as a `BrokenProjection`, which is shown as stopped with the reason. So is one of `paths`
    that is not there.
    """
    importlib.invalidate_caches()
    found = _found_in(daybook.projections)
    for path in reversed([path.resolve() for path in paths]):
        if path.is_dir():
            found |= _found_in(_package_of(path))
        else:
            found[str(path)] = BrokenProjection(str(path), "there is no such folder; see DAYBOOK_PROJECTIONS")
    return found


def _package_of(path: Path) -> ModuleType:
    """The folder as a package of its own, so that its modules find each other and clash with nobody's."""
    package = ModuleType(f"daybook_projections_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}")
    package.__path__ = [str(path)]
    # Unlike daybook's own, these files can change while a process lives: who looks again gets them as they are now.
    for name in [name for name in sys.modules if name.startswith(f"{package.__name__}.")]:
        del sys.modules[name]
    sys.modules[package.__name__] = package
    return package


def _found_in(package: ModuleType) -> dict[str, Projection]:
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
