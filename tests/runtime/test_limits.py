"""Limits as people type them."""

import pytest

from netsonde.model import UsageError
from netsonde.runtime import Limits, read_limits


def test_names_and_units() -> None:
    texts = ["memory=32m", "cpu=5", "time=7", "console=1k"]
    expected = Limits(memory_bytes=32 << 20, cpu_s=5, time_s=7, console_bytes=1024)
    assert read_limits(texts) == expected
    assert read_limits([]) == Limits()
    assert read_limits(["memory=1G"]).memory_mib == 1024


@pytest.mark.parametrize(
    "text", ["", "memory", "memory=", "memory=-1", "disk=3", "cpu=3m", "time=x"]
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no limit"):
        read_limits([text])


@pytest.mark.parametrize("text", ["memory=1m", "cpu=0", "time=0", "console=0"])
def test_too_little_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="too low"):
        read_limits([text])
