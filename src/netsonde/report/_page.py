"""A survey as one HTML page that needs nothing else: no network, no script."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from netsonde.report._graph_svg import graph_svg
from netsonde.report._survey import QUANTILES
from netsonde.report._svg import Series, bars, distribution

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netsonde.report._graph import Graph
    from netsonde.report._survey import Survey

#: What a class of tunnels means to whoever reads the page.
CLASSES = {
    "explicit": "every router shows, with labels",
    "implicit": "every router shows, without labels",
    "opaque": "the last router shows, with a label; the others hide",
    "invisible-php": "no router between the two ends shows",
    "invisible-uhp": "not even the last router shows",
}
_TEMPLATE = "_page.html"


def page(found: Survey, drawn: Graph, *, title: str, about: Mapping[str, str]) -> str:
    """Return the page.

    Args:
        found: The survey in numbers.
        drawn: Some of its paths as a graph.
        title: Of the page.
        about: What else is known of the survey, by name, in order.
    """
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = _number
    environment.filters["share"] = _share
    template = environment.from_string(
        files("netsonde.report").joinpath(_TEMPLATE).read_text(encoding="utf-8")
    )
    # The figures escape what they hold.
    figures = {name: Markup(svg) for name, svg in _figures(found, drawn).items()}  # noqa: S704
    return template.render(
        title=title, about=about, found=found, drawn=drawn, figures=figures, classes=CLASSES
    )


def _figures(found: Survey, drawn: Graph) -> dict[str, str]:
    lengths: dict[str, dict[float, float]] = {}
    for class_, length, count in found.tunnel_lengths:
        lengths.setdefault(class_, {})[length] = count
    traced = {float(row.length): float(row.first) for row in found.path_lengths if row.first}
    whole = {float(row.length): float(row.second) for row in found.path_lengths if row.second}
    paths = [Series("as traced", "traced", traced)]
    if traced != whole:
        paths.append(Series("with revealed routers", "whole", whole))
    times = [("replies of routers", "traced", found.hop_rtts_ms)]
    times += [("replies to pings", "whole", found.ping_rtts_ms)]
    return {
        "tunnel_lengths": bars(
            [Series(name, name, values) for name, values in sorted(lengths.items())],
            x="LSRs between ingress and egress",
            y="tunnels",
        ),
        "path_lengths": bars(paths, x="hops to the target", y="paths"),
        "rtts": distribution(
            [
                Series(name, style, dict(zip(values, QUANTILES, strict=True)))
                for name, style, values in times
                if values
            ],
            x="round-trip time in ms",
        ),
        "graph": graph_svg(drawn),
    }


def _number(value: float) -> str:
    text = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
    return text.replace(",", "\N{NARROW NO-BREAK SPACE}")


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.1%}" if whole else "none"
