"""What QEMU is given: the image, its job, one card, and nothing else."""

import fcntl
import os
import resource
import socket
from pathlib import Path

import pytest

from netsonde.image import Store
from netsonde.model import HostError, UsageError
from netsonde.runtime import Limits, _programs, _qemu
from netsonde.runtime._card import Card
from netsonde.runtime._process import NOBODY
from netsonde.runtime._qemu import (
    COMMAND_LINE_MAX,
    command_line,
    has_kvm,
    machine_options,
    network_options,
    qemu,
    who,
)

CARD = Card(
    frames=True,
    descriptor=None,
    addresses=("5.1.0.1/30",),
    gateways=("5.1.0.2",),
    mtu=1500,
)


def test_a_machine_starts_from_memory(store: Store) -> None:
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    image = store.open("stand-in")
    with near, far:
        card = CARD._replace(descriptor=far.fileno())
        with qemu(image, card, b'{"job":1}', Limits(cpu_s=9)) as launch:
            line = " ".join(launch.program)
            kernel, module, descriptor = launch.descriptors
            assert os.pread(kernel, len(image.data), 0) == image.data
            assert os.pread(module, 99, 0) == b'{"job":1}'
            assert descriptor == far.fileno()
            assert f"-kernel /proc/self/fd/{kernel} -initrd /proc/self/fd/{module}" in line
            assert f"dgram,id=n0,local.type=fd,local.str={descriptor}" in line
            assert launch.rlimits[resource.RLIMIT_CPU] == 9
            assert launch.takes_stop
        with pytest.raises(OSError, match="Bad file"):
            os.fstat(kernel)


def test_a_tap_is_no_socket() -> None:
    assert "tap,id=n0,fd=7" in network_options(7, is_socket=False)


def test_nothing_but_what_the_image_uses() -> None:
    line = " ".join(machine_options(16 << 20))
    for option in ("-nodefaults", "-no-user-config", "-m 16M", "acpi=off", "spawn=deny"):
        assert option in line


def test_the_command_line_fits_every_hypervisor() -> None:
    words = command_line(CARD, Limits(time_s=5)).split()
    assert words[:3] == ["card=ethernet", "ip=5.1.0.1/30", "gw=5.1.0.2"]
    assert words[3] == "deadline_ms=5000"
    assert words[4].startswith("epoch_ns=1")
    with pytest.raises(UsageError, match="a command line of"):
        command_line(CARD._replace(addresses=("x" * COMMAND_LINE_MAX,)), Limits())


def test_kvm_is_real_only_where_the_processor_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = has_kvm.__wrapped__  # each time anew
    cpuinfo = tmp_path / "cpuinfo"
    monkeypatch.setattr(_qemu, "_PROCESSOR", cpuinfo)
    assert not ask(), "no such file"
    cpuinfo.write_text("processor : 0\nflags\t\t: fpu sse4_2 hypervisor\n")
    assert not ask()
    cpuinfo.write_text("flags\t\t: fpu vmx sse4_2\n")
    monkeypatch.setattr(_qemu, "_KVM", tmp_path / "kvm")
    assert not ask(), "no device"
    (tmp_path / "kvm").write_text("")
    assert not ask(), "no such call"
    machine = os.open(os.devnull, os.O_RDONLY)
    monkeypatch.setattr(fcntl, "ioctl", lambda *_: machine)
    assert ask()
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(machine)


@pytest.mark.root
def test_root_starts_it_as_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_qemu, "has_kvm", lambda: False)
    assert who() == NOBODY
    device = tmp_path / "kvm"
    device.write_text("")
    monkeypatch.setattr(_qemu, "has_kvm", lambda: True)
    monkeypatch.setattr(_qemu, "_KVM", device)
    for mode, group, expected in (
        (0o600, 0, None),
        (0o666, 0, NOBODY),
        (0o660, 77, NOBODY._replace(groups=(77,))),
        (0o660, 0, None),
    ):
        device.chmod(mode)
        os.chown(device, 0, group)
        assert who() == expected


def test_a_missing_program_is_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_programs, "search_path", lambda: "")
    with (
        pytest.raises(HostError) as caught,
        qemu(store.open("stand-in"), CARD, b"{}", Limits()),
    ):
        pass
    assert caught.value.hint == "apt-get install qemu-system-x86"
