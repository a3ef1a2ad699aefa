"""What the code of a projection says, in 32 bytes: the same on every Python, whatever its comments and layout are."""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from daybook.domain.aggregates import AGGREGATES
from daybook.projecting.projection import Projection, SoundProjection, StateProjection, versions_of

_DOMAIN: Final = "daybook.domain"
_FOLD: Final = f"{_DOMAIN}.fold"
_REGISTRY: Final = f"{_DOMAIN}.aggregates"
"""Names all aggregates; a projection depends on those that it reads alone."""
_PARSING: Final = threading.Lock()
_NAMED_MAX: Final = 64


def fingerprint_of(projection: SoundProjection) -> bytes | None:
    """Over the modules of the row functions and what they import, of the projection's folder and of the domain.

    Rows depend on nothing else: a state projection's also on the fold and on the aggregates that it reads. Other files
    of the folder do not count, so that a predecessor can come and go; nor does what files are called, so that a version
    can be moved to a file of its own. None where no source can be read.
    """
    functions = projection.rows.values() if isinstance(projection, StateProjection) else [projection.rows]
    try:
        modules = _reached({_module_of(function) for function in functions}, projection.name)
        wiring: list[str] = []
        if isinstance(projection, StateProjection):
            aggregates = [AGGREGATES[kind] for kind in sorted(projection.rows)]
            wiring = [
                f"{part.__module__}.{part.__qualname__}" for one in aggregates for part in (one.begin, one.evolve)
            ]
            modules |= _reached({_FOLD, *(one.state.__module__ for one in aggregates)}, projection.name)
    except (OSError, SyntaxError, ValueError):
        return None
    digest = hashlib.sha256()
    told = sorted((b"" if module.is_own else name.encode(), module.told) for name, module in modules.items())
    for part in (*(part for pair in told for part in pair), *(name.encode() for name in wiring)):
        # Lengths keep two modules from being taken for one.
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()


def fingerprints_of(projections: Mapping[str, Projection]) -> dict[tuple[str, int], bytes | None]:
    """Of all versions that there is code for."""
    return {
        (name, version): fingerprint_of(one)
        for name, projection in projections.items()
        for version, one in versions_of(projection).items()
    }


@dataclass(frozen=True, slots=True)
class _Module:
    told: bytes
    """What it says."""
    imported: frozenset[str]
    """Modules, in full."""
    is_own: bool = True
    """Whether it is a file of the projection, and not of the domain."""


def _module_of(function: Callable[..., Any]) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    return getattr(function, "__module__", None) or type(function).__module__


def _reached(starts: Iterable[str], name: str) -> dict[str, _Module]:
    """These modules, by name, and what they import of the projection's folder and of the domain.

    Raises `ValueError` where one of them has no source.
    """
    found: dict[str, _Module] = {}
    waiting = list(starts)
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        read = found[module] = _of_domain(module) if module.startswith(f"{_DOMAIN}.") else _read(module)
        folder = _folder_of(module, name)
        own = (f"{_DOMAIN}.", f"{folder}.") if folder else (f"{_DOMAIN}.",)
        waiting.extend(one for one in read.imported if one != _REGISTRY and (one.startswith(own) or one == folder))
    return found


def _folder_of(module: str, name: str) -> str | None:
    """The package that is named after the projection, if the module is in one."""
    parts = module.split(".")
    if name not in parts:
        return None
    folder = ".".join(parts[: parts.index(name) + 1])
    return folder if hasattr(sys.modules.get(folder), "__path__") else None


@lru_cache(maxsize=_NAMED_MAX)
def _of_domain(module: str) -> _Module:
    return _read(module)


def _read(module: str) -> _Module:
    path = _source_of(module)
    if path is None:
        raise ValueError(module)
    # CPython 3.11 counts its own depth wrongly when two threads make trees at once ("depth mismatch").
    with _PARSING:
        tree = ast.parse(path.read_bytes())
    told: list[str] = []
    _dump(tree, told)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    is_own = not module.startswith(f"{_DOMAIN}.")
    return _Module("\n".join(told).encode(), frozenset(_imported(tree, package)), is_own)


def _source_of(module: str) -> Path | None:
    """None where there is no such module: `from daybook.domain.fold import facts` names a function of one."""
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None:
        try:
            spec = importlib.util.find_spec(module)
        except (ModuleNotFoundError, ValueError):
            return None
        file = None if spec is None or not spec.has_location else spec.origin
    return None if file is None else Path(file)


def _imported(tree: ast.Module, package: str) -> Iterator[str]:
    """The modules that it imports, in full; `package` is where relative imports start."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: package.count(".") + 2 - node.level] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            if module.partition(".")[0] not in {"daybook", package.partition(".")[0]}:
                continue
            parts = [f"{module}.{alias.name}" for alias in node.names]
            # Of a package from which a module is taken nothing else is used.
            yield from (part if _is_module(part) else module for part in parts)


def _is_module(name: str) -> bool:
    return isinstance(sys.modules.get(name), ModuleType) or _source_of(name) is not None


def _dump(node: object, told: list[str]) -> None:
    """Our own, since `ast.dump` differs between versions of Python: no places, no empty fields, no bare texts."""
    if isinstance(node, ast.Constant):
        told.append(f"{type(node.value).__name__}:{node.value!r}")
    elif isinstance(node, ast.AST):
        told.append(f"{type(node).__name__}(")
        for name in node._fields:
            value = getattr(node, name, None)
            if value is not None and value != [] and name != "type_comment":
                told.append(f"{name}=")
                _dump(value, told)
        told.append(")")
    elif isinstance(node, list):
        told.append("[")
        for item in node:
            if not _is_bare_text(item):
                _dump(item, told)
        told.append("]")
    else:
        told.append(repr(node))


def _is_bare_text(node: object) -> bool:
    """A docstring, of whatever: a text that stands alone does nothing."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
