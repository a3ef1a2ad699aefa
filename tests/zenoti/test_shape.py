from __future__ import annotations

import json
from itertools import islice, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.simulation import Disorder, Scenario, simulate
from daybook.zenoti import shape as module
from daybook.zenoti.document import Number
from daybook.zenoti.shape import KEYS_MAX, OBJECTS_MAX, PATHS_MAX, Shape, shape_of

FIELDS = {"root", "code", "a", "some_id", "TherapistId"}
KEYS = st.sampled_from([*FIELDS - {"root"}, "maria vale", "an id of 7", "5f0c", "e-mail", "\ud800"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just(Number("1.5")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


def shape(body: Any) -> Shape:  # noqa: ANN401
    found = shape_of(body)
    assert found is not None
    return found


def types(body: Any) -> set[str]:  # noqa: ANN401
    return {f"{path} {json_type}" for path, json_type in shape(body).types}


def test_it_tells_every_key_and_the_type_of_its_value() -> None:
    body = {
        "id": "x",
        "data": {"no": 1, "fee": Number("1.5"), "is_on": True, "none": None, "list": [{"id": 1}, {"at": ""}, 3]},
    }

    assert types(body) == {
        "id string", "data object", "data.no number", "data.fee number", "data.is_on boolean", "data.none null",
        "data.list array", "data.list[] object", "data.list[] number", "data.list[].id number", "data.list[].at string",
    }  # fmt: skip
    assert shape(body).paths == (
        "data", "data.fee", "data.is_on", "data.list", "data.list[]", "data.list[].at", "data.list[].id", "data.no",
        "data.none", "id",
    )  # fmt: skip


def test_values_and_their_order_do_not_matter() -> None:
    first = shape({"no": 1, "items": [{"id": 1}, {"name": ""}]})

    assert first is shape({"no": 2, "items": [{"id": 3}, {"name": "text"}, {"id": 5}]})
    assert first is shape({"items": [{"name": ""}, {"id": 1}], "no": 7})


def test_a_null_where_a_value_was_told_is_the_same_shape() -> None:
    assert shape({"a": None}).digest == shape({"a": 1}).digest
    assert shape({"a": None}).types != shape({"a": 1}).types


def test_a_key_more_is_another_shape() -> None:
    assert shape({"a": 1, "no": 1}).digest != shape({"a": 1}).digest


@pytest.mark.parametrize(
    "key",
    [
        "", "\ud800", "x" * 65, "17", "41e0c2d1-0000-4bbb-8ccc-9d0e1f2a3b4c", "g_119987", "guest119987", "_6175550100",
        "p617_555_0100", "d2026_03_01", "id_4f1c9a", "someone@example.org", "@maria", "Maria Vale", "maria$vale",
        "José", "Maria's name",
    ],
)  # fmt: skip
def test_a_key_that_is_no_name_of_a_field_stands_under_a_star(key: str) -> None:
    assert types({"by_id": {key: {"name": ""}}}) == {"by_id object", "by_id.* object", "by_id.*.name string"}


@pytest.mark.parametrize(
    "key",
    [
        "id", "No", "TherapistId", "center_Name", "sesion_id", "serviceduration_in_miutes", "address_line_1", "line2",
        "is_recurring", "add_to_all", "loyalty_tier", "frobnication_id", "startTimeUTC", "HTTPStatus", "_id",
        "is_noshowfeerequired",
    ],
)  # fmt: skip
def test_a_key_like_those_of_fields_is_told(key: str) -> None:
    assert types({key: 1}) == {f"{key} number"}


def test_every_key_that_zenoti_is_known_to_send_is_told() -> None:
    webhooks = simulate(Scenario(seed=5, webhooks=2_000, disorder=Disorder(bare=0.2)))
    shapes = [shape_of(json.loads(webhook.body)) for webhook in webhooks]

    assert {path for found in shapes if found is not None for path in found.paths if "*" in path} == set()


def test_an_object_with_very_many_keys_is_a_table() -> None:
    words = ("id", "no", "name", "type", "date", "time", "code", "key")
    fields = ("_".join(told) for told in product(words, repeat=3))

    assert types({"table": {key: {"id": 1} for key in islice(fields, KEYS_MAX + 1)}}) == {
        "table object", "table.* object", "table.*.id number",
    }  # fmt: skip


def test_a_huge_body_is_looked_at_in_part_only() -> None:
    few, many = ([{"id": 1}] * count + [{"no": 1}] for count in (OBJECTS_MAX // 2, OBJECTS_MAX))

    assert "items[].no number" in types({"items": few})
    assert types({"items": many}) == {"items array", "items[] object", "items[].id number"}


def test_a_shape_of_very_many_keys_is_cut() -> None:
    body = {f"part{number}": {f"key{index}": 1 for index in range(80)} for number in range(20)}

    assert len(shape(body).paths) == PATHS_MAX
    assert {path for path, _ in shape(body).types} == set(shape(body).paths)


@pytest.mark.parametrize("body", ["text", 1, None, True, Number("1.5")])
def test_a_single_value_has_none(body: object) -> None:
    assert shape_of(body) is None


def test_what_was_learned_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOKS_MAX", 50)
    first = shape({"a": 1})

    for number in range(200):
        shape({f"key{number}": 1})

    assert module._memories[0].looks <= 60
    assert shape({"a": 1}) is not first
    assert shape({"a": 1}).digest == first.digest


@given(VALUES)
def test_it_is_what_a_plain_walk_finds_and_never_raises(body: Any) -> None:  # noqa: ANN401
    found = shape_of({"root": body})

    assert found is not None
    assert found.types == set(_walk({"root": body}, ""))
    assert found.paths == tuple(sorted({path for path, _ in found.types}))


def _walk(value: Any, path: str) -> list[tuple[str, str]]:  # noqa: ANN401
    told: list[tuple[str, str]] = []
    if isinstance(value, dict):
        for key, item in value.items():
            step = key if key in FIELDS else "*"
            below = f"{path}.{step}" if path else step
            told += [(below, _type(item)), *_walk(item, below)]
    elif isinstance(value, list):
        for item in value:
            told += [(f"{path}[]", _type(item)), *_walk(item, f"{path}[]")]
    return told


def _type(value: Any) -> str:  # noqa: ANN401
    return module._JSON_TYPES[type(value)]
