"""Our JSON is that of `sc_warts2json`, to the last character, and is read back as what it says."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from netsonde import formats
from netsonde.formats import ScamperHop, ScamperTrace
from netsonde.formats._scamper import IcmpExtension
from tests.formats.samples import CYCLE, LIST, WARTS, write

AROUND: dict[str, Any] = {"list": LIST, "cycle": CYCLE, "source": "1.2.3.4", "target": "5.6.7.8"}


def lines(path: Path) -> list[bytes]:
    """Return what scamper made of a capture, without types that we do not know."""
    made = path.with_suffix(".json").read_bytes().splitlines(keepends=True)
    return [line for line in made if b'"type":"dealias"' not in line]


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show times as on the host that made the captures."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


@pytest.mark.parametrize("path", WARTS, ids=lambda path: path.stem)
def test_json_of_warts_is_scampers(path: Path) -> None:
    assert write(formats.read(path), "scamper-json").splitlines(keepends=True) == lines(path)


def oracle(records: list[formats.Record], folder: Path) -> list[str]:
    """Return what scamper's own program makes of records."""
    if shutil.which("sc_warts2json") is None:
        pytest.skip("needs the program `sc_warts2json` (scamper)")
    path = folder / "records.warts"
    path.write_bytes(write(records, "warts"))
    environment = {**os.environ, "TZ": "UTC"}
    done = subprocess.run(
        ["sc_warts2json", path], capture_output=True, text=True, check=True, env=environment
    )
    return done.stdout.splitlines()


def hops() -> list[ScamperHop]:
    """Return hops with everything that changes how they are shown."""
    v4: dict[str, Any] = {"address": "9.9.9.9", "probe_ttl": 1, "probe_id": 1, "flags": 0x11}
    v6 = {**v4, "address": "2a00::9"}
    label = IcmpExtension(class_=1, type_=1, data=bytes.fromhex("000101ff000202fe"))
    other = IcmpExtension(class_=2, type_=7, data=b"abcd")
    different: list[dict[str, Any]] = [
        {},
        {"icmp_type": 11, "icmp_code": 0, "quoted_ttl": 3, "extensions": (label, other)},
        {"icmp_type": 3, "icmp_code": 4, "mtu": 1_400, "quoted_size": 40, "quoted_tos": 4},
        {"icmp_type": 3, "icmp_code": 3, "ip_id": 7, "reply_tos": 3, "probe_size": 44},
        {"icmp_type": 0, "icmp_code": 0, "rtt_us": 1_234_567, "name": "host.example"},
        {"icmp_type": 1, "icmp_code": 4, "sent_us": 1_000_001, "reply_size": 9},
        {"icmp_type": 2, "icmp_code": 0, "mtu": 1_280, "reply_ttl": 60},
        {"tcp_flags": 18, "flags": 0x31},
    ]
    return [ScamperHop(**{**base, **each}) for base in (v4, v6) for each in different]


def test_odd_traces_are_shown_as_scamper_shows_them(tmp_path: Path) -> None:
    records: list[formats.Record] = [CYCLE]
    records += [
        ScamperTrace(method=5, hops=(hop,), user_id=7, stop_reason=2, stop_data=1, **AROUND)
        for hop in hops()
    ]
    records += [ScamperTrace(method=number, stop_reason=number, **AROUND) for number in range(12)]
    records.append(ScamperTrace(method=4, flags=0x20, destination_port=9, hop_count=4, **AROUND))
    records.append(ScamperTrace(method=5, router="7.7.7.7", hops=(hops()[0],), **AROUND))
    assert write(records, "scamper-json").decode().splitlines() == oracle(records, tmp_path)


def test_the_json_is_json() -> None:
    odd = formats.ScamperList(name='a"b\\\n')
    cycle = formats.ScamperCycle(list=odd)
    (line,) = write([cycle], "scamper-json").splitlines()
    assert json.loads(line)["list_name"] == 'a"b\\\n'
