"""Namespaces without names."""

from pathlib import Path

import pytest

from netsonde.model import HostError
from netsonde.runtime._namespace import Namespace, ip

pytestmark = pytest.mark.root


def test_what_is_inside_is_not_outside() -> None:
    space = Namespace()
    try:
        space.ip(["link add inner type bridge", "link set inner up"])
        inside = space.inside(lambda: Path("/proc/thread-self/ns/net").readlink())
        assert inside != Path("/proc/self/ns/net").readlink()
        with space.packets("inner") as packets:
            assert packets.getsockname()[0] == "inner"
        assert not Path("/sys/class/net/inner").exists()
    finally:
        space.close()


def test_the_kernel_is_silent_where_asked() -> None:
    space = Namespace()
    try:
        space.quiet("default")
        space.quiet("no such interface")
        read = Path("/proc/sys/net/ipv6/conf/default/disable_ipv6").read_text
        assert space.inside(read).strip() == "1"
    finally:
        space.close()


def test_errors_come_from_inside() -> None:
    space = Namespace()
    try:
        with pytest.raises(HostError, match="cannot set up the network"):
            space.ip(["link set none up"])
        with pytest.raises(ZeroDivisionError):
            space.inside(lambda: 1 / 0)
    finally:
        space.close()
    with pytest.raises(HostError):
        ip(["nonsense"])
