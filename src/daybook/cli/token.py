"""For giving someone access to the API: a token, shown once, and the setting that knows it again."""

from __future__ import annotations

import re
from typing import Final

import rich_click as click

from daybook.cli.options import json_option

_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TOKEN_BYTES: Final = 32


@click.command()
@click.argument("name")
@json_option
def token(name: str, *, as_json: bool) -> None:
    """Make an API token for NAME, print it once, and the setting that holds its hash.

    Nothing is stored: put the setting where the server reads it. NAME stands beside whatever its holder releases.
    """
    import hashlib
    import json
    import secrets

    from daybook.cli.console import print_json
    from daybook.settings import Settings

    if not _NAME.fullmatch(name):
        raise click.BadParameter("1 to 64 letters, digits and . _ -", param_hint="NAME")
    made = secrets.token_urlsafe(_TOKEN_BYTES)
    digest = hashlib.sha256(made.encode()).hexdigest()
    if as_json:
        print_json({"name": name, "token": made, "sha256": digest})
        return
    # A setting in the environment replaces the whole table, so that the line has to name the tokens that are there.
    others = Settings.load().api_tokens
    click.echo(f"The token of {name}, shown only this once:\n\n    {made}\n")
    click.echo("The setting that holds its hash, for the server's environment:\n")
    click.echo(f"    DAYBOOK_API_TOKENS='{json.dumps({**others, name: digest})}'\n")
    click.echo(f'or a line under [api_tokens] in daybook.toml:\n\n    "{name}" = "{digest}"\n')
    if name in others:
        click.echo(f"It replaces the token that {name} has now.")
