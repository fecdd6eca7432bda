"""The result of multipath. Mirrors `netsonde-probe/src/record/multipath.rs`."""

from enum import StrEnum

from netsonde.model import _view
from netsonde.model._base import Address, Record, UInt8, UInt16, UInt32, UInt64
from netsonde.model._multipath_options import Algorithm, MultipathMethod
from netsonde.model._reply import Label, Reply
from netsonde.model._tnt import Tnt
from netsonde.model._trace import StopReason


class NodeEnd(StrEnum):
    """Why nothing was asked behind a node."""

    DESTINATION = "destination"
    UNREACHABLE = "unreachable"
    GAP_LIMIT = "gap-limit"
    LOOP_LIMIT = "loop-limit"
    LAST_TTL = "last-ttl"


class MultipathNode(Record, frozen=True, kw_only=True):
    """One router at one TTL, or the silence behind one.

    Attributes:
        ttl: TTL of the probes.
        address: The router's address; null if it is silent.
        flows: The flows seen there.
        end: Why nothing was asked behind it; null if something was.
    """

    ttl: UInt8
    address: Address | None = None
    flows: tuple[UInt16, ...] = ()
    end: NodeEnd | None = None


class MultipathLink(Record, frozen=True, kw_only=True):
    """Two nodes that follow each other.

    Attributes:
        near: Index of the nearer node; null for the source.
        far: Index of the farther node.
        flows: The flows seen at both.
        certain: False between two hops of a per-packet balancer's branches, where the packets of a
            flow part.
    """

    near: UInt32 | None = None
    far: UInt32
    flows: tuple[UInt16, ...] = ()
    certain: bool = True


class Diamond(Record, frozen=True, kw_only=True):
    """A stretch of several nodes at a TTL between two single ones.

    Attributes:
        divergence: Index of the node where paths part; null for the source.
        convergence: Index of the node where they meet again; null if they do not.
        first_ttl: TTL of the divergence.
        last_ttl: TTL of the convergence, or of the last hop.
        width_max: Most nodes at one TTL.
        length_max: Links of the longest way from divergence to convergence.
        length_min: Links of the shortest.
        width_asymmetry: Greatest difference in the number of links between nodes of one TTL.
        meshed: Pairs of TTLs between which links are meshed.
    """

    divergence: UInt32 | None = None
    convergence: UInt32 | None = None
    first_ttl: UInt8
    last_ttl: UInt8
    width_max: UInt32
    length_max: UInt32
    length_min: UInt32
    width_asymmetry: UInt32
    meshed: UInt32

    @property
    def symmetric(self) -> bool:
        """True if all ways through are of one length, and nodes of one TTL have as many links."""
        return self.length_min == self.length_max and not self.width_asymmetry


class BalancerKind(StrEnum):
    """What chooses among next hops."""

    PER_FLOW = "per-flow"
    PER_PACKET = "per-packet"
    PER_DESTINATION = "per-destination"
    UNKNOWN = "unknown"


class Elsewhere(Record, frozen=True, kw_only=True):
    """The next hop towards another address of the target's prefix.

    Attributes:
        destination: The other address.
        address: The next hop towards it.
    """

    destination: Address
    address: Address


class BranchPoint(Record, frozen=True, kw_only=True):
    """Where paths part.

    Attributes:
        node: Index of the node; null for the source.
        ttl: Its TTL.
        width: Next hops.
        kind: What chooses among them.
        confidence: Percent: how surely the probes spent would have told another kind.
        sent: Probes spent on telling the kind.
        changed: True if the route changed meanwhile: a flow moved, and stayed.
        elsewhere: Of a per-destination balancer: the next hops towards other addresses.
    """

    node: UInt32 | None = None
    ttl: UInt8
    width: UInt32
    kind: BalancerKind
    confidence: float
    sent: UInt32
    changed: bool = False
    elsewhere: tuple[Elsewhere, ...] = ()


class HopCost(Record, frozen=True, kw_only=True):
    """What one TTL cost.

    Attributes:
        ttl: TTL of the probes.
        sent: Probes, all purposes but TNT together.
        limited: True if a limit on probes or flows left something out.
        node_control: True if it was done node by node, as MDA does.
    """

    ttl: UInt8
    sent: UInt32
    limited: bool = False
    node_control: bool = False


class FlowFields(Record, frozen=True, kw_only=True):
    """What the probes of a flow have in common.

    Attributes:
        flow: Its number.
        source_port: Of UDP and TCP; 0 for ICMP.
        destination_port: Of UDP and TCP; 0 for ICMP.
        checksum: Of ICMP; 0 for UDP and TCP, where it differs from probe to probe.
        flow_label: Of IPv6; 0 for IPv4.
    """

    flow: UInt16
    source_port: UInt16
    destination_port: UInt16
    checksum: UInt16
    flow_label: UInt32


class ProbePurpose(StrEnum):
    """Why a probe was sent: to find paths, or to tell per-packet or per-destination balancers."""

    EXPLORE = "explore"
    REPEAT = "repeat"
    ELSEWHERE = "elsewhere"


class MultipathProbe(Record, frozen=True, kw_only=True):
    """One probe and what answered it.

    Attributes:
        ttl: TTL it left with.
        flow: Its flow.
        attempt: From 1, of its purpose at this TTL.
        purpose: Why it was sent.
        destination: Where to, if not to the target.
        sent_ns: When it left, on the vantage's monotonic clock, in nanoseconds.
        reply: What answered it; null for silence.
    """

    ttl: UInt8
    flow: UInt16
    attempt: UInt8
    purpose: ProbePurpose
    destination: Address | None = None
    sent_ns: UInt64
    reply: Reply | None = None


class FlowTunnels(Record, frozen=True, kw_only=True):
    """The tunnels along one path.

    Attributes:
        flow: The flow that stands for the path.
        result: Its first trace, and the tunnels in it.
    """

    flow: UInt16
    result: Tnt


class MultipathResult(Record, frozen=True, kw_only=True, tag_field="type", tag="multipath"):
    """A finished multipath: the graph of all paths, its diamonds and its branch points.

    Attributes:
        target: Address measured.
        source: Address measured from.
        method: Probe used, and the field that tells flows apart.
        algorithm: How flows were chosen.
        confidence: Percent, as asked for.
        first_ttl: TTL of the first hop.
        nodes: By TTL.
        links: By node.
        diamonds: In path order.
        branches: Where paths part, in path order.
        hops: What each TTL cost.
        flows: What the flows are.
        probes: Every probe, in the order of sending.
        tnt: The tunnels along one flow of every path, if asked for.
        stop: Why it ended.
        sent: Probes sent, all purposes together.
        sent_repeats: Of them, those that repeat flows at branch points.
        sent_elsewhere: Of them, those to other addresses of the target's prefix.
        sent_tnt: Of them, those of TNT.
        duplicates: Further replies to probes already answered.
        late: Replies after the wait was over.
        started_ns: Start on the vantage's monotonic clock, in nanoseconds.
        ended_ns: End on the same clock, in nanoseconds.
    """

    target: Address
    source: Address
    method: MultipathMethod
    algorithm: Algorithm
    confidence: float
    first_ttl: UInt8
    nodes: tuple[MultipathNode, ...]
    links: tuple[MultipathLink, ...]
    diamonds: tuple[Diamond, ...] = ()
    branches: tuple[BranchPoint, ...] = ()
    hops: tuple[HopCost, ...] = ()
    flows: tuple[FlowFields, ...] = ()
    probes: tuple[MultipathProbe, ...] = ()
    tnt: tuple[FlowTunnels, ...] = ()
    stop: StopReason
    sent: UInt32
    sent_repeats: UInt32 = 0
    sent_elsewhere: UInt32 = 0
    sent_tnt: UInt32 = 0
    duplicates: UInt32 = 0
    late: UInt32 = 0
    started_ns: UInt64
    ended_ns: UInt64

    @property
    def reached(self) -> bool:
        """True if the target replied."""
        return any(node.end is NodeEnd.DESTINATION for node in self.nodes)

    @property
    def width(self) -> int:
        """Most nodes at one TTL."""
        ttls = [node.ttl for node in self.nodes]
        return max(map(ttls.count, ttls), default=0)

    @property
    def duration_ms(self) -> float:
        """How long it took, in milliseconds."""
        return (self.ended_ns - self.started_ns) / 1e6

    def replies(self, node: int) -> tuple[Reply, ...]:
        """Return the replies of a node, in the order of sending.

        Args:
            node: Index in `nodes`.
        """
        seen = self.nodes[node]
        return tuple(
            probe.reply
            for probe in self.probes
            if probe.reply
            and probe.ttl == seen.ttl
            and probe.reply.responder == seen.address
            and probe.purpose is not ProbePurpose.ELSEWHERE
        )

    def labels(self, node: int) -> tuple[Label, ...]:
        """Return the label stack that a node quoted first, top first.

        Args:
            node: Index in `nodes`.
        """
        return next((reply.labels for reply in self.replies(node)), ())

    def successors(self, node: int | None) -> tuple[int, ...]:
        """Return the indices of the nodes that follow a node.

        Args:
            node: Index in `nodes`; None for the source.
        """
        return tuple(link.far for link in self.links if link.near == node)

    def __str__(self) -> str:
        return _view.text(self._table())

    def _repr_html_(self) -> str:
        return _view.html(self._table())

    def _table(self) -> _view.Table:
        rows = tuple(
            (
                str(node.ttl),
                node.address or "*",
                _view.ms(min((reply.rtt_ms for reply in self.replies(index)), default=None)),
                _view.count(len(node.flows), "flow"),
                ", ".join(self.nodes[far].address or "*" for far in self.successors(index)),
            )
            for index, node in enumerate(self.nodes)
        )
        return _view.Table(
            title=f"multipath to {self.target} from {self.source}, {self.method}",
            columns=("ttl", "address", "rtt/ms", "flows", "next"),
            rows=rows,
            footer=f"{self.stop}, {_view.count(len(self.diamonds), 'diamond')}, "
            f"{_view.count(self.sent, 'probe')} sent",
        )
