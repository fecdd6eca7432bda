"""`netsonde tunnels`: questions on the tunnels of earlier measurements."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
import msgspec

from netsonde.cli._main import EPILOG
from netsonde.cli._results import tnt_results
from netsonde.model import UsageError

if TYPE_CHECKING:
    from netsonde.report import RocPoint

_WORDS = {
    "frpla": "FRPLA at least",
    "rtla": "RTLA at least",
    "either": "RTLA at least 1, or FRPLA at least",
}


@click.group(epilog=EPILOG)
def tunnels() -> None:
    """Ask questions on the tunnels that earlier measurements found."""


@tunnels.command(epilog=EPILOG)
@click.argument("source", metavar="DIR|FILE")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per threshold.")
def roc(source: str, as_json: bool) -> int:
    """Tell what each threshold of FRPLA and RTLA finds, and how often it is wrong.

    DIR|FILE is a campaign, or what `netsonde tnt --brute-force --json` printed; - is standard
    input. Brute force is needed: without it nobody knows what hides where nothing triggers.

    \b
    Examples:
      netsonde tnt --brute-force --json --lab invisible-php-brpr 5.2.0.1 | netsonde tunnels roc -
    """
    from netsonde.report import roc as judge  # noqa: PLC0415 - the group's help does without

    points = judge(tnt_results(source))
    if not any(_judged(point) + point.inconclusive for point in points):
        message = f"{source} has no result of tnt with pairs of hops to judge"
        raise UsageError(message, "measure with `netsonde tnt --brute-force --json`")
    for line in _json(points) if as_json else _table(points):
        sys.stdout.write(line + "\n")
    return 0


def _json(points: tuple[RocPoint, ...]) -> list[str]:
    return [
        msgspec.json.encode(
            {
                **msgspec.structs.asdict(point),
                "true_positive_rate": point.true_positive_rate,
                "false_positive_rate": point.false_positive_rate,
            }
        ).decode()
        for point in points
    ]


def _table(points: tuple[RocPoint, ...]) -> list[str]:
    lines: list[str] = []
    for trigger, words in _WORDS.items():
        column = [point for point in points if point.trigger == trigger]
        first = column[0]
        pairs = f"{_judged(first)} pairs judged, {first.inconclusive} inconclusive"
        lines += [*([""] if lines else []), f"{words}: {pairs}"]
        if not _judged(first):
            continue
        lines.append(f"{'hops':>6}{'found':>9}{'missed':>9}{'wrong':>9}{'TPR':>9}{'FPR':>9}")
        lines += [
            f"{point.threshold:>6}{point.true_positives:>9}{point.false_negatives:>9}"
            f"{point.false_positives:>9}{_rate(point.true_positive_rate):>9}"
            f"{_rate(point.false_positive_rate):>9}"
            for point in column
        ]
    return lines


def _judged(point: RocPoint) -> int:
    hiding = point.true_positives + point.false_negatives
    return hiding + point.false_positives + point.true_negatives


def _rate(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:.1%}"
