"""What replies are."""

import pytest

from netsonde.formats._kinds import icmp_kind, tcp_kind
from netsonde.model import ReplyKind


@pytest.mark.parametrize(
    ("icmp", "v6", "kind"),
    [
        ((0, 0), False, ReplyKind.ECHO_REPLY),
        ((3, 3), False, ReplyKind.UNREACHABLE),
        ((3, 4), False, ReplyKind.PACKET_TOO_BIG),
        ((11, 0), False, ReplyKind.TIME_EXCEEDED),
        ((99, 0), False, ReplyKind.UNREACHABLE),
        ((3, 4), True, ReplyKind.TIME_EXCEEDED),
        ((2, 0), True, ReplyKind.PACKET_TOO_BIG),
        ((129, 0), True, ReplyKind.ECHO_REPLY),
    ],
)
def test_icmp(icmp: tuple[int, int], v6: bool, kind: ReplyKind) -> None:
    assert icmp_kind(*icmp, v6=v6) is kind


@pytest.mark.parametrize(
    ("flags", "kind"),
    [(0x12, ReplyKind.TCP_SYN_ACK), (0x14, ReplyKind.TCP_RST), (0x16, ReplyKind.TCP_RST)],
)
def test_tcp(flags: int, kind: ReplyKind) -> None:
    assert tcp_kind(flags) is kind
