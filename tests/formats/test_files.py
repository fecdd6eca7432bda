"""One way in and one way out: names, first bytes, compression, losses."""

from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netsonde import formats
from netsonde.formats import Format, Source
from netsonde.formats._files import of_name
from netsonde.model import HostError, UsageError
from tests.formats.samples import CAPTURES, WARTS, is_placed, read, until_error, write

LABELS = CAPTURES / "trace-labels.warts"


@pytest.mark.parametrize("ending", ["", ".gz", ".bz2", ".xz"])
@pytest.mark.parametrize("name", ["a.warts", "a.jsonl", "a.json", "a.atlas.json", "a.pcapng"])
def test_names_say_format_and_compression(tmp_path: Path, name: str, ending: str) -> None:
    path = tmp_path / (name + ending)
    packet = formats.Packet(data=b"abc", time_ns=5, link_type=101, size=3)
    records = [packet] if "pcap" in name else list(formats.read(LABELS))
    formats.write(path, records)
    head = path.read_bytes()[:2]
    assert head == {"": head, ".gz": b"\x1f\x8b", ".bz2": b"BZ", ".xz": b"\xfd7"}[ending]
    found = list(formats.read(path))
    assert len([one for one in found if formats.measured(one) or one == packet]) == max(
        1, 3 * ("pcap" not in name)
    )
    nameless = tmp_path / "nameless"
    nameless.write_bytes(path.read_bytes())
    assert list(formats.read(nameless)) == found, "the first bytes say it too"


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("a.warts.xz", Format.WARTS),
        ("b/a.jsonl", Format.JSONL),
        ("a.json", Format.SCAMPER_JSON),
        ("my-atlas.json", Format.ATLAS),
        ("a.csv", Format.DIAMOND_MINER),
        ("a.txt", None),
        ("warts", None),
    ],
)
def test_names(name: str, format: Format | None) -> None:
    assert of_name(name) == format


@pytest.mark.parametrize(
    ("head", "format"),
    [
        (b'[{"fw":5080,"type":"ping"', Format.ATLAS),
        (b'  {"af":4, "dst_addr":"1.1.1.1"', Format.ATLAS),
        (b'{"type":"trace","version":"0.1", "userid":0', Format.SCAMPER_JSON),
        (b'{"type":"cycle-start", "list_name"', Format.SCAMPER_JSON),
        (b'{"type":"start","schema":1', Format.JSONL),
        (b'{"type":"ping","target":"1.1.1.1"', Format.JSONL),
        (b"\x12\x05\0\1", Format.WARTS),
        (b"\x0a\x0d\x0d\x0a", Format.PCAPNG),
        (b"\xd4\xc3\xb2\xa1", Format.PCAPNG),
    ],
)
def test_first_bytes(head: bytes, format: Format) -> None:
    assert formats.guess(Source(BytesIO(head))) == format


def test_what_nothing_tells_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing tells the format of the input") as caught:
        read_unknown(b"hello")
    assert "warts" in caught.value.hint
    with pytest.raises(UsageError, match="no format is known by the name"):
        formats.write(tmp_path / "a.txt", [])
    with pytest.raises(UsageError, match="there is no format smoke"):
        formats.write(tmp_path / "a.txt", [], "smoke")
    with pytest.raises(UsageError, match="written only"):
        list(formats.read(LABELS, "diamond-miner"))
    with pytest.raises(HostError, match="cannot read"):
        list(formats.read(tmp_path / "nowhere.warts"))
    with pytest.raises(HostError, match="cannot write"):
        formats.write(tmp_path / "nowhere" / "a.warts", [])


def read_unknown(data: bytes) -> None:
    list(formats.read(BytesIO(data)))


def test_an_open_file_stays_open() -> None:
    sink = BytesIO()
    formats.write(sink, formats.read(LABELS), "warts")
    assert sink.getvalue() == LABELS.read_bytes()


def test_every_format_becomes_every_other() -> None:
    records = [record for path in WARTS for record in formats.read(path)]
    for first in ("warts", "jsonl", "atlas", "scamper-json"):
        once = read(write(records, first), first)
        for second in ("warts", "jsonl", "atlas", "scamper-json", "diamond-miner"):
            assert write(once, second)


def test_losses_are_counted_by_kind_and_named_once(tmp_path: Path) -> None:
    path = CAPTURES / "other-types.warts"
    losses = formats.write(tmp_path / "a.jsonl", formats.read(path))
    assert losses.records == {"warts record of type 0x0009": 1}
    assert "lists and cycles" in losses.fields
    assert not formats.write(tmp_path / "a.warts", formats.read(path))


def test_damaged_compression_is_a_format_error(tmp_path: Path) -> None:
    for ending in ("gz", "bz2", "xz"):
        path = tmp_path / f"a.warts.{ending}"
        records = list(formats.read(LABELS)) * 400
        formats.write(path, records)
        path.write_bytes(path.read_bytes()[:-9])
        found, error = until_error(path.read_bytes(), "warts")
        assert error is not None
        assert "damaged" in error.message
        assert found


@settings(max_examples=60)
@given(data=st.data())
def test_any_damage_to_any_file_is_a_format_error_or_another_file(data: st.DataObject) -> None:
    format = data.draw(st.sampled_from(["jsonl", "atlas", "scamper-json", "pcapng"]))
    if format == "pcapng":
        packets = [formats.Packet(data=b"abc", time_ns=5, link_type=1, size=3, comment="x")] * 2
        original = bytearray(write(packets, format))
    else:
        original = bytearray(write(formats.read(LABELS), format))
    for _ in range(data.draw(st.integers(1, 3))):
        original[data.draw(st.integers(0, len(original) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(original)))
    found, error = until_error(bytes(original[:cut]), format)
    assert is_placed(error, cut)
    for other in ("warts", "atlas", "jsonl", "diamond-miner"):
        assert isinstance(write(found, other), bytes)
