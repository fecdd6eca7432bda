"""What this host has, and what would make the rest work: each check can fail."""

import socket
import subprocess
from pathlib import Path

import pytest

from netsonde.measure import _doctor, examine

#: What is said to be missing when nothing of the system works as it should.
BREAKABLE = {
    "raw sockets",
    "error queue",
    "error extensions",
    "ping sockets",
    "kernel timestamps",
    "IPv4 route",
    "IPv6 route",
    "user namespaces",
    "/dev/net/tun",
    "program ip",
    "program unshare",
}


def missing() -> dict[str, str]:
    """Return the remedies of what is missing, by name."""
    return {finding.name: finding.remedy for finding in examine() if not finding.ok}


def test_everything_is_looked_at_once() -> None:
    findings = examine()
    names = [finding.name for finding in findings]
    assert len(set(names)) == len(names)
    assert set(names) >= BREAKABLE | {"kernel", "seccomp", "CAP_NET_RAW"}
    assert all(finding.found and finding.serves for finding in findings)
    assert not any(finding.remedy for finding in findings if finding.ok)


def test_a_host_that_refuses_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> object:
        raise PermissionError(1, "refused")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(subprocess, "run", refuse)
    monkeypatch.setattr("os.open", refuse)
    monkeypatch.setattr("shutil.which", lambda _: None)
    found = missing()
    assert set(found) >= BREAKABLE
    assert found["program ip"] == "sudo apt-get install iproute2"
    assert found["raw sockets"].startswith("sudo setcap cap_net_raw+ep /")
    assert found["ping sockets"] == 'sudo sysctl -w net.ipv4.ping_group_range="0 2147483647"'


@pytest.mark.parametrize(("release", "ok"), [("5.8.0-1", False), ("5.9", True), ("6.18.4-x", True)])
def test_the_kernel_must_be_new_enough(
    monkeypatch: pytest.MonkeyPatch, release: str, ok: bool
) -> None:
    monkeypatch.setattr("platform.release", lambda: release)
    assert ("kernel" not in missing()) is ok


@pytest.mark.parametrize(
    ("files", "name", "remedy"),
    [
        ({"kernel/seccomp/actions_avail": "trap errno"}, "seccomp", "CONFIG_SECCOMP_FILTER"),
        (
            {"kernel/apparmor_restrict_unprivileged_userns": "1\n"},
            "user namespaces",
            "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        ),
        (
            {"kernel/unprivileged_userns_clone": "0\n"},
            "user namespaces",
            "sudo sysctl -w kernel.unprivileged_userns_clone=1",
        ),
        ({}, "user namespaces", "run as root"),
    ],
)
def test_the_remedy_is_that_of_the_restriction(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    files: dict[str, str],
    name: str,
    remedy: str,
) -> None:
    for file, text in {"net/ipv4/ping_group_range": "1 0", **files}.items():
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    real = Path

    def moved(path: str) -> Path:
        return real(str(path).replace("/proc/sys", str(tmp_path)))

    def fail(*_: object, **__: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 1, "", "not permitted")

    monkeypatch.setattr(_doctor, "Path", moved)
    monkeypatch.setattr(subprocess, "run", fail)
    assert remedy in missing()[name]


def test_frames_need_a_plain_route(monkeypatch: pytest.MonkeyPatch) -> None:
    class Routes:
        unusual: str | None = "policy routing (`ip rule`)"

        def interfaces(self) -> list[tuple[int, str]]:
            return [] if self.unusual else [(2, "near")]

    def found() -> tuple[bool, str]:
        [finding] = [finding for finding in examine() if finding.name == "frames"]
        return finding.ok, finding.found

    monkeypatch.setattr("netsonde._core.Routes", Routes)
    assert found() == (False, "policy routing (`ip rule`)")
    monkeypatch.setattr(Routes, "unusual", None)
    assert found() == (True, "by near")

    def refuse() -> Routes:
        raise OSError(1, "refused")

    monkeypatch.setattr("netsonde._core.Routes", refuse)
    assert found() == (False, "refused")
