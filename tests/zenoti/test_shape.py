from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.zenoti import shape as module
from daybook.zenoti.document import Number
from daybook.zenoti.shape import KEYS_MAX, OBJECTS_MAX, PATHS_MAX, Shape, shape_of

KEYS = st.sampled_from(["a", "b", "some_id", "an id of 7", "5f0c", "e-mail", "\ud800"])
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
        "data": {"n": 1, "f": Number("1.5"), "b": True, "none": None, "list": [{"id": 1}, {"at": ""}, 3]},
    }

    assert types(body) == {
        "id string", "data object", "data.n number", "data.f number", "data.b boolean", "data.none null",
        "data.list array", "data.list[] object", "data.list[] number", "data.list[].id number", "data.list[].at string",
    }  # fmt: skip
    assert shape(body).paths == (
        "data", "data.b", "data.f", "data.list", "data.list[]", "data.list[].at", "data.list[].id", "data.n",
        "data.none", "id",
    )  # fmt: skip


def test_values_and_their_order_do_not_matter() -> None:
    assert shape({"a": 1, "b": [{"x": 1}, {"y": ""}]}) is shape({"a": 2, "b": [{"x": 3}, {"y": "text"}, {"x": 5}]})
    assert shape({"a": 1, "b": [{"x": 1}, {"y": ""}]}) is shape({"b": [{"y": ""}, {"x": 1}], "a": 7})


def test_a_null_where_a_value_was_told_is_the_same_shape() -> None:
    assert shape({"a": None}).digest == shape({"a": 1}).digest
    assert shape({"a": None}).types != shape({"a": 1}).types


def test_a_key_more_is_another_shape() -> None:
    assert shape({"a": 1, "b": 1}).digest != shape({"a": 1}).digest


@pytest.mark.parametrize(
    "key", ["41e0c2d1-0000-4bbb-8ccc-9d0e1f2a3b4c", "17", "", "someone@example.org", "x" * 65, "\ud800"]
)
def test_a_key_that_is_data_stands_under_a_star(key: str) -> None:
    assert types({"by_id": {key: {"name": ""}}}) == {"by_id object", "by_id.* object", "by_id.*.name string"}


def test_an_object_with_very_many_keys_is_a_table() -> None:
    assert types({"t": {f"k{number}": {"v": 1} for number in range(KEYS_MAX + 1)}}) == {
        "t object", "t.* object", "t.*.v number",
    }  # fmt: skip


def test_a_huge_body_is_looked_at_in_part_only() -> None:
    few, many = ([{"a": 1}] * count + [{"b": 1}] for count in (OBJECTS_MAX // 2, OBJECTS_MAX))

    assert "items[].b number" in types({"items": few})
    assert types({"items": many}) == {"items array", "items[] object", "items[].a number"}


def test_a_shape_of_very_many_keys_is_cut() -> None:
    body = {f"part{number}": {f"key{index}": 1 for index in range(100)} for number in range(20)}

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
            step = key if key in {"root", "a", "b", "some_id", "an id of 7"} else "*"
            below = f"{path}.{step}" if path else step
            told += [(below, _type(item)), *_walk(item, below)]
    elif isinstance(value, list):
        for item in value:
            told += [(f"{path}[]", _type(item)), *_walk(item, f"{path}[]")]
    return told


def _type(value: Any) -> str:  # noqa: ANN401
    return module._JSON_TYPES[type(value)]
