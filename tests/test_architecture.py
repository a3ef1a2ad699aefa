"""The rule of `docs/architecture.md`: who may import whom, read from the code itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "daybook"
MAY_IMPORT = {
    "errors": set(),
    "domain": {"errors"},
    "zenoti": {"errors", "domain"},
    "journal": {"errors", "domain"},
    "intake": {"errors", "domain", "zenoti", "journal"},
    "projecting": {"errors", "domain", "journal", "projections"},
    "projections": {"errors", "domain", "projecting"},
    "reading": {"errors", "domain", "journal", "projecting"},
    "settings": {"errors"},
    "bootstrap": {"errors", "settings", "domain", "zenoti", "journal", "intake", "projecting"},
    "verifying": {"errors", "domain", "zenoti", "journal", "intake", "projecting"},
    "simulation": {"zenoti"},
}
RIM = {"web", "cli", "doctor", "demo"}
"""The rim may import everything but each other's insides; `cli` starts `web`."""
NO_IO = {"domain", "zenoti"}
IO = {
    "asyncio",
    "os",
    "pathlib",
    "socket",
    "psycopg",
    "sqlite3",
    "sqlalchemy",
    "subprocess",
    "threading",
    "time",
    "logging",
    "httpx",
}


def _parts() -> list[str]:
    found = {path.stem if path.suffix == ".py" else path.name for path in SOURCE.iterdir() if path.suffix != ".typed"}
    return sorted(found - {"__init__", "__pycache__"})


def _files(part: str) -> Iterator[Path]:
    if part == "projections":
        yield from (ROOT / "projections").rglob("*.py")
    single = SOURCE / f"{part}.py"
    yield from [single] if single.exists() else (SOURCE / part).rglob("*.py")


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("part", sorted(MAY_IMPORT))
def test_a_part_imports_only_what_it_may(part: str) -> None:
    for path in _files(part):
        own = {name.split(".")[1] for name in _imports(path) if name.startswith("daybook.") and "." in name}
        assert own - {"__version__"} <= MAY_IMPORT[part] | {part}, path


@pytest.mark.parametrize("part", sorted(NO_IO))
def test_the_pure_centre_does_no_io(part: str) -> None:
    for path in _files(part):
        assert not {name.split(".")[0] for name in _imports(path)} & IO, path


def test_every_part_has_its_place_in_the_rule() -> None:
    assert set(_parts()) <= set(MAY_IMPORT) | RIM


def test_nobody_imports_a_projection() -> None:
    named = {f"daybook.projections.{folder.name}" for folder in (ROOT / "projections").iterdir() if folder.is_dir()}
    for path in [*SOURCE.rglob("*.py"), *(ROOT / "projections").rglob("*.py")]:
        assert not [name for name in _imports(path) if any(name.startswith(one) for one in named)], path


def test_nobody_below_the_composition_root_imports_the_rim() -> None:
    for part in MAY_IMPORT:
        for path in _files(part):
            assert not [name for name in _imports(path) if name.split(".")[:2][-1] in RIM and "daybook" in name], path
