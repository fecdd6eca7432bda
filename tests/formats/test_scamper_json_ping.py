"""Pings as JSON, where scamper's own program makes something of them."""

from pathlib import Path
from typing import Any

from netsonde import formats
from netsonde.formats import ScamperPing, ScamperPingReply
from tests.formats.samples import CYCLE, write
from tests.formats.test_scamper_json import AROUND, oracle, utc

__all__ = ["utc"]


def test_odd_pings_are_shown_as_scamper_shows_them(tmp_path: Path) -> None:
    def ping(*replies: ScamperPingReply, **fields: Any) -> ScamperPing:
        return ScamperPing(**{"sent": 3, "wait_s": 3, **AROUND, **fields}, replies=replies)

    def reply(**fields: Any) -> ScamperPingReply:
        return ScamperPingReply(**{"address": "9.9.9.9", "flags": 1, **fields})

    records: list[formats.Record] = [CYCLE]
    records += [ping(method=number) for number in range(11)]
    records += [ping(flags=1 << bit, payload=b"ab") for bit in range(8)]
    records += [
        ping(timeout_s=2, wait_us=5_000, flags_16=0x100, icmp_checksum=5),
        ping(method=6, tcp_sequence=4, tcp_ack=9, source_port=3, destination_port=5),
        ping(*(reply(rtt_us=rtt, probe_id=n) for n, rtt in enumerate((1_000, 3_333, 2_001)))),
        ping(*(reply(rtt_us=rtt, probe_id=n % 2) for n, rtt in enumerate((7, 31, 200)))),
        ping(reply(protocol=6, tcp_flags=18), reply(protocol=17, probe_id=1), sent=7),
        ping(
            reply(address="2a00::1", icmp_type=129, icmp_code=0, ip_id_32=4, sent_us=1_000_005),
            source="2a00::2",
            target="2a00::1",
        ),
        ping(reply(probe_ip_id=5, ip_id=6, reply_ttl=4, reply_size=8, reply_tos=9)),
    ]
    assert write(records, "scamper-json").decode().splitlines() == oracle(records, tmp_path)
