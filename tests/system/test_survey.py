"""A survey of hundreds of Linux routers, end to end: killed, resumed, converted and shown."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from netsonde.store import Dataset
from tests.system.chain import NETSONDE
from tests.system.internet import Internet

ROUTERS = 310
HOSTS_PER_PREFIX = 8
pytestmark = [pytest.mark.root, pytest.mark.slow]


@pytest.fixture(scope="module")
def internet() -> Iterator[Internet]:
    """Return 310 routers; nothing is left of them afterwards."""
    if shutil.which("ip") is None:
        pytest.skip("needs the program `ip` (iproute2)")
    internet = Internet(ROUTERS)
    try:
        internet.build()
        yield internet
    finally:
        internet.delete()


@pytest.fixture(scope="module")
def survey(internet: Internet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of a campaign that was killed on its way, and resumed."""
    folder = tmp_path_factory.mktemp("survey")
    prefixes = [prefix for v6 in (False, True) for prefix in internet.prefixes(v6=v6)]
    targets = [f"{prefix} random={HOSTS_PER_PREFIX}" for prefix in prefixes]
    (folder / "survey.toml").write_text(
        'name = "survey"\nkind = "trace"\nseed = 1\n'
        f"[targets]\nallow_special_purpose = true\nlist = {json.dumps(targets)}\n"
        "[limits]\nrate_pps = 5000\nin_flight_max = 20000\n"
    )
    run = internet.at_host(NETSONDE, "campaign", "run", str(folder / "survey.toml"))
    directory = folder / "out"
    process = subprocess.Popen([*run, "-o", str(directory)], start_new_session=True)
    _wait_for_results(directory)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    before = _finished(directory)
    assert 0 < len(before) < len(targets) * HOSTS_PER_PREFIX, "killed on its way"
    done = subprocess.run(
        [*run, "-o", str(directory), "--resume"], check=False, capture_output=True, timeout=120
    )
    assert done.returncode == 0, done.stderr.decode()
    return directory


def test_every_target_is_traced_once_and_by_the_path_it_has(
    survey: Path, internet: Internet
) -> None:
    traces = list(Dataset(survey).traces())
    targets = [trace.target for trace in traces]
    assert len(targets) == len(set(targets)) == 2 * HOSTS_PER_PREFIX * len(internet.leaves)
    leaves = {
        prefix.rpartition("::" if v6 else ".")[0]: index
        for v6 in (False, True)
        for index, prefix in enumerate(internet.prefixes(v6=v6))
    }
    for trace in traces:
        target = trace.target
        network = ":".join(target.split(":")[:4]) if ":" in target else target.rpartition(".")[0]
        assert list(trace.path) == internet.path(leaves[network], target)


def test_scamper_reads_what_it_is_converted_to(survey: Path, tmp_path: Path) -> None:
    if not shutil.which("sc_warts2json"):
        pytest.skip("needs the program sc_warts2json (scamper)")
    warts = tmp_path / "survey.warts"
    subprocess.run([NETSONDE, "convert", str(survey), str(warts)], check=True, capture_output=True)
    told = subprocess.run(["sc_warts2json", str(warts)], check=True, capture_output=True)
    records = [json.loads(line) for line in told.stdout.splitlines()]
    theirs = {
        record["dst"]: [hop["addr"] for hop in record["hops"]]
        for record in records
        if record["type"] == "trace"
    }
    ours = {trace.target: list(trace.path) for trace in Dataset(survey).traces()}
    assert theirs == ours


def test_sql_and_the_page_agree(survey: Path, internet: Internet, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    sql = "SELECT count(DISTINCT address) AS routers FROM hops WHERE address <> target"
    asked = subprocess.run(
        [NETSONDE, "query", str(survey), sql, "--json"], check=True, capture_output=True
    )
    # Each router shows one address of its own in either version.
    inner = 2 * (internet.routers - len(internet.leaves))
    assert json.loads(asked.stdout)["routers"] == inner
    subprocess.run([NETSONDE, "report", str(survey), "-o", str(page)], check=True)
    html = page.read_text()
    assert "100.0% to the end" in html
    assert '<svg class="graph"' in html


def _wait_for_results(directory: Path, timeout_s: float = 60) -> None:
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        if directory.exists() and Dataset(directory).exists and _finished(directory):
            return
        subprocess.run(["sleep", "0.05"], check=True)
    raise AssertionError("the campaign gave nothing")


def _finished(directory: Path) -> set[str]:
    found = Dataset(directory).finished_targets()
    return {address for chunk in found for address in chunk.split()}
