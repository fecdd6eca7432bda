"""`netsonde dns`."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import click
import msgspec

from netsonde.cli._main import EPILOG, complain
from netsonde.cli._options import options_of
from netsonde.cli._targets import targets
from netsonde.measure import dns_many
from netsonde.model import DnsOptions, DnsTransport, DnsType, UsageError

if TYPE_CHECKING:
    from netsonde.model import DnsResult

_INTERRUPTED = 130
_NO_REPLY = 3


@click.command(epilog=EPILOG)
@click.argument("name", nargs=-1)
@click.option(
    "-t",
    "--type",
    "types",
    multiple=True,
    type=click.Choice([each.value for each in DnsType], case_sensitive=False),
    help="Type asked for; repeat it for several. [default: A, and PTR of an address]",
)
@click.option(
    "-s",
    "--server",
    "servers",
    multiple=True,
    metavar="ADDRESS",
    help="Server to ask, also as @ADDRESS; repeat it for several, asked in turn. "
    "[default: the host's own]",
)
@click.option(
    "--transport",
    type=click.Choice([each.value for each in DnsTransport]),
    help="What carries queries. [default: udp, and tcp after a truncated reply]",
)
@options_of(DnsOptions, without=("types", "servers", "transport"))
@click.option("-f", "--file", metavar="FILE", help="Read names from FILE; - is standard input.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per result.")
@click.option("-v", "--verbose", is_flag=True, help="Tell every query and section.")
def dns(
    name: tuple[str, ...],
    file: str | None,
    as_json: bool,
    verbose: bool,
    **options: Any,  # noqa: ANN401
) -> int:
    """Ask name servers for NAMES, and tell what they say and how fast.

    Of an address, its name is asked (PTR).

    \b
    Examples:
      netsonde dns example.net
      netsonde dns -t NS -t SOA example.net @192.0.2.53
      netsonde dns --transport tcp --nsid example.net
      netsonde dns -f names.txt --json > names.jsonl
    """
    named = [each[1:] for each in name if each.startswith("@")]
    servers = (*options.pop("servers"), *named)
    given = {key: value for key, value in options.items() if value not in (None, ())}
    if servers:
        given["servers"] = servers
    wanted = targets([each for each in name if not each.startswith("@")], file)
    for problem in wanted.problems:
        complain(problem.message, problem.hint)
    names, refused = _askable(wanted.names, wanted.places)
    status = asyncio.run(_run(names, given, as_json=as_json, verbose=verbose)) if names else 0
    if status == _INTERRUPTED:
        return status
    return 2 if wanted.problems or refused else status


def _askable(names: tuple[str, ...], places: dict[str, str]) -> tuple[list[str], int]:
    """Complain about what is no domain name; return the others, and how many were refused."""
    from netsonde.measure import check_dns_name  # noqa: PLC0415 - the library is large

    good: list[str] = []
    for name in dict.fromkeys(names):
        try:
            check_dns_name(name)
        except UsageError as error:
            complain(places.get(name, "") + error.message, error.hint)
        else:
            good.append(name)
    return good, len(set(names)) - len(good)


async def _run(names: list[str], given: dict[str, Any], *, as_json: bool, verbose: bool) -> int:
    task = asyncio.current_task()
    assert task is not None, "asyncio.run makes one"
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, task.cancel)
    silent = shown = 0
    try:
        async with aclosing(dns_many(names, **given)) as results:
            async for result in results:
                silent += not result.reached
                _show(result, as_json=as_json, verbose=verbose, first=not shown)
                shown += 1
    except asyncio.CancelledError:
        return _INTERRUPTED
    finally:
        loop.remove_signal_handler(signal.SIGINT)
    return _NO_REPLY if silent else 0


def _show(result: DnsResult, *, as_json: bool, verbose: bool, first: bool) -> None:
    if as_json:
        sys.stdout.write(msgspec.json.encode(result).decode() + "\n")
    else:
        from rich.text import Text  # noqa: PLC0415 - JSON does without

        from netsonde.report import Printer, dns_lines  # noqa: PLC0415

        printer = Printer(sys.stdout)
        apart = [] if first else [Text("")]
        printer.print(apart + dns_lines(result, printer.width, verbose=verbose))
    sys.stdout.flush()
