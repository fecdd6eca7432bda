"""Targets as they are written down, by the million."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from netsonde.measure import Name, Selections, TargetList, selections
from netsonde.measure import _target_list as target_list
from netsonde.model import HostError, UsageError


def test_a_file_of_every_kind(tmp_path: Path) -> None:
    file = tmp_path / "targets"
    file.write_bytes(
        b"\xef\xbb\xbf5.2.0.1\n5.9.0.0/22 each=24 # four\n2a00::/47 each=48\nexample.net\n"
        b"\n? ?\n5.9.0.0/33\nexample.net\nexample.org"
    )
    found = TargetList()
    found.add_file(str(file))
    assert found.space.count == 7
    assert found.names == (
        Name("example.net", f"{file}:4: "),
        Name("example.org", f"{file}:9: "),
    )
    assert [problem.message for problem in found.problems] == [
        f'{file}:6: expected one address, prefix or host name, found "? ?"',
        f'{file}:7: expected a length from 0 to 32, found "5.9.0.0/33"',
    ]
    assert found.plain is None
    assert found.line_count == 9


def test_lines_are_counted_over_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target_list, "BLOCK_BYTES", 37)
    file = tmp_path / "targets"
    file.write_text("".join(f"5.2.{number}.1\n" for number in range(200)) + "? ?\n")
    found = TargetList()
    found.add_file(str(file))
    assert found.space.count == 200
    assert found.problems[0].message.startswith(f"{file}:201: ")
    file.write_text("x" * 100)
    with pytest.raises(UsageError, match=":1: a line of more than 37 bytes"):
        TargetList().add_file(str(file))


def test_problems_and_names_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target_list, "PROBLEMS_MAX", 3)
    monkeypatch.setattr(target_list, "NAMES_MAX", 2)
    found = TargetList()
    found.add(["a b"] * 5 + ["x.net", "y.net", "z.net"])
    assert (len(found.problems), found.problem_count) == (3, 6)
    assert len(found.names) == 2


def test_what_prefixes_give_by_default() -> None:
    assert selections([], None) == Selections("all", "all")
    assert selections([24, 48], "random") == Selections(
        "each=24 host=random", "each=48 host=random"
    )
    found = TargetList(4, selections([24]))
    found.add(["5.9.0.0/16", "5.8.0.0/31 all", "2a00::/32"])
    assert found.space.count == 258
    assert "a prefix of the family that was asked for" in found.problems[0].message
    with pytest.raises(UsageError, match="host says which"):
        selections([], "3")
    with pytest.raises(UsageError, match="expected all, each=LENGTH"):
        TargetList(None, selections([24], "first"))


def test_nothing_and_standard_input(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert TargetList().is_empty
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"5.2.0.1\n? ?\n")))
    found = TargetList()
    found.add_file("-")
    assert not found.is_empty
    assert found.problems[0].message.startswith("standard input:2: ")
    with pytest.raises(HostError, match=r"cannot read .*: No such file"):
        TargetList().add_file(str(tmp_path / "none"))


_PROGRAM = """
import resource, sys
from netsonde.measure import TargetList
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
before = peak()
found = TargetList()
found.add_file(sys.argv[1])
print(found.space.count, len(found.names), peak() - before)
"""


def test_a_million_lines_take_little_memory(tmp_path: Path) -> None:
    file = tmp_path / "targets"
    with file.open("w") as stream:
        for number in range(1_000_000):
            stream.write(f"5.{number >> 16}.{number >> 8 & 255}.{number & 255}\n")
    command = [sys.executable, "-c", _PROGRAM, str(file)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    count, names, grown_mb = map(int, done.stdout.split())
    assert (count, names) == (1_000_000, 0)
    assert grown_mb < 20, f"{grown_mb} MB for 1,000,000 addresses"
