"""The canonical form is one form: it decides what counts as the same content, for good."""

from __future__ import annotations

import hashlib
import json

from hypothesis import given
from hypothesis import strategies as st

from daybook.zenoti.document import _write, canonical, parse

_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


@given(_values)
def test_the_canonical_form_reads_back_as_the_same_value(value: object) -> None:
    assert json.loads(canonical(parse(json.dumps(value).encode()))) == value


@given(_values)
def test_both_ways_of_writing_it_agree_on_what_is_the_same_content(value: object) -> None:
    document = parse(json.dumps(value).encode())

    assert json.loads("".join(_write(document))) == json.loads(canonical(document))


@given(st.dictionaries(st.text(), st.integers(), min_size=2, max_size=5))
def test_the_order_of_keys_does_not_matter(fields: dict[str, int]) -> None:
    turned = dict(reversed(fields.items()))

    assert canonical(parse(json.dumps(fields).encode())) == canonical(parse(json.dumps(turned).encode()))


def test_the_canonical_bytes_are_the_same_for_good() -> None:
    # Another digest here would open the door to duplicates of everything recorded before.
    body = '{"b": [1, 2.50, -0, 123456789012345678901234567890, {"é": "\\u0001\\u007f\\"\\\\/", "a": null}], "a": true}'

    assert canonical(parse(body.encode())) == (
        b'{"a":true,"b":[1,2.50,-0,123456789012345678901234567890,{"a":null,"\xc3\xa9":"\\u0001\x7f\\"\\\\/"}]}'
    )
    assert hashlib.sha256(canonical(parse(b'{"s": "\\ud800"}'))).hexdigest() == (
        hashlib.sha256(b'{"s":"\\ud800"}').hexdigest()
    )
