"""What a router's answers say of its maker. Mirrors `netsonde-probe/src/record/fingerprint.rs`."""

from enum import StrEnum
from typing import Annotated

import msgspec

from netsonde.model import _view
from netsonde.model._base import Address, Record, UInt8, UInt16, UInt32, UInt64
from netsonde.model._enterprises import ENTERPRISES
from netsonde.model._reply import Reply

_Positive8 = Annotated[int, msgspec.Meta(ge=1, le=255)]
_Positive16 = Annotated[int, msgspec.Meta(ge=1, le=65_535)]
_Positive32 = Annotated[int, msgspec.Meta(ge=1, le=4_294_967_295)]


class FingerprintMethod(StrEnum):
    """What is asked of a router: 3 probes for ttl, 1 for snmpv3, 9 for lfp."""

    TTL = "ttl"
    SNMPV3 = "snmpv3"
    LFP = "lfp"


class FingerprintOptions(Record, frozen=True, kw_only=True):
    """How to fingerprint.

    Attributes:
        methods: What to ask, of ttl, snmpv3 and lfp.
        attempts: Probes per question until one is answered.
        wait_ms: Time a probe is waited for, in milliseconds.
        closed_port: Destination port of UDP and TCP probes; it should be closed.
        snmp_port: Destination port of SNMPv3 discoveries.
    """

    methods: tuple[FingerprintMethod, ...] = (FingerprintMethod.TTL,)
    attempts: _Positive8 = 2
    wait_ms: _Positive32 = 1_000
    closed_port: _Positive16 = 33_533
    snmp_port: _Positive16 = 161


class TtlSignature(Record, frozen=True, kw_only=True):
    """The TTLs that replies started with, as far as hosts use them: 32, 64, 128 or 255.

    Attributes:
        echo_reply: Of echo replies.
        unreachable: Of destination unreachable.
        tcp_rst: Of TCP resets.

    Source:
        Vanaubel et al., "Network fingerprinting: TTL-based router signatures", IMC 2013.
    """

    echo_reply: UInt8 | None = None
    unreachable: UInt8 | None = None
    tcp_rst: UInt8 | None = None

    def __str__(self) -> str:
        parts = (self.echo_reply, self.unreachable, self.tcp_rst)
        return f"<{','.join('*' if part is None else str(part) for part in parts)}>"


class SnmpEngine(Record, frozen=True, kw_only=True):
    """What an SNMP agent says of itself to anybody.

    Attributes:
        engine_id: Its identifier, in hexadecimal.
        enterprise: IANA's number of who made it; None if the identifier is too short.
        format: The format byte; None in identifiers of the old form.
        address: Of formats 1 and 2: an address of the engine.
        mac: Of format 3: a hardware address, whose first three bytes IEEE gave to a vendor.
        text: Of format 4: what an administrator chose; invalid UTF-8 replaced.
        engine_boots: How often the engine has started.
        engine_time: Seconds since it last did, when the reply was sent.
        received_ns: When the reply came, on the vantage's clock, in nanoseconds.

    Source:
        RFC 3411 and RFC 3414; Albakour et al., "Third time's not a charm: exploiting SNMPv3 for
        router fingerprinting", IMC 2021.
    """

    engine_id: str
    enterprise: UInt32 | None = None
    format: UInt8 | None = None
    address: Address | None = None
    mac: str | None = None
    text: str | None = None
    engine_boots: UInt32 = 0
    engine_time: UInt32 = 0
    received_ns: UInt64 = 0

    @property
    def vendor(self) -> str | None:
        """Who made it, by its enterprise number; None if this netsonde does not know the number."""
        return ENTERPRISES.get(self.enterprise) if self.enterprise is not None else None

    @property
    def oui(self) -> str | None:
        """The first three bytes of the hardware address, such as "00:11:22"."""
        return self.mac[:8] if self.mac else None

    @property
    def started_ns(self) -> int:
        """When the engine last started, on the vantage's clock: negative for most."""
        return self.received_ns - self.engine_time * 1_000_000_000


class IpIdBehaviour(StrEnum):
    """How the IP identification of the replies of one protocol behaves."""

    INCREMENTAL = "incremental"
    RANDOM = "random"
    ZERO = "zero"
    STATIC = "static"
    DUPLICATE = "duplicate"


class LfpVector(Record, frozen=True, kw_only=True):
    """The 15 features of LFP; None where the replies do not tell.

    Attributes:
        icmp_ip_id_echo: Echo replies repeat the identification of the request.
        icmp_ip_id: Behaviour of the identification of echo replies.
        tcp_ip_id: The same of resets.
        udp_ip_id: The same of port unreachable.
        shared_all: All three count with one counter.
        shared_tcp_icmp: TCP and ICMP do.
        shared_udp_icmp: UDP and ICMP do.
        shared_tcp_udp: TCP and UDP do.
        udp_ttl: Initial TTL of port unreachable.
        icmp_ttl: Initial TTL of echo replies.
        tcp_ttl: Initial TTL of resets.
        icmp_size: Bytes of echo replies.
        tcp_size: Bytes of resets.
        udp_size: Bytes of port unreachable.
        rst_sequence: The reset of a SYN has a sequence number other than 0.
        text: All of it in one line: what signature files compare.

    Source:
        Albakour et al., "Illuminating router vendor diversity within providers and along
        network paths", IMC 2023.
    """

    icmp_ip_id_echo: bool | None = None
    icmp_ip_id: IpIdBehaviour | None = None
    tcp_ip_id: IpIdBehaviour | None = None
    udp_ip_id: IpIdBehaviour | None = None
    shared_all: bool | None = None
    shared_tcp_icmp: bool | None = None
    shared_udp_icmp: bool | None = None
    shared_tcp_udp: bool | None = None
    udp_ttl: UInt8 | None = None
    icmp_ttl: UInt8 | None = None
    tcp_ttl: UInt8 | None = None
    icmp_size: UInt16 | None = None
    tcp_size: UInt16 | None = None
    udp_size: UInt16 | None = None
    rst_sequence: bool | None = None
    text: str = ""


class FingerprintProbe(StrEnum):
    """What a probe of a fingerprint is."""

    ICMP = "icmp"
    TCP_ACK = "tcp-ack"
    TCP_SYN = "tcp-syn"
    UDP = "udp"
    SNMPV3 = "snmpv3"


class FingerprintReply(Record, frozen=True, kw_only=True):
    """One probe and its reply.

    Attributes:
        probe: What was asked.
        probe_ip_id: IPv4 identification of the probe.
        sent_ns: When the probe left, on the vantage's clock, in nanoseconds.
        reply: What came.
        tcp_sequence: Sequence number of a TCP reply.
    """

    probe: FingerprintProbe
    probe_ip_id: UInt16 | None = None
    sent_ns: UInt64
    reply: Reply
    tcp_sequence: UInt32 | None = None


class FingerprintResult(Record, frozen=True, kw_only=True, tag_field="type", tag="fingerprint"):
    """What one address answered, and what follows from it.

    Attributes:
        target: Address measured.
        source: Address measured from.
        methods: What was asked.
        ttl: Initial TTLs, if they were asked for.
        snmp: What its SNMP agent says of itself; None if it was not asked, or says nothing.
        lfp: The LFP vector; None if it was not asked for, or nothing answered.
        replies: The evidence: every reply, in the order of the probes.
        sent: Probes sent.
        incomplete: True when a budget or the deadline cut it short.
    """

    target: Address
    source: Address
    methods: tuple[FingerprintMethod, ...]
    ttl: TtlSignature | None = None
    snmp: SnmpEngine | None = None
    lfp: LfpVector | None = None
    replies: tuple[FingerprintReply, ...] = ()
    sent: UInt32 = 0
    incomplete: bool = False

    @property
    def reached(self) -> bool:
        """True if anything was answered."""
        return bool(self.replies)

    def __str__(self) -> str:
        return _view.text(self._table())

    def _repr_html_(self) -> str:
        return _view.html(self._table())

    def _table(self) -> _view.Table:
        rows = tuple(
            (each.probe.value, each.reply.kind.value, str(each.reply.reply_ttl))
            for each in self.replies
        )
        return _view.Table(
            title=f"fingerprint of {self.target}",
            columns=("probe", "reply", "TTL"),
            rows=rows,
            footer=f"{_view.count(self.sent, 'probe')} sent",
        )
