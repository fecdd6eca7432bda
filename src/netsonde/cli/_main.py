"""The `netsonde` command: finds the subcommand, and turns errors into messages and statuses."""

from __future__ import annotations

import importlib
import os
import re
import sys
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What each exit status means; the help, the man page and the documentation print it.
EXIT_STATUSES = {
    0: "every target replied",
    1: "something failed that should not have",
    2: "the command line, a target or a target file cannot be",
    3: "a target did not reply, or was not reached",
    4: "the host lacks a right, a route, a device, a file or a program",
    5: "a file is malformed",
    130: "interrupted; what there was is printed",
}


class Lazy(NamedTuple):
    """A subcommand that is imported when it is used."""

    module: str
    attribute: str
    summary: str


#: Summaries are here so that `netsonde --help` imports no command.
COMMANDS = {
    "ping": Lazy("netsonde.cli._ping", "ping", "Probe targets and tell loss and round-trip times."),
    "trace": Lazy("netsonde.cli._trace", "trace", "Show the path to targets along one flow."),
    "tnt": Lazy("netsonde.cli._tnt", "tnt", "Show the path with its MPLS tunnels revealed."),
    "alias": Lazy("netsonde.cli._alias", "alias", "Tell which addresses belong to one router."),
    "fingerprint": Lazy(
        "netsonde.cli._fingerprint", "fingerprint", "Tell what routers are, from how they answer."
    ),
    "signatures": Lazy(
        "netsonde.cli._signatures", "signatures", "Learn and show how vendors' routers answer."
    ),
    "tcp": Lazy(
        "netsonde.cli._tcp", "tcp", "Tell what hosts negotiate over TCP, and what paths change."
    ),
    "multipath": Lazy(
        "netsonde.cli._multipath", "multipath", "Show all paths that balancers spread flows over."
    ),
    "dns": Lazy("netsonde.cli._dns", "dns", "Ask name servers, and tell what they say and when."),
    "report": Lazy("netsonde.cli._report", "report", "Show a campaign as one page for a browser."),
    "tunnels": Lazy("netsonde.cli._tunnels", "tunnels", "Ask questions on tunnels found earlier."),
    "campaign": Lazy("netsonde.cli._campaign", "campaign", "Measure many targets, resumably."),
    "query": Lazy("netsonde.cli._query", "query", "Ask SQL on the results of a campaign."),
    "demo": Lazy("netsonde.cli._demo", "demo", "See it all on the built-in virtual Internet."),
    "lab": Lazy("netsonde.cli._lab", "lab", "List, show, run and enter virtual Internets."),
    "image": Lazy("netsonde.cli._image", "image", "Build, sign, verify and list images."),
    "runtime": Lazy("netsonde.cli._runtime", "runtime", "Make machines to run in; clean up."),
    "bench": Lazy("netsonde.cli._bench", "bench", "Compare the places where images run."),
    "convert": Lazy("netsonde.cli._convert", "convert", "Convert files: warts, JSON, RIPE Atlas."),
    "doctor": Lazy("netsonde.cli._doctor", "doctor", "Tell what works on this host."),
    "schema": Lazy("netsonde.cli._schema", "schema", "Print the JSON Schema of jobs and events."),
    "completion": Lazy("netsonde.cli._completion", "completion", "Print a shell completion."),
    "man": Lazy("netsonde.cli._man", "man", "Print the manual page."),
}

EPILOG = "\b\nExit status:\n" + "\n".join(
    f"  {status:>3}  {meaning}" for status, meaning in EXIT_STATUSES.items()
)


class LazyGroup(click.Group):
    """A group whose commands are imported one by one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        lazy = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(lazy.module), lazy.attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, lazy.summary) for name, lazy in COMMANDS.items()])


def _print_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from netsonde import _core  # noqa: PLC0415

        click.echo(f"netsonde {_core.VERSION}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version and exit.",
)
def cli() -> None:
    """Internet measurements: ping, Paris traceroute, and the MPLS tunnels hidden in a path.

    \b
    Examples:
      netsonde demo                                  no privilege, no network
      netsonde tnt example.net                       the path, tunnels revealed
      netsonde trace -6 --window 255 example.net     every TTL at once
      netsonde tnt -f targets.txt --json > out.jsonl
      netsonde tnt 5.2.0.1 --lab invisible-php-brpr  in a virtual Internet
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit status; errors are a message and a hint."""
    try:
        status = cli.main(arguments, prog_name="netsonde", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except click.ClickException as error:
        return _explain_click(error)
    except BrokenPipeError:
        # Whoever reads us has enough; later writes at exit must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        return explain(error)
    return status if isinstance(status, int) else 0


def explain(error: Exception) -> int:
    """Print an error of ours as a message and a hint, and return its exit status.

    Raises:
        Exception: It is not of ours: a defect, which a traceback tells best.
    """
    from netsonde.measure import OptionError  # noqa: PLC0415 - only errors pay for it
    from netsonde.model import NetsondeError  # noqa: PLC0415

    if not isinstance(error, NetsondeError):
        raise error
    message, hint = error.message, error.hint
    if isinstance(error, OptionError):
        expected = re.sub(r"\b\w+_\w+\b", lambda match: flag(match[0]), error.expected)
        message = f"{flag(error.option)}: expected {expected}, found {error.found}"
        hint = hint or "`netsonde COMMAND --help` tells what each option takes"
    complain(message, hint)
    return error.exit_status


def complain(message: str, hint: str = "") -> None:
    """Print a message, and a hint if there is one, on standard error."""
    click.echo(f"error: {message}", err=True)
    if hint:
        click.echo(f"hint: {hint}", err=True)


def flag(option: str) -> str:
    """Return the flag that sets an option: `first_ttl` gives `--first-ttl`."""
    return "--" + option.replace("_", "-")


def _explain_click(error: click.ClickException) -> int:
    message = error.format_message().rstrip(".")
    context = error.ctx if isinstance(error, click.UsageError) else None
    hint = f"`{context.command_path if context else 'netsonde'} --help` lists what there is"
    complain(message[:1].lower() + message[1:], hint)
    return 2
