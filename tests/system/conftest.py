"""What system tests share: chains of real Linux routers, and a host that forwards."""

import shutil
from collections.abc import Iterator

import pytest

from tests.system.chain import Chain
from tests.system.pair import Pair


@pytest.fixture(scope="session", params=[1, 3], ids="{} routers".format)
def chain(request: pytest.FixtureRequest) -> Iterator[Chain]:
    """Return chains of three and of five nodes; nothing is left of them afterwards."""
    yield from _built(request.param)


@pytest.fixture(scope="session")
def long_chain() -> Iterator[Chain]:
    """Return a chain of five nodes."""
    yield from _built(3)


@pytest.fixture(scope="session")
def forwarding_pair() -> Iterator[Pair]:
    """Return two joined namespaces, of which the first one forwards."""
    pair = Pair()
    try:
        pair.build()
        pair.forward()
        yield pair
    finally:
        pair.delete()


def _built(routers: int) -> Iterator[Chain]:
    if shutil.which("ip") is None:
        pytest.skip("needs the program `ip` (iproute2)")
    chain = Chain(routers)
    try:
        chain.build()
        yield chain
    finally:
        chain.delete()
