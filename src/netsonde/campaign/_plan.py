"""The file of a campaign: what to measure, how, where not, and how much it may cost."""

from __future__ import annotations

import datetime
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from netsonde.measure import (
    IN_FLIGHT_MAX_DEFAULT,
    RATE_PPS_DEFAULT,
    OptionError,
    TargetList,
    choose,
    request,
    selections,
)
from netsonde.model import HostError, Kind, NetsondeError, PrefixLimits, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netsonde.measure import Request, Vantage

_Count = Annotated[int, msgspec.Meta(ge=1)]
_V4Length = Annotated[int, msgspec.Meta(ge=0, le=32)]
_V6Length = Annotated[int, msgspec.Meta(ge=0, le=128)]

_HINT = "docs/guides/campaigns.md tells what a campaign file holds"


class PlanError(UsageError):
    """A campaign file that cannot be followed; the message names the line and the field."""


class Targets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to measure.

    Attributes:
        list: Addresses, prefixes and host names, as in a line of a target file.
        files: Target files, relative to the campaign file.
        each: Length of the IPv4 prefixes that give one address each.
        each_v6: The same for IPv6.
        host: Which address that is: its number in the prefix, or "random".
        family: 4 or 6: the only family that is welcome.
        allow_special_purpose: Measure private and other special-purpose addresses too.
    """

    list: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    each: _V4Length | None = None
    each_v6: _V6Length | None = None
    host: int | str | None = None
    family: Literal[4, 6] | None = None
    allow_special_purpose: bool = False


class Exclude(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where nothing is sent.

    Attributes:
        list: Prefixes and addresses.
        files: Files of them, relative to the campaign file.
    """

    list: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How fast, how much and how long; all of it may change when a campaign is resumed.

    Attributes:
        rate_pps: Probes per second, never exceeded in any one-second window.
        in_flight_max: Probes awaiting a reply at once.
        prefix_rate_pps: Probes per second to one prefix; 0 for no limit.
        prefix_probes: Probes of one run to one prefix; 0 for no limit.
        prefix_v4_len: Length of an IPv4 prefix.
        prefix_v6_len: Length of an IPv6 prefix.
        probes_per_target: Probes that one target may cost.
        probes_total: Probes of the campaign, all runs together.
        duration_s: A run ends after this long, in seconds.
        deadline: A run ends at this time of day, such as 2026-12-01T06:00:00Z.
    """

    rate_pps: _Count = RATE_PPS_DEFAULT
    in_flight_max: _Count = IN_FLIGHT_MAX_DEFAULT
    prefix_rate_pps: Annotated[int, msgspec.Meta(ge=0)] = 0
    prefix_probes: Annotated[int, msgspec.Meta(ge=0)] = 0
    prefix_v4_len: _V4Length = 24
    prefix_v6_len: _V6Length = 48
    probes_per_target: _Count | None = None
    probes_total: _Count | None = None
    duration_s: Annotated[float, msgspec.Meta(gt=0)] | None = None
    deadline: datetime.datetime | None = None

    def left_s(self, now: datetime.datetime) -> float | None:
        """Return how long a run that begins now may take, in seconds; None for no limit."""
        ends = [] if self.duration_s is None else [self.duration_s]
        if self.deadline is not None:
            deadline = self.deadline
            if deadline.tzinfo is None:
                deadline = deadline.astimezone()
            ends.append((deadline - now).total_seconds())
        return max(min(ends), 0) if ends else None

    @property
    def prefix(self) -> PrefixLimits:
        """What one prefix may get."""
        return PrefixLimits(
            rate_pps=self.prefix_rate_pps,
            probes=self.prefix_probes,
            v4_len=self.prefix_v4_len,
            v6_len=self.prefix_v6_len,
        )


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to measure from.

    Attributes:
        lab: A scenario or a topology file, instead of this host.
        attach: The vantage point in the lab.
        privilege: What to ask of this host: raw, none, or auto.
        link: How packets leave this host: packet, raw, or auto; may change when a campaign is
            resumed.
    """

    lab: str | None = None
    attach: str | None = None
    privilege: Literal["auto", "raw", "none"] = "auto"
    link: Literal["auto", "packet", "raw"] = "auto"

    def open(self) -> Vantage:
        """Return it, ready to be measured from."""
        if self.lab is None:
            return choose(None, self.privilege, self.link)
        from netsonde.lab import load  # noqa: PLC0415 - this host does without it

        return choose(load(self.lab, attachment=self.attach))


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A campaign as it is written down.

    Attributes:
        name: What it is called.
        kind: What is measured.
        options: Options of the measurement, named as those of the Python function.
        targets: What to measure.
        exclude: Where nothing is sent.
        limits: How fast, how much and how long.
        vantage: Where to measure from.
        contact: Who measures and how to reach them; kept with the results.
        seed: Draws order and random hosts; drawn at random if None, and kept.
    """

    kind: Kind
    targets: Targets
    name: str = ""
    options: dict[str, Any] = {}
    exclude: Exclude = Exclude()
    limits: Limits = Limits()
    vantage: Place = Place()
    contact: str = ""
    seed: Annotated[int, msgspec.Meta(ge=0)] | None = None
    file: Path | None = None
    """Where it was read from."""

    def path(self, name: str) -> Path:
        """Return a file that the plan names."""
        return Path(name) if self.file is None else self.file.parent / name

    def request(self) -> Request:
        """Return what is asked of the measurement.

        Raises:
            UsageError: An option cannot be.
        """
        limits, options = self.limits, dict(self.options)
        named = {"probes_per_target": limits.probes_per_target, "seed": self.seed}
        run = {
            "rate_pps": limits.rate_pps,
            "in_flight_max": limits.in_flight_max,
            "family": self.targets.family,
            "allow_special_purpose": self.targets.allow_special_purpose,
            "origin": self.contact,
            "exclude": [*self.exclude.list, *map(self.path, self.exclude.files)],
            **{name: value for name, value in named.items() if value is not None},
        }
        taken = {*run, "vantage", "privilege", "link", "probes_total", "deadline_ms", "pcap"}
        for option in options.keys() & taken:
            raise OptionError(option, "an option of the measurement", "one of the campaign")
        try:
            return request(self.kind, {**options, **run})
        except TypeError as error:
            raise PlanError(f"options: {error}", _HINT) from None

    def target_list(self) -> TargetList:
        """Return the targets, read from the plan and its files.

        Raises:
            UsageError: There is none, or a selection cannot be.
            HostError: A file cannot be read.
        """
        asked = self.targets
        host = None if asked.host is None else str(asked.host)
        each = [length for length in (asked.each, asked.each_v6) if length is not None]
        found = TargetList(asked.family, selections(each, host))
        found.add(asked.list, "targets.list, item LINE: ")
        for file in asked.files:
            found.add_file(str(self.path(file)))
        if found.is_empty and not found.problem_count:
            raise PlanError("targets: expected at least one target, found none", _HINT)
        return found


def read_plan(file: Path | str) -> Plan:
    """Return the plan in a file, checked as far as nothing else need be looked at.

    Raises:
        PlanError: It cannot be followed; the message names file, line and field.
        HostError: It cannot be read.
    """
    path = Path(file)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise HostError(f"cannot read {path}: {reason}", _HINT) from None
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"\(at line (\d+)", str(error))
        line = where[1] if where else str(text.count("\n") + 1)
        reason = str(error).partition(" (at")[0]
        raise PlanError(f"{path}:{line}: {reason}", _HINT) from None
    try:
        plan = msgspec.convert(content, Plan)
        plan = msgspec.structs.replace(plan, file=path)
        plan.request()
        plan.limits.prefix  # noqa: B018 - its ranges are checked too
    except msgspec.ValidationError as error:
        expected, _, place = str(error).partition(" - at ")
        keys = re.findall(r"[A-Za-z_]\w*", place)
        if unknown := re.search(r"unknown field `(\w+)`", expected):
            keys, expected = [*keys, unknown[1]], "there is no such field"
        raise _error(path, text, keys, _plain(expected)) from None
    except OptionError as error:
        section = "limits" if error.option in Limits.__struct_fields__ else "options"
        words = f"expected {error.expected}, found {error.found}"
        raise _error(path, text, [section, error.option], words) from None
    except NetsondeError as error:
        section = error.message.partition(":")[0]
        words = error.message.partition(": ")[2] or error.message
        raise _error(path, text, [section], words, error.hint) from None
    return plan


def _plain(expected: str) -> str:
    """Return what a checker says in the words of the file's own language."""
    if "enum value" in expected:
        found = expected.removeprefix("Invalid enum value ").strip("'")
        return f'expected one of {", ".join(Kind)}, found "{found}"'
    words = expected.replace("`int`", "a whole number").replace("`str`", "text")
    return words[:1].lower() + words[1:].replace("`", "").replace(", got", ", found")


def _error(path: Path, text: str, keys: list[str], words: str, hint: str = "") -> PlanError:
    line = next((line for line, found in _fields(text) if found == keys), None)
    if line is None:
        line = next((line for line, found in _fields(text) if found == keys[:1]), None)
    place = f"{path}:{line}" if line else str(path)
    field = ".".join(keys)
    return PlanError(f"{place}: {field}: {words}" if field else f"{place}: {words}", hint or _HINT)


def _fields(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line on which each field and table of a file begins."""
    table: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[+\s*([\w.\s-]+?)\s*\]", line):
            table = [part.strip() for part in header[1].split(".")]
            yield number, table
        elif key := re.match(r"\s*([\w-]+(?:\s*\.\s*[\w-]+)*)\s*=", line):
            yield number, [*table, *(part.strip() for part in key[1].split("."))]
