"""What scamper measures we read, and what we measure scamper reads: the same hops, live."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from netsonde import formats
from netsonde.formats import measured
from netsonde.model import MultipathResult, PingResult, TraceResult
from tests.system.chain import Chain

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(shutil.which("scamper") is None, reason="needs the program `scamper`"),
]


def shown(path: Path) -> list[dict[str, Any]]:
    """Return what scamper's program shows of a file, after the others have read it too."""
    for program in ("sc_wartsdump", "sc_warts2text", "sc_warts2json"):
        done = subprocess.run([program, path], capture_output=True, text=True, check=True)
        assert not done.stderr, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


COMMANDS = (
    "trace -P icmp-paris -q 1 -Q", "trace -P tcp -t 8", "ping -c 2 -i 0.1", "ping -P tcp-syn -c 1",
    "ping -P udp -c 1", "tracelb -P icmp-echo -W 15 -w 1",
)  # fmt: skip
#: scamper hears no answer to the IPv6 datagrams of a trace here.
_LIVE = [("trace -P udp-paris", False), *((each, v6) for each in COMMANDS for v6 in (False, True))]


@pytest.mark.parametrize(("command", "v6"), _LIVE)
def test_files_of_scampers_are_read_as_scamper_reads_them(
    long_chain: Chain, tmp_path: Path, command: str, v6: bool
) -> None:
    path, again = tmp_path / "live.warts", tmp_path / "again.warts"
    target = long_chain.target(v6=v6)
    options = ("-p", "1000", "-O", "warts", "-o", str(path))
    long_chain.run("scamper", *options, "-I", f"{command} {target}")
    records = list(formats.read(path))
    formats.write(again, records)
    assert again.read_bytes() == path.read_bytes()
    formats.write(tmp_path / "ours.json", records)
    made = subprocess.run(["sc_warts2json", path], capture_output=True, check=True).stdout
    assert (tmp_path / "ours.json").read_bytes() == made
    (result,) = [one.result for one in map(measured, records) if one]
    if isinstance(result, TraceResult):
        assert list(result.path) == long_chain.hops(v6=v6)
    elif isinstance(result, MultipathResult):
        assert [node.address for node in result.nodes] == long_chain.hops(v6=v6)
    else:
        assert isinstance(result, PingResult)
        assert result.reached


@pytest.mark.parametrize("v6", [False, True], ids=["v4", "v6"])
@pytest.mark.parametrize("method", ["icmp-paris", "udp-paris", "tcp-syn"])
def test_scamper_shows_our_hops(long_chain: Chain, tmp_path: Path, method: str, v6: bool) -> None:
    target = long_chain.target(v6=v6)
    events = long_chain.netsonde("trace", target, "--method", method)
    (trace,) = (event for event in events if event["type"] == "trace")
    source, path = tmp_path / "ours.jsonl", tmp_path / "ours.warts"
    source.write_text("".join(json.dumps(event) + "\n" for event in events))
    assert not formats.write(path, formats.read(source))
    start, found, _ = shown(path)
    assert [hop["addr"] for hop in found["hops"]] == long_chain.hops(v6=v6)
    assert found["stop_reason"] == "COMPLETED"
    for hop, told in zip(trace["hops"], found["hops"], strict=True):
        reply = hop["replies"][0]
        assert abs(told["rtt"] - reply["rtt_ns"] / 1e6) < 0.001
        epoch_ns = events[0]["epoch_ns"]
        assert told["tx"]["sec"] == (epoch_ns + reply["sent_ns"]) // 10**9
    assert abs(start["start_time"] - path.stat().st_mtime) < 60, "our clock is Unix time"
