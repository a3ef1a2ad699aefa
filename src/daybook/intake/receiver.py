"""The intake: authenticate, translate, have it committed, answer. What it says yes to is on disk."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from typing import Final
from uuid import UUID

from daybook.errors import QueueFullError
from daybook.intake.authentication import SourceRules, authenticate
from daybook.intake.call import RETRY_AFTER_S, Answer, Call, Refusal
from daybook.intake.entry import Entry, prepare, webhook_of
from daybook.intake.observer import Observer, Silent
from daybook.intake.release import release
from daybook.intake.retranslation import Retranslation, retranslate
from daybook.intake.tally import UNKNOWN_SOURCE, Tally
from daybook.intake.writer import Writer
from daybook.journal import Journal
from daybook.journal.entries import OutcomeName

ANSWER_WAIT_S_MAX: Final = 7.5
"""Zenoti hangs up after 10 s; an answer that comes by 8 s still finds it listening."""
LARGE_BODY_BYTES: Final = 256 * 1024
"""Above this a body is translated in a thread, so that the others need not wait for it."""
LARGE_AT_ONCE_MAX: Final = 2


def _nothing() -> None:
    """Nobody follows in this process."""


class Intake:
    """One per process. `receive` belongs to an event loop, everything else can be called from anywhere."""

    def __init__(
        self,
        journal: Journal,
        sources: Mapping[str, SourceRules],
        *,
        observer: Observer | None = None,
        committed: Callable[[], None] = _nothing,
    ) -> None:
        """`committed` is called after every commit that recorded events, from the thread that made it."""
        self._journal = journal
        self._sources = dict(sources)
        self._observer = observer or Silent()
        self._committed = committed
        self._tally = Tally(self._observer)
        self._writer = Writer(journal, self._tally, self._observer, committed)
        self._large = asyncio.Semaphore(LARGE_AT_ONCE_MAX)

    def start(self) -> None:
        """Begin to take deliveries."""
        self._writer.start()

    async def stop(self) -> None:
        """Take no more; commit and answer what was taken, bring the counts to the store."""
        await asyncio.to_thread(self._writer.stop)

    async def receive(self, call: Call) -> Answer | Refusal:
        """One webhook call. Whatever is answered was committed, but for a ping."""
        rules = self._sources.get(call.source)
        if rules is None:
            return self._refused(call, Refusal(404, "unknown_source", "there is no source of this name"))
        webhook = webhook_of(call.source, call.url_type, call.via)
        if not call.body and call.origin == "webhook":
            self._tally.ping(webhook, call.arrived_at_ns)
            self._observer.answered({(call.source, "ping"): 1})
            return Answer("ping", None, None, None)
        deadline_s = asyncio.get_running_loop().time() + ANSWER_WAIT_S_MAX
        entry = await self._prepared(call, rules, deadline_s)
        settled = await self._stored(entry, deadline_s) if isinstance(entry, Entry) else entry
        if isinstance(settled, Refusal):
            return self._refused(call, settled)
        if isinstance(entry, Entry) and entry.provenance.signature == "unsigned":
            self._tally.unsigned(webhook, call.arrived_at_ns)
        return settled

    async def import_(
        self, source: str, body: bytes, *, url_type: str | None = None, arrived_at_ns: int | None = None
    ) -> Answer | Refusal:
        """One body from a file, on the same path; it is nobody's webhook, so no run of refusals ends by it."""
        return await self.receive(
            Call(
                source=source,
                url_type=url_type,
                via=None,
                method="IMPORT",
                path="",
                peer=None,
                headers=(),
                body=body,
                arrived_at_ns=time.time_ns() if arrived_at_ns is None else arrived_at_ns,
                origin="import",
            )
        )

    async def release(
        self, delivery_id: UUID, *, source: str, event_type: str | None = None, distinct: bool = False, by: str
    ) -> Answer:
        """Translate a quarantined delivery again; `by` vouches for it.

        Raises `UnknownDeliveryError`, `NotQuarantinedError`, `StoreUnavailableError`.
        """
        answer = await asyncio.to_thread(
            release, self._journal, delivery_id, source=source, event_type=event_type, distinct=distinct, by=by
        )
        if answer.status == "recorded":
            self._committed()
        return answer

    async def retranslate(
        self, outcomes: Collection[OutcomeName], *, source: str | None = None, dry_run: bool = False
    ) -> AsyncIterator[Retranslation]:
        """Translate deliveries again by the current version, in order of arrival; yields what was done so far."""
        steps = retranslate(self._journal, outcomes, source=source, dry_run=dry_run)
        while (done := await asyncio.to_thread(next, steps, None)) is not None:
            if done.events and not dry_run:
                self._committed()
            yield done

    def refuse(  # noqa: PLR0917  what the web layer knows, in the order of a call
        self,
        source: str,
        url_type: str | None,
        via: str | None,
        http_status: int,
        reason: str,
        body_bytes: int,
        body_sha256: str | None,
    ) -> None:
        """Count a call that the web layer refused; the digest in hex."""
        known = source in self._sources
        self._tally.refuse(
            webhook_of(source if known else UNKNOWN_SOURCE, url_type, via),
            time.time_ns(),
            http_status=http_status,
            reason=reason,
            body_bytes=body_bytes,
            digest=bytes.fromhex(body_sha256) if body_sha256 else None,
        )

    async def _prepared(self, call: Call, rules: SourceRules, deadline_s: float) -> Entry | Refusal:
        if len(call.body) <= LARGE_BODY_BYTES:
            return self._prepare(call, rules)
        try:
            async with asyncio.timeout_at(deadline_s), self._large:
                return await asyncio.to_thread(self._prepare, call, rules)
        except TimeoutError:
            return Refusal(503, "busy", "too many large bodies at once; send it again", RETRY_AFTER_S)

    def _prepare(self, call: Call, rules: SourceRules) -> Entry | Refusal:
        checked = authenticate(call, rules)
        if checked is None:
            return Refusal(401, "signature", "the signature is missing or wrong")
        # A label in a URL is free text: a source cannot fill the store with webhooks that differ by it alone.
        proven = call.origin == "webhook" and checked.signature != "unsigned"
        webhook = self._tally.proven(webhook_of(call.source, call.url_type, call.via)) if proven else None
        return prepare(call, checked, webhook, self._journal.format_level)

    async def _stored(self, entry: Entry, deadline_s: float) -> Answer | Refusal:
        try:
            waiting = self._writer.submit(entry)
        except QueueFullError as error:
            return Refusal(503, "queue_full", str(error), RETRY_AFTER_S)
        deadline = asyncio.get_running_loop().call_at(deadline_s, waiting.give_up)
        try:
            return await waiting.future
        finally:
            deadline.cancel()

    def _refused(self, call: Call, refusal: Refusal) -> Refusal:
        if call.origin == "webhook":
            digest = hashlib.sha256(call.body).hexdigest() if call.body else None
            self.refuse(
                call.source, call.url_type, call.via, refusal.http_status, refusal.reason, len(call.body), digest
            )
        return refusal
