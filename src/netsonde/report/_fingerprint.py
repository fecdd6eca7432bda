"""Fingerprints for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from netsonde.model import FingerprintMethod
from netsonde.report import _words
from netsonde.report._known import Known, nothing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netsonde.model import FingerprintResult, Identification, SnmpEngine

_DAY_S = 86_400


def fingerprint_lines(
    result: FingerprintResult,
    *,
    name: str = "",
    verbose: bool = False,
    known: Known = nothing,
    identified: Iterable[Identification] = (),
) -> list[Text]:
    """Return what is known of an address: one line per method, and the replies if `verbose`.

    Args:
        result: What it answered.
        name: What the caller called it.
        verbose: Tell more.
        known: What others know of it.
        identified: Who may have made it.
    """
    named = f"{name} ({result.target})" if name and name != result.target else result.target
    lines = [Text().append("fingerprint of ").append(named, "bold")]
    if note := _words.safe(known(result.target)):
        lines[0].append(f", {note}", "cyan")
    if result.ttl is not None:
        lines.append(Text(f"  ttl     {result.ttl} echo reply, unreachable, reset"))
    if FingerprintMethod.SNMPV3 in result.methods:
        said = _engine(result.snmp) if result.snmp else "no answer"
        lines.append(Text(f"  snmpv3  {said}"))
    if FingerprintMethod.LFP in result.methods:
        lines.append(Text(f"  lfp     {result.lfp.text if result.lfp else 'no answer'}"))
    for one in identified:
        lines.append(Text(f"  vendor  by {one.evidence}: {_words.safe(str(one))}", "cyan"))
    for each in result.replies if verbose else ():
        words = [each.reply.kind.value, f"TTL {each.reply.reply_ttl}", f"{each.reply.size} bytes"]
        words += [f"IP-ID {each.reply.ip_id}"] if each.reply.ip_id is not None else []
        lines.append(Text(f"  {each.probe.value:7} {', '.join(words)}", "dim"))
    words = [_words.plural(result.sent, "probe"), f"{len(result.replies)} answered"]
    words += ["cut short"] if result.incomplete else []
    lines.append(Text(", ".join(words), "green" if result.reached else "yellow"))
    return lines


def _engine(engine: SnmpEngine) -> str:
    who = engine.vendor or (f"enterprise {engine.enterprise}" if engine.enterprise else "unknown")
    words = [who, f"engine {engine.engine_id or 'without a name'}"]
    unique = engine.mac or engine.address or (_words.safe(engine.text) if engine.text else "")
    words += [unique] if unique else []
    days, rest = divmod(engine.engine_time, _DAY_S)
    up = f"{days} d {rest // 3600} h" if days else f"{rest} s"
    return ", ".join([*words, _words.plural(engine.engine_boots, "start"), f"up {up}"])
