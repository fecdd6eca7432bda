"""Alias results as rows: one per address, and one per pair that was tested."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from netsonde.store._rare import stream_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netsonde.model import AliasResult

#: Rows of one chunk.
CHUNK_ROWS = 16_384


def alias_chunks(result: AliasResult, run: int) -> Iterator[tuple[str, bytes]]:
    """Yield the rows of a result as chunks, each after the name of its table.

    Args:
        result: The result.
        run: Number of the run that it belongs to.
    """
    yield from _chunks("aliases", _addresses(result, run))
    yield from _chunks("alias_pairs", _pairs(result, run))


def _addresses(result: AliasResult, run: int) -> Iterator[dict[str, Any]]:
    together = {address: found for found in result.sets for address in found.addresses}
    for one in result.addresses:
        fields: dict[str, Any] = msgspec.to_builtins(one)
        found = together.get(one.address)
        yield {
            **fields,
            "run": run,
            "router": found.addresses[0] if found else one.address,
            "methods": [str(method) for method in found.methods] if found else None,
            "false_positive": found.false_positive if found else None,
        }


def _pairs(result: AliasResult, run: int) -> Iterator[dict[str, Any]]:
    for pair in result.pairs:
        yield {**msgspec.to_builtins(pair), "run": run}


def _chunks(table: str, rows: Iterable[dict[str, Any]]) -> Iterator[tuple[str, bytes]]:
    held: list[dict[str, Any]] = []
    for row in rows:
        held.append(row)
        if len(held) == CHUNK_ROWS:
            yield table, stream_of(table, held)
            held = []
    if held:
        yield table, stream_of(table, held)
