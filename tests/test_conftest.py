"""The rule of `conftest.py`: as root in continuous integration nothing privileged is skipped."""

import os
from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py")

SKIPS = """
import pytest

@pytest.mark.{mark}
def test_privileged():
    pytest.skip("not today")

def test_plain():
    pytest.skip("free to skip")
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    pytester.makeini("[pytest]\nmarkers =\n    root: r\n    tun: t\n")
    pytester.makeconftest(CONFTEST.read_text())
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return pytester


@pytest.mark.parametrize("mark", ["root", "tun"])
def test_a_privileged_skip_fails_as_root_in_ci(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, mark: str
) -> None:
    monkeypatch.setenv("CI", "true")
    project.makepyfile(SKIPS.format(mark=mark))
    result = project.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["error: skipped, but must run*::test_privileged"])
    result.stdout.no_fnmatch_line("error: skipped*::test_plain")


def test_elsewhere_a_skip_is_a_skip(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.makepyfile(SKIPS.format(mark="root"))
    monkeypatch.setenv("CI", "false")
    assert project.runpytest_inprocess().ret == pytest.ExitCode.OK
    monkeypatch.setenv("CI", "true")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    result = project.runpytest_inprocess("-rs")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*needs root*"])
