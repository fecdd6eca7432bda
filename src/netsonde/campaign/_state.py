"""What a campaign remembers between its runs, beside the results."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

from netsonde.model import HostError, UsageError
from netsonde.store import Dataset

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from netsonde.campaign._plan import Plan
    from netsonde.model import Address

#: Bytes of a target file read at once.
_BLOCK_BYTES = 1 << 20
_SCHEMA = """
CREATE TABLE IF NOT EXISTS campaign_settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS campaign_names (name TEXT PRIMARY KEY, address TEXT NOT NULL) STRICT;
"""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What a directory says of its campaign.

    Attributes:
        name: What it is called.
        kind: What is measured.
        seed: Draws the order.
        runs: How many there were.
        sent: Probes of all runs.
        finished: Targets that need not be measured again.
        rows: Rows per table.
    """

    name: str
    kind: str
    seed: int
    runs: int
    sent: int
    finished: int
    rows: dict[str, int]


class State:
    """The campaign's own tables in the state of a dataset.

    Args:
        dataset: Where the results go.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        with dataset.state() as state, state:
            state.executescript(_SCHEMA)

    def settings(self) -> dict[str, Any]:
        """Return what was kept."""
        with self._dataset.state() as state:
            rows = state.execute("SELECT key, value FROM campaign_settings").fetchall()
        return {key: msgspec.json.decode(value) for key, value in rows}

    def keep(self, **settings: object) -> None:
        """Keep settings under their names."""
        rows = [(key, msgspec.json.encode(value).decode()) for key, value in settings.items()]
        with self._dataset.state() as state, state:
            state.executemany("INSERT OR REPLACE INTO campaign_settings VALUES (?, ?)", rows)

    def names(self) -> dict[str, Address]:
        """Return the addresses that host names had."""
        with self._dataset.state() as state:
            return dict(state.execute("SELECT name, address FROM campaign_names").fetchall())

    def keep_names(self, names: Mapping[Address, str]) -> None:
        """Keep what host names were resolved to: a resumed run measures the same addresses."""
        rows = [(name, address) for address, name in names.items()]
        with self._dataset.state() as state, state:
            state.executemany("INSERT OR REPLACE INTO campaign_names VALUES (?, ?)", rows)


def identity(plan: Plan) -> dict[str, Any]:
    """Return what must stay as it is while a campaign goes on, by the names of its fields.

    Raises:
        HostError: A target file cannot be read.
    """
    targets: dict[str, Any] = msgspec.to_builtins(plan.targets)
    files = {name: _digest(plan.path(name)) for name in targets.pop("files")}
    parts: dict[str, Any] = {
        "kind": str(plan.kind),
        "options": plan.options,
        "targets": targets,
        "vantage": msgspec.to_builtins(plan.vantage),
    }
    # Results are the same whichever way packets leave.
    parts["vantage"].pop("link")
    flat = {
        f"{part}.{name}": value
        for part, fields in parts.items()
        if isinstance(fields, dict)
        for name, value in fields.items()
    }
    flat |= {f"targets.files: {name}": digest for name, digest in files.items()}
    made: dict[str, Any] = msgspec.json.decode(msgspec.json.encode({"kind": parts["kind"], **flat}))
    return made


def refuse_changes(before: Mapping[str, Any], now: Mapping[str, Any], directory: Path) -> None:
    """Refuse to go on with another campaign than the one that began.

    Raises:
        UsageError: Something differs; the message names it.
    """
    differing = sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
    if differing:
        told = ", ".join(
            key if ": " in key else f"{key} (was {before.get(key)}, is {now.get(key)})"
            for key in differing[:5]
        )
        message = f"{directory} holds another campaign: these differ: {told}"
        hint = "limits and do-not-probe lists may change; for the rest, name another directory"
        raise UsageError(message, hint)


def summary(directory: Path) -> Summary:
    """Return what a directory says of its campaign.

    Raises:
        UsageError: There is none.
        FormatError: It is damaged.
    """
    dataset = Dataset(directory)
    with dataset.state() as state:
        known = state.execute("SELECT 1 FROM sqlite_master WHERE name = 'campaign_settings'")
        if known.fetchone() is None:
            message = f"{directory} holds results, but no campaign"
            raise UsageError(message, "`netsonde campaign run` makes one")
    kept = State(dataset).settings()
    finished = {target for text in dataset.finished_targets() for target in text.splitlines()}
    rows: dict[str, int] = {}
    with dataset.state() as state:
        rows = dict(state.execute("SELECT name, sum(rows) FROM parts GROUP BY name").fetchall())
    return Summary(
        name=kept.get("name", ""),
        kind=kept.get("identity", {}).get("kind", ""),
        seed=kept.get("seed", 0),
        runs=len(dataset.runs()),
        sent=kept.get("sent", 0),
        finished=len(finished),
        rows=rows,
    )


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
    except OSError as error:
        message = f"cannot read {path}: {error.strerror}"
        raise HostError(message, "targets.files are relative to the campaign file") from None
    return digest.hexdigest()
