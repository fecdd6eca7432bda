"""What a campaign remembers, and what may not change between its runs."""

from pathlib import Path

import pytest

from netsonde.campaign import read_plan, summary
from netsonde.campaign._state import State, identity, refuse_changes
from netsonde.model import HostError, UsageError
from netsonde.store import Dataset

PLAN = """\
kind = "trace"
[options]
attempts = 2
[targets]
list = ["5.2.0.1"]
files = ["more.txt"]
[exclude]
list = ["5.9.0.0/16"]
[limits]
rate_pps = 100
"""


def plan_identity(tmp_path: Path, old: str = "", new: str = "") -> dict[str, object]:
    (tmp_path / "plan.toml").write_text(PLAN.replace(old, new))
    return identity(read_plan(tmp_path / "plan.toml"))


def test_limits_and_exclusions_may_change(tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("5.3.0.1\n")
    before = plan_identity(tmp_path)
    for old, new in (("rate_pps = 100", "rate_pps = 9"), ("5.9.0.0/16", "5.8.0.0/16")):
        refuse_changes(before, plan_identity(tmp_path, old, new), tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("attempts = 2", "attempts = 3", r"options\.attempts \(was 2, is 3\)"),
        ("attempts = 2", "", r"options\.attempts \(was 2, is None\)"),
        ("5.2.0.1", "5.2.0.2", r"targets\.list"),
        ('kind = "trace"', 'kind = "tnt"', r"kind \(was trace, is tnt\)"),
        ("[limits]", '[vantage]\nlab = "plain"\n[limits]', r"vantage\.lab"),
    ],
)
def test_other_changes_are_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    (tmp_path / "more.txt").write_text("5.3.0.1\n")
    before = plan_identity(tmp_path)
    with pytest.raises(UsageError, match=named):
        refuse_changes(before, plan_identity(tmp_path, old, new), tmp_path)


def test_a_changed_target_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("5.3.0.1\n")
    before = plan_identity(tmp_path)
    (tmp_path / "more.txt").write_text("5.3.0.2\n")
    with pytest.raises(UsageError, match=r"differ: targets\.files: more\.txt$"):
        refuse_changes(before, plan_identity(tmp_path), tmp_path)
    (tmp_path / "more.txt").unlink()
    with pytest.raises(HostError, match=r"cannot read .*more\.txt"):
        plan_identity(tmp_path)


def test_settings_and_names_are_kept(tmp_path: Path) -> None:
    dataset = Dataset(tmp_path / "data")
    dataset.create()
    state = State(dataset)
    state.keep(seed=2**63, sent=5)
    state.keep(sent=6)
    state.keep_names({"5.2.0.1": "a.net", "2a00::1": "b.net"})
    again = State(dataset)
    assert again.settings() == {"seed": 2**63, "sent": 6}
    assert again.names() == {"a.net": "5.2.0.1", "b.net": "2a00::1"}


def test_a_directory_without_a_campaign(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no dataset"):
        summary(tmp_path)
    Dataset(tmp_path).create()
    with pytest.raises(UsageError, match="no campaign"):
        summary(tmp_path)
