"""The MTU of an interface, by address."""

import shutil
import subprocess
import sys

import pytest

from netsonde.measure._interface_mtu import interface_mtu
from netsonde.model import HostError

_ASK = (
    "import sys; from netsonde.measure._interface_mtu import interface_mtu as mtu; "
    "print([mtu(address) for address in sys.argv[1:]])"
)
_ASK_LARGEST = "from netsonde.measure._interface_mtu import largest_mtu; print(largest_mtu())"


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1"])
def test_the_loopback_interface_carries_whatever_ip_can_be(address: str) -> None:
    assert interface_mtu(address) == 65_535


@pytest.mark.parametrize("address", ["198.18.255.254", "2001:2::ffff"])
def test_an_address_of_nobody_is_an_error_with_a_way_out(address: str) -> None:
    with pytest.raises(HostError, match=address) as raised:
        interface_mtu(address)
    assert "mtu=1500" in raised.value.hint


@pytest.mark.root
def test_each_address_has_the_mtu_of_its_interface() -> None:
    if shutil.which("ip") is None:
        pytest.skip("needs the program `ip`")
    setup = (
        "ip link add va type veth peer vb"
        " && ip link set va mtu 1400 up && ip link set vb mtu 9000 up"
        " && ip address add 198.18.0.1/24 dev va && ip address add 2001:2::1/64 dev vb nodad"
    )
    command = f"{setup} && {sys.executable} -c '{_ASK}' 198.18.0.1 2001:2::1"
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", command], check=True, capture_output=True, text=True
    )
    assert done.stdout == "[1400, 9000]\n"


@pytest.mark.root
def test_the_largest_is_that_of_an_interface_that_is_up() -> None:
    if shutil.which("ip") is None:
        pytest.skip("needs the program `ip`")
    make = "ip link set lo up && ip link add va type veth peer vb && ip link set va mtu 1400"
    found = []
    for more in ("", " && ip link set va up", " && ip link set va up && ip link set vb mtu 9000"):
        command = f"{make}{more} && {sys.executable} -c '{_ASK_LARGEST}'"
        done = subprocess.run(
            ["unshare", "--net", "sh", "-c", command], check=True, capture_output=True, text=True
        )
        found.append(int(done.stdout))
    assert found == [65_535, 1_400, 1_400], "only the loopback; one; the other one is down"
