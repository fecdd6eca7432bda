"""A DNS result for people, in the words that dig and host have made familiar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from netsonde.model import DnsOutcome
from netsonde.report import _words
from netsonde.report._layout import Cell, Column, line

if TYPE_CHECKING:
    from netsonde.model import DnsAttempt, DnsRecord, DnsResult

_NAME_WIDTH_MAX = 40
_OUTCOMES = {
    DnsOutcome.ANSWERED: "answered",
    DnsOutcome.TRUNCATED: "truncated",
    DnsOutcome.TIMEOUT: "no reply in time",
    DnsOutcome.REFUSED: "refused by the server's host",
    DnsOutcome.UNREACHABLE: "unreachable",
    DnsOutcome.MALFORMED: "malformed reply",
}


def dns_lines(result: DnsResult, width: int, *, verbose: bool = False) -> list[Text]:
    """Return a DNS result as lines: one per record, and a summary.

    Args:
        result: What the servers said.
        width: Columns of the terminal.
        verbose: Tell every attempt, and the other sections, too.
    """
    heading = Text().append(f"{result.query} ").append(_words.safe(result.name), "bold")
    heading.append(f" from {result.server}", "dim")
    lines = [heading, *_section(result.answers, width)]
    if verbose:
        for title, records in (("authority", result.authority), ("additional", result.additional)):
            if records:
                lines += [Text(f"{title}:", "dim"), *_section(records, width)]
        lines += [Text(_attempt(number, each), "dim") for number, each in _numbered(result)]
    return [*lines, _footer(result)]


def _section(records: tuple[DnsRecord, ...], width: int) -> list[Text]:
    longest = max((len(record.name) for record in records), default=0)
    columns = [
        Column("name", min(_NAME_WIDTH_MAX, longest)),
        Column("ttl", 7, "right"),
        Column("type", 6),
    ]
    lines: list[Text] = []
    for record in records:
        cells = [Cell(_words.safe(record.name)), Cell(str(record.ttl), "dim"), Cell(record.type)]
        lines += line(columns, cells, Cell(_words.safe(record.data), "cyan"), width)
    return lines


def _numbered(result: DnsResult) -> list[tuple[int, DnsAttempt]]:
    return list(enumerate(result.attempts, 1))


def _attempt(number: int, attempt: DnsAttempt) -> str:
    words = [f"query {number} to {attempt.server} by {attempt.transport}"]
    words.append(_OUTCOMES[attempt.outcome])
    if attempt.connect_ns is not None:
        words.append(f"connected in {attempt.connect_ns / 1e6:.2f} ms")
    if attempt.rtt_ns is not None:
        words.append(f"{attempt.rtt_ns / 1e6:.2f} ms")
    if attempt.mismatched:
        words.append(_words.plural(attempt.mismatched, "other packet"))
    return ", ".join(words)


def _footer(result: DnsResult) -> Text:
    count = len(result.attempts)
    queries = "1 query" if count == 1 else f"{count} queries"
    if result.status is None:
        last = _OUTCOMES[result.attempts[-1].outcome] if result.attempts else "nothing sent"
        return Text(f"{last}, {queries}", "yellow")
    words = [result.status, " ".join(result.flags)]
    words.append("" if result.rtt_ms is None else f"{result.rtt_ms:.2f} ms")
    words += [f"{result.size} bytes", f"by {result.attempts[-1].transport}", queries]
    words.append(f"server {_words.safe(result.nsid)}" if result.nsid else "")
    good = result.status == "NOERROR"
    return Text(", ".join(word for word in words if word), "green" if good else "yellow")
