"""`netsonde lab run`, `replay` and `export`: a scenario in virtual time."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from netsonde.lab import Lab, load, parse_token, read_scenario
from netsonde.measure import choose, lines, prepare, request
from netsonde.model import HostError, Kind, TntResult, UsageError
from netsonde.report import Printer, compare_lines, tnt_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netsonde.measure import Line

_attach = click.option("--attach", metavar="NAME", help="Vantage point in the lab.")
_json = click.option(
    "--json", "as_json", is_flag=True, help="Print events, one JSON object a line."
)
_six = click.option("-6", "six", is_flag=True, help="Measure the IPv6 addresses of the targets.")
_target = click.option("--target", default="", help="Node or address, instead of the scenario's.")
_verbose = click.option(
    "-v", "--verbose", is_flag=True, help="Tell the evidence and every attempt too."
)


@click.command()
@click.argument("name")
@click.option("--seed", type=click.IntRange(0), help="Instead of the scenario's.")
@_target
@_attach
@_six
@_json
@_verbose
def run(
    *,
    name: str,
    seed: int | None,
    target: str,
    attach: str | None,
    six: bool,
    as_json: bool,
    verbose: bool,
) -> None:
    """Run a scenario, or a topology file, in virtual time.

    Shows what plain traceroute sees beside what TNT reveals. Needs no privilege; the same
    seed gives the same run. The last line names the digest of every byte delivered, and the
    command that repeats the run.
    """
    _run(load(name, seed=seed, attachment=attach), target, six, as_json, verbose)


@click.command()
@click.argument("token")
@click.option("--scenario", metavar="NAME", help="Needed where TOKEN is a bare seed.")
@_attach
@_six
@_json
@_verbose
def replay(
    *,
    token: str,
    scenario: str | None,
    attach: str | None,
    six: bool,
    as_json: bool,
    verbose: bool,
) -> None:
    """Repeat a run by the TOKEN it printed: NAME:SEED, NAME:SEED:TARGET, or a bare seed."""
    if token.isdecimal():
        if scenario is None:
            raise UsageError("a bare seed does not say of which scenario", "add --scenario NAME")
        token = f"{scenario}:{token}"
    name, seed, target = parse_token(token)
    _run(load(name, seed=seed, attachment=attach), target, six, as_json, verbose)


@click.command()
@click.argument("name")
@click.argument("link")
@click.option("-o", "--output", required=True, metavar="FILE", help="The pcapng file to write.")
@click.option("--seed", type=click.IntRange(0), help="Instead of the scenario's.")
@_target
@_attach
@_six
def export(
    *,
    name: str,
    link: str,
    output: str,
    seed: int | None,
    target: str,
    attach: str | None,
    six: bool,
) -> None:
    """Run a scenario and write what crossed LINK as pcapng, for Wireshark.

    LINK is a link such as pe1-p1, an attachment such as vp, or "all".
    """
    capture = "" if link == "all" else link
    lab = Lab(read_scenario(name), seed=seed, attachment=attach, capture=capture)
    _follow(lab, _targets(lab, target, six))
    try:
        Path(output).write_bytes(lab.captured)
    except OSError as error:
        raise HostError(
            f"cannot write {output}: {error.strerror}", "choose another file with -o"
        ) from error
    click.echo(f"{output}: {len(lab.captured)} bytes of {link}, seed {lab.seed}")


def _run(lab: Lab, target: str, six: bool, as_json: bool, verbose: bool) -> None:
    targets = _targets(lab, target, six)
    found = _follow(lab, targets)
    token = f"{lab.token}:{targets[0]}" if target else lab.token
    again = f"netsonde lab replay {token}" + (" -6" if six and not target else "")
    if lab.attachment != lab.attachments[0]:
        again += f" --attach {lab.attachment}"
    if as_json:
        for line in found:
            sys.stdout.write(line.raw.decode() + "\n")
        sys.stdout.flush()
    else:
        _show(lab, [line.event for line in found if isinstance(line.event, TntResult)], verbose)
    click.echo(f"seed {lab.seed}, digest {lab.digest}; again: {again}", err=as_json)


def _targets(lab: Lab, target: str, six: bool) -> list[str]:
    if target:
        if not lab.addresses(target):
            hint = f"`netsonde lab show {lab.name}` lists them"
            raise UsageError(f"the lab has no node or address {target}", hint)
        found = lab.addresses(target)
    else:
        found = lab.targets
    version = 6 if six or found[0].version == 6 else 4
    chosen = [str(address) for address in found if address.version == version]
    if not chosen:
        raise UsageError(f"no target of {lab.name} has an IPv{version} address")
    return chosen


def _follow(lab: Lab, targets: Sequence[str]) -> list[Line]:
    """Run TNT with the scenario's options and return every event."""
    options: dict[str, Any] = {"vantage": lab, "seed": lab.seed}
    for section in ("trace", "tnt"):
        options |= lab.scenario.options.get(section, {})
    asked = request(Kind.TNT, options)
    vantage = choose(lab)

    async def follow() -> list[Line]:
        resolved = await prepare(asked, vantage, targets)
        for problem in resolved.problems:
            raise problem.error
        async with aclosing(lines(asked, vantage, resolved)) as events:
            return [line async for line in events]

    return asyncio.run(follow())


def _show(lab: Lab, results: Sequence[TntResult], verbose: bool) -> None:
    printer = Printer(sys.stdout)
    printer.print([Text(f"{lab.name}: {lab.scenario.description}", "bold")])
    for result in results:
        printer.print([Text(""), *compare_lines(result.trace, result)])
        if verbose:
            printer.print([Text(""), *tnt_lines(result, printer.width, verbose=True)])
    if lab.scenario.tnt:
        printer.print([Text(""), Text(f"the original TNT: {lab.scenario.tnt}", "dim")])
