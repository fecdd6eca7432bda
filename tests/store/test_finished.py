"""What a resumed campaign leaves out."""

from pathlib import Path

from netsonde.model import StopReason
from tests.store.rooms import chunks, dataset, ping, reply, tnt, trace


def test_finished_targets_are_those_with_a_whole_result(tmp_path: Path) -> None:
    events = [
        trace("5.1.0.1"),
        trace("5.1.0.2", stop=StopReason.GAP_LIMIT),
        trace("5.1.0.3", stop=StopReason.DEADLINE),
        trace("5.1.0.4", stop=StopReason.INTERRUPTED),
        trace("5.1.0.5", stop=StopReason.BUDGET),
        ping("5.1.0.6"),
        ping("5.1.0.7", reply("5.1.0.7"), reply("5.1.0.7", attempt=2)),
        ping("5.1.0.8", incomplete=True),
        tnt("2a00:5::1"),
    ]
    found = dataset(tmp_path, events)
    targets = [target for text in found.finished_targets() for target in text.split("\n")]
    expected = ["5.1.0.1", "5.1.0.2", "5.1.0.5", "2a00:5::1", "5.1.0.6", "5.1.0.7"]
    assert targets == expected


def test_what_is_no_part_yet_counts_too(tmp_path: Path) -> None:
    found = dataset(tmp_path)
    with found.writer() as writer:
        for table, chunk in chunks([trace("5.1.0.1")]):
            writer.append(table, chunk)
        dns = b'{"type": "dns", "name": "example.org", "incomplete":false}'
        cut = b'{"type":"multipath","target":"5.1.0.9","incomplete":true}'
        for line in (dns, cut):
            writer.append_result(line)
        assert list(found.finished_targets()) == ["5.1.0.1", "example.org"]
