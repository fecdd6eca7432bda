"""`netsonde man`: the manual page, generated from the commands themselves."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

import click

from netsonde.cli._main import EXIT_STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENVIRONMENT = {
    "NO_COLOR": "Leave out colour, whatever its value is (no-color.org).",
    "COLUMNS": "Width of the tables; without it, that of the terminal, or 100.",
}

_SEE_ALSO = "traceroute(8), ping(8), mtr(8), scamper(1)"


@click.command()
@click.pass_context
def man(context: click.Context) -> None:
    """Print the manual page, in the format of man(7).

    \b
    Examples:
      netsonde man | man -l -
      netsonde man > /usr/local/share/man/man1/netsonde.1
    """
    root = context.find_root()
    assert isinstance(root.command, click.Group)
    click.echo(page(root.command), nl=False)


def page(group: click.Group) -> str:
    """Return the manual page of a group of commands."""
    root = click.Context(group, info_name="netsonde", **group.context_settings)
    lines = [
        '.TH NETSONDE 1 "" "netsonde" "User Commands"',
        ".SH NAME",
        r"netsonde \- ping, Paris traceroute, and the MPLS tunnels hidden in a path",
        ".SH SYNOPSIS",
        *_synopsis(root, group),
        ".SH DESCRIPTION",
        *_description(group),
        ".SH OPTIONS",
        *_options(root, group),
        ".SH COMMANDS",
    ]
    for name, command in _commands(root, group):
        context = click.Context(command, info_name=name, parent=root)
        lines += [*_command(context, command)]
    lines += [".SH EXIT STATUS"]
    for status, meaning in EXIT_STATUSES.items():
        lines += [".TP", rf"\fB{status}\fR", _escape(meaning)]
    lines += [".SH ENVIRONMENT"]
    for variable, meaning in _ENVIRONMENT.items():
        lines += [".TP", rf"\fB{variable}\fR", _escape(meaning)]
    lines += [".SH SEE ALSO", _SEE_ALSO]
    return "\n".join(lines) + "\n"


def _commands(context: click.Context, group: click.Group) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None and not command.hidden:
            yield name, command


def _synopsis(root: click.Context, group: click.Group) -> list[str]:
    lines: list[str] = []
    for name, command in _commands(root, group):
        context = click.Context(command, info_name=name, parent=root)
        pieces = " ".join(command.collect_usage_pieces(context))
        lines += [rf"\fBnetsonde {name}\fR {_escape(pieces)}", ".br"]
    return lines[:-1]


def _command(context: click.Context, command: click.Command) -> list[str]:
    pieces = " ".join(command.collect_usage_pieces(context))
    title = _escape(f"{context.command_path} {pieces}")
    lines = [f".SS {title}", *_description(command), *_options(context, command)]
    if isinstance(command, click.Group):
        for name, inner in _commands(context, command):
            lines += _command(click.Context(inner, info_name=name, parent=context), inner)
    return lines


def _description(command: click.Command) -> list[str]:
    """Return the help of a command; its \\b paragraphs keep their lines."""
    lines: list[str] = []
    for paragraph in re.split(r"\n\n+", inspect.cleandoc(command.help or "")):
        if paragraph.startswith("\b"):
            kept = [_escape(line) for line in paragraph.removeprefix("\b\n").splitlines()]
            lines += [".PP", ".nf", *kept, ".fi"]
        else:
            lines += [".PP", _escape(" ".join(paragraph.split()))]
    return lines


def _options(context: click.Context, command: click.Command) -> list[str]:
    lines: list[str] = []
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None:
            flags, text = record
            lines += [".TP", rf"\fB{_escape(flags)}\fR", _escape(" ".join(text.split()))]
    return lines


def _escape(text: str) -> str:
    r"""Return text that troff prints as it is: no escapes, no requests, hyphens to be copied.

    Examples:
        >>> print(_escape(".x --last-ttl"))
        \&.x \-\-last\-ttl
    """
    text = text.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{text}" if text.startswith((".", "'")) else text
