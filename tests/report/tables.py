"""Datasets of results as a survey has them, made in labs and asked in SQL."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from netsonde import _core
from netsonde.lab import Lab, load
from netsonde.measure import choose, request
from netsonde.measure._request import job
from netsonde.model import Kind, Target
from netsonde.report import Ask
from netsonde.store import Dataset


def tables(*labs: str, kind: Kind = Kind.TNT) -> Ask:
    """Return what answers SQL on the results of these labs, one after the other."""
    place = TemporaryDirectory()
    dataset = Dataset(Path(place.name))
    with dataset.writer() as writer:
        columns = _core.Columns()
        for name in labs:
            for event in events(load(name), kind):
                columns.push(event)
        columns.flush()
        while (chunk := columns.poll_chunk(0)) is not None:
            writer.append(*chunk)
    query = dataset.query()

    def ask(sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        assert Path(place.name).exists(), "the directory lives as long as this function"
        return query.ask(sql, parameters)

    return ask


def events(lab: Lab, kind: Kind) -> list[bytes]:
    """Return the events of measuring every target of a lab."""
    vantage = choose(lab)
    targets = [Target(address=str(one), source=str(lab.source(one))) for one in lab.targets]
    found: list[bytes] = []
    lab.run(job(request(kind, {}), vantage, targets), found)
    return found
