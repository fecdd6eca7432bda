"""Captures survive, and tshark reads them."""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsonde import formats
from netsonde.formats import Direction, Packet
from netsonde.model import FormatError
from tests.formats.samples import is_placed, read, until_error, write

_TEXT = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=9)
PACKETS = st.builds(
    Packet,
    data=st.binary(max_size=40),
    time_ns=st.integers(0, 2**64 - 1),
    link_type=st.sampled_from([1, 101, 228]),
    size=st.integers(0, 2**32 - 1),
    direction=st.sampled_from(Direction),
    comment=_TEXT,
    section_comment=_TEXT,
)
ECHO = bytes.fromhex("4500001c000100004001000005010001050200010800f7fe00010000")


@given(packets=st.lists(PACKETS, max_size=4))
def test_packets_survive(packets: list[Packet]) -> None:
    assert read(write(packets, "pcapng"), "pcapng") == packets


@given(packets=st.lists(PACKETS, min_size=1, max_size=3), data=st.data())
def test_a_cut_capture_gives_what_came_before(packets: list[Packet], data: st.DataObject) -> None:
    whole = write(packets, "pcapng")
    cut = data.draw(st.integers(0, len(whole) - 1))
    found, error = until_error(whole[:cut], "pcapng")
    assert is_placed(error, cut)
    assert found == packets[: len(found)]


def test_tshark_sees_times_directions_and_the_job(tmp_path: Path) -> None:
    if shutil.which("tshark") is None:
        pytest.skip("needs the program `tshark`")
    path = tmp_path / "a.pcapng"
    packet = Packet(
        data=ECHO,
        time_ns=1_700_000_000_123_456_789,
        link_type=101,
        size=len(ECHO),
        direction=Direction.SENT,
        comment="probe 1",
        section_comment="netsonde job 01890a5d",
    )
    formats.write(path, [packet])
    fields = ("frame.time_epoch", "ip.dst", "frame.comment", "frame.packet_flags_direction")
    shown = subprocess.run(
        ["tshark", "-r", path, "-T", "fields", *(f"-e{field}" for field in fields)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\t")
    assert shown[0].startswith("1700000000.123456789")
    assert shown[1:3] == ["5.2.0.1", "probe 1"]
    assert int(shown[3], 16) == Direction.SENT
    assert b"netsonde job 01890a5d" in path.read_bytes()


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("magic", "unit"), [(0xA1B2C3D4, 1_000), (0xA1B23C4D, 1)])
def test_the_older_form_is_read(order: str, magic: int, unit: int) -> None:
    head = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65_535, 101)
    body = struct.pack(f"{order}IIII", 5, 7, len(ECHO), 99) + ECHO
    (found,) = read(head + body, "pcapng")
    assert isinstance(found, Packet)
    assert (found.data, found.time_ns) == (ECHO, 5 * 10**9 + 7 * unit)
    assert (found.size, found.link_type) == (99, 101)
    with pytest.raises(FormatError, match="packet 1: the file ends within it"):
        read((head + body)[:-1], "pcapng")


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_byte_orders_and_coarser_clocks_are_read(order: str) -> None:
    def block(kind: int, body: bytes) -> bytes:
        size = struct.pack(f"{order}I", len(body) + 12)
        return struct.pack(f"{order}I", kind) + size + body + size

    section = block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1))
    ticks = struct.pack(f"{order}HHBxxxHHq", 9, 1, 0x80 | 10, 14, 8, 100)
    interface = block(1, struct.pack(f"{order}HHI", 1, 0, 0) + ticks)
    packet = block(6, struct.pack(f"{order}IIIII", 0, 0, 1_536, 0, 0))
    (found,) = read(section + interface + packet, "pcapng")
    assert isinstance(found, Packet)
    assert (found.time_ns, found.link_type) == (101_500_000_000, 1)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x0a\x0d\x0d\x0a" + bytes(8), "no byte order mark"),
        (write([], "pcapng") + struct.pack("<II", 6, 13), "a size of 13 bytes"),
        (write([], "pcapng") + struct.pack("<III", 6, 12, 16), "its two sizes differ"),
        (write([], "pcapng") + struct.pack("<III", 6, 12, 12), "block 2"),
    ],
)
def test_what_is_malformed_is_told_with_its_place(data: bytes, words: str) -> None:
    with pytest.raises(FormatError, match=words) as caught:
        read(data, "pcapng")
    assert caught.value.offset is not None


@given(packets=st.lists(PACKETS, min_size=1, max_size=3), data=st.data())
def test_whole_blocks_end_before_a_cut(
    tmp_path_factory: pytest.TempPathFactory, packets: list[Packet], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("cut") / "a.pcapng"
    whole = write(packets, "pcapng")
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    kept = formats.whole_blocks(path)
    assert kept <= cut
    assert kept == len(whole) or cut < len(whole)
    found = read(whole[:kept], "pcapng") if kept else []
    assert found == packets[: len(found)]
    if kept == cut:
        path.write_bytes(whole[:kept] + b"\0" * 12)
        with pytest.raises(FormatError, match="cannot be" if kept else "no pcapng file"):
            formats.whole_blocks(path)
