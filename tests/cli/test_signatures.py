"""`netsonde signatures`, and what fingerprints make of it."""

import json
from pathlib import Path

from tests.cli.commands import netsonde

LAB = ("--lab", "agents")
ROUTERS = ("5.1.0.2", "5.1.1.2")


def known(tmp_path: Path, *more: str) -> Path:
    path = tmp_path / "known.jsonl"
    path.write_text(netsonde("fingerprint", "-m", "snmpv3,lfp,ttl", *ROUTERS, *LAB, "--json").out)
    made = netsonde("signatures", "learn", str(path), "-o", str(tmp_path / "mine.toml"), *more)
    assert made.status == 0, made.err
    return tmp_path / "mine.toml"


def test_what_is_learned_is_recognised(tmp_path: Path) -> None:
    mine = known(tmp_path)
    shown = netsonde("signatures", "show", str(mine)).out
    assert "lfp: 2 signatures, 2 of one vendor" in shown
    printed = netsonde("fingerprint", "-m", "lfp", *ROUTERS, *LAB, "--signatures", str(mine)).out
    assert "vendor  by lfp: Cisco (exact)" in printed
    assert "vendor  by lfp: Juniper (exact)" in printed


def test_labels_sources_and_thresholds(tmp_path: Path) -> None:
    mine = known(tmp_path, "--label", "Mine", "--source", "our rack")
    text = mine.read_text()
    assert text.count('vendor = "Mine"') == 4
    assert 'source = "our rack"' in text
    path = str(tmp_path / "known.jsonl")
    few = netsonde("signatures", "learn", path, "-o", "-", "--least", "3")
    assert few.status == 2
    assert "no address has both a vendor and an answer" in few.err
    unwritable = netsonde("signatures", "learn", path, "-o", str(tmp_path))
    assert unwritable.status == 4
    assert netsonde("signatures", "show", path).status == 5
    assert "Linux" in netsonde("signatures", "show", "builtin").out


def test_json_tells_who_before_what(tmp_path: Path) -> None:
    mine = known(tmp_path)
    printed = netsonde(
        "fingerprint", "-m", "lfp", ROUTERS[0], *LAB, "--json", "--signatures", str(mine)
    ).out
    lines = [json.loads(line) for line in printed.splitlines()]
    kinds = [line["type"] for line in lines]
    assert kinds.index("identification") + 1 == kinds.index("fingerprint")
    (told,) = [line for line in lines if line["type"] == "identification"]
    assert told["vendors"] == [{"vendor": "Cisco", "count": 1}]
    # What was told is no obstacle to reading the results.
    path = tmp_path / "again.jsonl"
    path.write_text(printed)
    again = netsonde("signatures", "learn", str(path), "-o", "-", "--label", "Again")
    assert again.status == 0
    assert "Again" in again.out
