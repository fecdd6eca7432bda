"""What ping, trace and tnt share."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from netsonde.cli import _main, _measure
from tests.cli.commands import netsonde


@pytest.mark.parametrize(
    ("line", "status", "message"),
    [
        ("trace", 2, "no target to measure"),
        ("trace nobody --lab plain", 2, "the lab has no host or router named nobody"),
        ("trace 5.2.0.1 --lab nowhere", 2, "there is no scenario nowhere"),
        ("trace 5.2.0.1 --lab plain --attach x", 2, "there is no attachment x in plain"),
        ("trace 5.2.0.1 --attach x", 2, "--attach names a place in a lab"),
        ("trace 5.2.0.1 --lab plain --privilege raw", 2, "--privilege is for this host"),
        ("trace 5.2.0.1 --lab plain -4 -6", 2, "-4 and -6 exclude each other"),
        ("trace 2a00::1 -4 --lab plain", 2, "2a00::1 is an IPv6 address, but IPv4 was asked"),
        ("trace 10.0.0.1", 2, "10.0.0.1 is a special-purpose address"),
        (
            "trace 5.2.0.1 --lab plain --first-ttl 9 --last-ttl 3",
            2,
            "--last-ttl: expected no less than --first-ttl",
        ),
        ("tnt 5.2.0.1 --privilege none", 4, "tnt needs raw sockets"),
        ("trace -f /nonexistent", 4, "cannot read /nonexistent: No such file"),
    ],
)
def test_bad_input_is_one_message_and_one_hint(line: str, status: int, message: str) -> None:
    ran = netsonde(*line.split())
    assert ran.status == status
    assert ran.out == ""
    first, second = ran.err.splitlines()
    assert first.startswith(f"error: {message}")
    assert second.startswith("hint: ")


def test_a_target_that_does_not_reply_is_status_3() -> None:
    ran = netsonde("trace", "5.2.0.1", "--lab", "silent-host")
    assert ran.status == 3
    assert "not reached" in ran.out
    assert not ran.err
    assert netsonde("ping", "-c", "1", "5.2.0.1", "--lab", "silent-host").status == 3


def test_bad_lines_of_a_file_lose_no_other(tmp_path: Path) -> None:
    file = tmp_path / "targets.txt"
    file.write_text("5.2.0.1\nnobody\nnot a name\n5.1.6.2 # the last router\n")
    ran = netsonde("trace", "-f", str(file), "--lab", "plain")
    assert ran.status == 2
    assert ran.out.count("reached in") == 2
    assert [line for line in ran.err.splitlines() if line.startswith("error")] == [
        f'error: {file}:3: expected one address, prefix or host name, found "not a name"',
        f"error: {file}:2: the lab has no host or router named nobody",
    ]


def test_prefixes_are_measured_and_what_is_left_out_is_told(tmp_path: Path) -> None:
    file = tmp_path / "targets.txt"
    file.write_text("5.2.0.0/30\nhost\nnobody\n5.1.0.2\n5.2.0.1/24\n")
    ran = netsonde(
        *("ping", "-f", str(file), "--lab", "plain", "-c", "1", "--json"),
        *("--exclude", "5.1.0.0/24"),
    )
    events = [json.loads(line) for line in ran.out.splitlines()]
    found = {event["target"] for event in events if event["type"] == "ping"}
    assert found == {"5.2.0.0", "5.2.0.1", "5.2.0.2", "5.2.0.3"}
    assert "left out: 1 excluded, 1 duplicate" in ran.err
    assert f"{file}:3: the lab has no host or router named nobody" in ran.err
    assert f"{file}:5: expected no bits beyond the length, such as 5.2.0.0/24" in ran.err
    assert ran.status == 2


def test_one_address_of_each_prefix() -> None:
    ran = netsonde(
        *("trace", "5.2.0.0/29", "--each", "30", "--lab", "plain", "--json", "--each-host", "1")
    )
    events = [json.loads(line) for line in ran.out.splitlines()]
    found = {event["target"] for event in events if event["type"] == "trace"}
    assert found == {"5.2.0.1", "5.2.0.5"}


def test_an_excluded_target_is_refused_by_name() -> None:
    ran = netsonde("trace", "5.2.0.1", "--lab", "plain", "--exclude", "5.2.0.0/16")
    assert (ran.status, ran.out) == (2, "")
    assert "5.2.0.1 is in a do-not-probe list" in ran.err


def test_many_bad_lines_are_counted(tmp_path: Path) -> None:
    ran = netsonde("trace", "-f", "-", "--lab", "plain", stdin=b"a b\n" * 50 + b"5.2.0.1\n")
    assert ran.status == 2
    assert ran.err.count("error: standard input:") == 20
    assert ran.err.endswith("error: 30 more targets cannot be measured\n")


def test_json_is_the_event_stream() -> None:
    ran = netsonde("tnt", "5.2.0.1", "--lab", "invisible-php-dpr", "--json")
    events = [json.loads(line) for line in ran.out.splitlines()]
    assert (events[0]["type"], events[-1]["type"]) == ("start", "done")
    assert [event["type"] for event in events].count("tnt") == 1
    assert not ran.err


def test_runs_on_the_lab_repeat_bit_for_bit() -> None:
    line = ["tnt", "5.2.0.1", "--lab", "lossy", "--json"]
    assert netsonde(*line).out == netsonde(*line).out


def test_switches_reach_the_job() -> None:
    ran = netsonde("tnt", "5.2.0.1", "--lab", "invisible-php-64-64", "--no-reveal-64-64")
    assert "no tunnel" in ran.out
    assert "1 tunnel" in netsonde("tnt", "5.2.0.1", "--lab", "invisible-php-64-64").out


def test_zero_is_a_value() -> None:
    ran = netsonde("trace", "5.2.0.1", "--lab", "plain", "--attempts", "1", "--tos", "0")
    assert ran.status == 0
    looped = netsonde("trace", "5.2.0.1", "--lab", "loop", "--loop-limit", "0")
    assert "the path loops" in netsonde("trace", "5.2.0.1", "--lab", "loop").out
    assert "the path loops" not in looped.out


def test_a_seed_of_more_than_64_bits_is_refused() -> None:
    ran = netsonde("trace", "5.2.0.1", "--lab", "plain", "--seed", str(2**64))
    assert ran.status == 2
    assert ran.err.startswith("error: invalid value for '--seed'")
    assert netsonde("trace", "5.2.0.1", "--lab", "plain", "--seed", str(2**64 - 1)).status == 0


def test_no_progress_without_a_terminal() -> None:
    assert netsonde("trace", "5.2.0.1", "--lab", "plain").err == ""


@pytest.mark.root
def test_interruption_prints_what_there_is() -> None:
    program = [sys.executable, "-u", "-c", "from netsonde.cli import main; main()"]
    arguments = ["ping", "127.0.0.1", "--allow-special-purpose", "-c", "1000", "-i", "100"]
    with subprocess.Popen(
        [*program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ
    ) as process:
        assert process.stdout
        assert process.stderr
        lines = [process.stdout.readline() for _ in range(3)]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert b"127.0.0.1" in lines[2]
    assert process.returncode == 130
    assert b"0% loss" in out
    assert b"Traceback" not in err


def test_a_second_interruption_ends_a_run_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def stubborn(*_: object) -> int:
        for _time in range(2):
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(0.01)
        await asyncio.sleep(60)
        return 0

    monkeypatch.setattr(_measure, "_follow", stubborn)
    assert _main.run(["trace", "5.2.0.1", "--lab", "plain"]) == 130
