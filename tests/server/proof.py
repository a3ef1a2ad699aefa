"""What must hold after any accident: nothing that was answered 2xx is lost, nothing is there twice.

Looked up in the store itself, beside all code that wrote it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Self
from uuid import UUID

from tests.server.ledger import Entered, Kept, Ledger, read_ledger
from tests.server.load import Acknowledged, Load
from tests.server.process import ServerProcess

CLAIMS = {"recorded", "kept"}
SERVICE_UNAVAILABLE = 503
REFUSAL_S_MAX = 8.0
"""Zenoti hangs up after 10 s."""


@dataclass
class Verdict:
    """What an audit found: nothing, if all is well."""

    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    double: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __add__(self, other: Verdict) -> Self:
        return type(self)(
            self.acknowledged + other.acknowledged,
            self.lost + other.lost,
            self.double + other.double,
            self.wrong + other.wrong,
        )

    def assert_clean(self) -> None:
        found = {name: getattr(self, name)[:5] for name in ("lost", "double", "wrong") if getattr(self, name)}
        assert not found, found


def audit(database_url: str, acknowledged: Sequence[Acknowledged]) -> Verdict:
    """Compare every 2xx with what the store holds."""
    ledger = read_ledger(database_url)
    entered: dict[UUID, list[Entered]] = defaultdict(list)
    for event in ledger.events:
        entered[event.delivery_id].append(event)
    verdict = Verdict(acknowledged=len(acknowledged), double=list(_doubles(ledger)), wrong=list(_disorder(ledger)))
    duplicates: Counter[UUID] = Counter()
    for taken in acknowledged:
        delivery_id = UUID(str(taken.answer["delivery_id"]))
        kept = ledger.deliveries.get(delivery_id)
        if kept is None:
            verdict.lost.append(f"the delivery {delivery_id}, answered {taken.answer['status']}")
            continue
        duplicates[delivery_id] += taken.answer["status"] == "duplicate"
        verdict.lost += _missing(taken, kept, ledger, entered[delivery_id])
        verdict.wrong += _misread(taken, kept, ledger)
    verdict.lost += [
        f"{count - ledger.repeats[delivery_id]} repeats of {delivery_id}"
        for delivery_id, count in duplicates.items()
        if ledger.repeats[delivery_id] < count
    ]
    return verdict


def audit_refusals(load: Load, *, stopped: Collection[ServerProcess] = ()) -> Verdict:
    """Whatever was not answered 2xx was refused as "not now", soon, and with the time to come again.

    Nothing is asked of a server that was `stopped` meanwhile.
    """
    refusal_s_max = REFUSAL_S_MAX + load.lag_s
    refused = [
        f"refused: {refused}"
        for refused in load.refused
        if refused.status != SERVICE_UNAVAILABLE
        or not (refused.retry_after or "").isdigit()
        or (refused.waited_s > refusal_s_max and refused.server not in stopped)
    ]
    silent = [f"{server.folder.name} never answered a call" for server in load.silent if server not in stopped]
    return Verdict(wrong=refused + silent)


def assert_nothing_is_lost_or_double(database_url: str, acknowledged: Sequence[Acknowledged]) -> None:
    """Everything answered 2xx is there once, with its events, and nothing is there twice."""
    audit(database_url, acknowledged).assert_clean()


def _missing(taken: Acknowledged, kept: Kept, ledger: Ledger, events: list[Entered]) -> Iterator[str]:
    delivery_id, status = taken.answer["delivery_id"], taken.answer["status"]
    outcomes = ledger.outcomes.get(UUID(str(delivery_id)), [])
    if not outcomes:
        yield f"the outcome of {delivery_id}"
        return
    first = outcomes[0]
    if status != "duplicate" and kept.body != taken.webhook.body:
        yield f"the body of {delivery_id}"
    if first.outcome == "recorded" and [event.position for event in events] != list(
        range(first.first_position or 0, (first.last_position or 0) + 1)
    ):
        yield f"events of {delivery_id}: it has {len(events)}, its outcome says {first.events}"


def _misread(taken: Acknowledged, kept: Kept, ledger: Ledger) -> Iterator[str]:
    delivery_id, status = taken.answer["delivery_id"], taken.answer["status"]
    outcomes = ledger.outcomes.get(UUID(str(delivery_id)), [])
    if outcomes and status not in {"duplicate", outcomes[0].outcome}:
        yield f"{delivery_id} was answered {status} and is {outcomes[0].outcome}"
    if outcomes and outcomes[0].last_position != taken.answer["position"]:
        yield f"{delivery_id} was answered position {taken.answer['position']}, not {outcomes[0].last_position}"
    if not _is_about(taken, kept):
        yield f"a false duplicate: {delivery_id} is of another webhook"


def _is_about(taken: Acknowledged, kept: Kept) -> bool:
    if kept.body == taken.webhook.body:
        return True
    ours, theirs = (_content(body) for body in (taken.webhook.body, kept.body or b""))
    return ours is not None and theirs is not None and ours == theirs


def _content(body: bytes) -> object:
    """What two webhooks that tell one fact have in common: all but the id of the call."""
    try:
        told = json.loads(body)
    except ValueError:
        return None
    return {name: value for name, value in told.items() if name != "id"} if isinstance(told, dict) else told


def _doubles(ledger: Ledger) -> Iterator[str]:
    told = Counter(
        (kept.event_type, kept.event_id)
        for delivery_id, kept in ledger.deliveries.items()
        if kept.event_id is not None and ledger.outcomes[delivery_id][-1].outcome in CLAIMS
    )
    bodies = Counter(
        (kept.url_type, hashlib.sha256(kept.body).digest())
        for kept in ledger.deliveries.values()
        if kept.body is not None
    )
    facts_told = Counter((event.stream_id, event.told) for event in ledger.events)
    by_delivery = Counter((event.stream_id, event.delivery_id) for event in ledger.events)
    for what, counts in (
        ("the event", told),
        ("the body", bodies),
        ("the fact", facts_told),
        ("the event of a delivery", by_delivery),
    ):
        yield from (f"{what} {key} is there {count} times" for key, count in counts.items() if count > 1)


def _disorder(ledger: Ledger) -> Iterator[str]:
    positions = [event.position for event in ledger.events]
    if positions != list(range(1, len(positions) + 1)):
        yield f"positions have a gap: {len(positions)} events, the last at {positions[-1]}"
    versions: Counter[UUID] = Counter()
    for event in ledger.events:
        versions[event.stream_id] += 1
        if event.version != versions[event.stream_id]:
            yield f"version {event.version} at position {event.position} is number {versions[event.stream_id]}"
    yield from (f"{id_} has no outcome" for id_ in ledger.deliveries if id_ not in ledger.outcomes)
