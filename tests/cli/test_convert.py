"""`netsonde convert`."""

import gzip
import json
from pathlib import Path

import pytest

from netsonde import formats
from netsonde.model import PingResult, TraceResult
from tests.cli.commands import netsonde
from tests.formats.samples import CAPTURES
from tests.store.rooms import EPOCH_NS, dataset, ping, tnt, trace

LABELS = CAPTURES / "trace-labels.warts"


def test_there_and_back(tmp_path: Path) -> None:
    target = tmp_path / "a.warts.gz"
    assert netsonde("convert", str(LABELS), str(target)) == (0, "", "")
    assert gzip.decompress(target.read_bytes()) == LABELS.read_bytes()


def test_what_was_measured_becomes_warts(tmp_path: Path) -> None:
    events = netsonde("tnt", "5.2.0.1", "--lab", "invisible-php-dpr", "--json").out.encode()
    target = tmp_path / "a.warts"
    ran = netsonde("convert", "-", str(target), stdin=events)
    assert ran.status == 0
    assert ran.err.splitlines() == ["written without classes, triggers and vendors of tunnels"]
    found = list(formats.read(target))
    assert sum(isinstance(one, formats.ScamperTrace) for one in found) == 2


def test_a_campaigns_directory(tmp_path: Path) -> None:
    directory, target = tmp_path / "survey", tmp_path / "a.warts"
    first_ping = ping("5.1.0.1")
    dataset(directory, [first_ping, trace("5.1.0.2"), tnt("5.1.0.3")], epoch_ns=EPOCH_NS)
    assert netsonde("convert", str(directory), str(target)).status == 0
    found = [one for one in map(formats.measured, formats.read(target)) if one]
    first = found[0].result
    assert isinstance(first, PingResult)
    assert first.target == "5.1.0.1"
    assert first.started_ns == (EPOCH_NS + first_ping.started_ns) // 1_000 * 1_000
    targets = [one.result.target for one in found if isinstance(one.result, TraceResult)]
    assert targets[:2] == ["5.1.0.2", "5.1.0.3"]
    nothing = netsonde("convert", str(tmp_path), str(target))
    assert nothing.status == 2


def test_a_file_is_not_converted_onto_itself(tmp_path: Path) -> None:
    path, link = tmp_path / "a.warts", tmp_path / "b.warts"
    path.write_bytes(LABELS.read_bytes())
    link.symlink_to(path)
    ran = netsonde("convert", str(path), str(link))
    assert (ran.status, "are one file" in ran.err) == (2, True)
    assert path.read_bytes() == LABELS.read_bytes()


def test_standard_output(tmp_path: Path) -> None:
    ran = netsonde("convert", "--to", "atlas", str(LABELS), "-")
    assert [json.loads(line)["type"] for line in ran.out.splitlines()] == ["traceroute"] * 3
    assert "written without lists and cycles" in ran.err
    again = netsonde("convert", "--to", "jsonl", "-", "-", stdin=ran.out.encode())
    assert [json.loads(line)["type"] for line in again.out.splitlines()][1:4] == ["trace"] * 3


def test_a_malformed_file_is_converted_as_far_as_it_goes(tmp_path: Path) -> None:
    source, target = tmp_path / "cut.warts", tmp_path / "a.jsonl"
    source.write_bytes(LABELS.read_bytes()[:-60])
    ran = netsonde("convert", str(source), str(target))
    assert ran.status == 5
    assert f"error: {source}: record 5: the file ends within a record" in ran.err
    assert f"(byte {source.stat().st_size})" in ran.err
    assert "hint: what came before it is converted" in ran.err
    assert len(list(formats.read(target))) == 2


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ((str(LABELS), "-"), 2, "standard output has no name that tells a format"),
        ((str(LABELS), "a.txt"), 2, "no format is known by the name a.txt"),
        (("nowhere.warts", "a.jsonl"), 4, "cannot read nowhere.warts"),
        ((str(LABELS), "nowhere/a.jsonl"), 4, "cannot write nowhere/a.jsonl"),
        (("--from", "smoke", "a", "b"), 2, "smoke"),
    ],
)
def test_bad_input_is_one_message_and_one_status(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    status: int,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = netsonde("convert", *arguments)
    assert (ran.status, ran.out) == (status, "")
    assert message in ran.err
    assert list(tmp_path.iterdir()) == [] or arguments[0] == "nowhere.warts"
