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
from typing import Any, Final

from daybook.projecting.projection import Projection, SoundProjection, StateProjection, versions_of

_DOMAIN: Final = "daybook.domain"
_FOLD: Final = f"{_DOMAIN}.fold"
_PARSING: Final = threading.Lock()
_NAMED_MAX: Final = 64
_FILES_MAX: Final = 1_000
"""More in a folder are a mistake; those beyond are not looked at."""


def fingerprint_of(projection: SoundProjection) -> bytes | None:
    """Over the modules of the projection's folder and those of the domain that they use, one through another.

    Rows depend on nothing else: a state projection's also on the fold. None where no source can be read.
    """
    own = _own_files(projection)
    if not own:
        return None
    try:
        modules = {name: _read(path, package="") for name, path in own.items()}
        used = {name for module in modules.values() for name in module.imported}
        modules |= _of_domain({*used, _FOLD} if isinstance(projection, StateProjection) else used)
    except (OSError, SyntaxError, ValueError):
        return None
    digest = hashlib.sha256()
    for name in sorted(modules):
        # Lengths keep two modules from being taken for one.
        for part in (name.encode(), modules[name].told):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()


def fingerprints_of(projections: Mapping[str, Projection]) -> dict[tuple[str, int], bytes | None]:
    """Of all versions that there is code for.

    A predecessor's is not told: its code was moved to be kept, and whoever keeps it vouches for it.
    """
    return {
        (name, version): fingerprint_of(one) if one is projection else None
        for name, projection in projections.items()
        for version, one in versions_of(projection).items()
    }


@dataclass(frozen=True, slots=True)
class _Module:
    told: bytes
    """What it says."""
    imported: frozenset[str]
    """Names in the domain, which may be modules."""


def _own_files(projection: SoundProjection) -> dict[str, Path]:
    """By a name that does not depend on where the folder lies."""
    files: dict[str, Path] = {}
    functions = projection.rows.values() if isinstance(projection, StateProjection) else [projection.rows]
    for function in functions:
        name = _module_of(function)
        folder = _folder_of(name, projection.name)
        if folder is not None:
            found = sorted(folder.rglob("*.py"))[:_FILES_MAX]
            files.update((f"{projection.name}/{path.relative_to(folder).as_posix()}", path) for path in found)
        elif (path := _file_of(name)) is not None:
            files[name.rpartition(".")[2]] = path
    return files


def _module_of(function: Callable[..., Any]) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    return getattr(function, "__module__", None) or type(function).__module__


def _folder_of(module: str, name: str) -> Path | None:
    """The folder of the package that is named after the projection, if the module is in one."""
    parts = module.split(".")
    if name not in parts:
        return None
    package = sys.modules.get(".".join(parts[: parts.index(name) + 1]))
    if package is None or not hasattr(package, "__path__") or (file := getattr(package, "__file__", None)) is None:
        return None
    return Path(file).parent


def _file_of(module: str) -> Path | None:
    file = getattr(sys.modules.get(module), "__file__", None)
    return None if file is None else Path(file)


def _of_domain(wanted: Iterable[str]) -> dict[str, _Module]:
    """These modules of the domain and all that they import of it."""
    modules: dict[str, _Module] = {}
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name not in modules and (found := _domain_module(name)) is not None:
            modules[name] = found
            waiting.extend(found.imported)
    return modules


@lru_cache(maxsize=_NAMED_MAX)
def _domain_module(name: str) -> _Module | None:
    """None for a name that is no module: `from daybook.domain.fold import facts` may name one or a function of one."""
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        return None
    if spec is None or spec.origin is None:
        return None
    return _read(Path(spec.origin), package=name.rpartition(".")[0])


def _read(path: Path, *, package: str) -> _Module:
    # CPython 3.11 counts its own depth wrongly when two threads make trees at once ("depth mismatch").
    with _PARSING:
        tree = ast.parse(path.read_bytes())
    told: list[str] = []
    _dump(tree, told)
    return _Module("\n".join(told).encode(), frozenset(_imported(tree, package)))


def _imported(tree: ast.Module, package: str) -> Iterator[str]:
    """All names in the domain that could be modules; `package` is where relative imports start."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = package if node.level else ""
            module = ".".join(part for part in (start, node.module) if part)
            names = [module, *(f"{module}.{alias.name}" for alias in node.names)]
        yield from (name for name in names if name.startswith(f"{_DOMAIN}."))


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
