"""What TCP shows of a host and the path. Mirrors `netsonde-probe/src/record/tcp.rs`."""

from enum import IntFlag, StrEnum

from netsonde.model import _view
from netsonde.model._base import Address, Record, UInt8, UInt16, UInt32, UInt64
from netsonde.model._reply import Reply
from netsonde.model._trace import StopReason


class TcpFlags(IntFlag):
    """Flags of a segment (RFC 9293, RFC 3168)."""

    FIN = 0x01
    SYN = 0x02
    RST = 0x04
    PSH = 0x08
    ACK = 0x10
    URG = 0x20
    ECE = 0x40
    CWR = 0x80


class PortState(StrEnum):
    """What a SYN to a port gets: a SYN-ACK, a reset, an ICMP error, or nothing."""

    OPEN = "open"
    CLOSED = "closed"
    UNREACHABLE = "unreachable"
    SILENT = "silent"


class TcpFeature(StrEnum):
    """What became of something that a SYN offered.

    A copy of the offer is `mirrored`: no host that knows the feature would send it.
    """

    NOT_OFFERED = "not-offered"
    REFUSED = "refused"
    ACCEPTED = "accepted"
    MIRRORED = "mirrored"


class SegmentOption(Record, frozen=True, kw_only=True):
    """One option of a segment.

    Attributes:
        kind: As IANA numbers them.
        data: What follows kind and length, in hexadecimal.
    """

    kind: UInt8
    data: str


class TcpSegment(Record, frozen=True, kw_only=True):
    """The fields of a segment in which hosts differ.

    Attributes:
        flags: 12 bits, see `TcpFlags`; the reserved ones included.
        window: Receive window, not scaled.
        urgent: Urgent pointer.
        options: In order, padding left out.
    """

    flags: UInt16 = 0
    window: UInt16 = 0
    urgent: UInt16 = 0
    options: tuple[SegmentOption, ...] = ()


class TcpHandshake(Record, frozen=True, kw_only=True):
    """One handshake, given up after its second segment. Features are None without a SYN-ACK.

    Attributes:
        state: What the SYN got.
        offered: What the SYN had.
        answered: What the SYN-ACK or reset had.
        reply: The reply itself.
        plain: Where the SYN was not answered: what a SYN with no option but the segment size got.
        mptcp: Multipath TCP.
        mptcp_version: The version that the SYN-ACK names.
        ecn: Explicit congestion notification.
        sack: Selective acknowledgments; a copy cannot be told from an answer.
        timestamps: Timestamps.
        window_scaling: Window scaling; a copy cannot be told from an answer.
        fast_open: Fast Open: accepted where a cookie came.
        window_shift: By which power of two the host shifts its window.
        mss: The host's maximum segment size, in bytes.

    Source:
        RFC 8684 (Multipath TCP), RFC 3168 (ECN), RFC 7323 (timestamps, window scaling), RFC 2018
        (selective acknowledgments), RFC 7413 (Fast Open).
    """

    state: PortState
    offered: TcpSegment
    answered: TcpSegment | None = None
    reply: Reply | None = None
    plain: PortState | None = None
    mptcp: TcpFeature | None = None
    mptcp_version: UInt8 | None = None
    ecn: TcpFeature | None = None
    sack: TcpFeature | None = None
    timestamps: TcpFeature | None = None
    window_scaling: TcpFeature | None = None
    fast_open: TcpFeature | None = None
    window_shift: UInt8 | None = None
    mss: UInt16 | None = None


class QuoteReach(StrEnum):
    """How far into a probe a quote goes: ports and sequence number, the header, or all options."""

    PORTS = "ports"
    HEADER = "header"
    OPTIONS = "options"


class TcpField(StrEnum):
    """A field of a SYN on its way."""

    SOURCE_ADDRESS = "source-address"
    DESTINATION_ADDRESS = "destination-address"
    DSCP = "dscp"
    ECN = "ecn"
    FLOW_LABEL = "flow-label"
    IP_ID = "ip-id"
    DONT_FRAGMENT = "dont-fragment"
    TOTAL_LENGTH = "total-length"
    SOURCE_PORT = "source-port"
    DESTINATION_PORT = "destination-port"
    SEQUENCE = "sequence"
    ACKNOWLEDGMENT = "acknowledgment"
    FLAGS = "flags"
    WINDOW = "window"
    CHECKSUM = "checksum"
    URGENT = "urgent"
    OPTION = "option"
    OPTION_ORDER = "option-order"


class TcpEdit(StrEnum):
    """What was done to a field; a `blanked` option has no-operations in its place."""

    CHANGED = "changed"
    REMOVED = "removed"
    BLANKED = "blanked"
    ADDED = "added"


class TcpCause(StrEnum):
    """Who may have made a change.

    `marking`: any router may set DSCP and ECN. `translation`: addresses or ports.
    `consequence`: lengths and checksums follow other changes. `quote`: one router's quote alone has
    it. `middlebox`: something that changes segments.
    """

    MARKING = "marking"
    TRANSLATION = "translation"
    CONSEQUENCE = "consequence"
    QUOTE = "quote"
    MIDDLEBOX = "middlebox"


class TcpDifference(Record, frozen=True, kw_only=True):
    """In what a quote differs from the probe.

    Attributes:
        field: Where.
        option: Kind of the option.
        edit: How.
        sent: Value sent: a decimal number, an address, or an option's data in hexadecimal.
        quoted: Value quoted, alike.
    """

    field: TcpField
    option: UInt8 | None = None
    edit: TcpEdit
    sent: str | None = None
    quoted: str | None = None

    def __str__(self) -> str:
        number = "" if self.option is None else f"-{self.option}"
        return f"{self.field}{number}:{self.edit}"


class TcpHop(Record, frozen=True, kw_only=True):
    """One TTL of the path.

    Attributes:
        probe_ttl: TTL of the probes.
        sent: Probes sent with this TTL.
        reply: The reply; None: silent.
        quoted: Bytes of the probe that the reply quotes; None where it quotes none.
        reach: Up to which field these go.
        differences: In what the quote differs from the probe, but for TTL and IP checksum.
    """

    probe_ttl: UInt8
    sent: UInt8
    reply: Reply | None = None
    quoted: UInt16 | None = None
    reach: QuoteReach | None = None
    differences: tuple[TcpDifference, ...] = ()


class TcpChange(Record, frozen=True, kw_only=True):
    """One change of the SYN on its way.

    Attributes:
        field: Where.
        option: Kind of the option.
        edit: How.
        sent: Value sent, as in `TcpDifference`, of the first probe that shows the change.
        quoted: Value quoted, alike.
        cause: By what, as far as it shows.
        after_ttl: The last TTL before it whose quote goes so far and does not have it; None: none.
        first_ttl: The first TTL whose quote shows it: it was made between the two.
        ttls: All TTLs whose quote shows it.
        lasts: Whether every later quote that goes so far has the field changed too.
    """

    field: TcpField
    option: UInt8 | None = None
    edit: TcpEdit
    sent: str | None = None
    quoted: str | None = None
    cause: TcpCause
    after_ttl: UInt8 | None = None
    first_ttl: UInt8
    ttls: tuple[UInt8, ...] = ()
    lasts: bool


class TcpResult(Record, frozen=True, kw_only=True, tag_field="type", tag="tcp"):
    """What one TCP port and the path to it showed.

    Attributes:
        target: Address measured.
        source: Address measured from.
        destination_port: Port asked.
        handshake: What became of a SYN that offers much.
        hops: One per TTL, if the path was asked for.
        changes: What quotes show to be changed on the way, in the order of the hops.
        stop: Why the path ended; None if it was not asked for.
        sent: SYNs sent.
        resets: Resets sent to give up what a SYN had opened.
        incomplete: True when a budget or the deadline cut it short.
        started_ns: Start on the vantage's monotonic clock, in nanoseconds.
        ended_ns: End on the same clock, in nanoseconds.

    Source:
        Detal et al., "Revealing middlebox interference with tracebox", IMC 2013.
    """

    target: Address
    source: Address
    destination_port: UInt16
    handshake: TcpHandshake
    hops: tuple[TcpHop, ...] = ()
    changes: tuple[TcpChange, ...] = ()
    stop: StopReason | None = None
    sent: UInt32 = 0
    resets: UInt32 = 0
    incomplete: bool = False
    started_ns: UInt64 = 0
    ended_ns: UInt64 = 0

    @property
    def reached(self) -> bool:
        """True if the target itself answered, with whatever."""
        replies = (self.handshake.reply, *(hop.reply for hop in self.hops))
        return any(reply is not None and reply.responder == self.target for reply in replies)

    @property
    def middleboxes(self) -> tuple[TcpChange, ...]:
        """The changes that no router and no translator would make."""
        return tuple(change for change in self.changes if change.cause is TcpCause.MIDDLEBOX)

    def removal(self, option: int) -> TcpChange | None:
        """Return the change that takes an option away before the target; None if none is known.

        What is refused then is refused by the path: the host may never have seen the offer.

        Args:
            option: Kind, such as 30 for Multipath TCP.
        """
        gone = (TcpEdit.REMOVED, TcpEdit.BLANKED)
        for change in self.changes:
            is_real = change.cause is not TcpCause.QUOTE
            if change.option == option and change.edit in gone and is_real:
                return change
        return None

    def __str__(self) -> str:
        return _view.text(self._table())

    def _repr_html_(self) -> str:
        return _view.html(self._table())

    def _table(self) -> _view.Table:
        rows = tuple(
            (
                str(hop.probe_ttl),
                "*" if hop.reply is None else hop.reply.responder,
                "" if hop.quoted is None else str(hop.quoted),
                " ".join(str(one) for one in hop.differences),
            )
            for hop in self.hops
        )
        return _view.Table(
            title=f"tcp to {self.target} port {self.destination_port}: {self.handshake.state}",
            columns=("hop", "address", "quoted", "differences"),
            rows=rows,
            footer=f"{_view.count(self.sent, 'probe')} sent",
        )
