"""Options of the measuring commands, made from the records of the job: one home for each."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_type_hints

import click
import msgspec

from netsonde.measure import IN_FLIGHT_MAX_DEFAULT, RATE_PPS_DEFAULT, RunKeywords
from netsonde.model import Budget, Job, Record, attributes

if TYPE_CHECKING:
    from collections.abc import Callable, Container

#: Where targets come from, and which are left out.
_TARGET_OPTIONS = [
    click.Option(
        ["-f", "--file", "file"],
        metavar="FILE",
        help="Read targets from FILE: a line is an address, a prefix or a host name, and "
        "# starts a comment; - is standard input.",
    ),
    click.Option(
        ["--each"],
        metavar="LENGTH",
        type=click.IntRange(0, 128),
        multiple=True,
        help="Take one address of each prefix of this length, up to 32 for IPv4 and above "
        "for IPv6; repeat it for both. [default: every address of an IPv4 prefix]",
    ),
    click.Option(
        ["--each-host"],
        metavar="N|random",
        help="Which address that is: its number in the prefix, or a random one. [default: 1]",
    ),
    click.Option(
        ["--exclude"],
        metavar="FILE|PREFIX",
        multiple=True,
        help="Send nothing there, neither to a target nor to what is found on the way; "
        "repeat it for more. ~/.config/netsonde/exclude always holds on this host.",
    ),
]

#: What runs the engine, instead of a process of this installation.
_RUNTIME_OPTIONS = [
    click.Option(
        ["--runtime"],
        type=click.Choice(
            [
                *("process", "container", "docker", "podman"),
                *("unikernel", "firecracker", "cloud-hypervisor", "microvm", "vm"),
            ]
        ),
        help="Measure from the image: as a sealed process, in a container, or as a virtual "
        "machine of its own. In a lab, process, podman and unikernel need no right.",
    ),
    click.Option(
        ["--image"],
        metavar="NAME[:VERSION]",
        help="Which image; see `netsonde image list`. [default: that of this installation]",
    ),
    click.Option(
        ["--runtime-limit", "runtime_limits"],
        metavar="NAME=VALUE",
        multiple=True,
        help="What the run may use: memory=64m, cpu=600, time=600 (seconds), console=64m; repeat "
        "it for more.",
    ),
]

F = TypeVar("F", bound="Callable[..., Any]")

#: Short flags, as the field's tools have them.
_SHORT = {
    "all_attempts": "-a",
    "attempts": "-q",
    "brute_force": "-b",
    "count": "-c",
    "destination_port": "-p",
    "interval_ms": "-i",
    "method": "-m",
    "rate_pps": "-r",
    "size": "-s",
    "timeout_ms": "-W",
    "wait_ms": "-w",
}

_UINT32_MAX = 2**32 - 1
_UINT64_MAX = 2**64 - 1


def options_of(record: type[Record], *, without: Container[str] = ()) -> Callable[[F], F]:
    """Return a decorator that adds an option per field of a record, but for some."""
    defaults = record()
    texts = attributes(record)
    made = [
        _option(name, hint, texts[name], getattr(defaults, name))
        for name, hint in get_type_hints(record, include_extras=True).items()
        if name in record.__struct_fields__ and name not in without
    ]
    return _decorate(made)


def run_options() -> Callable[[F], F]:
    """Return a decorator that adds the options of every measurement."""
    job, texts = get_type_hints(Job, include_extras=True), attributes(RunKeywords)
    budget, per_target = get_type_hints(Budget, include_extras=True), Budget().per_target
    return _decorate(
        [
            _family(4),
            _family(6),
            _option("allow_special_purpose", bool, texts["allow_special_purpose"], False),
            _option("rate_pps", job["rate_pps"], texts["rate_pps"], RATE_PPS_DEFAULT),
            _option(
                "in_flight_max", job["in_flight_max"], texts["in_flight_max"], IN_FLIGHT_MAX_DEFAULT
            ),
            _option(
                "probes_per_target", budget["per_target"], texts["probes_per_target"], per_target
            ),
            _option("probes_total", budget["total"], texts["probes_total"], None),
            _option("deadline_ms", budget["total"], texts["deadline_ms"], None),
            _option("origin", str, texts["origin"], None),
            _option("seed", job["seed"], texts["seed"], None),
            click.Option(["--pcap"], metavar="FILE", help=texts["pcap"]),
        ]
    )


def mtu_option(command: F) -> F:
    """Add the switch that asks for the MTU of each hop."""
    text = (
        "Find the largest packet that passes to each hop, from the MTU of this host's interface "
        "downwards, and who says so."
    )
    return _decorate([click.Option(["--mtu"], is_flag=True, default=None, help=text)])(command)


def place_options(command: F) -> F:
    """Add the options that say what to measure and from where, and how to show it."""
    return _decorate(_TARGET_OPTIONS)(_place_options(command))


def _place_options(command: F) -> F:
    return _decorate(
        [
            click.Option(
                ["--lab"],
                metavar="NAME",
                help="Measure in a virtual Internet: a scenario, or a topology file (.toml).",
            ),
            click.Option(["--attach"], metavar="NAME", help="Vantage point in the lab."),
            click.Option(
                ["--privilege"],
                type=click.Choice(["auto", "raw", "none"]),
                help="raw: packets built whole; none: UDP sockets, addresses and RTTs only. "
                "[default: auto, the best that the host allows]",
            ),
            click.Option(
                ["--link"],
                type=click.Choice(["auto", "packet", "raw"]),
                help="packet: Ethernet frames, or nothing; raw: raw sockets. [default: auto, "
                "frames where routes are plain]",
            ),
            *_RUNTIME_OPTIONS,
            click.Option(["--names"], is_flag=True, help="Ask for the names of addresses (PTR)."),
            click.Option(
                ["--name-server", "name_servers"],
                metavar="ADDRESS",
                multiple=True,
                help="Server to ask for names; repeat it for several. [default: the host's own]",
            ),
            click.Option(
                ["--database", "databases"],
                metavar="FILE",
                multiple=True,
                help="Tell AS and place of addresses from FILE: a pyasn .dat, MaxMind .mmdb or "
                "libloc .db; repeat it for several.",
            ),
            click.Option(["--json"], is_flag=True, help="Print events, one JSON object a line."),
            click.Option(["-v", "--verbose"], is_flag=True, help="Tell more in the tables."),
        ]
    )(command)


def _decorate(options: list[click.Option]) -> Callable[[F], F]:
    def add(command: F) -> F:
        params = command.__dict__.setdefault("__click_params__", [])
        params.extend(reversed(options))
        return command

    return add


def _family(version: int) -> click.Option:
    help_text = f"Take the IPv{version} address of a host name."
    return click.Option([f"-{version}", f"family_{version}"], is_flag=True, help=help_text)


def _option(name: str, hint: Any, text: str, default: object) -> click.Option:  # noqa: ANN401
    flag = "--" + name.replace("_", "-")
    flags = [_SHORT[name], flag, name] if name in _SHORT else [flag, name]
    if hint is bool:
        if default is True:
            flags = [f"{flag}/--no-{flag[2:]}", name]
        return click.Option(flags, is_flag=True, default=None, help=text)
    if default is not None:
        text = f"{text.rstrip('.')}. [default: {default}]"
    return click.Option(flags, type=_type(hint), default=None, metavar=_metavar(hint), help=text)


def _type(hint: Any) -> click.ParamType[Any]:  # noqa: ANN401
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return click.Choice([member.value for member in hint])
    if hint is str:
        return click.STRING
    if float in get_args(hint):
        return _percent(hint)
    bounds = [part for part in get_args(hint) if isinstance(part, msgspec.Meta)]
    low = next((int(part.ge) for part in bounds if part.ge is not None), 0)
    high = next((int(part.le) for part in bounds if part.le is not None), None)
    return _Range(low, _UINT64_MAX if high is None else high)


def _percent(hint: Any) -> click.FloatRange:  # noqa: ANN401
    (bounds,) = (part for part in get_args(hint) if isinstance(part, msgspec.Meta))
    return click.FloatRange(bounds.ge, bounds.le)


class _Range(click.IntRange):
    """Whole numbers between two bounds, written as people write them."""

    def _describe_range(self) -> str:
        no_limit = self.max in (_UINT32_MAX, _UINT64_MAX)
        return f"from {self.min}" if no_limit else f"{self.min} to {self.max}"


def _metavar(hint: Any) -> str | None:  # noqa: ANN401
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return None
    return "TEXT" if hint is str else "N"
