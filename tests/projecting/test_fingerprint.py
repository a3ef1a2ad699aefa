"""What of a projection's code counts: what it does, in its folder and in the domain, and nothing else."""

from __future__ import annotations

import functools
import importlib
import sys
from pathlib import Path

import pytest

from daybook.domain.identity import Kind
from daybook.projecting.discovery import discover
from daybook.projecting.fingerprint import fingerprint_of
from daybook.projecting.projection import LogProjection, StateProjection, state_table
from tests.projecting.versions import NEW, OLD

FOLDER = {
    "__init__.py": '''
"""What it is for."""
from sqlalchemy import Column, Text
from daybook.projecting.projection import LogProjection, log_table
from .words import word

MARKS = log_table("marks", 1, Column("what", Text))

def rows(event):
    """One row."""
    yield MARKS, {"what": word(event)}  # as told

projection = LogProjection(name="marks", version=1, tables=(MARKS,), rows=rows)
''',
    "words.py": """
from daybook.domain.telling import told_id

def word(event):
    return told_id(event.zenoti_type) or u'none'
""",
}


def _fingerprint(folder: Path, files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> bytes | None:
    """Of the folder with these files, as a process that starts now finds it."""
    (folder / "marks").mkdir(parents=True)
    for name, content in files.items():
        (folder / "marks" / name).write_text(content)
    for name in [name for name in sys.modules if name == "marks" or name.startswith("marks.")]:
        del sys.modules[name]
    monkeypatch.syspath_prepend(str(folder))
    importlib.invalidate_caches()
    return fingerprint_of(importlib.import_module("marks").projection)


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("__init__.py", '"""One row."""', '"""A row."""', "the same"),
        ("__init__.py", "# as told", "# in Zenoti's words", "the same"),
        ("__init__.py", "def rows(event):\n", "def rows(\n    event,\n):\n", "the same"),
        ("__init__.py", '"what": word', "'what': word", "the same"),
        ("__init__.py", '{"what": word(event)}', '{"what": word(event).upper()}', "another"),
        ("__init__.py", 'Column("what", Text)', 'Column("what", Text, nullable=False)', "another"),
        ("words.py", "u'none'", "'none'", "the same"),
        ("words.py", "u'none'", "'nothing'", "another"),
        ("words.py", "event.zenoti_type", "event.role", "another"),
    ],
)
def test_only_what_the_code_of_the_folder_does_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, old: str, new: str, expected: str
) -> None:
    before = _fingerprint(tmp_path / "before", FOLDER, monkeypatch)
    assert old in FOLDER[name]

    after = _fingerprint(tmp_path / "after", {**FOLDER, name: FOLDER[name].replace(old, new)}, monkeypatch)

    assert before is not None
    assert ("the same" if after == before else "another") == expected


def test_a_file_that_the_rows_do_not_use_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _fingerprint(tmp_path / "before", FOLDER, monkeypatch)
    after = _fingerprint(tmp_path / "after", {**FOLDER, "v0.py": "1 / 0"}, monkeypatch)

    assert before is not None
    assert after == before


def test_a_version_that_is_moved_to_a_file_of_its_own_to_be_kept_is_the_same_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = {
        "__init__.py": "from .v1 import projection\n",
        "v1.py": FOLDER["__init__.py"],
        "words.py": FOLDER["words.py"],
    }
    before = _fingerprint(tmp_path / "before", FOLDER, monkeypatch)
    after = _fingerprint(tmp_path / "after", moved, monkeypatch)
    words = FOLDER["words.py"].replace("none", "nothing")
    changed = _fingerprint(tmp_path / "changed", {**moved, "words.py": words}, monkeypatch)

    assert before is not None
    assert after == before
    assert changed != before


@pytest.mark.parametrize("imports", ["from . import words", "import marks.words as words", "from marks import words"])
def test_a_module_of_the_folder_counts_however_it_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, imports: str
) -> None:
    own = FOLDER["__init__.py"].replace("from .words import word", imports).replace("word(event)", "words.word(event)")
    before = _fingerprint(tmp_path / "before", {**FOLDER, "__init__.py": own}, monkeypatch)
    words = FOLDER["words.py"].replace("none", "nothing")
    after = _fingerprint(tmp_path / "after", {"__init__.py": own, "words.py": words}, monkeypatch)

    assert before is not None
    assert after != before


def test_a_module_of_the_domain_that_is_used_through_another_one_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    import daybook.projecting.fingerprint as code

    seats, notes = OLD["seats"], discover()["history"]
    assert isinstance(seats, StateProjection)
    assert isinstance(notes, LogProjection)
    table = state_table("alone", 1, "appointment_id")
    appointments = StateProjection("alone", 1, (table,), {Kind.APPOINTMENT: lambda _: ()})
    before = fingerprint_of(seats), fingerprint_of(notes), fingerprint_of(appointments)
    read = code._read

    def changed(module: str) -> code._Module:
        found = read(module)
        return (
            code._Module(found.told + b"!", found.imported, found.is_own)
            if module == "daybook.domain.registration"
            else found
        )

    monkeypatch.setattr(code, "_read", changed)
    code._of_domain.cache_clear()
    after = fingerprint_of(seats), fingerprint_of(notes), fingerprint_of(appointments)
    code._of_domain.cache_clear()

    assert None not in before
    assert after[0] != before[0]  # by the aggregate that it reads
    assert after[1] == before[1]  # a row of one event does not depend on any state
    assert after[2] == before[2]  # of other aggregates


def test_a_function_that_is_wrapped_is_still_found() -> None:
    notes = OLD["notes"]
    assert isinstance(notes, LogProjection)
    wrapped = LogProjection("notes", 1, notes.tables, functools.partial(notes.rows))

    assert fingerprint_of(wrapped) == fingerprint_of(notes) is not None


def test_code_whose_source_cannot_be_read_has_none() -> None:
    names: dict[str, object] = {"__name__": "nowhere"}
    exec("def rows(event):\n    return []\n", names)  # noqa: S102  there is no file
    notes = NEW["notes"]
    assert isinstance(notes, LogProjection)

    assert fingerprint_of(LogProjection("notes", 2, notes.tables, names["rows"])) is None  # type: ignore[arg-type]
