"""Compares the places where the image runs: experiments, what they gave, figures of it."""

from netsonde.bench._bars import Bar, bars
from netsonde.bench._figures import draw
from netsonde.bench._machine import host
from netsonde.bench._page import Results, html, into_page, markdown, number, results
from netsonde.bench._peer import Mirror
from netsonde.bench._rows import Cell, Folder, Repetition, Row
from netsonde.bench._session import (
    BUDGET_S,
    EXPERIMENTS,
    REPEAT,
    RUNTIMES,
    Plan,
    Turn,
    run,
)
from netsonde.bench._statistics import Key, Summary, summaries
from netsonde.bench._values import Place

__all__ = [
    "BUDGET_S",
    "EXPERIMENTS",
    "REPEAT",
    "RUNTIMES",
    "Bar",
    "Cell",
    "Folder",
    "Key",
    "Mirror",
    "Place",
    "Plan",
    "Repetition",
    "Results",
    "Row",
    "Summary",
    "Turn",
    "bars",
    "draw",
    "host",
    "html",
    "into_page",
    "markdown",
    "number",
    "results",
    "run",
    "summaries",
]
