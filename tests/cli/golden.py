"""Files that must follow the code: what commands print, the manual page, the schema page.

`python -m tests.cli.golden` rewrites them; review the difference as code.
"""

from collections.abc import Callable
from pathlib import Path

from netsonde.cli._main import EXIT_STATUSES
from tests.cli.commands import netsonde
from tests.cli.schema_page import (
    alias_page,
    fingerprint_page,
    multipath_page,
    options_page,
    records_page,
    schema_page,
    tcp_page,
)
from tests.cli.tables_page import tables_page

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "golden"

#: What each file shows.
COMMANDS = {
    "ping.txt": "ping 5.2.0.1 --lab plain -c 3",
    "ping-json.txt": "ping 5.2.0.1 --lab plain -c 1 --json",
    "trace.txt": "trace 5.2.0.1 --lab explicit-php",
    "trace-ipv6.txt": "trace -6 host --lab explicit-php --verbose",
    "trace-every-attempt.txt": "trace 5.2.0.1 --lab lossy --all-attempts --attempts 10",
    "tnt-brpr.txt": "tnt 5.2.0.1 --lab invisible-php-brpr",
    "tnt-verbose.txt": "tnt 5.2.0.1 --lab invisible-uhp --verbose",
    "tnt-two-tunnels.txt": "tnt 5.2.0.1 --lab two-tunnels",
    "tnt-silent-lsr.txt": "tnt 5.2.0.1 --lab silent-lsr-dpr",
    "multipath.txt": "multipath 5.2.0.1 --lab ecmp-before --verbose",
    "multipath-per-packet.txt": "multipath 5.2.0.1 --lab ecmp-per-packet",
    "fingerprint.txt": "fingerprint 5.1.0.2 5.1.1.2 5.1.2.2 --lab agents -m ttl,snmpv3,lfp",
    "tcp.txt": "tcp -4 host --lab middleboxes",
    "tcp-ipv6.txt": "tcp -6 host --lab middleboxes --verbose",
    "tcp-hosts.txt": "tcp -4 new old copying host --lab tcp-hosts --no-path",
    "tnt-many.txt": "tnt 5.2.0.1 5.1.6.2 --lab opaque",
    "alias.txt": "alias 5.1.0.2 5.1.1.1 5.1.1.2 5.1.2.1 5.1.2.2 --lab plain --verbose",
    "alias-nodes.txt": "alias 5.1.0.2 5.1.1.1 5.1.1.2 --lab plain --nodes",
    "tnt-ipv6.txt": "tnt -6 host --lab invisible-php-dpr",
}


def files() -> dict[Path, Callable[[], str]]:
    """Return every file, and what makes its content."""
    made: dict[Path, Callable[[], str]] = {
        FOLDER / name: lambda line=line: _transcript(line)  # type: ignore[misc]
        for name, line in COMMANDS.items()
    }
    made[ROOT / "man/data/share/man/man1/netsonde.1"] = lambda: netsonde("man").out
    made[ROOT / "docs/reference/schema.md"] = schema_page
    made[ROOT / "docs/reference/records.md"] = records_page
    made[ROOT / "docs/reference/records-fingerprint.md"] = fingerprint_page
    made[ROOT / "docs/reference/records-multipath.md"] = multipath_page
    made[ROOT / "docs/reference/records-tcp.md"] = tcp_page
    made[ROOT / "docs/reference/tables.md"] = tables_page
    made[ROOT / "docs/reference/options.md"] = options_page
    made[ROOT / "docs/reference/records-alias.md"] = alias_page
    made[ROOT / "docs/reference/exit-status.md"] = _exit_status_page
    return made


def _transcript(line: str) -> str:
    ran = netsonde(*line.split())
    assert not ran.err, ran.err
    status = f"(exit status {ran.status})\n" if ran.status else ""
    return f"$ netsonde {line}\n{ran.out}{status}"


def _exit_status_page() -> str:
    rows = "\n".join(f"| {status} | {meaning} |" for status, meaning in EXIT_STATUSES.items())
    return f"""\
# Exit status

Every command ends with one of these. If several are due, interruption wins, then what is wrong
with the targets, then a target that did not reply.

| status | meaning |
| --- | --- |
{rows}

An error is one line `error: ...` and, where something can be done about it, one line `hint: ...`,
both on standard error. Results are on standard output, also when the status is not 0: a
malformed line of a target file is told with its number, and the other targets are measured.
"""


if __name__ == "__main__":
    for path, make in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make())
