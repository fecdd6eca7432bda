"""Pings of scamper's JSON: what it says is what warts says."""

import pytest

from netsonde import formats
from netsonde.formats import ScamperPing, ScamperPingReply
from tests.formats.samples import CAPTURES, read

SHOWN = (
    "address", "probe_id", "rtt_us", "sent_us", "reply_ttl", "reply_size", "icmp_type", "tcp_flags",
    "probe_ip_id", "ip_id", "route", "stamps",
)  # fmt: skip


def shown(reply: ScamperPingReply) -> list[object]:
    """Return what JSON shows of a reply."""
    return [getattr(reply, field) or 0 for field in SHOWN]


@pytest.mark.parametrize("name", ["ping-methods", "ping-options", "ping-stamps"])
def test_json_says_what_warts_says(name: str) -> None:
    told = read((CAPTURES / f"{name}.json").read_bytes(), "scamper-json")
    known = list(formats.read(CAPTURES / f"{name}.warts"))
    pings = [one for one in told if isinstance(one, ScamperPing)]
    whole = [one for one in known if isinstance(one, ScamperPing)]
    assert len(pings) == len(whole) > 5
    for ping, other in zip(pings, whole, strict=True):
        assert [shown(reply) for reply in ping.replies] == [shown(reply) for reply in other.replies]
        for field in ("started_us", "target", "method", "sent", "payload", "stamp_addresses"):
            assert getattr(ping, field) == getattr(other, field)
