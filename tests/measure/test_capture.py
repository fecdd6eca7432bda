"""Captures of measurements: every packet, when it passed, and what became of it."""

import os
from pathlib import Path

import pytest

import netsonde
from netsonde import formats
from netsonde.formats import Direction, Packet
from netsonde.measure import capture_file, refuse_gaps
from netsonde.model import Counters, FormatError, HostError, UsageError

LAB = netsonde.lab.load("explicit-php")


def packets(path: Path) -> list[Packet]:
    return [record for record in formats.read(path) if isinstance(record, Packet)]


@pytest.mark.parametrize("target", ["5.2.0.1", "2a00:5:2::1"])
def test_a_capture_has_every_packet_and_the_round_trips(tmp_path: Path, target: str) -> None:
    path = tmp_path / "a.pcapng"
    result = netsonde.trace(target, vantage=LAB, pcap=path)
    found = packets(path)
    sent = {one.comment: one for one in found if one.direction is Direction.SENT}
    assert len(sent) == result.sent
    answers = [one for one in found if one.direction is Direction.RECEIVED]
    rtts = []
    for answer in answers:
        assert answer.comment.startswith("answers probe ")
        rtts.append(answer.time_ns - sent[answer.comment.removeprefix("answers ")].time_ns)
    assert sorted(rtts) == sorted(one.rtt_ns for hop in result.hops for one in hop.replies)
    assert {one.link_type for one in found} == {101}
    assert len({one.section_comment for one in found} - {""}) == 1


def test_a_file_is_begun_anew_and_an_earlier_one_kept_if_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.pcapng"
    for _ in range(2):
        netsonde.ping("5.2.0.1", count=1, vantage=LAB, pcap=path)
    once = path.read_bytes()
    assert len(packets(path)) == 2
    # What a killed writer left of a block goes.
    path.write_bytes(once + once[:9])
    with capture_file(path, append=True) as descriptor:
        assert descriptor is not None
        os.write(descriptor, once)
    assert path.read_bytes() == once * 2
    path.write_text("something else, and long enough")
    with pytest.raises(FormatError, match="no pcapng file"), capture_file(path, append=True):
        pass
    assert path.read_text().startswith("something else")


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="standard output"), capture_file("-"):
        pass
    with pytest.raises(HostError, match="Is a directory"), capture_file(tmp_path):
        pass
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(HostError) as caught, capture_file(pipe):
        pass
    assert caught.value.hint == "start its reader first"
    with capture_file(None) as descriptor:
        assert descriptor is None


def test_a_file_that_takes_nothing_is_an_error_and_the_results_are_there() -> None:
    with pytest.raises(HostError, match="/dev/full lacks 2 packets"):
        netsonde.ping("5.2.0.1", count=1, vantage=LAB, pcap="/dev/full")
    refuse_gaps(None, Counters(uncaptured=1))
    refuse_gaps("a", None)


def test_a_pipe_gets_what_a_file_gets(tmp_path: Path) -> None:
    file, pipe, read = tmp_path / "file", tmp_path / "pipe", tmp_path / "read"
    netsonde.ping("5.2.0.1", count=3, vantage=LAB, pcap=file)
    os.mkfifo(pipe)
    near = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    netsonde.ping("5.2.0.1", count=3, vantage=LAB, pcap=pipe)
    read.write_bytes(os.read(near, 1 << 16))
    os.close(near)
    assert read.read_bytes() == file.read_bytes()
    assert len(packets(read)) == 6
