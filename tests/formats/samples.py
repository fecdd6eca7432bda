"""Captures that scamper made, and random records made from what the format says of them."""

from io import BytesIO
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from netsonde import formats
from netsonde.formats import _scamper, _scamper_ping, _warts_file, _warts_ping, _warts_trace
from netsonde.formats._scamper import ScamperCycle, ScamperList, Unparsed
from netsonde.formats._warts_params import Spec
from netsonde.model import FormatError

CAPTURES = Path(__file__).parents[1] / "captures"
WARTS = sorted(CAPTURES.glob("*.warts"))

_ADDRESSES = st.sampled_from(["5.1.0.2", "255.0.0.1", "::", "2a00:5::1", "02-00-00-00-00-01"])
_TEXT = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=8)
_EXTENSIONS = st.lists(
    st.builds(
        _scamper.IcmpExtension,
        class_=st.integers(0, 255),
        type_=st.integers(0, 255),
        data=st.binary(max_size=9),
    ),
    max_size=2,
).map(tuple)
_STAMPS = st.builds(
    _scamper_ping.RouteStamps,
    stamps=st.lists(st.integers(0, 2**32 - 1), max_size=2).map(tuple),
    addresses=st.lists(_ADDRESSES, max_size=2).map(tuple),
)
_KINDS: dict[str, st.SearchStrategy[Any]] = {
    "u8": st.integers(0, 255),
    "u16": st.integers(0, 65_535),
    "u32": st.integers(0, 2**32 - 1),
    "time": st.integers(0, 2**32 * 1_000_000 - 1),
    "times": st.binary(min_size=12, max_size=12),
    "address": _ADDRESSES,
    "text": _TEXT,
    "extensions": _EXTENSIONS,
    "route": st.lists(_ADDRESSES, max_size=3).map(tuple),
    "stamps": _STAMPS,
    "blob": st.binary(max_size=9),
}


def _fields(spec: Spec) -> dict[str, st.SearchStrategy[Any]]:
    found: dict[str, st.SearchStrategy[Any]] = {}
    for name, kind in spec._parameters:
        if kind in _KINDS and not name.endswith("_count"):
            found[name] = st.none() | _KINDS[kind]
    for name in ("reply_count", "hop_count"):
        if (name, "u16") in spec._parameters:
            found[name] = st.none() | _KINDS["u16"]
    if "probe_index" in found:
        del found["probe_index"]
        found["probe_id"] = st.none() | st.integers(1, 256)
    known = len(spec._parameters)
    unparsed = st.builds(
        Unparsed,
        mask=st.integers(1, 15).map(lambda bits: bits << known),
        data=st.binary(max_size=5),
    )
    return found | {"unparsed": st.none() | unparsed}


@st.composite
def _records(draw: st.DrawFn, /, record: Any, spec: Spec, **more: Any) -> Any:
    fields = {name: draw(each) for name, each in (_fields(spec) | more).items()}
    if ("icmp_type", "icmp") in spec._parameters and draw(st.booleans()):
        fields |= {"icmp_type": draw(_KINDS["u8"]), "icmp_code": draw(_KINDS["u8"])}
    return record(
        **{name: value for name, value in fields.items() if name in record.__annotations__}
    )


def _some(strategy: st.SearchStrategy[Any], most: int = 2) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=most).map(tuple)


_U32 = _KINDS["u32"]
LISTS = _records(_scamper.ScamperList, _warts_file._LIST, list_id=_U32, name=_TEXT)
CYCLES = _records(
    _scamper.ScamperCycle,
    _warts_file._CYCLE,
    list=LISTS,
    cycle_id=_U32,
    started_s=_U32,
    is_definition=st.booleans(),
)
STOPS = st.builds(_scamper.ScamperCycleStop, cycle=CYCLES, stopped_s=_U32)
_AROUND = {"list": st.none() | LISTS, "cycle": st.none() | CYCLES}
HOPS = _some(_records(_scamper.ScamperHop, _warts_trace._HOP), 3)
PMTUD = _records(
    _scamper.Pmtud,
    _warts_trace._PMTUD,
    hops=HOPS,
    notes=_some(_records(_scamper.PmtudNote, _warts_trace._NOTE)),
)
TRACES = _records(
    _scamper.ScamperTrace,
    _warts_trace._TRACE,
    **_AROUND,
    hops=HOPS,
    last_ditch=st.none() | HOPS,
    pmtud=st.none() | PMTUD,
    doubletree=st.none() | _records(_scamper.Doubletree, _warts_trace._DOUBLETREE),
)
PINGS = _records(
    _scamper_ping.ScamperPing,
    _warts_ping._PING,
    **_AROUND,
    replies=_some(_records(_scamper_ping.ScamperPingReply, _warts_ping._PING_REPLY)),
)
_PROBES = _records(
    _scamper_ping.MultipathProbe,
    _warts_ping._PROBE,
    replies=_some(_records(_scamper_ping.MultipathReply, _warts_ping._REPLY)),
)
MULTIPATHS = _records(
    _scamper_ping.ScamperMultipath,
    _warts_ping._MULTIPATH,
    **_AROUND,
    nodes=_some(_records(_scamper_ping.MultipathNode, _warts_ping._NODE)),
    links=_some(
        _records(_scamper_ping.MultipathLink, _warts_ping._LINK, sets=_some(_some(_PROBES)))
    ),
)
OPAQUES = st.builds(_scamper_ping.Opaque, type_=st.integers(9, 65_535), data=st.binary(max_size=9))
RECORDS = st.one_of(LISTS, CYCLES, STOPS, TRACES, PINGS, MULTIPATHS, OPAQUES)

LIST = ScamperList(name="default", description="default")
CYCLE = ScamperCycle(list=LIST, started_s=1, host="vm")


def read(data: bytes, format: str) -> list[formats.Record]:
    """Return the records of a file's bytes."""
    return list(formats.read(BytesIO(data), format))


def write(records: Any, format: str) -> bytes:
    """Return records as the bytes of a file."""
    sink = BytesIO()
    formats.write(sink, records, format)
    return sink.getvalue()


def until_error(data: bytes, format: str) -> tuple[list[formats.Record], FormatError | None]:
    """Return the records of a file's bytes, and what ended them if they are malformed."""
    found: list[formats.Record] = []
    try:
        for record in formats.read(BytesIO(data), format):
            found.append(record)
    except FormatError as error:
        return found, error
    return found, None


def is_placed(error: FormatError | None, size: int) -> bool:
    """Return whether an error, if there is one, names a place within a file of so many bytes."""
    return error is None or (error.offset is not None and 0 <= error.offset <= size)
