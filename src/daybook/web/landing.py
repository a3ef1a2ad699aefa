"""The page at `/`: what this server is, and where to look."""

from __future__ import annotations

from html import escape

from litestar import Request, get
from litestar.enums import MediaType

from daybook import __version__
from daybook.bootstrap import Daybook

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>daybook</title><style>
:root{{color-scheme:light dark;--ink:#1d2733;--paper:#fbfaf6;--rule:#d8d2c2;--link:#1f5f8b}}
@media(prefers-color-scheme:dark){{:root{{--ink:#e6e2d8;--paper:#171a1e;--rule:#3a3f46;--link:#8fc1e3}}}}
body{{margin:0 auto;max-width:44rem;padding:3rem 1.25rem;font:17px/1.6 Georgia,serif;color:var(--ink);
background:var(--paper)}}
h1{{margin:0;font-size:2rem}} p.lead{{margin:.25rem 0 2rem}} h2{{margin:2rem 0 .5rem;font-size:1.1rem}}
dl{{margin:0;border-top:1px solid var(--rule)}} dt,dd{{margin:0}}
dl>div{{padding:.45rem 0;border-bottom:1px solid var(--rule)}}
a{{color:var(--link)}} code,a{{font:14px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}}
footer{{margin-top:3rem;font-size:.85rem;opacity:.7}}
</style></head><body>
<h1>daybook</h1>
<p class="lead">Zenoti's webhooks, written down as they happen and posted into readable state with its history.</p>
{sources}
<h2>This server</h2><dl>{operations}</dl>
<footer>daybook {version}</footer></body></html>
"""
_READS = (
    ("registrations", "class bookings as they are now"),
    ("appointments", "appointments as they are now"),
    ("history", "every event, newest first"),
    ("findings", "what cannot be right, and which webhook was probably missed"),
    ("deliveries", "what came in, and what became of it"),
    ("quarantine", "what could not be understood, and why"),
)
_OPERATIONS = (
    ("/ops/projections", "how far the read models are"),
    ("/ops/webhooks", "when each webhook was last heard, and its refusals in a row"),
    ("/health/ready", "whether the store takes writes"),
    ("/metrics", "figures for Prometheus"),
    ("/schema/openapi.json", "the whole API, described"),
)


@get("/", media_type=MediaType.HTML, include_in_schema=False, sync_to_thread=False)
def landing(request: Request) -> str:  # type: ignore[type-arg]
    """Links to everything that can be read here."""
    daybook: Daybook = request.app.state.daybook
    sources = "".join(
        f"<h2>{escape(name)}</h2><dl>{_links(f'/v1/{name}/', _READS)}"
        f"<div><dt><code>/v1/{escape(name)}/visits/{{id}} · sessions/{{id}} · days/{{date}}</code></dt>"
        f"<dd>a whole visit, a class session with its roster, the figures of a day</dd></div>"
        f"<div><dt><code>POST /webhooks/{escape(name)}</code></dt><dd>where its webhooks are sent to</dd></div></dl>"
        for name in daybook.settings.sources
    )
    return _PAGE.format(sources=sources, operations=_links("", _OPERATIONS), version=escape(__version__))


def _links(prefix: str, entries: tuple[tuple[str, str], ...]) -> str:
    return "".join(
        f'<div><dt><a href="{escape(prefix + path)}">{escape(prefix + path)}</a></dt><dd>{escape(text)}</dd></div>'
        for path, text in entries
    )
