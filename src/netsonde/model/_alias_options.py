"""How to look for aliases. Mirrors `netsonde-probe/src/job/alias.rs`."""

from enum import StrEnum
from typing import Annotated

import msgspec

from netsonde.model._base import Record, UInt16, UInt32

_Positive8 = Annotated[int, msgspec.Meta(ge=1, le=255)]
_Positive32 = Annotated[int, msgspec.Meta(ge=1, le=4_294_967_295)]


class AliasMethod(StrEnum):
    """How aliases are told from strangers."""

    AUTO = "auto"
    MERCATOR = "mercator"
    ALLY = "ally"
    MIDAR = "midar"
    RADARGUN = "radargun"
    PREFIXSCAN = "prefixscan"
    SPEEDTRAP = "speedtrap"


class AliasProbe(StrEnum):
    """The probes from whose replies identifications are read."""

    AUTO = "auto"
    ICMP = "icmp"
    UDP = "udp"
    TCP_ACK = "tcp-ack"


class AliasOptions(Record, frozen=True, kw_only=True):
    """How to look for aliases.

    Attributes:
        method: mercator, ally, midar, radargun, prefixscan (targets are hops in path order) or
            speedtrap (IPv6); auto is mercator, then midar over IPv4 and speedtrap over IPv6.
        probe: Probe whose replies show the IP identification: icmp echo, udp or tcp-ack; auto
            takes for each address the first of them that shows a counter. Not for mercator and
            speedtrap.
        attempts: Mercator: probes per address until one is answered.
        wait_ms: Time a probe is waited for, in milliseconds.
        gap_ms: Time between two probes of one pair or set, in milliseconds; 0 for as long as
            replies take, at least 150 with ally and prefixscan, 20 with midar and speedtrap.
        interval_ms: Time between two probes of one address, in milliseconds, where all
            addresses are probed in turn; the rate may make it longer.
        samples: Probes per address to estimate its counter, and again in each window of the
            elimination; those of radargun. 5 to 1000.
        rounds: Repeats of the test of a pair or set, all of which must be passed.
        round_gap_ms: Time between two of them, in milliseconds.
        fudge: Ally: largest step between identifications in sequence; 0 for any step forward.
        shuffle: Ally: draw who of a pair goes first, turn by turn.
        byte_swap: Read counters that are written in the wrong byte order too.
        near: Radargun: mean distance up to which two addresses are aliases.
        far: Radargun: mean distance from which they are not.
        false_positive_ppm: Midar and speedtrap: pairs that a stranger would pass more often than
            this, in millionths, stay unknown.
        prefix_len: Prefixscan: shortest prefix in which the other end of a hop's link is looked
            for, 24 to 31; over IPv6 96 is added.
        destination_port: Of udp and tcp-ack probes; 0 for 33434 and 80.
        all_pairs: List pairs that were told apart in passing too, instead of counting them.
    """

    method: AliasMethod = AliasMethod.AUTO
    probe: AliasProbe = AliasProbe.AUTO
    attempts: _Positive8 = 3
    wait_ms: _Positive32 = 1_000
    gap_ms: UInt32 = 0
    interval_ms: UInt32 = 500
    samples: Annotated[int, msgspec.Meta(ge=5, le=1_000)] = 10
    rounds: _Positive8 = 3
    round_gap_ms: UInt32 = 2_000
    fudge: UInt16 = 200
    shuffle: bool = False
    byte_swap: bool = True
    near: UInt16 = 200
    far: UInt16 = 1_000
    false_positive_ppm: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 100
    prefix_len: Annotated[int, msgspec.Meta(ge=24, le=31)] = 30
    destination_port: UInt16 = 0
    all_pairs: bool = False
