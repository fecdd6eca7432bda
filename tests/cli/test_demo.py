"""`netsonde demo`: the main job."""

import time

from netsonde.cli._demo import SCENARIOS
from tests.cli.commands import netsonde


def test_every_kind_of_tunnel_is_revealed_beside_what_traceroute_sees() -> None:
    started = time.monotonic()
    ran = netsonde("demo")
    assert time.monotonic() - started < 60
    assert (ran.status, ran.err) == (0, "")
    blocks = ran.out.split("\n\n")
    for name, block in zip(SCENARIOS, blocks, strict=False):
        assert block.startswith(f"── {name} ")
        assert "plain traceroute" in block
        hidden = 0 if name.startswith(("explicit", "implicit")) else 3
        hidden += name == "invisible-uhp"
        assert block.count("hidden, ") == hidden
        assert " tunnel" in block
    assert "13 hidden routers revealed on 6 paths" in ran.out


def test_it_fits_100_columns() -> None:
    assert max(map(len, netsonde("demo").out.splitlines())) <= 100
