"""A ping for people."""

from __future__ import annotations

from statistics import fmean, pstdev
from typing import TYPE_CHECKING

from rich.text import Text

from netsonde.model import Target
from netsonde.report import _words
from netsonde.report._known import Known, nothing

if TYPE_CHECKING:
    from netsonde.model import PingMethod, PingReply, PingResult, Reply


def ping_reply_line(event: PingReply) -> Text:
    """Return one reply as one line."""
    return _reply_line(event.reply, event.target)


def ping_heading(target: Target, method: PingMethod, *, name: str = "") -> Text:
    """Return the first line of a ping.

    Args:
        target: Whom to ping, and from where.
        method: How.
        name: What the caller called the target.
    """
    address = target.address
    named = f"{name} ({address})" if name and name != address else address
    text = Text().append("ping to ").append(named, "bold").append(f" from {target.source}")
    return text.append(f", {method}", "dim")


def ping_lines(
    result: PingResult, *, name: str = "", live: bool = False, known: Known = nothing
) -> list[Text]:
    """Return a ping as lines: its replies, and a summary.

    Args:
        result: The ping.
        name: What the caller called the target.
        live: The heading and the replies were shown as they came.
        known: What others know of an address.
    """
    lines: list[Text] = []
    if not live:
        target = Target(address=result.target, source=result.source)
        lines.append(ping_heading(target, result.method, name=name))
        lines += [_reply_line(reply, result.target) for reply in result.replies]
    answered = [reply for reply in result.replies if reply.responder == result.target]
    words = [
        f"{result.sent} sent",
        f"{len(answered)} received",
        f"{result.loss:.0%} loss",
    ]
    if errors := len(result.replies) - len(answered):
        words.append(_words.plural(errors, "error"))
    if result.duplicates:
        words.append(_words.plural(result.duplicates, "duplicate"))
    if result.late:
        words.append(f"{result.late} late")
    if result.incomplete:
        words.append("cut short")
    lines.append(Text(", ".join(words), "green" if answered and not result.loss else "yellow"))
    if times := result.rtts_ms:
        numbers = (min(times), fmean(times), max(times), pstdev(times))
        values = "/".join(f"{number:.3f}" for number in numbers)
        lines.append(Text(f"rtt min/avg/max/sdev {values} ms"))
    for address in dict.fromkeys(reply.responder for reply in result.replies):
        if note := _words.safe(known(address)):
            lines.append(Text(f"{address} is {note}", "cyan"))
    return lines


def _reply_line(reply: Reply, target: str) -> Text:
    final = reply.responder == target
    text = Text().append(f"{reply.attempt:>3}  ").append(reply.responder, "" if final else "yellow")
    text.append(f"  {reply.rtt_ms:.3f} ms", "bold")
    if reply.reply_ttl is not None:
        text.append(f"  TTL {reply.reply_ttl}")
    text.append(f"  {_words.plural(reply.size, 'byte')}", "dim")
    if words := _what(reply, final=final):
        text.append(f"  {words}", "cyan" if final else "yellow")
    return text


def _what(reply: Reply, *, final: bool) -> str:
    if reply.kind.value == "time-exceeded":
        return "time exceeded"
    return _words.reply(reply, final=final)
