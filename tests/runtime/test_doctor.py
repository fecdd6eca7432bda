"""What runtimes lack on this host is told, with its package and what it stops."""

import subprocess
from pathlib import Path

import pytest

from netsonde.measure import Finding
from netsonde.runtime import _doctor, _programs, examine_runtimes


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let this host have no program; return a folder that it looks for them in."""
    for module in (_programs, _doctor):
        monkeypatch.setattr(module, "search_path", lambda: str(tmp_path))
    return tmp_path


def found() -> dict[str, Finding]:
    return {finding.name: finding for finding in examine_runtimes()}


@pytest.mark.parametrize(
    ("name", "package", "stops"),
    [
        ("program qemu-system-x86_64", "qemu-system-x86", "unikernel"),
        ("program nft", "nftables", "outside of a lab"),
        ("program mmdebstrap", "mmdebstrap", "vm"),
        ("program genext2fs", "genext2fs", "vm"),
        ("podman", "podman", "podman"),
        ("docker", "docker.io", "docker"),
    ],
)
@pytest.mark.usefixtures("bare")
def test_what_is_missing_is_told_with_its_package(name: str, package: str, stops: str) -> None:
    told = found()[name]
    assert not told.ok
    assert told.found == "not in PATH"
    assert told.remedy == f"sudo apt-get install {package}"
    assert stops in told.serves


@pytest.mark.parametrize(
    ("code", "ok", "says"),
    [
        ("exit 0", True, "works"),
        (
            "echo first >&2; echo is the daemon running? >&2; exit 1",
            False,
            "is the daemon running?",
        ),
        ("exit 1", False, "does not work"),
    ],
)
def test_an_engine_must_answer(bare: Path, code: str, ok: bool, says: str) -> None:
    program = bare / "docker"
    program.write_text(f"#!/bin/sh\n{code}\n")
    program.chmod(0o755)
    told = found()["docker"]
    assert (told.ok, told.found) == (ok, says)
    assert bool(told.remedy) != ok


def test_a_silent_engine_is_told(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (bare / "podman").write_text("#!/bin/sh\nexec /bin/sleep 9\n")
    (bare / "podman").chmod(0o755)
    monkeypatch.setattr(_doctor, "_ANSWER_S", 0.1)
    assert found()["podman"].found == "no answer in 0.1 s"

    def refuse(*_: object, **__: object) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(subprocess, "run", refuse)
    assert found()["podman"].found == "Permission denied"


def test_kvm_and_forwarding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bare: Path) -> None:
    assert bare.exists()
    monkeypatch.setattr(_doctor, "_SETTINGS", tmp_path)
    for name in ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1\n" if "ipv4" in name else "0\n")
    monkeypatch.setattr(_doctor, "has_kvm", lambda: False)
    told = found()
    assert not told["KVM"].ok
    assert "emulates" in told["KVM"].found
    assert told["forwarding"].remedy == "sudo sysctl -w net.ipv6.conf.all.forwarding=1"
    (tmp_path / "net/ipv6/conf/all/forwarding").write_text("1\n")
    monkeypatch.setattr(_doctor, "has_kvm", lambda: True)
    assert found()["forwarding"].ok
    assert found()["KVM"].ok
    assert found()["image"].ok
