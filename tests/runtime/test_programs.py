"""A program that is missing names the package that has it."""

import pytest

from netsonde.model import HostError
from netsonde.runtime import _programs
from netsonde.runtime._programs import PACKAGES, find, search_path


def test_a_program_is_found_in_system_folders_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert search_path().endswith(":/usr/sbin:/sbin")
    assert find("ip").endswith("/ip")


@pytest.mark.parametrize("program", sorted(PACKAGES))
def test_a_missing_program_says_where_it_comes_from(
    program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_programs, "search_path", lambda: "")
    with pytest.raises(HostError, match=f"no program `{program}`") as caught:
        find(program)
    package = PACKAGES[program]
    expected = f"apt-get install {package}" if package else _programs._HOMES[program]
    assert caught.value.hint == expected
