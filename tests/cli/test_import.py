"""`daybook import`: the same way in as over HTTP, safe to repeat, nothing lost."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.bootstrap import Daybook
from daybook.cli.bodies import read_bodies
from daybook.simulation import Disorder, Scenario, Webhook, simulate
from tests.bodies import booking, booking_data, sent
from tests.cli.conftest import Run

CREATED = booking("Created", 43, event_id="a1", at="2026-03-01T10:00:00Z", waitlist=True)
CANCELLED = booking("Cancelled", 43, event_id="a2", at="2026-03-02T10:00:00Z")
BODY_BYTES_MAX = 1 << 20


def counts(run: Run, *arguments: object, stdin: bytes | None = None) -> dict[str, int]:
    result = run("import", "--json", *arguments, stdin=stdin)
    assert result.exit_code == 0, result.output
    told: dict[str, int] = json.loads(result.stdout)
    return told


def test_a_json_file_is_one_body_byte_for_byte(run: Run, book: Daybook, tmp_path: Path) -> None:
    body = json.dumps(CREATED, indent=4).encode() + b"\r\n"
    (tmp_path / "created.json").write_bytes(body)

    assert counts(run, "created.json") == {"recorded": 1}

    (delivery,) = book.journal.inbox.deliveries(source="main", limit=10).items
    assert book.journal.inbox.body(delivery.delivery_id) == body
    assert (delivery.origin, delivery.signature) == ("import", "unchecked")


def test_a_malformed_json_file_is_one_quarantined_body(run: Run, tmp_path: Path) -> None:
    (tmp_path / "slip.json").write_bytes(b'{"equipment_id: ""\n}\n{')

    assert counts(run, "slip.json") == {"quarantined": 1}


def test_lines_are_bodies_and_blank_lines_are_not(run: Run, file_of: Callable[..., Path]) -> None:
    lines = file_of("lines.ndjson", CREATED, b"", CANCELLED, b"  ", b"no json")

    assert counts(run, lines) == {"recorded": 2, "quarantined": 1}


def test_standard_input_is_lines(run: Run) -> None:
    assert counts(run, "-", stdin=sent(CREATED) + b"\n" + sent(CANCELLED)) == {"recorded": 2}


def test_a_second_import_finds_everything_told_before(run: Run, tmp_path: Path, book: Daybook) -> None:
    webhooks = list(simulate(Scenario(webhooks=300, disorder=Disorder(late=0.1, malformed=0.05, bare=0.1))))
    (tmp_path / "day.ndjson").write_bytes(b"".join(webhook.to_line() for webhook in webhooks))
    first = counts(run, "day.ndjson")
    head = book.journal.head()

    second = counts(run, "day.ndjson")

    assert sum(first.values()) == 300
    assert {"recorded", "quarantined"} <= first.keys()
    assert second == {"duplicate": 300}
    assert book.journal.head() == head


def test_a_bare_body_of_a_line_occurred_when_the_line_says_that_it_arrived(
    run: Run, tmp_path: Path, book: Daybook
) -> None:
    webhook = Webhook("Class.Booking.Approved", sent(booking_data(7)), 1_700_000_000_123_456_700)
    (tmp_path / "bare.ndjson").write_bytes(webhook.to_line())

    counts(run, "bare.ndjson")

    (event,) = book.journal.select_events_after(0, 10)
    assert (event.occurred_at_ns, event.time_basis) == (1_700_000_000_123_456_700, "arrival")


def test_a_bare_body_can_be_given_its_type(run: Run, tmp_path: Path) -> None:
    (tmp_path / "approved.json").write_bytes(sent(booking_data(7)))

    assert counts(run, "approved.json") == {"quarantined": 1}
    assert counts(run, "--event-type", "Class.Booking.Approved", "approved.json") == {"recorded": 1}


def test_a_line_of_a_stream_that_is_damaged_stops_and_is_named(run: Run, file_of: Callable[..., Path]) -> None:
    lines = file_of("lines.ndjson", CREATED, {"event_type": None, "body_base64": "*", "arrived_at": "yesterday"})

    result = run("import", lines)

    assert result.exit_code == 1
    assert "line 2" in result.stderr
    assert "recorded" in result.stdout  # what came before is taken in, and counted


def test_a_body_over_the_limit_stops_and_is_named(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_BODY_BYTES_MAX", "1024")
    (tmp_path / "large.json").write_bytes(b" " * 1025)

    result = run("import", "large.json")

    assert result.exit_code == 1
    assert "DAYBOOK_BODY_BYTES_MAX" in result.stderr


def test_a_missing_file_is_named(run: Run) -> None:
    result = run("import", "nowhere.json")

    assert result.exit_code == 1
    assert "nowhere.json" in result.stderr


@given(
    event_type=st.none() | st.sampled_from(["Appointment.Started", "Class.Booking.Approved"]),
    body=st.binary() | st.builds(sent, st.dictionaries(st.text(), st.integers() | st.text() | st.none())),
    arrived_at_ns=st.integers(0, 2**62),
)
def test_what_simulate_writes_is_read_back_byte_for_byte(
    event_type: str | None, body: bytes, arrived_at_ns: int
) -> None:
    line = Webhook(event_type, body, arrived_at_ns).to_line()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(line)))
        (read,) = read_bodies("-", BODY_BYTES_MAX)

    assert (read.event_type, read.body, read.arrived_at_ns) == (event_type, body, arrived_at_ns)
