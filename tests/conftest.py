"""What all tests share: Hypothesis profiles, and which tests this machine can run."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

#: Named in `make test` when something that must run here did not.
_MUST_RUN = "netsonde-must-run"

settings.register_profile("dev", deadline=None)
settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "dev")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine lacks the rights for; the reason says which."""
    lacking = {
        "root": None if os.geteuid() == 0 else "needs root",
        "tun": None if Path("/dev/net/tun").exists() else "needs /dev/net/tun",
    }
    for item in items:
        for mark, reason in lacking.items():
            if reason and item.get_closest_marker(mark):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note each skip of a test that has to run where it can: as root in continuous integration."""
    report = yield
    marked = item.get_closest_marker("root") or item.get_closest_marker("tun")
    if marked and report.skipped and not hasattr(report, "wasxfail") and _all_must_run():
        report.user_properties.append((_MUST_RUN, item.nodeid))
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the session when such a test was skipped."""
    if _skipped(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which skips failed the session."""
    for nodeid in _skipped(terminalreporter.config):
        terminalreporter.write_line(f"error: skipped, but must run as root in CI: {nodeid}")


def _all_must_run() -> bool:
    return os.environ.get("CI") == "true" and os.geteuid() == 0


def _skipped(config: pytest.Config) -> list[str]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    reports = reporter.stats.get("skipped", []) if reporter else []
    return [
        str(value)
        for report in reports
        for name, value in getattr(report, "user_properties", [])
        if name == _MUST_RUN
    ]
