"""From keyword options to a job."""

from __future__ import annotations

import os
import re
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import msgspec

from netsonde import _core
from netsonde.measure._exclude import exclusions
from netsonde.measure._keywords import IN_FLIGHT_MAX_DEFAULT, RATE_PPS_DEFAULT, RunKeywords
from netsonde.model import (
    AliasOptions,
    Budget,
    FingerprintOptions,
    HostError,
    Job,
    Kind,
    MultipathOptions,
    PingMethod,
    PingOptions,
    Privilege,
    Target,
    TcpOptions,
    TntOptions,
    TraceMethod,
    TraceOptions,
    UsageError,
    job_id,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from netsonde.measure._vantage import Vantage

#: Seed of a run in a lab, unless asked otherwise.
SEED_VIRTUAL = 1
#: An IP packet is no longer: where the interface carries less, the search for an MTU begins there.
_SIZE_MAX = 65_535
#: Interfaces carry at least this (RFC 791): who sends no more need not ask.
_SIZE_EVERYWHERE = 576

T = TypeVar("T", bound=msgspec.Struct)


class OptionError(UsageError):
    """An option has a value that it cannot have.

    Args:
        option: Name of the option, as in the job.
        expected: What it could have been.
        found: What it was.
    """

    def __init__(self, option: str, expected: str, found: str) -> None:
        super().__init__(f"{option}: expected {expected}, found {found}")
        self.option = option
        self.expected = expected
        self.found = found


class Request(NamedTuple):
    """What to measure and how, before the targets are known."""

    kind: Kind
    ping: PingOptions
    trace: TraceOptions
    tnt: TntOptions
    alias: AliasOptions
    multipath: MultipathOptions
    fingerprint: FingerprintOptions
    tcp: TcpOptions
    budget: Budget
    run: RunKeywords
    is_method_given: bool = True
    """Whether the caller chose the method; else it is one that the vantage can use."""

    @property
    def allows_special_purpose(self) -> bool:
        """True if special-purpose targets are welcome."""
        return bool(self.run.get("allow_special_purpose") or self.tnt.treat_as_public)


def request(kind: Kind, options: Mapping[str, Any]) -> Request:
    """Return the request that keyword options describe.

    Raises:
        OptionError: A value is out of range or of the wrong type.
        TypeError: There is no such option.
    """
    left = dict(options)
    if isinstance(left.get("mtu"), bool):
        left["mtu"] = _SIZE_MAX if left["mtu"] else 0
    ping = _take(PingOptions, left) if kind is Kind.PING else PingOptions()
    trace = _take(TraceOptions, left) if kind in (Kind.TRACE, Kind.TNT) else TraceOptions()
    alias = _take(AliasOptions, left) if kind is Kind.ALIAS else AliasOptions()
    multipath = _take(MultipathOptions, left) if kind is Kind.MULTIPATH else MultipathOptions()
    fingerprint = (
        _take(FingerprintOptions, left) if kind is Kind.FINGERPRINT else FingerprintOptions()
    )
    tcp = _take(TcpOptions, left) if kind is Kind.TCP else TcpOptions()
    tnt = _take(TntOptions, left) if kind in (Kind.TNT, Kind.MULTIPATH) else TntOptions()
    budget = _take(Budget, left, {"probes_per_target": "per_target", "probes_total": "total"})
    for name in left:
        if name not in RunKeywords.__annotations__:
            msg = f"{kind}() got an unexpected keyword argument {name!r}"
            raise TypeError(msg)
    run = RunKeywords(**left)  # type: ignore[typeddict-item]
    return Request(
        kind,
        ping,
        trace,
        tnt,
        alias,
        multipath,
        fingerprint,
        tcp,
        budget,
        run,
        "method" in options,
    )


def job(
    asked: Request, vantage: Vantage, targets: Iterable[Target] | None, **more: object
) -> bytes:
    """Return the job as JSON, checked by the core.

    Args:
        asked: What to measure.
        vantage: Where to measure from.
        targets: The targets; None if they come while it runs. `more` are other fields of it.

    Raises:
        OptionError: Options contradict each other.
        HostError: The vantage cannot do it.
    """
    privilege = vantage.privilege()
    _check_privilege(asked.kind, privilege)
    if privilege is Privilege.NONE and not asked.is_method_given:
        asked = asked._replace(
            ping=msgspec.structs.replace(asked.ping, method=PingMethod.UDP),
            trace=msgspec.structs.replace(asked.trace, method=TraceMethod.UDP_PARIS),
        )
    targets = None if targets is None else tuple(targets)
    _check_size(asked, vantage, targets)
    asked = _with_first_size(asked, vantage, targets)
    run, virtual = asked.run, vantage.is_virtual
    seed = run.get("seed")
    if seed is None:
        seed = SEED_VIRTUAL if virtual else int.from_bytes(os.urandom(4), "big")
    # A virtual run repeats bit for bit: its id and key depend on the seed alone.
    unix_ms = 0 if virtual else time.time_ns() // 1_000_000
    random = _repeatable(seed) if virtual else os.urandom(32)
    fields = {
        "id": job_id(unix_ms, random[:10]),
        "kind": asked.kind,
        "targets": tuple(targets or ()),
        "stream_targets": targets is None,
        "ping": asked.ping,
        "trace": asked.trace,
        "tnt": asked.tnt,
        "alias": asked.alias,
        "multipath": asked.multipath,
        "fingerprint": asked.fingerprint,
        "tcp": asked.tcp,
        "rate_pps": run.get("rate_pps", RATE_PPS_DEFAULT),
        "in_flight_max": run.get("in_flight_max", IN_FLIGHT_MAX_DEFAULT),
        "budget": asked.budget,
        "exclude": excluded(asked, vantage),
        "deadline_ms": run.get("deadline_ms"),
        "privilege": privilege,
        "origin": run.get("origin", ""),
        "epoch_ns": None if virtual else time.time_ns() - time.monotonic_ns(),
        "seed": seed,
        "key": random[-16:].hex(),
        **more,
    }
    made = _convert(fields, Job)
    _check(made)
    return msgspec.json.encode(made)


def _repeatable(seed: int) -> bytes:
    import hashlib  # noqa: PLC0415 - a host draws its keys

    return hashlib.sha256(str(seed).encode()).digest()


def excluded(asked: Request, vantage: Vantage) -> tuple[str, ...]:
    """Return the prefixes to which a request sends nothing.

    Raises:
        UsageError: A list cannot be read as one.
        HostError: A file cannot be read.
    """
    return exclusions(asked.run.get("exclude", ()), default=not vantage.is_virtual)


def _with_first_size(
    asked: Request, vantage: Vantage, targets: tuple[Target, ...] | None
) -> Request:
    """Let the search for path MTUs begin with no more than leaves the vantage."""
    wanted = asked.trace.mtu
    if not wanted:
        return asked
    mtu = min(wanted, _largest(vantage, targets))
    return asked._replace(trace=msgspec.structs.replace(asked.trace, mtu=mtu))


def _check_size(asked: Request, vantage: Vantage, targets: tuple[Target, ...] | None) -> None:
    """Refuse probes that no interface carries: the host would lose each, and say nothing."""
    sizes = {Kind.PING: asked.ping.size, Kind.MULTIPATH: asked.multipath.size}
    size = sizes.get(asked.kind, asked.trace.size)
    if size > _SIZE_EVERYWHERE and size > (mtu := _largest(vantage, targets)):
        raise OptionError("size", f"at most {mtu}, what the interface carries", str(size))


def _largest(vantage: Vantage, targets: tuple[Target, ...] | None) -> int:
    """Return the size of the largest packets that can leave towards any target."""
    # Where targets come while the job runs, nobody knows by which interfaces.
    sources = {None} if targets is None else {target.source for target in targets}
    return max(map(vantage.mtu, sources), default=_SIZE_MAX)


def _check_privilege(kind: Kind, privilege: Privilege) -> None:
    """Refuse what cannot be measured without raw sockets."""
    if privilege is Privilege.RAW:
        return
    if kind in (Kind.TNT, Kind.MULTIPATH):
        message = f"{kind} needs raw sockets: else replies show neither TTLs nor labels"
        raise HostError(message, "`netsonde doctor` says how to allow them; trace works without")
    if kind is Kind.FINGERPRINT:
        message = "fingerprint needs raw sockets: without them, replies show no headers"
        raise HostError(message, "`netsonde doctor` says how to allow them")
    if kind is Kind.ALIAS:
        message = "alias needs raw sockets: without them, replies show no IP identification"
        raise HostError(message, "`netsonde doctor` says how to allow them")
    if kind in (Kind.FINGERPRINT, Kind.TCP):
        message = f"{kind} needs raw sockets: without them, replies show no headers"
        raise HostError(message, "`netsonde doctor` says how to allow them")


def _check(made: Job) -> None:
    """Let the core refuse contradictions now, and not once something was started."""
    one = made
    if made.kind is not Kind.ALIAS:
        one = msgspec.structs.replace(made, targets=made.targets[:1])
    try:
        _core.Engine(msgspec.json.encode(one), 0)
    except _core.JobError as error:
        field, expected, found = error.args
        if field == "job":
            message = f"a number in the job is out of range: {found}"
            raise UsageError(message, "whole numbers have at most 64 bits") from None
        raise OptionError(_option(field), _option(expected), found) from None


def take(record: type[T], options: Mapping[str, Any], what: str) -> T:
    """Return a record of options, filled from keywords that are exactly its fields.

    Raises:
        OptionError: A value is out of range or of the wrong type.
        TypeError: There is no such option.
    """
    left = dict(options)
    taken = _take(record, left)
    for name in left:
        msg = f"{what}() got an unexpected keyword argument {name!r}"
        raise TypeError(msg)
    return taken


def _option(text: str) -> str:
    """Return a text with fields of the job named as the options that set them."""
    text = text.replace("budget.per_target", "probes_per_target")
    text = text.replace("budget.total", "probes_total")
    return re.sub(r"\b(?:ping|trace|tnt|alias|multipath|fingerprint|tcp)\.(?=\w)", "", text)


def _take(record: type[T], options: dict[str, Any], names: Mapping[str, str] | None = None) -> T:
    """Remove the options that are fields of `record` from `options`, and return it filled."""
    names = names or {field: field for field in record.__struct_fields__}
    present = {field: options.pop(option) for option, field in names.items() if option in options}
    return _convert(present, record, {field: option for option, field in names.items()})


def _convert(fields: dict[str, Any], record: type[T], names: Mapping[str, str] | None = None) -> T:
    try:
        return msgspec.convert(fields, record)
    except msgspec.ValidationError as error:
        expected, _, place = str(error).partition(" - at ")
        field = re.sub(r"\W", "", place.removeprefix("`$.").partition(".")[0])
        found = repr(fields.get(field))
        expected = _plain(expected, record, field)
        raise OptionError((names or {}).get(field, field), expected, found) from None


def _plain(text: str, record: type[msgspec.Struct], field: str) -> str:
    """Return what was expected, in plain words."""
    kind = record.__annotations__.get(field)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return "one of " + ", ".join(kind)
    text = text.removeprefix("Expected ").partition(", got ")[0].replace("`", "")
    return text.replace("int", "a whole number", 1).replace("bool", "true or false", 1)
