"""Results of DNS queries."""

from enum import StrEnum
from typing import Annotated

import msgspec

from netsonde.model import _view
from netsonde.model._base import Address, Record, UInt16, UInt32, UInt64

_Positive8 = Annotated[int, msgspec.Meta(ge=1, le=255)]
_Positive16 = Annotated[int, msgspec.Meta(ge=1, le=65_535)]
_Positive32 = Annotated[int, msgspec.Meta(ge=1, le=4_294_967_295)]
_Port = _Positive16


class DnsTransport(StrEnum):
    """What carries a query."""

    UDP = "udp"
    TCP = "tcp"


class DnsType(StrEnum):
    """What is asked of a name."""

    A = "A"
    AAAA = "AAAA"
    PTR = "PTR"
    NS = "NS"
    MX = "MX"
    SOA = "SOA"
    TXT = "TXT"
    CNAME = "CNAME"


class DnsOptions(Record, frozen=True, kw_only=True):
    """How to ask name servers.

    Attributes:
        types: Types asked for each name; of an address the PTR records are asked, whatever this
            says.
        servers: Addresses of the servers, each attempt asks the next one; none for the host's own.
        port: Port of the servers.
        transport: udp or tcp; without it UDP, and TCP after a truncated reply.
        attempts: Queries until one is answered.
        timeout_ms: Time a query is waited for, in milliseconds; with TCP, connecting included.
        recursion_desired: Ask the server to ask others (the RD flag).
        dnssec: Ask for signatures too (the DO flag).
        nsid: Ask which server of many replied (RFC 5001).
        rate_pps: Queries per second over all names; never exceeded in any second.
        in_flight_max: Queries awaiting a reply at once.
    """

    types: tuple[DnsType, ...] = (DnsType.A,)
    servers: tuple[Address, ...] = ()
    port: _Port = 53
    transport: DnsTransport | None = None
    attempts: _Positive8 = 3
    timeout_ms: _Positive32 = 2_000
    recursion_desired: bool = True
    dnssec: bool = False
    nsid: bool = False
    rate_pps: _Positive32 = 50
    in_flight_max: _Positive16 = 100


class DnsOutcome(StrEnum):
    """How one attempt went."""

    ANSWERED = "answered"
    TRUNCATED = "truncated"
    TIMEOUT = "timeout"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    MALFORMED = "malformed"


class DnsRecord(Record, frozen=True, kw_only=True):
    """One resource record, in presentation format (RFC 1035, section 5).

    Attributes:
        name: Owner, with a final dot.
        type: Such as A.
        ttl: Time to live, in seconds.
        data: What the record says.
    """

    name: str
    type: str
    ttl: UInt32
    data: str


class DnsAttempt(Record, frozen=True, kw_only=True):
    """One query sent.

    Attributes:
        server: Address asked.
        transport: What carried it.
        outcome: How it went; `refused` is said by the server's host, by ICMP or a reset.
        sent_ns: When it was sent, in nanoseconds since 1970-01-01 UTC.
        rtt_ns: From sending it to the reply, as the kernel stamped it (UDP) or as it was read
            (TCP), in nanoseconds; None without a reply.
        connect_ns: What opening the TCP connection took before, in nanoseconds; None for UDP.
        mismatched: Packets that came meanwhile and answered something else.
    """

    server: Address
    transport: DnsTransport
    outcome: DnsOutcome
    sent_ns: UInt64
    rtt_ns: UInt64 | None = None
    connect_ns: UInt64 | None = None
    mismatched: UInt32 = 0


class DnsResult(Record, frozen=True, kw_only=True, tag_field="type", tag="dns"):
    """What the name servers said of one name and type.

    Attributes:
        name: Name asked, with a final dot.
        query: Type asked, such as A.
        port: Port asked.
        attempts: Queries in order; the last one decides.
        status: Response code, such as NOERROR or NXDOMAIN; None if nobody replied.
        flags: Of the reply: aa, tc, rd, ra, ad, cd.
        answers: Records of the answer section.
        authority: Records of the authority section.
        additional: Records of the additional section, without OPT.
        size: Reply in bytes; 0 if nobody replied.
        nsid: Which server of many replied (RFC 5001), if it was asked and said so; as text if it is
            printable, else in hexadecimal.
    """

    name: str
    query: str
    port: UInt16
    attempts: tuple[DnsAttempt, ...]
    status: str | None = None
    flags: tuple[str, ...] = ()
    answers: tuple[DnsRecord, ...] = ()
    authority: tuple[DnsRecord, ...] = ()
    additional: tuple[DnsRecord, ...] = ()
    size: UInt16 = 0
    nsid: str = ""

    @property
    def reached(self) -> bool:
        """True if a server replied, whatever it said."""
        return self.status is not None

    @property
    def rtt_ms(self) -> float | None:
        """Round-trip time of the query that was answered, in milliseconds; None if none was."""
        rtt_ns = self.attempts[-1].rtt_ns if self.attempts else None
        return None if rtt_ns is None else rtt_ns / 1e6

    @property
    def server(self) -> Address:
        """The server asked last."""
        return self.attempts[-1].server if self.attempts else ""

    @property
    def data(self) -> tuple[str, ...]:
        """Data of the answers of the type that was asked."""
        return tuple(record.data for record in self.answers if record.type == self.query)

    def __str__(self) -> str:
        return _view.text(self._table())

    def _repr_html_(self) -> str:
        return _view.html(self._table())

    def _table(self) -> _view.Table:
        said = self.status or "no reply"
        last = f", {_view.ms(self.rtt_ms)} ms" if self.reached else ""
        queries = _view.count(len(self.attempts), "query").replace("querys", "queries")
        return _view.Table(
            title=f"dns {self.query} {self.name} from {self.server}",
            columns=("name", "ttl", "type", "data"),
            rows=tuple(
                (record.name, str(record.ttl), record.type, record.data) for record in self.answers
            ),
            footer=f"{said}{last}, {queries}",
        )
