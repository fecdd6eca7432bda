"""`netsonde completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what makes a shell complete netsonde's commands and options.

    \b
    Examples:
      eval "$(netsonde completion bash)"                           in ~/.bashrc
      netsonde completion zsh > "${fpath[1]}/_netsonde"
      netsonde completion fish > ~/.config/fish/completions/netsonde.fish
    """
    made = get_completion_class(shell)
    assert made, "the choice lists only shells that click knows"
    root = context.find_root().command
    click.echo(made(root, {}, "netsonde", "_NETSONDE_COMPLETE").source())
