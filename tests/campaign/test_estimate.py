"""What a campaign would cost."""

from pathlib import Path

import pytest

from netsonde.campaign import _estimate, estimate, read_plan

PLAN = """\
kind = "{kind}"
[options]
{options}
[targets]
list = ["5.2.0.0/16", "10.0.0.0/24", "5.2.1.0/24", "example.net"]
[exclude]
list = ["5.2.128.0/17"]
[limits]
rate_pps = 1000
{limits}
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def found(
    tmp_path: Path, kind: str = "ping", options: str = "", limits: str = ""
) -> _estimate.Estimate:
    file = tmp_path / "plan.toml"
    file.write_text(PLAN.format(kind=kind, options=options, limits=limits))
    return estimate(read_plan(file))


def test_every_target_is_looked_at(tmp_path: Path) -> None:
    cost = found(tmp_path, options="count = 3")
    assert (cost.targets, cost.names, cost.is_exact) == (32_769, 1, True)
    assert cost.refused == {"special_purpose": 256, "excluded": 32_768, "duplicate": 256}
    assert cost.probes_max == 3 * 32_769
    assert (cost.duration_min_s, cost.duration_max_s) == (32.8, 98.3)


def test_limits_bound_the_cost(tmp_path: Path) -> None:
    assert found(tmp_path, limits="probes_total = 5000").probes_max == 5_000
    assert found(tmp_path, limits="duration_s = 10").duration_max_s == 10
    trace = found(tmp_path, "trace", "first_ttl = 3\nlast_ttl = 7\nattempts = 2")
    assert trace.probes_max == 10 * 32_769
    tcp = found(tmp_path, "tcp", "path = false")
    assert tcp.probes_max == 2 * 2 * 2 * 32_769
    assert found(tmp_path, "tnt", "", "probes_per_target = 50").probes_max == 50 * 32_769


def test_large_spaces_are_sampled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_estimate, "LOOKED_AT_MAX", 20_000)
    cost = found(tmp_path)
    assert not cost.is_exact
    assert cost.targets == pytest.approx(32_769, rel=0.05)
    assert cost.refused["excluded"] == pytest.approx(32_768, rel=0.05)
