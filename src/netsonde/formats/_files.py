"""The one way in and the one way out: files of any format, told by suffix and first bytes."""

from __future__ import annotations

import os
import re
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from netsonde.formats._atlas_read import read_atlas
from netsonde.formats._atlas_write import atlas_bytes
from netsonde.formats._diamond_miner import diamond_miner_bytes
from netsonde.formats._jsonl import jsonl_bytes, read_jsonl
from netsonde.formats._losses import Losses
from netsonde.formats._pcapng import MAGIC as PCAPNG_MAGIC
from netsonde.formats._pcapng import PCAP_MAGICS, pcapng_bytes, read_pcapng
from netsonde.formats._record import kind_of
from netsonde.formats._scamper_json import scamper_json
from netsonde.formats._scamper_json_read import read_scamper_json
from netsonde.formats._scamper_ping import Opaque
from netsonde.formats._stream import COMPRESSIONS, Source, open_sink
from netsonde.formats._to_scamper import ToScamper
from netsonde.formats._warts import MAGIC as WARTS_MAGIC
from netsonde.formats._warts import read_warts, warts_bytes
from netsonde.formats._warts_scope import File
from netsonde.model import HostError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from netsonde.formats._record import Record
    from netsonde.formats._warts import WartsRecord


class Format(StrEnum):
    """A format of files."""

    WARTS = "warts"
    SCAMPER_JSON = "scamper-json"
    ATLAS = "atlas"
    JSONL = "jsonl"
    PCAPNG = "pcapng"
    DIAMOND_MINER = "diamond-miner"


#: Formats by suffix; those that several formats use are told by the first bytes.
SUFFIXES: Final = {
    ".warts": Format.WARTS,
    ".jsonl": Format.JSONL,
    ".pcapng": Format.PCAPNG,
    ".csv": Format.DIAMOND_MINER,
}
#: Bytes that are looked at to tell a format.
_HEAD_BYTES = 4_096
_HINT = "name one: " + ", ".join(Format)
#: What of each JSON format comes first, or nearly so.
_FIRST = (
    (Format.SCAMPER_JSON, rb'"type"\s*:\s*"(?:cycle-start|cycle-stop|tracelb|dealias)"'),
    (Format.SCAMPER_JSON, rb'"version"\s*:\s*"0\.\d+"'),
    (Format.ATLAS, rb'"(?:msm_id|prb_id|fw|msm_name|dst_addr|lts)"\s*:'),
    (Format.JSONL, rb'"type"\s*:\s*"(?:start|done|failed|progress|tnt|hop|ping-reply)"'),
    (Format.JSONL, rb'"(?:target|replies|hops|duplicates)"\s*:'),
    (Format.ATLAS, rb'"result"\s*:\s*[\[{]'),
)


def read(path: str | Path | BinaryIO, format: Format | str | None = None) -> Iterator[Record]:
    """Yield the records of a file one by one, never the whole file at once.

    Args:
        path: The file, or an open one; compressed by gzip, bzip2 or xz if its first bytes say so.
        format: What it is; told by its first bytes and its suffix if None.

    Yields:
        Records as the format has them; `measured` makes results of netsonde of them.

    Raises:
        FormatError: The file is malformed, at `offset` bytes; what came before was yielded.
        UsageError: Nothing tells the format, or it cannot be read.
        HostError: The file cannot be opened or read.
    """
    with _opened(path, "rb") as raw:
        source = Source(raw)
        name = _name(path)
        chosen = _chosen(format) or guess(source, name)
        yield from _READERS[_readable(chosen)](source)


def write(
    path: str | Path | BinaryIO,
    records: Iterable[Record],
    format: Format | str | None = None,
) -> Losses:
    """Write records to a file, and return what it could not carry.

    Args:
        path: The file, or an open one; compressed as its suffix says.
        records: The records; each is forgotten once it is written.
        format: What to write; told by the suffix if None.

    Raises:
        FormatError: Whatever gives the records met a malformed file; what came before is written.
        UsageError: Nothing tells the format.
        HostError: The file cannot be opened or written.
    """
    chosen = _chosen(format) or of_name(_name(path))
    if chosen is None:
        raise UsageError(f"no format is known by the name {_name(path)}", _HINT)
    losses = Losses()
    with ExitStack() as stack:
        raw = stack.enter_context(_opened(path, "wb"))
        compression = _compression(_name(path))
        sink = open_sink(raw, compression)
        if compression is not None:
            stack.enter_context(sink)
        for chunk in _WRITERS[chosen](records, losses):
            sink.write(chunk)
    return losses


def of_name(name: str) -> Format | None:
    """Return the format that a file's name says; None if it says none."""
    plain = Path(name)
    if plain.suffix[1:] in COMPRESSIONS:
        plain = plain.with_suffix("")
    if plain.suffix == ".json":
        words = set(re.split(r"\W+", plain.stem.lower()))
        return Format.ATLAS if "atlas" in words else Format.SCAMPER_JSON
    return SUFFIXES.get(plain.suffix)


def guess(source: Source, name: str = "") -> Format:
    """Return the format that a file's first bytes say, or else its name.

    Raises:
        UsageError: Neither says one.
    """
    head = source.peek(_HEAD_BYTES)
    if head.startswith(WARTS_MAGIC):
        return Format.WARTS
    if head[:4] == PCAPNG_MAGIC or head[:4] in PCAP_MAGICS:
        return Format.PCAPNG
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{"):
        for chosen, pattern in _FIRST:
            if re.search(pattern, head):
                return chosen
    if (known := of_name(name)) is not None and known is not Format.DIAMOND_MINER:
        return known
    raise UsageError(f"nothing tells the format of {name or 'the input'}", _HINT)


def _chosen(name: Format | str | None) -> Format | None:
    if name is None:
        return None
    try:
        return Format(name)
    except ValueError:
        raise UsageError(f"there is no format {name}", _HINT) from None


def _readable(chosen: Format) -> Format:
    if chosen not in _READERS:
        message = f"{chosen} is written only: it does not say what a result needs"
        raise UsageError(message, "name another: " + ", ".join(_READERS))
    return chosen


def _compression(name: str) -> str | None:
    ending = Path(name).suffix[1:]
    return ending if ending in COMPRESSIONS else None


def _name(path: str | Path | BinaryIO) -> str:
    return os.fspath(path) if isinstance(path, str | Path) else ""


@contextmanager
def _opened(path: str | Path | BinaryIO, mode: str) -> Iterator[BinaryIO]:
    """Give the open file; one that was open before is left so."""
    if not isinstance(path, str | Path):
        yield path
        return
    verb = "read" if mode == "rb" else "write"
    try:
        file = Path(path).open(mode)  # noqa: SIM115 - closed below
    except OSError as error:
        raise HostError(f"cannot {verb} {path}: {error.strerror}") from None
    with file:
        yield file  # type: ignore[misc]


def _warts(records: Iterable[Record], losses: Losses) -> Iterator[bytes]:
    file = File()
    for record in _scamper(records, losses):
        yield from warts_bytes(record, file)


def _scamper_json(records: Iterable[Record], losses: Losses) -> Iterator[bytes]:
    for record in _scamper(records, losses):
        line = scamper_json(record)
        if line is not None:
            yield line.encode("utf-8", "surrogateescape") + b"\n"
        elif isinstance(record, Opaque):
            losses.record(kind_of(record))
        else:
            losses.field("descriptions of lists, and definitions of cycles")


def _scamper(records: Iterable[Record], losses: Losses) -> Iterator[WartsRecord]:
    made = ToScamper(losses)
    for record in records:
        yield from made.records(record)
    yield from made.end()


_READERS: Final[dict[Format, Callable[[Source], Iterator[Record]]]] = {
    Format.WARTS: read_warts,
    Format.SCAMPER_JSON: read_scamper_json,
    Format.ATLAS: read_atlas,
    Format.JSONL: read_jsonl,
    Format.PCAPNG: read_pcapng,
}
_WRITERS: Final[dict[Format, Callable[[Iterable[Record], Losses], Iterator[bytes]]]] = {
    Format.WARTS: _warts,
    Format.SCAMPER_JSON: _scamper_json,
    Format.ATLAS: atlas_bytes,
    Format.JSONL: jsonl_bytes,
    Format.PCAPNG: pcapng_bytes,
    Format.DIAMOND_MINER: diamond_miner_bytes,
}
