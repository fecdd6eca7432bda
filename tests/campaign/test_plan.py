"""Campaign files: what they hold, and what is said of a wrong one."""

from pathlib import Path

import pytest

from netsonde.campaign import PlanError, read_plan
from netsonde.model import HostError, Kind, PrefixLimits, UsageError

WHOLE = """\
name = "survey"
kind = "tnt"
contact = "research@example.net"
seed = 7

[options]
attempts = 2
brute_force = true

[targets]
list = ["5.9.0.0/16 each=24", "example.net"]
files = ["targets.txt"]
each = 26
each_v6 = 48
host = "random"
family = 4

[exclude]
list = ["5.9.3.0/24"]
files = ["exclude.txt"]

[limits]
rate_pps = 1000
in_flight_max = 500
prefix_rate_pps = 10
prefix_probes = 99
prefix_v6_len = 40
probes_per_target = 100
probes_total = 1_000_000
duration_s = 3600
deadline = 2026-12-01T06:00:00Z

[vantage]
lab = "plain"
"""


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "survey.toml"
    file.write_text(text)
    return file


def test_a_whole_file(tmp_path: Path) -> None:
    plan = read_plan(write(tmp_path, WHOLE))
    (tmp_path / "targets.txt").write_text("5.8.0.0/24\n5.7.0.1\n")
    (tmp_path / "exclude.txt").write_text("5.7.0.0/16\n")
    request = plan.request()
    assert (plan.name, plan.kind, request.kind) == ("survey", Kind.TNT, Kind.TNT)
    assert (request.trace.attempts, request.tnt.brute_force) == (2, True)
    assert (request.budget.per_target, request.run["rate_pps"]) == (100, 1_000)
    assert request.run["origin"] == "research@example.net"
    assert request.run["exclude"] == ["5.9.3.0/24", tmp_path / "exclude.txt"]
    assert plan.limits.prefix == PrefixLimits(rate_pps=10, probes=99, v4_len=24, v6_len=40)
    assert plan.limits.deadline
    assert plan.limits.deadline.isoformat() == "2026-12-01T06:00:00+00:00"
    wanted = plan.target_list()
    assert wanted.space.count == 256 + 4 + 1
    assert [name.text for name in wanted.names] == ["example.net"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("rate_pps = 1000", "rate_pps = 0", ":23: limits.rate_pps: expected a whole number >= 1"),
        ("rate_pps = 1000", 'rate_pps = "x"', ":23: limits.rate_pps: expected a whole number"),
        ("rate_pps = 1000", "rate = 9", ":23: limits.rate: there is no such field"),
        ("duration_s = 3600", "duration_s = -1", ":30: limits.duration_s: "),
        ("attempts = 2", "attempts = 0", ":7: options.attempts: "),
        ("attempts = 2", "attemps = 2", ":6: options: tnt() got an unexpected keyword"),
        ("attempts = 2", "rate_pps = 2", ":23: limits.rate_pps: expected an option of the measur"),
        ('kind = "tnt"', 'kind = "tnd"', ":2: kind: expected one of ping, trace, tnt, "),
        ("each = 26", "each = 33", ":13: targets.each: "),
        ("family = 4", "family = 5", ":16: targets.family: "),
        ('name = "survey"', "name = survey", ":1: "),
        ("[targets]", "[target]", ":10: target: there is no such field"),
    ],
)
def test_errors_name_line_and_field(tmp_path: Path, old: str, new: str, said: str) -> None:
    file = write(tmp_path, WHOLE.replace(old, new, 1))
    with pytest.raises(PlanError) as caught:
        read_plan(file)
    assert caught.value.message.startswith(f"{file}{said}"), caught.value.message


def test_nothing_to_read_and_nothing_to_measure(tmp_path: Path) -> None:
    with pytest.raises(HostError, match=r"cannot read .*No such file"):
        read_plan(tmp_path / "none.toml")
    plan = read_plan(write(tmp_path, 'kind = "ping"\n[targets]\n'))
    with pytest.raises(PlanError, match="at least one target"):
        plan.target_list()
    plan = read_plan(write(tmp_path, 'kind = "ping"\n[targets]\nfiles = ["none.txt"]\n'))
    with pytest.raises(HostError, match=r"none\.txt"):
        plan.target_list()
    with pytest.raises(UsageError, match="targets"):
        read_plan(write(tmp_path, 'kind = "ping"\n'))
