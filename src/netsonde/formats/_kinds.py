"""What replies are, from the numbers that files of other tools have."""

from __future__ import annotations

from netsonde.model import ReplyKind

_KINDS_V4 = {
    0: ReplyKind.ECHO_REPLY,
    3: ReplyKind.UNREACHABLE,
    5: ReplyKind.REDIRECT,
    11: ReplyKind.TIME_EXCEEDED,
    12: ReplyKind.PARAMETER_PROBLEM,
}
_KINDS_V6 = {
    1: ReplyKind.UNREACHABLE,
    2: ReplyKind.PACKET_TOO_BIG,
    3: ReplyKind.TIME_EXCEEDED,
    4: ReplyKind.PARAMETER_PROBLEM,
    129: ReplyKind.ECHO_REPLY,
    137: ReplyKind.REDIRECT,
}
_FRAGMENTATION_NEEDED = (3, 4)
_RST, _SYN = 0x04, 0x02


def icmp_kind(icmp_type: int | None, icmp_code: int | None, *, v6: bool) -> ReplyKind:
    """Return what an ICMP message is; what netsonde has no word for is "unreachable"."""
    if v6:
        return _KINDS_V6.get(icmp_type or 0, ReplyKind.UNREACHABLE)
    if (icmp_type, icmp_code) == _FRAGMENTATION_NEEDED:
        return ReplyKind.PACKET_TOO_BIG
    return _KINDS_V4.get(icmp_type or 0, ReplyKind.UNREACHABLE)


def tcp_kind(flags: int | None) -> ReplyKind:
    """Return what a TCP segment is, by its flags."""
    is_syn = (flags or 0) & _SYN and not (flags or 0) & _RST
    return ReplyKind.TCP_SYN_ACK if is_syn else ReplyKind.TCP_RST
