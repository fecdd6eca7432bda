"""Replies and what they carry. Mirrors the first part of `netsonde-probe/src/record.rs`."""

from enum import StrEnum

import msgspec

from netsonde.model._base import Address, Record, UInt8, UInt16, UInt32, UInt64


class Label(Record, frozen=True, kw_only=True):
    """One label stack entry (RFC 4950).

    Attributes:
        label: Label, 20 bits.
        tc: Traffic class, 3 bits.
        bottom: True on the last entry of the stack.
        ttl: TTL of the entry, as the router received it.
    """

    label: UInt32
    tc: UInt8
    bottom: bool
    ttl: UInt8

    def __str__(self) -> str:
        return f"L={self.label} TTL={self.ttl}"


class Interface(Record, frozen=True, kw_only=True, tag_field="object", tag="interface"):
    """An interface information object (RFC 5837).

    Attributes:
        role: 0 incoming, 1 sub-IP part of the incoming, 2 outgoing, 3 next hop.
        if_index: Interface index.
        address: Address of the interface.
        name: Name of the interface.
        mtu: MTU of the interface, in bytes.
    """

    role: UInt8
    if_index: UInt32 | None = None
    address: Address | None = None
    name: str | None = None
    mtu: UInt32 | None = None


class Unknown(
    Record, frozen=True, kw_only=True, tag_field="object", tag="unknown", rename={"class_": "class"}
):
    """An ICMP extension object (RFC 4884) that this version does not know, kept raw.

    Attributes:
        class_: Class number; `class` in JSON.
        c_type: Type within the class.
        payload: Payload in hexadecimal.
    """

    class_: UInt8 = msgspec.field(name="class")
    c_type: UInt8
    payload: str


#: An RFC 4884 object other than a label stack.
Extension = Interface | Unknown


class ReplyKind(StrEnum):
    """What came back."""

    ECHO_REPLY = "echo-reply"
    TIME_EXCEEDED = "time-exceeded"
    UNREACHABLE = "unreachable"
    PACKET_TOO_BIG = "packet-too-big"
    PARAMETER_PROBLEM = "parameter-problem"
    REDIRECT = "redirect"
    TCP_SYN_ACK = "tcp-syn-ack"
    TCP_RST = "tcp-rst"
    UDP_REPLY = "udp-reply"


class Reply(Record, frozen=True, kw_only=True):
    """One authenticated reply to one probe.

    Attributes:
        responder: Address that replied.
        kind: What came back.
        attempt: Number of the probe, from 1, within its TTL or ping.
        rtt_ns: Round-trip time, in nanoseconds.
        sent_ns: When the probe left, on the vantage's clock, in nanoseconds; null if not recorded.
        reply_ttl: IP TTL of the reply as received; null where the vantage cannot see it.
        reply_tos: TOS or traffic class of the reply.
        ip_id: IP identification of the reply.
        size: Whole IP packet, in bytes.
        icmp_type: ICMP type; null for TCP and UDP replies.
        icmp_code: ICMP code; null for TCP and UDP replies.
        quoted_ttl: Of errors: IP TTL of the quoted probe; null if the quote is too short.
        quoted_tos: Of errors: TOS or traffic class of the quoted probe.
        mtu: Next-hop MTU, in bytes, of "fragmentation needed" and "packet too big".
        labels: The label stack (RFC 4950), top first.
        extensions: Other extension objects (RFC 4884).
    """

    responder: Address
    kind: ReplyKind
    attempt: UInt32
    rtt_ns: UInt64
    sent_ns: UInt64 | None = None
    reply_ttl: UInt8 | None = None
    reply_tos: UInt8 | None = None
    ip_id: UInt32 | None = None
    size: UInt16
    icmp_type: UInt8 | None = None
    icmp_code: UInt8 | None = None
    quoted_ttl: UInt8 | None = None
    quoted_tos: UInt8 | None = None
    mtu: UInt32 | None = None
    labels: tuple[Label, ...] = ()
    extensions: tuple[Extension, ...] = ()

    @property
    def rtt_ms(self) -> float:
        """Round-trip time, in milliseconds."""
        return self.rtt_ns / 1e6


class Counters(Record, frozen=True, kw_only=True):
    """What a job sent and received, late and foreign packets included.

    Attributes:
        sent: Probes sent.
        received: Replies that are authentic, first and in time.
        late: Authentic replies after the wait was over.
        duplicate: Authentic replies to a probe already answered.
        rejected: Meant for us by address and port, but the keyed fields are wrong.
        unparsed: Packets that could not be parsed as far as their probe identity.
        unrelated: Somebody else's packets.
        refused: Probes that the host's own kernel would not send.
        dropped: Replies that the host lost because they were not read fast enough, as its
            kernel counts them.
        excluded: Destinations refused because the job excludes them, or because a session found
            them and they are reserved.
        uncaptured: Packets that the capture lacks, because its file did not take them.
        frames: Of the probes sent, those that left as Ethernet frames.
        reassembled: Replies that netsonde put together from fragments; for raw sockets the kernel
            does so unseen.
        unfinished: Fragmented packets given up because the rest did not come in time, or for want
            of room.
        overlapped: Fragmented packets thrown away because fragments overlapped, or made no packet.
    """

    sent: UInt64 = 0
    received: UInt64 = 0
    late: UInt64 = 0
    duplicate: UInt64 = 0
    rejected: UInt64 = 0
    unparsed: UInt64 = 0
    unrelated: UInt64 = 0
    refused: UInt64 = 0
    dropped: UInt64 = 0
    excluded: UInt64 = 0
    uncaptured: UInt64 = 0
    frames: UInt64 = 0
    reassembled: UInt64 = 0
    unfinished: UInt64 = 0
    overlapped: UInt64 = 0
