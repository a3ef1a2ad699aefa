"""The command `daybook` itself: what it is made of, and how it fails."""

from __future__ import annotations

import rich_click as click

from daybook import __version__
from daybook.cli.day import day
from daybook.cli.doctor import doctor
from daybook.cli.findings import findings
from daybook.cli.importing import import_
from daybook.cli.migrating import migrate
from daybook.cli.projections import projections
from daybook.cli.quarantine import quarantine
from daybook.cli.rebuild import rebuild
from daybook.cli.serving import follow, serve
from daybook.cli.shapes import shapes
from daybook.cli.showing import history, show
from daybook.cli.simulate import simulate
from daybook.cli.token import token
from daybook.cli.translate import translate
from daybook.cli.verify import verify
from daybook.errors import DaybookError


class _Daybook(click.RichGroup):
    """A group whose commands fail in one line: what went wrong and what to do, without a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except DaybookError as error:
            click.echo(f"daybook: {error}", err=True)
            ctx.exit(1)


@click.group("daybook", cls=_Daybook, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="daybook")
@click.rich_config({"commands_before_options": True})
@click.command_panel("Run", commands=["serve", "follow", "import"])
@click.command_panel(
    "Look", commands=["show", "history", "day", "findings", "projections", "shapes", "doctor", "verify"]
)
@click.command_panel("Repair", commands=["rebuild", "quarantine", "translate"])
@click.command_panel("Set up and try", commands=["token", "migrate", "simulate"])
def main() -> None:
    """A daybook of Zenoti's webhooks: written down as they happen, posted into readable state with its history.

    Settings come from `DAYBOOK_…` in the environment and from daybook.toml in the working directory.
    Commands exit with 0 when done, 1 when something failed, 2 when they were called wrongly.
    """


for _command in (
    day,
    doctor,
    findings,
    follow,
    history,
    import_,
    migrate,
    projections,
    quarantine,
    rebuild,
    serve,
    shapes,
    show,
    simulate,
    token,
    translate,
    verify,
):
    main.add_command(_command)
