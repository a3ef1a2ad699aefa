"""Whether every webhook still gets through: Zenoti deactivates one after twenty failures in a row, for good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from daybook.doctor.finding import Finding, Level, ago

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from daybook.journal.entries import WebhookHealth
    from daybook.settings import Settings

REFUSALS_WARNING: Final = 5
REFUSALS_ALARM: Final = 10
REFUSALS_DEACTIVATED: Final = 20
"""Zenoti's documented limit; whether its retries count is not documented."""

_REMEDIES: Final[Mapping[int, str]] = {
    401: "compare the secret in Zenoti with DAYBOOK_SOURCES; setting verify to observe keeps what comes meanwhile",
    404: "compare the webhook's URL in Zenoti with the names in DAYBOOK_SOURCES",
    405: "set the webhook's method in Zenoti to POST, PUT or PATCH",
    413: "raise DAYBOOK_BODY_BYTES_MAX",
    503: "make the store writable again (see store and disk)",
}
_REENABLE: Final = "Zenoti has deactivated it by now: re-enable it in its inactive tab; what happened meanwhile is lost"
_SIGNATURES: Final[Mapping[str, str]] = {
    "verified": "signature verified",
    "unchecked": "signature not checked, no secret is set",
    "unsigned": "signature missing or wrong",
}


def examine_webhooks(webhooks: Iterable[WebhookHealth], settings: Settings, now_ns: int) -> Iterator[Finding]:
    """One finding for each webhook, and one for each source that was never heard."""
    heard: set[str] = set()
    for webhook in webhooks:
        heard.add(webhook.source)
        yield _finding(webhook, now_ns)
    for source in sorted(set(settings.sources) - heard):
        yield Finding(
            Level.NOTE, f"source {source}", "nothing was ever heard", f"point Zenoti's webhooks to /webhooks/{source}"
        )


def _finding(webhook: WebhookHealth, now_ns: int) -> Finding:
    about = "webhook " + "/".join(part for part in (webhook.source, webhook.event_type) if part)
    about += f" via {webhook.via}" if webhook.via else ""
    run = webhook.refusals_in_row
    if run >= REFUSALS_WARNING:
        level = Level.ALARM if run >= REFUSALS_ALARM else Level.WARNING
        return Finding(level, about, _refused(webhook, now_ns), _remedy(webhook))
    if _is_unsigned(webhook):
        return Finding(
            Level.ALARM,
            about,
            f"{_heard(webhook, now_ns)}; the last signature was missing or wrong, so it was quarantined",
            "compare the secret in Zenoti with DAYBOOK_SOURCES, then `daybook quarantine release` what waits",
        )
    beside = f"; {run} of {REFUSALS_DEACTIVATED} refusals in a row" if run else ""
    return Finding(Level.NOTE if run else Level.FINE, about, _heard(webhook, now_ns) + beside)


def _refused(webhook: WebhookHealth, now_ns: int) -> str:
    when = f" {ago(webhook.last_refused_ns, now_ns)}" if webhook.last_refused_ns else ""
    why = f": {webhook.last_refusal_status}, {webhook.last_refusal_reason}" if webhook.last_refusal_status else ""
    words = f"{webhook.refusals_in_row} refusals in a row ({REFUSALS_DEACTIVATED} deactivate it), the last{when}{why}"
    return f"{words}; {_heard(webhook, now_ns)}"


def _remedy(webhook: WebhookHealth) -> str:
    remedy = _REMEDIES.get(webhook.last_refusal_status or 0, "see `GET /ops/webhooks` for the refusals")
    return f"{remedy}. {_REENABLE}" if webhook.refusals_in_row >= REFUSALS_DEACTIVATED else remedy


def _is_unsigned(webhook: WebhookHealth) -> bool:
    """Whether what came last came without a valid signature."""
    if webhook.last_unsigned_ns is None:
        return webhook.last_signature == "unsigned"
    return webhook.last_unsigned_ns > (webhook.last_heard_ns or 0) or webhook.last_signature == "unsigned"


def _heard(webhook: WebhookHealth, now_ns: int) -> str:
    if webhook.last_heard_ns is None:
        ping_ns = webhook.last_ping_ns
        return "never heard" if ping_ns is None else f"only a test call, {ago(ping_ns, now_ns)}"
    signature = _SIGNATURES.get(webhook.last_signature or "", "")
    return f"last heard {ago(webhook.last_heard_ns, now_ns)}" + (f", {signature}" if signature else "")
