"""What the host is."""

import platform

from netsonde.bench import host
from netsonde.bench._machine import load, versions


def test_it_is_told_in_words() -> None:
    assert "hardware virtualisation" in host()
    assert load() >= 0


def test_versions_name_the_kernel() -> None:
    assert f"Linux {platform.release()}" in versions("process").split("; ")
    assert versions("process").startswith("netsonde ")
