"""The command behind `scripts/demo`."""

from __future__ import annotations

import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import rich_click as click

from daybook.cli.console import console
from daybook.demo.picture import show_day
from daybook.demo.server import free_port, last_words, serving
from daybook.errors import DaybookError

if TYPE_CHECKING:
    from rich.console import Console


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Serve here.  [default: 8000, or any free one]")
@click.option("--exit", "leave", is_flag=True, help="Stop after showing, instead of serving on.")
def main(*, port: int | None, leave: bool) -> None:
    """Play a day of signed webhooks at a server of its own, show what became of them, and keep serving."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    screen = console()
    try:
        _run(screen, port or free_port(), leave=leave)
    except KeyboardInterrupt:
        screen.print("\nStopped, and tidied up.")
    except (DaybookError, httpx.HTTPError) as error:
        click.echo(f"daybook: {error}", err=True)
        sys.exit(1)


def _run(screen: Console, port: int, *, leave: bool) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="daybook-demo-") as name,
        serving(folder := Path(name), port) as (url, process),
    ):
        show_day(screen, url)
        if leave:
            return
        screen.print("[bold]Serving until Ctrl-C[/], then the store goes too.")
        process.wait()
        raise DaybookError(f"the server ended by itself\n{last_words(folder)}")


if __name__ == "__main__":
    main(prog_name="scripts/demo")
