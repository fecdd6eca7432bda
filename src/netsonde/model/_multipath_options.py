"""How to find all paths to a target. Mirrors `netsonde-probe/src/job/multipath.rs`."""

from enum import StrEnum
from typing import Annotated

import msgspec

from netsonde.model._base import Positive8, Positive16, Positive32, Record, UInt8, UInt16

_Percent = Annotated[float, msgspec.Meta(ge=50, le=99.99)]


class MultipathMethod(StrEnum):
    """The probe, and the field of it that tells flows apart."""

    ICMP_ECHO = "icmp-echo"
    UDP_SPORT = "udp-sport"
    UDP_DPORT = "udp-dport"
    TCP_SPORT = "tcp-sport"
    TCP_ACK_SPORT = "tcp-ack-sport"


class Algorithm(StrEnum):
    """How flows are chosen: hop by hop where that is enough, or node by node everywhere."""

    MDA_LITE = "mda-lite"
    MDA = "mda"


class MultipathOptions(Record, frozen=True, kw_only=True):
    """How to find all paths to a target.

    Attributes:
        method: Probe and field that tells flows apart: icmp-echo (checksum), udp-sport, udp-dport,
            tcp-sport or tcp-ack-sport.
        algorithm: mda-lite (hop by hop, node by node only in diamonds that are meshed or uneven) or
            mda (node by node everywhere).
        confidence: Percent: how sure it is that no next hop is missing, 50 to 99.99.
        branch_points: Branch points that share the confidence: 1 bounds the failure of each, N that
            of all N together.
        meshing_flows: Flows per node with which mda-lite looks for meshing.
        per_packet: Repeat flows at branch points, to tell per-packet balancers from per-flow ones.
        destinations: Other addresses of the target's /24 or /64 that are probed, to find
            per-destination balancers; 0 for none.
        tnt: Run TNT along one flow of every path.
        first_ttl: First TTL probed.
        last_ttl: Last TTL probed.
        attempts: Probes per flow and TTL until one is answered.
        wait_ms: Time a probe is waited for, in milliseconds.
        gap_limit: Silent TTLs in a row after which a branch ends.
        loop_limit: Repeats of an address, not directly after itself, after which a branch ends;
            0 for no limit.
        window: Probes in flight at once towards one target.
        flows_max: Flows at most.
        hop_probes_max: Probes with one TTL at most, repeats for loss not counted.
        size: Whole IP packet, in bytes; raised to the smallest that the method can authenticate.
        tos: Type of service or traffic class.
        destination_port: For udp and tcp; 0 for the method's own (33434 for udp, 80 for tcp). The
            first of the flows of udp-dport.
        vary_flow_label: Give every flow an IPv6 flow label of its own; else all have the same.
    """

    method: MultipathMethod = MultipathMethod.UDP_SPORT
    algorithm: Algorithm = Algorithm.MDA_LITE
    confidence: _Percent = 95.0
    branch_points: Positive16 = 1
    meshing_flows: Positive8 = 2
    per_packet: bool = True
    destinations: UInt8 = 0
    tnt: bool = False
    first_ttl: Positive8 = 1
    last_ttl: Positive8 = 32
    attempts: Positive8 = 3
    wait_ms: Positive32 = 1_000
    gap_limit: Positive8 = 5
    loop_limit: UInt8 = 1
    window: Positive16 = 64
    flows_max: Positive16 = 1_024
    hop_probes_max: Positive32 = 1_024
    size: UInt16 = 60
    tos: UInt8 = 0
    destination_port: UInt16 = 0
    vary_flow_label: bool = False
