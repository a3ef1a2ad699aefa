"""For running daybook: the API with its follower, or followers alone."""

from __future__ import annotations

import rich_click as click


@click.command()
@click.option("--host", help="Instead of DAYBOOK_HOST.")
@click.option("--port", type=click.IntRange(0, 65535), help="Instead of DAYBOOK_PORT.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Server processes.")
@click.option("--no-follow", is_flag=True, help="Serve only; `daybook follow` keeps the projections elsewhere.")
def serve(*, host: str | None, port: int | None, workers: int, no_follow: bool) -> None:
    """Take webhooks in, keep the projections, serve the API. SIGTERM and Ctrl-C stop it cleanly."""
    from daybook.settings import Settings
    from daybook.web.server import serve as serve_http

    told = {"host": host, "port": port}
    settings = Settings.load(**{name: value for name, value in told.items() if value is not None})
    settings.require_guards()
    serve_http(settings, workers=workers, follower=not no_follow)


@click.command()
def follow() -> None:
    """Keep the projections up to the journal, without serving anything. SIGTERM and Ctrl-C stop it cleanly.

    Several may run: one leads, the others take over within seconds when it stops.
    """
    import signal
    import threading

    from daybook.bootstrap import bootstrap
    from daybook.settings import Settings
    from daybook.web.logs import configure_logs

    configure_logs()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    daybook = bootstrap(Settings.load(), follower=True)
    try:
        if daybook.follower is not None:
            daybook.follower.check()
            daybook.follower.start()
        click.echo("daybook: following; Ctrl-C stops", err=True)
        stopped.wait()
    finally:
        daybook.close()
