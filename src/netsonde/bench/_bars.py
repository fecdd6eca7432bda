"""The bars of the comparison: ratios within one run, which hold on other hosts, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from netsonde.bench._statistics import Key
from netsonde.bench._timing import FLOOR

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from netsonde.bench._statistics import Summary

#: The image of uTNT, in bytes: 0.897 MB, as its authors published it.
UTNT_IMAGE_BYTES = 897_000


class Bar(NamedTuple):
    """A number that has to be reached.

    Attributes:
        name: What is compared.
        value: The number; None if it was not measured.
        limit: What it is held to.
        unit: Of both; empty for ratios.
        is_least: Whether the limit is the least it may be, else the most.
    """

    name: str
    value: float | None
    limit: float
    unit: str = ""
    is_least: bool = False

    @property
    def is_reached(self) -> bool | None:
        """Whether it is reached; None if it was not measured."""
        if self.value is None:
            return None
        return self.value >= self.limit if self.is_least else self.value <= self.limit

    @property
    def verdict(self) -> str:
        """The same in a word."""
        return {True: "reached", False: "missed", None: "not measured"}[self.is_reached]


def bars(found: Mapping[Key, Summary]) -> list[Bar]:
    """Return all bars, of the medians of one run."""

    def median(experiment: str, runtime: str, metric: str) -> float | None:
        one = found.get(Key(experiment, runtime, metric))
        return None if one is None else one.median

    floor_ms = median("time", FLOOR, "exit")
    probing_ms = median("time", "process", "probing")
    image = median("size", "unikernel", "on disk")
    fits = [median("density", name, "memory: would fit") for name in ("unikernel", "vm")]
    return [
        Bar(
            "unikernel: start to result, to QEMU's floor + probing of the process",
            _ratio(median("time", "unikernel", "result"), _sum(floor_ms, probing_ms)),
            1.3,
        ),
        Bar(
            "unikernel: image, to the full VM's files",
            _ratio(image, median("size", "vm", "on disk")),
            1 / 1_000,
        ),
        Bar("unikernel: image, to uTNT's 897 kB", _ratio(image, UTNT_IMAGE_BYTES), 1 / 4),
        Bar(
            "unikernel: guest RAM touched",
            _scaled(median("memory", "unikernel", "guest RAM touched"), lambda x: x / 1e6),
            1.0,
            "MB",
        ),
        Bar("unikernels in 2 GiB, to full VMs in it", _ratio(*fits), 10.0, is_least=True),
        Bar("process: start to first packet", median("time", "process", "first packet"), 2.0, "ms"),
    ]


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other


def _ratio(one: float | None, other: float | None) -> float | None:
    return None if one is None or not other else one / other


def _scaled(one: float | None, scale: Callable[[float], float]) -> float | None:
    return None if one is None else scale(one)
