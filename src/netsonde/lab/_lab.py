"""The virtual driver: a lab is a vantage point whose clock jumps from event to event."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_address
from typing import Any, Protocol

from netsonde._core import JobError, LabError
from netsonde._core import Lab as Engine
from netsonde.lab._elements import Address, Attachment
from netsonde.lab._nodes import make_nodes
from netsonde.lab._reader import TopologyError, suggest
from netsonde.lab._scenario import Scenario, read_scenario
from netsonde.lab._topology import SEED_MAX, Topology
from netsonde.model import UsageError

#: What the engine calls a table, and what the file does.
_FILE_KEYS = {
    "nodes": "node",
    "links": "link",
    "domains": "mpls",
    "lsps": "lsp",
    "routes": "route",
    "faults": "fault",
    "mutators": "mutator",
    "attachments": "attach",
}


class Events(Protocol):
    """Takes events one by one; a list does."""

    def append(self, event: bytes, /) -> None:
        """Take one."""


class Lab:
    """A topology ready to be measured in virtual time: no privilege, no waiting.

    Each `measure` starts the same virtual Internet anew, so the same job and seed give the
    same bytes, whatever ran before.

    Args:
        scenario: What to run; a `Topology` will do, built or not.
        seed: Instead of the scenario's.
        attachment: The vantage point; the first one unless given.
        capture: A link or attachment whose packets each run keeps; "" for all; None for none.

    Attributes:
        name: Of the scenario.
        seed: Of every random stream.
        digest: Of the bytes that the last run delivered; empty before the first.
        captured: What the last run kept, as pcapng.
        statistics: Of the last run: events processed, packets dropped by cause.
    """

    def __init__(
        self,
        scenario: Scenario | Topology,
        *,
        seed: int | None = None,
        attachment: str | None = None,
        capture: str | None = None,
    ) -> None:
        if isinstance(scenario, Topology):
            scenario = Scenario(name=scenario.file, topology=scenario.build())
        topology = scenario.topology
        if seed is not None:
            if not 0 <= seed <= SEED_MAX:
                raise UsageError(f"expected a seed from 0 to {SEED_MAX}, found {seed}")
            topology = topology.reseed(seed)
        self.scenario = scenario
        self.topology = topology
        self.name = scenario.name
        self.seed = topology.seed
        self.attachment = self._choose(attachment)
        self._capture = self._check_wire(capture)
        self.digest = ""
        self.captured = b""
        self.statistics: Mapping[str, Any] = {}

    @property
    def attachments(self) -> tuple[str, ...]:
        """The places where a measurement host can plug in, in file order."""
        return tuple(item.name for item in self.topology.attachments)

    @property
    def targets(self) -> tuple[Address, ...]:
        """What the scenario measures: IPv4 addresses first, then IPv6."""
        found = [one for target in self.scenario.targets for one in self.addresses(target)]
        return tuple(sorted(found, key=lambda one: one.version))

    @property
    def token(self) -> str:
        """What `netsonde lab replay` needs to run this lab again."""
        return f"{self.scenario.path or self.name}:{self.seed}"

    def addresses(self, name: str) -> tuple[Address, ...]:
        """Return the addresses of a node or attachment, IPv4 before IPv6.

        Those of its loopback, else of its first link. An address is returned as it is; of a name
        that is not known, there are none.
        """
        try:
            return (ip_address(name),)
        except ValueError:
            pass
        for node in self.topology.nodes:
            if node.name == name:
                both = (node.loopback, node.loopback6)
                return tuple(one for one in both if one is not None) or self._on_link(name)
        for item in self.topology.attachments:
            if item.name == name:
                return tuple(host for host, _ in item.interfaces())
        return ()

    def name_of(self, address: Address) -> str:
        """Return the node or attachment that has an address; nothing if none has."""
        for node in self.topology.nodes:
            if address in (node.loopback, node.loopback6):
                return node.name
        for link in self.topology.links:
            for ends in link.interfaces():
                if address in ends:
                    return link.ends[ends.index(address)]
        for item in self.topology.attachments:
            for host, router in item.interfaces():
                if address in (host, router):
                    return item.name if address == host else item.node
        return ""

    def source(self, target: Address, attachment: str | None = None) -> Address:
        """Return the address of the vantage point in the family of `target`.

        Raises:
            UsageError: It has none, or there is no such attachment.
        """
        item = self.find_attachment(attachment)
        for host, _ in item.interfaces():
            if host.version == target.version:
                return host
        raise UsageError(
            f"attachment {item.name} of {self.name} has no IPv{target.version} address",
            f"give it a subnet{'6' if target.version == 6 else ''}, or choose another target",
        )

    def mtu(self, attachment: str | None = None) -> int:
        """Return the largest packet that the link of the vantage point carries, in bytes.

        Raises:
            UsageError: There is no such attachment.
        """
        return self.find_attachment(attachment).mtu

    def measure(self, job: bytes, attachment: str | None = None) -> Iterator[bytes]:
        """Run a job in virtual time and yield its events, one JSON object each.

        Raises:
            UsageError: There is no such attachment, or the job is refused.
        """
        events: list[bytes] = []
        self.run(job, events, attachment)
        yield from events

    def run(
        self,
        job: bytes,
        events: Events,
        attachment: str | None = None,
        *,
        rows: Callable[[str, bytes], object] | None = None,
        capture_fd: int | None = None,
    ) -> None:
        """Run a job in virtual time and append its events, one JSON object each.

        Args:
            job: One JSON object.
            events: What takes the events, such as a list.
            attachment: Where to measure from; the lab's own if None.
            rows: Called instead where events have rows: with the name of a table, and some of its
                rows as one Arrow IPC stream.
            capture_fd: A descriptor to which what is sent and received is written, as pcapng.

        Raises:
            UsageError: There is no such attachment, or the job is refused.
        """
        item = self.find_attachment(attachment)
        engine = self.engine()
        if self._capture is not None:
            engine.capture(self._capture or None)
        try:
            engine.measure(item.name, job, events.append, on_rows=rows, capture_fd=capture_fd)
        except JobError as error:
            raise UsageError(f"the job is refused: {error}") from error
        self.digest = engine.digest()
        self.statistics = engine.statistics()
        self.captured = engine.pcapng() if self._capture is not None else b""

    def engine(self) -> Engine:
        """Return a fresh engine at time 0, to be driven by hand.

        Raises:
            TopologyError: The engine refuses what our own checks let pass.
            UsageError: A Python node cannot be made.
        """
        nodes = make_nodes(self.handlers())
        try:
            return Engine(self.topology.to_engine(), nodes)
        except LabError as error:
            key, expected, found = error.args
            kind, _, rest = key.partition(".")
            key = ".".join(filter(None, (_FILE_KEYS.get(kind, kind), rest)))
            file = self.topology.file
            raise TopologyError(file=file, key=key, expected=expected, found=found) from error

    def handlers(self) -> dict[str, object]:
        """Return the handler of each Python node, as the topology has it."""
        nodes = self.topology.nodes
        return {node.name: node.handler for node in nodes if node.role == "python"}

    def find_attachment(self, name: str | None) -> Attachment:
        """Return the attachment of that name; None for the lab's own.

        Raises:
            UsageError: There is none.
        """
        chosen = self.attachment if name is None else self._choose(name)
        return next(item for item in self.topology.attachments if item.name == chosen)

    def _on_link(self, node: str) -> tuple[Address, ...]:
        for link in self.topology.links:
            if node in link.ends:
                side = link.ends.index(node)
                return tuple(ends[side] for ends in link.interfaces())
        return ()

    def _choose(self, attachment: str | None) -> str:
        if not self.topology.attachments:
            raise UsageError(
                f"{self.name} has no attachment to measure from", '[attach.vp] node = "..."'
            )
        if attachment is None:
            return self.attachments[0]
        if attachment not in self.attachments:
            raise UsageError(
                f"there is no attachment {attachment} in {self.name}",
                suggest(attachment, self.attachments),
            )
        return attachment

    def _check_wire(self, name: str | None) -> str | None:
        wires = [link.name for link in self.topology.links] + list(self.attachments)
        if name and name not in wires:
            raise UsageError(f"there is no link {name} in {self.name}", suggest(name, wires))
        return name


def load(name: str, *, seed: int | None = None, attachment: str | None = None) -> Lab:
    """Return the lab of a scenario by name, or of a topology file by path.

    Args:
        name: Such as "invisible-php"; taken for a file if it ends in `.toml` or holds a `/`.
        seed: Instead of the scenario's.
        attachment: The vantage point; the first one unless given.

    Raises:
        UsageError: There is no such scenario or attachment.
        TopologyError: The file is malformed.

    Examples:
        >>> lab = load("invisible-php")
        >>> lab.name, lab.token, str(lab.targets[0])
        ('invisible-php-brpr', 'invisible-php-brpr:42', '5.2.0.1')
    """
    return Lab(read_scenario(name), seed=seed, attachment=attachment)


def parse_token(token: str) -> tuple[str, int, str]:
    """Return scenario, seed and target ("" if none) of a replay token.

    Raises:
        UsageError: It is none.

    Examples:
        >>> parse_token("plain:7"), parse_token("plain:7:2a00:5:2::1")
        (('plain', 7, ''), ('plain', 7, '2a00:5:2::1'))
    """
    name, _, rest = token.partition(":")
    seed, _, target = rest.partition(":")
    if not name or not seed.isdecimal():
        raise UsageError(
            f'expected a token such as "plain:42", found "{token}"',
            "every run prints its token; a bare number needs --scenario",
        )
    return name, int(seed), target
