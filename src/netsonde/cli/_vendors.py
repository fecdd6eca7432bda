"""What measuring commands share on who made a router: options, and a second job for paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from netsonde.measure import job, prepare, request
from netsonde.model import FingerprintMethod, Kind, responders

if TYPE_CHECKING:
    from collections.abc import Callable

    from netsonde.annotate import Identifier
    from netsonde.measure import Request, Resolved, Vantage
    from netsonde.model import Address, Event

F = TypeVar("F", bound="Callable[..., Any]")

#: Options of a run that hold for the fingerprints of its routers as well.
_RUN = ("allow_special_purpose", "exclude", "in_flight_max", "origin", "pcap", "rate_pps", "seed")


#: Routers of paths that are fingerprinted; those met later are not.
ROUTERS_MAX = 65_536


class FollowUp(NamedTuple):
    """The fingerprints that follow a measurement of paths."""

    asked: Request
    addresses: dict[Address, None]
    """Routers met so far, each once whatever the number of paths over it."""

    def add(self, result: Event) -> None:
        """Take the routers of a path."""
        for address in responders(result):
            if len(self.addresses) < ROUTERS_MAX:
                self.addresses.setdefault(address)

    async def resolved(self, vantage: Vantage) -> Resolved:
        """Return the routers that may be probed."""
        return await prepare(self.asked, vantage, self.addresses)


def split_methods(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[str, ...] | None:
    """Return the methods that a list separated by commas names."""
    if value is None:
        return None
    choice = click.Choice([method.value for method in FingerprintMethod])
    return tuple(choice.convert(part.strip(), parameter, context) for part in value.split(","))


def _split_optional(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[str, ...] | None:
    """Return the methods; what follows a bare option is taken for its list, even a target."""
    try:
        return split_methods(context, parameter, value)
    except click.BadParameter as error:
        message = f"{error.message} Targets go before the option, or name a method after it."
        raise click.BadParameter(message, context, parameter) from None


def vendor_options(command: F) -> F:
    """Add the options that say what is known of makers."""
    command = click.option(
        "--vendors",
        metavar="FILE",
        multiple=True,
        help="Name enterprises and makers of hardware from FILE: IANA's enterprise-numbers, IEEE's "
        "oui.txt or Wireshark's manuf; repeat it for several.",
    )(command)
    return click.option(
        "--signatures",
        metavar="FILE",
        multiple=True,
        help="Tell vendors by the signatures in FILE, which `netsonde signatures learn` makes; "
        "builtin is what comes with netsonde; repeat it for several.",
    )(command)


def path_option(command: F) -> F:
    """Add the option that asks for fingerprints of the routers of a path."""
    return click.option(
        "--fingerprint",
        "fingerprint_methods",
        is_flag=False,
        flag_value="ttl",
        metavar="[LIST]",
        callback=_split_optional,
        help="Fingerprint each router that replied, once the paths are known: ttl (3 probes each), "
        "snmpv3 (1), lfp (9), separated by commas. [LIST default: ttl]",
    )(command)


def follow_up(given: dict[str, Any], vantage: Vantage) -> FollowUp | None:
    """Return the fingerprints that were asked for, checked; None if none were.

    Raises:
        NetsondeError: They cannot be made.
    """
    methods = given.pop("fingerprint_methods", None)
    if methods is None:
        return None
    options = {name: given[name] for name in _RUN if name in given}
    asked = request(Kind.FINGERPRINT, {**options, "methods": methods})
    job(asked, vantage, None)
    return FollowUp(asked, {})


def identifier(given: dict[str, Any]) -> Identifier | None:
    """Return what identifies fingerprints.

    Raises:
        HostError: A file cannot be read.
        FormatError: A file is malformed.
    """
    signatures, vendors = given.pop("signatures", ()), given.pop("vendors", ())
    if not (signatures or vendors):
        return None
    from netsonde.annotate import Identifier  # noqa: PLC0415 - few ask

    return Identifier(signatures, vendors)
