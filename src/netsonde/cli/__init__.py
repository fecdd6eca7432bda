"""The command line, one module per command."""

from netsonde.cli._main import main

__all__ = ["main"]
