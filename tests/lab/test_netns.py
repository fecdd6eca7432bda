"""What is asked of `ip` and of the kernel; that it works, the system tests show."""

import subprocess
from typing import Any

import pytest

from netsonde.lab import _netns
from netsonde.model import HostError


class Recorder:
    """Stands for `subprocess.run`."""

    def __init__(self, status: int = 0, stderr: str = "") -> None:
        self.status = status
        self.stderr = stderr
        self.lines: dict[str, list[str]] = {}

    def __call__(self, arguments: list[str], **options: Any) -> subprocess.CompletedProcess[str]:  # noqa: ANN401
        self.lines[arguments[1]] = options["input"].splitlines()
        return subprocess.CompletedProcess(arguments, self.status, "", self.stderr)


@pytest.fixture(autouse=True)
def unchanged_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write nothing under /proc/sys."""
    monkeypatch.setattr(_netns, "_set", lambda _name, _value: True)


def attachment(name: str, *addresses: str) -> dict[str, Any]:
    return {"device": name, "addresses": addresses, "mtu": 1400}


def test_the_first_attachment_is_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder()
    monkeypatch.setattr("subprocess.run", recorder)
    _netns.configure([attachment("vp", "5.1.0.1/30", "2a00::1/64")])
    assert recorder.lines == {
        "-4": [
            "link set lo up",
            f"link set vp mtu 1400 txqueuelen {_netns.QUEUE_LENGTH} up",
            "address add 5.1.0.1/30 dev vp",
            "route add default dev vp",
        ],
        "-6": ["address add 2a00::1/64 dev vp nodad", "route add default dev vp"],
    }
    assert _netns.QUEUE_LENGTH >= 2_000


def test_further_ones_are_chosen_by_source(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder()
    monkeypatch.setattr("subprocess.run", recorder)
    _netns.configure([attachment("vp", "5.1.0.1/30"), attachment("vq", "5.1.200.1/30")])
    assert recorder.lines["-4"][-3:] == [
        "route add default dev vq metric 2001",
        "route add default dev vq table 101",
        "rule add from 5.1.200.1 lookup 101",
    ]


def test_a_refusal_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subprocess.run", Recorder(1, "RTNETLINK answers: no"))
    with pytest.raises(HostError, match="RTNETLINK answers: no"):
        _netns.configure([attachment("vp", "5.1.0.1/30")])


def test_a_missing_ip_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr("subprocess.run", missing)
    with pytest.raises(HostError) as caught:
        _netns.configure([attachment("vp", "5.1.0.1/30")])
    assert caught.value.hint == "apt-get install iproute2"


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (FileNotFoundError(), "modprobe tun"),
        (PermissionError(), "chmod 0666 /dev/net/tun"),
        (OSError(16, "busy"), "run as root"),
    ],
)
def test_a_tun_device_that_cannot_be_says_what_would_help(
    monkeypatch: pytest.MonkeyPatch, error: OSError, hint: str
) -> None:
    def refuse(*_: object) -> int:
        raise error

    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(HostError) as caught:
        _netns.open_tun("vp")
    assert hint in caught.value.hint
