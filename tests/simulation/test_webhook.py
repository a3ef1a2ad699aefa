"""The line of a webhook gives the same webhook back."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from daybook.simulation import Disorder, Scenario, Webhook, simulate

TYPES = st.none() | st.text()
INSTANTS = st.integers(0, 2**63 - 1)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
JSON_BODIES = st.dictionaries(st.text(), VALUES).map(lambda content: json.dumps(content).encode())


@given(TYPES, st.binary() | JSON_BODIES, INSTANTS)
@example(None, b'{"a":1,"a":2}', 0)
@example(None, b'{"a":NaN}', 0)
@example(None, b'{"a":1.0e5}', 0)
@example(None, b'{"a":"\\ud800"}', 0)
@example(None, b'{\n "a": 1}\n', 0)
@example(None, b"[" * 20_000, 0)
@example(None, b'\xef\xbb\xbf{"a":1}', 0)
@example(None, b'{"a":' + b"1" * 5000 + b"}", 0)
@example(None, b"[1]", 0)
@example(None, b"", 0)
def test_any_body_comes_back_byte_for_byte(event_type: str | None, body: bytes, arrived_at_ns: int) -> None:
    webhook = Webhook(event_type, body, arrived_at_ns)

    line = webhook.to_line()

    assert line.index(b"\n") == len(line) - 1
    assert Webhook.from_line(line) == webhook


def test_a_stream_can_be_written_to_lines_and_read_from_them() -> None:
    disorder = Disorder(late=0.1, repeated=0.1, malformed=0.2, bare=0.3)
    webhooks = list(simulate(Scenario(disorder=disorder)))

    assert [Webhook.from_line(webhook.to_line()) for webhook in webhooks] == webhooks


def test_json_is_told_as_an_object_and_anything_else_in_base64() -> None:
    readable = Webhook("Appointment.Started", b'{"invoice_id":""}', 1_647_952_760_698_437_600)
    broken = Webhook(None, b'{"invoice_id', 1_647_952_760_000_000_000)

    assert readable.to_line() == (
        b'{"event_type":"Appointment.Started","body":{"invoice_id":""},"arrived_at":"2022-03-22T12:39:20.6984376Z"}\n'
    )
    assert broken.to_line() == (
        b'{"event_type":null,"body_base64":"eyJpbnZvaWNlX2lk","arrived_at":"2022-03-22T12:39:20Z"}\n'
    )


@pytest.mark.parametrize("body", [b'{"a":NaN}', b'{"a":-Infinity}', b"[1]", b"null", b'"a"'])
def test_what_json_does_not_know_and_what_is_no_object_is_told_in_base64(body: bytes) -> None:
    assert "body_base64" in json.loads(Webhook(None, body, 0).to_line())


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"7",
        b"{}",
        b'{"event_type":null,"body":{}}',
        b'{"event_type":7,"body":{},"arrived_at":"2022-03-22T12:39:20Z"}',
        b'{"event_type":null,"body":{},"arrived_at":"2022-03-22T12:39:20"}',
        b'{"event_type":null,"body":{},"arrived_at":"2022-03-22T12:39:20.0123456789Z"}',
        b'{"event_type":null,"body":{},"arrived_at":7}',
        b'{"event_type":null,"body_base64":"?","arrived_at":"2022-03-22T12:39:20Z"}',
        b'{"event_type":null,"body_base64":7,"arrived_at":"2022-03-22T12:39:20Z"}',
        b"\xff",
    ],
)
def test_a_line_that_tells_no_webhook_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  the message of several is the one of Python's own parsers
        Webhook.from_line(line)
