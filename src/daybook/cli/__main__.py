"""For starting the command line as `python -m daybook.cli`, where no `daybook` stands on the path."""

from __future__ import annotations

from daybook.cli import main

main(prog_name="daybook")
