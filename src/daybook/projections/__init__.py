"""The place where read models are found, wherever daybook runs from.

Installed, they lie beside this file. In a checkout they lie in the top-level `projections/`, which is appended to the
path, so that a folder added there is found without installing anything again. Nobody imports one by name.
"""

from __future__ import annotations

from pathlib import Path

__all__: list[str] = []


def _checkout_folder() -> Path | None:
    """The top-level `projections/` of the checkout that this file belongs to, if it belongs to one."""
    root = Path(__file__).resolve().parents[3]
    # An installed copy has no `src/daybook` three levels up, whatever else may be called `projections` there.
    own = root / "src" / "daybook" / "projections" / "__init__.py"
    folder = root / "projections"
    return folder if own.is_file() and folder.is_dir() else None


_folder = _checkout_folder()
if _folder is not None:
    __path__.append(str(_folder))
