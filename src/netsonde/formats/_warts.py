"""Warts files: records behind headers of eight bytes.

Source:
    warts(5), "warts object header".
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from netsonde.formats import _warts_file as files
from netsonde.formats._scamper import ScamperCycle, ScamperCycleStop, ScamperList, ScamperTrace
from netsonde.formats._scamper_ping import Opaque, ScamperMultipath, ScamperPing
from netsonde.formats._warts_ping import read_multipath, read_ping, write_multipath, write_ping
from netsonde.formats._warts_scope import File, Malformed
from netsonde.formats._warts_trace import read_trace, write_trace
from netsonde.model import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from netsonde.formats._stream import Source

#: The first two bytes of every record.
MAGIC: Final = b"\x12\x05"
#: Bytes of one record: several times the largest multipath trace.
RECORD_BYTES_MAX: Final = 1 << 24
#: Addresses of the deprecated form that are remembered for a file.
ADDRESSES_MAX: Final = 1 << 22

WartsRecord = (
    ScamperList
    | ScamperCycle
    | ScamperCycleStop
    | ScamperTrace
    | ScamperPing
    | ScamperMultipath
    | Opaque
)

_HEADER = struct.Struct(">2sHI")
_LIST, _START, _DEFINITION, _STOP, _ADDRESS, _TRACE, _PING, _MULTIPATH = range(1, 9)


def read_warts(source: Source) -> Iterator[WartsRecord]:
    """Yield the records of a warts file; each is forgotten once it is yielded.

    Raises:
        FormatError: The file is malformed or ends within a record: what came before was yielded.
    """
    file = File()
    number = 0
    while header := source.read(_HEADER.size):
        number += 1
        start = source.offset - len(header)
        if len(header) < _HEADER.size:
            raise _error(number, start + len(header), "the file ends within a header")
        magic, kind, size = _HEADER.unpack(header)
        if magic != MAGIC:
            raise _error(number, start, f"a record begins with {magic.hex()}, not {MAGIC.hex()}")
        if size > RECORD_BYTES_MAX:
            message = f"a record of {size} bytes; the limit is {RECORD_BYTES_MAX}"
            raise _error(number, start + 4, message)
        body = source.read(size)
        if len(body) < size:
            raise _error(number, source.offset, f"the file ends within a record of {size} bytes")
        body_start = start + _HEADER.size
        try:
            record = _read(kind, body, file)
        except Malformed as error:
            raise _error(number, body_start + error.at, str(error)) from None
        except (struct.error, IndexError):
            raise _error(number, body_start + size, "a record ends within its values") from None
        if record is not None:
            yield record


def warts_bytes(record: WartsRecord, file: File) -> Iterator[bytes]:
    """Yield a record as warts, after the list and the cycle that it is of where they are new."""
    match record:
        case ScamperList():
            yield _record(_LIST, files.write_list(record, file))
        case ScamperCycle():
            yield from _missing(record.list, None, file)
            kind = _DEFINITION if record.is_definition else _START
            yield _record(kind, files.write_cycle(record, file))
        case ScamperCycleStop():
            yield from _missing(None, record.cycle, file)
            yield _record(_STOP, files.write_cycle_stop(record, file))
        case ScamperTrace():
            yield from _missing(record.list, record.cycle, file)
            yield _record(_TRACE, write_trace(record, file))
        case ScamperPing():
            yield from _missing(record.list, record.cycle, file)
            yield _record(_PING, write_ping(record, file))
        case ScamperMultipath():
            yield from _missing(record.list, record.cycle, file)
            yield _record(_MULTIPATH, write_multipath(record, file))
        case Opaque():
            yield _record(record.type_, record.data)


def _read(kind: int, body: bytes, file: File) -> WartsRecord | None:
    """Return the record of a body; None if it is an address, which only other records show."""
    if reader := _READERS.get(kind):
        return reader(body, file)
    if kind == _ADDRESS:
        if len(file.addresses) == ADDRESSES_MAX:
            raise Malformed(0, f"more than {ADDRESSES_MAX} addresses")
        files.read_address(body, file)
        return None
    return Opaque(type_=kind, data=body)


def _start(body: bytes, file: File) -> ScamperCycle:
    return files.read_cycle(body, file, is_definition=False)


def _definition(body: bytes, file: File) -> ScamperCycle:
    return files.read_cycle(body, file, is_definition=True)


_READERS: Final[dict[int, Callable[[bytes, File], WartsRecord]]] = {
    _LIST: files.read_list,
    _START: _start,
    _DEFINITION: _definition,
    _STOP: files.read_cycle_stop,
    _TRACE: read_trace,
    _PING: read_ping,
    _MULTIPATH: read_multipath,
}


def _missing(of: ScamperList | None, cycle: ScamperCycle | None, file: File) -> Iterator[bytes]:
    """Yield the list and the cycle that a record names, where nothing told them yet."""
    if cycle is not None and cycle not in file.cycle_numbers:
        yield from _missing(cycle.list, None, file)
        kind = _DEFINITION if cycle.is_definition else _START
        yield _record(kind, files.write_cycle(cycle, file))
    if of is not None and of not in file.list_numbers:
        yield _record(_LIST, files.write_list(of, file))


def _record(kind: int, body: bytes) -> bytes:
    return _HEADER.pack(MAGIC, kind, len(body)) + body


def _error(number: int, offset: int, message: str) -> FormatError:
    return FormatError(f"record {number}: {message}", "", offset=offset)
