"""Draws the figures of a comparison: medians with quartiles and range, labelled with unit and load.

Matplotlib draws; it is the extra `plots` of netsonde and imported only here.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, NamedTuple

from netsonde.bench._statistics import Key
from netsonde.bench._timing import FLOOR
from netsonde.model import HostError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from netsonde.bench._statistics import Summary

#: In the order in which they stand.
ORDER = ("process", "podman", "docker", FLOOR, "unikernel", "microvm", "vm")
#: A scale is logarithmic when the greatest is so many times the least.
LOG_FROM = 30
_COLOURS = ("#3266a8", "#e08a2c", "#4a9a5b", "#b0413e")
_SCALES = {"bytes": (1e6, "MB")}
_PHASES = (("first packet", "start"), ("probing", "probing"), ("teardown", "teardown"))


class Figure(NamedTuple):
    """One figure.

    Attributes:
        name: Of its file.
        title: What it shows.
        experiment: Whose numbers.
        metrics: Which, with what they are called.
        unit: Of all of them.
    """

    name: str
    title: str
    experiment: str
    metrics: tuple[tuple[str, str], ...]
    unit: str


FIGURES = (
    Figure(
        "size", "What has to be carried", "size",
        (("on disk", "on disk"), ("compressed", "compressed (zstd)")), "bytes",
    ),
    Figure(
        "time", "From the program's start", "time",
        (("first packet", "to the first packet"), ("result", "to the result"),
         ("exit", "to its clean end")), "ms",
    ),
    Figure("phases", "One run, phase by phase", "time", _PHASES, "ms"),
    Figure("cpu", "Processor time of one run", "time", (("cpu", "user and system"),), "ms"),
    Figure(
        "memory", "Memory of one instance", "memory",
        (("RSS", "RSS"), ("PSS", "PSS"), ("guest RAM touched", "guest RAM touched")), "bytes",
    ),
    Figure(
        "ksm", "Memory of each of many instances (PSS)", "ksm",
        (("default: PSS of each, unmerged", "not merged"),
         ("default: PSS of each, merged", "KSM, default"),
         ("opt-in: PSS of each, merged", "KSM, opted in")), "bytes",
    ),
    Figure(
        "density", "Instances side by side", "density",
        (("memory: would fit", "fit in 2 GiB"), ("memory: alive", "alive in 2 GiB"),
         ("cpu: alive", "alive on a quarter of a processor")), "1",
    ),
    Figure(
        "rate", "Whole runs of one echo in a second", "rate",
        (("1 at once", "one after the other"), ("2 at once", "two at once")), "1/s",
    ),
    Figure(
        "rtt", "What is added to a round trip", "rtt",
        (("floor (5th percentile)", "5th percentile"), ("median", "median"),
         ("99th percentile", "99th percentile")), "us",
    ),
)  # fmt: skip


def draw(found: Mapping[Key, Summary], kind: str) -> dict[str, bytes]:
    """Return the figures for which there are numbers, by name.

    Args:
        found: The numbers.
        kind: `png` or `svg`.

    Raises:
        HostError: Matplotlib is not installed.
    """
    try:
        import matplotlib as mpl  # noqa: PLC0415 - an extra, and slow to import
        from matplotlib.figure import Figure as Canvas  # noqa: PLC0415
    except ImportError:
        message = "figures are drawn by Matplotlib, which is not installed"
        raise HostError(
            message, "pip install 'netsonde[plots]'; tables are written without"
        ) from None

    drawn = {}
    # A seed for names within an SVG: the same numbers give the same file.
    settings: Any = {"svg.hashsalt": "netsonde", "svg.fonttype": "none", "font.size": 9}
    with mpl.rc_context(settings):
        for figure in FIGURES:
            if runtimes := _runtimes(found, figure):
                canvas = Canvas(figsize=(7.2, 0.9 + 0.52 * len(runtimes)), layout="constrained")
                axes = canvas.subplots()
                plot = _stack if figure.name == "phases" else _bars
                plot(axes, found, figure, runtimes)
                out = io.BytesIO()
                about = {"Date": None} if kind == "svg" else {"Software": None}
                canvas.savefig(out, format=kind, dpi=130, metadata=about)
                drawn[figure.name] = out.getvalue()
    return drawn


def _runtimes(found: Mapping[Key, Summary], figure: Figure) -> list[str]:
    names = {
        key.runtime
        for key in found
        if key.experiment == figure.experiment
        and any(key.metric == metric for metric, _ in figure.metrics)
    }
    return [name for name in ORDER if name in names] + sorted(names - set(ORDER))


def _bars(
    axes: Any,  # noqa: ANN401 - Matplotlib's
    found: Mapping[Key, Summary],
    figure: Figure,
    runtimes: Sequence[str],
) -> None:
    """Draw a bar for each median, with its quartiles as a thick and its range as a thin line."""
    scale, unit = _SCALES.get(figure.unit, (1.0, figure.unit))
    height = 0.8 / len(figure.metrics)
    shown: list[float] = []
    for number, (metric, label) in enumerate(figure.metrics):
        keys = [(at, found.get(Key(figure.experiment, one, metric)))
                for at, one in enumerate(runtimes)]  # fmt: skip
        there = [(at, one) for at, one in keys if one is not None]
        if not there:
            continue
        places = [at + (number - (len(figure.metrics) - 1) / 2) * height for at, _ in there]
        medians = [one.median / scale for _, one in there]
        shown += medians
        colour = _COLOURS[number % len(_COLOURS)]
        axes.barh(places, medians, height * 0.9, color=colour, label=label)
        for place, (_, one) in zip(places, there, strict=True):
            ranges = ((one.least, one.most, 0.8), (one.quarter, one.three_quarters, 2.4))
            for low, high, width in ranges:
                axes.plot([low / scale, high / scale], [place] * 2, color="#222", linewidth=width)
            text = f" {_number(one.median / scale)}"
            axes.text(one.most / scale, place, text, va="center", fontsize=7)
    positive = [one for one in shown if one > 0]
    if positive and max(positive) > LOG_FROM * min(positive):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.set_xlim(min(positive) / 2, max(positive) * 8)
    else:
        axes.set_xlim(0, max(shown, default=1) * 1.3 or 1)
    _label(axes, found, figure, runtimes, unit)


def _stack(
    axes: Any,  # noqa: ANN401 - Matplotlib's
    found: Mapping[Key, Summary],
    figure: Figure,
    runtimes: Sequence[str],
) -> None:
    """Draw the phases of a run after each other."""
    metrics = (("fetch", "fetch"), *figure.metrics)
    ends = [0.0] * len(runtimes)
    for number, (metric, label) in enumerate(metrics):
        values = [
            one.median if (one := found.get(Key(figure.experiment, name, metric))) else 0.0
            for name in runtimes
        ]
        colour = _COLOURS[number % len(_COLOURS)]
        axes.barh(range(len(runtimes)), values, 0.6, left=ends, color=colour, label=label)
        ends = [end + value for end, value in zip(ends, values, strict=True)]
    for place, end in enumerate(ends):
        axes.text(end, place, f" {_number(end)}", va="center", fontsize=7)
    axes.set_xlim(0, max(ends, default=1) * 1.15 or 1)
    _label(axes, found, figure, runtimes, figure.unit)


def _label(
    axes: Any,  # noqa: ANN401 - Matplotlib's
    found: Mapping[Key, Summary],
    figure: Figure,
    runtimes: Sequence[str],
    unit: str,
) -> None:
    loads = [
        (one.load, one.repetitions)
        for key, one in found.items()
        if key.experiment == figure.experiment and key.runtime in runtimes
    ]
    load, most = max(load for load, _ in loads), max(count for _, count in loads)
    least = min(count for _, count in loads)
    count = f"{least} to {most}" if least != most else str(most)
    axes.set_title(figure.title, loc="left", fontsize=10, fontweight="bold")
    about = f"medians of {count}, quartiles, range; load at most {load:.1f}"
    names = {"1": "instances", "us": "µs", "1/s": "runs per second"}
    axes.set_xlabel(f"{names.get(unit, unit)}  ({about})")
    axes.set_yticks(range(len(runtimes)), runtimes)
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", color="#ddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.legend(fontsize=7, frameon=False, loc="upper left", bbox_to_anchor=(1, 1))


def _number(value: float) -> str:
    """Return a number with three digits that count."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:,.{digits}f}"
