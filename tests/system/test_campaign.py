"""Campaigns from a real host: limits on the wire, interruption, death and resumption."""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from netsonde.store import Dataset
from tests.system.pair import ANSWERED_V4, NETSONDE, Pair, most_in_a_second, requests

pytestmark = [pytest.mark.root, pytest.mark.slow]

PLAN = """\
kind = "{kind}"
seed = 5
[targets]
list = ["198.19.0.0/20", "2001:2:0:8000::/54 each=64 host=random"]
allow_special_purpose = true
[exclude]
list = ["198.19.3.0/24", "2001:2:0:8040::/60"]
[options]
{options}
[limits]
rate_pps = {rate}
in_flight_max = 20000
{limits}
"""
TARGETS = 4_096 - 256 + 1_024 - 16


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    if shutil.which("ip") is None:
        pytest.skip("needs the program `ip` (iproute2)")
    found = Pair()
    try:
        found.build()
        yield found
    finally:
        found.delete()


def write(
    tmp_path: Path, rate: int, kind: str = "ping", options: str = "", limits: str = ""
) -> str:
    file = tmp_path / "survey.toml"
    options = options or ("count = 1" if kind == "ping" else "window = 1\nattempts = 1")
    file.write_text(PLAN.format(kind=kind, rate=rate, options=options, limits=limits))
    return str(file)


def finished(directory: Path) -> set[str]:
    if not Dataset(directory).exists:
        return set()
    return set("\n".join(Dataset(directory).finished_targets()).split())


def start(pair: Pair, *arguments: str) -> subprocess.Popen[str]:
    command = pair.at(NETSONDE, "campaign", "run", *arguments)
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def is_excluded(address: str) -> bool:
    return any(
        ip_network(f"{address}").subnet_of(ip_network(prefix))  # type: ignore[arg-type]
        for prefix in ("198.19.3.0/24", "2001:2:0:8040::/60")
        if ip_network(prefix).version == ip_network(address).version
    )


def test_limits_hold_in_every_second(pair: Pair, tmp_path: Path) -> None:
    """Rate and rate per prefix, on the wire: no window of one second has 1 % more."""
    file = write(tmp_path, 1_500, limits="prefix_rate_pps = 100\nprefix_v6_len = 56")
    with pair.capture(tmp_path / "capture"):
        done = start(pair, file, "-o", str(tmp_path / "out"))
        out, err = done.communicate(timeout=60)
        assert done.returncode == 0, (out, err)
    sent = requests(tmp_path / "capture")
    assert len(sent) == TARGETS
    assert len({request.destination for request in sent}) == TARGETS
    assert finished(tmp_path / "out") == {request.destination for request in sent}
    assert not [request for request in sent if is_excluded(request.destination)]
    assert most_in_a_second([request.time_ns for request in sent]) <= 1_500 * 1.01
    by_prefix: dict[str, list[int]] = defaultdict(list)
    for request in sent:
        length = 56 if ":" in request.destination else 24
        prefix = ip_network(f"{request.destination}/{length}", strict=False)
        by_prefix[str(prefix)].append(request.time_ns)
    assert max(map(most_in_a_second, by_prefix.values())) <= 100 * 1.01
    # The rate is used, too: it is a limit, not a brake.
    assert most_in_a_second([request.time_ns for request in sent]) >= 1_500 * 0.8


@pytest.mark.parametrize("kind", ["ping", "trace"])
def test_killed_at_any_moment_nothing_reported_is_lost_or_repeated(
    pair: Pair, tmp_path: Path, kind: str
) -> None:
    file = write(tmp_path, 2_000, kind)
    out = tmp_path / "out"
    chance = random.Random(f"{kind} 7")
    reported: set[str] = set()
    for run in range(12):
        capture = tmp_path / f"capture{run}"
        with pair.capture(capture):
            process = start(pair, file, "-o", str(out), *(["--resume"] if run else []))
            try:
                process.wait(timeout=chance.uniform(0.3, 1.6))
            except subprocess.TimeoutExpired:
                children(process.pid, signal.SIGKILL)
            _, err = process.communicate(timeout=60)
            assert process.returncode in (0, -signal.SIGKILL), err
        probed = {request.destination for request in requests(capture)}
        assert not probed & reported, "a finished target was probed again"
        now = finished(out)
        assert reported <= now, "what was reported is lost"
        reported = now
        if process.returncode == 0:
            break
    else:
        last = start(pair, file, "-o", str(out), "--resume")
        assert last.wait(timeout=60) == 0
    # The union is what one run without interruption would have found.
    whole = tmp_path / "whole"
    process = start(pair, file, "-o", str(whole))
    assert process.wait(timeout=60) == 0
    assert finished(out) == finished(whole)
    assert len(finished(whole)) == TARGETS
    read = Dataset(out).pings() if kind == "ping" else Dataset(out).traces()
    targets = [result.target for result in read]
    assert len(targets) == len(set(targets)), "one result a target"


def test_interrupted_it_ends_cleanly_and_says_how_to_go_on(pair: Pair, tmp_path: Path) -> None:
    file, out = write(tmp_path, 2_000), tmp_path / "out"
    with pair.capture(tmp_path / "capture"):
        process = start(pair, file, "-o", str(out), "--json")
        time_limit = time.monotonic() + 20
        assert process.stdout
        while '"targets_done":0' in process.stdout.readline():
            assert time.monotonic() < time_limit
        children(process.pid, signal.SIGINT)
        printed, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert f"to go on: netsonde campaign run {file} -o {out} --resume" in err
    last = json.loads(printed.splitlines()[-1])
    assert (last["type"], last["is_complete"]) == ("campaign-done", False)
    probed = {request.destination for request in requests(tmp_path / "capture")}
    # Everything that was begun was finished, and is stored.
    assert finished(out) == probed
    assert 0 < len(probed) < TARGETS
    with pair.capture(tmp_path / "again"):
        process = start(pair, file, "-o", str(out), "--resume")
        assert process.wait(timeout=60) == 0
    again = {request.destination for request in requests(tmp_path / "again")}
    assert not again & probed
    assert len(again | probed) == TARGETS


def test_a_duration_ends_a_run(pair: Pair, tmp_path: Path) -> None:
    file, out = write(tmp_path, 500, limits="duration_s = 1.5"), tmp_path / "out"
    process = start(pair, file, "-o", str(out))
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "not complete" in err
    assert 300 < len(finished(out)) < 1_500


def test_every_command_takes_prefixes(pair: Pair, tmp_path: Path) -> None:
    file = tmp_path / "targets"
    file.write_text(f"{ANSWERED_V4} each=20\n2001:2:0:8000::/62 each=64\n198.18.7.2\n")
    for kind in ("ping", "trace"):
        options = ["-c", "1"] if kind == "ping" else []
        printed = pair.run(
            *(NETSONDE, kind, "-f", str(file), "--json", "--allow-special-purpose", *options),
            *("--rate-pps", "2000", "--exclude", "198.19.16.0/20"),
        )
        events = [json.loads(line) for line in printed.splitlines()]
        found = {event["target"] for event in events if event["type"] == kind}
        assert len(found) == 16 - 1 + 4 + 1


def children(pid: int, number: int) -> None:
    """Send a signal to the command that `ip netns exec` became."""
    os.kill(pid, number)
