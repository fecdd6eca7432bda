"""The command itself: help, version, errors and statuses."""

import re
import subprocess
import sys

import pytest

from netsonde import _core
from netsonde.cli import _main
from netsonde.measure import OptionError
from netsonde.model import FormatError, HostError, NetsondeError, UsageError
from tests.cli.commands import netsonde


def test_help_lists_every_command_and_status_and_imports_none() -> None:
    ran = netsonde("--help")
    assert ran.status == 0
    for name, lazy in _main.COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(lazy.summary)}", ran.out, re.MULTILINE)
    for status, meaning in _main.EXIT_STATUSES.items():
        assert f"{status}  {meaning}" in ran.out


def test_help_imports_neither_tables_nor_records() -> None:
    program = "import sys; from netsonde.cli import _main; _main.run(['--help']); "
    program += "print(sorted({'rich', 'msgspec', 'netsonde._core'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.decode().splitlines()[-1] == "[]"


def test_the_version_is_that_of_the_core() -> None:
    assert netsonde("--version") == (0, f"netsonde {_core.VERSION}\n", "")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NetsondeError("m", "h"), 1),
        (UsageError("m", "h"), 2),
        (HostError("m", "h"), 4),
        (FormatError("m", "h"), 5),
    ],
)
def test_errors_of_ours_are_a_message_a_hint_and_a_status(
    error: Exception, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _main.explain(error) == status
    assert capsys.readouterr().err == "error: m\nhint: h\n"


def test_an_option_is_named_by_its_flag(capsys: pytest.CaptureFixture[str]) -> None:
    assert _main.explain(OptionError("last_ttl", "no less than first_ttl", "3")) == 2
    message, hint = capsys.readouterr().err.splitlines()
    assert message == "error: --last-ttl: expected no less than --first-ttl, found 3"
    assert hint.startswith("hint: ")


def test_a_defect_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError):
        _main.explain(ZeroDivisionError())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "error: no such command 'nonsense'"),
        (["trace", "--nonsense"], "error: no such option '--nonsense'"),
        (["trace", "--attempts", "0", "x"], "error: invalid value for '-q' / '--attempts': 0 is"),
        (["trace", "--attempts"], "error: option '--attempts' requires an argument"),
    ],
)
def test_a_wrong_command_line_is_one_message_and_one_hint(
    arguments: list[str], message: str
) -> None:
    ran = netsonde(*arguments)
    assert ran.status == 2
    first, second = ran.err.splitlines()
    assert first.startswith(message)
    assert second.startswith("hint: `netsonde")
    assert not ran.out


def test_a_reader_that_has_enough_is_no_error() -> None:
    import subprocess

    program = f"{sys.executable} -c 'from netsonde.cli import main; main()' schema | head -1"
    done = subprocess.run(program, shell=True, capture_output=True, check=False)
    assert done.stdout == b"{\n"
    assert done.stderr == b""


#: What costs much to import, and nobody needs to send a probe.
HEAVY = {"duckdb", "pyarrow", "dns", "rich", "jinja2", "maxminddb", "sqlite3", "html"}


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (["--version"], set()),
        (["trace", "5.2.0.1", "--lab", "plain", "--json"], set()),
        (["ping", "127.0.0.1", "--allow-special-purpose", "--privilege=none", "--json"], set()),
        (["trace", "5.2.0.1", "--lab", "plain"], {"rich"}),
    ],
)
def test_commands_import_only_what_they_use(arguments: list[str], allowed: set[str]) -> None:
    program = (
        "import sys; from netsonde.cli._main import run; status = run(sys.argv[1:]); "
        "print(*sys.modules, file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in ran.stderr.split()}
    assert loaded & HEAVY == allowed
    if arguments == ["--version"]:
        assert not loaded & {"asyncio", "msgspec"}
