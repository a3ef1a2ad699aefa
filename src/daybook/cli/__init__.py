"""The command line: what an operator asks of daybook without a browser or a server.

Modules of commands import nothing heavy at the top, so that `daybook --help` answers at once.
"""

from __future__ import annotations

from daybook.cli.group import main

__all__ = ["main"]
