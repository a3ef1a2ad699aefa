from __future__ import annotations

from daybook.journal.payloads import News, PayloadShape, PayloadType, news

SINCE = 100


def shape(event_type: str, first_seen_ns: int, schema: str = "v1", digest: str = "d") -> PayloadShape:
    return PayloadShape(
        event_type=event_type,
        event_schema=schema,
        shape=digest,
        paths=("id",),
        deliveries=1,
        first_seen_ns=first_seen_ns,
        last_seen_ns=first_seen_ns,
    )


def typed(path: str, json_type: str, first_seen_ns: int, event_type: str = "Old") -> PayloadType:
    return PayloadType(
        event_type=event_type, event_schema="v1", path=path, json_type=json_type, first_seen_ns=first_seen_ns
    )


def test_an_event_type_that_was_never_seen_is_news_and_its_keys_are_none() -> None:
    seen = [shape("Old", 1), shape("New", 150)]

    assert news(seen, [typed("id", "string", 150, "New")], SINCE) == [News("event_type", "New", "v1", 150)]


def test_another_schema_of_an_event_type_is_news() -> None:
    assert news([shape("Old", 1), shape("Old", 150, "v2")], [], SINCE) == [News("event_schema", "Old", "v2", 150)]


def test_a_key_and_a_type_that_were_never_seen_are_news_in_the_order_in_which_they_came() -> None:
    seen = [shape("Old", 1), shape("Old", 160, digest="e")]
    types = [
        typed("id", "string", 1),
        typed("id", "number", 160),
        typed("tip", "number", 150),
        typed("tip", "null", 155),
        typed("room", "null", 1),
        typed("room", "string", 170),
    ]

    assert news(seen, types, SINCE) == [
        News("key", "Old", "v1", 150, "tip", ("null", "number")),
        News("json_type", "Old", "v1", 160, "id", ("number",)),
        News("json_type", "Old", "v1", 170, "room", ("string",)),
    ]


def test_a_null_under_a_known_key_is_no_news() -> None:
    assert news([shape("Old", 1)], [typed("id", "string", 1), typed("id", "null", 150)], SINCE) == []


def test_nothing_is_news_where_nothing_was_seen_before() -> None:
    assert news([shape("New", 150)], [typed("id", "string", 150, "New")], SINCE) == []
    assert news([], [], SINCE) == []
