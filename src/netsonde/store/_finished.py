"""Which targets need not be measured again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from netsonde.store._contents import Contents

#: Why a trace may have ended without being finished.
CUT_SHORT = ("deadline", "interrupted")


def finished(contents: Contents, *, budget_is_final: bool = True) -> Iterator[str]:
    """Yield the finished targets, many addresses a text, one a line.

    Args:
        contents: The dataset.
        budget_is_final: Whether a trace that a budget ended is finished.

    Raises:
        FormatError: The dataset is damaged.
    """
    import pyarrow.compute as pc  # noqa: PLC0415

    cut = CUT_SHORT if budget_is_final else (*CUT_SHORT, "budget")
    for unit in contents.units:
        for batch in unit.batches("traces", ["target", "stop"]):
            yield from _text(batch.filter(pc.invert(_cut_short(batch.column("stop"), cut))))
        for batch in unit.batches("pings", ["target", "incomplete"]):
            yield from _text(batch.filter(pc.invert(batch.column("incomplete"))))
        for batch in unit.batches("records", ["target", "record"]):
            is_cut = pc.match_substring(batch.column("record"), '"incomplete":true')
            yield from _text(batch.filter(pc.invert(is_cut)))


def _cut_short(stops: pa.Array, cut: tuple[str, ...]) -> pa.Array:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    return pc.is_in(stops, value_set=pa.array(cut))


def _text(rows: pa.RecordBatch) -> Iterator[str]:
    import pyarrow.compute as pc  # noqa: PLC0415

    targets = pc.drop_null(pc.unique(rows.column("target"))).to_pylist()
    if targets:
        yield "\n".join(targets)
