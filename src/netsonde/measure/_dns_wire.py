"""DNS messages out and in, with the kernel's receive time; the library does the messages."""

from __future__ import annotations

import asyncio
import errno
import socket
import struct
import time
from typing import NamedTuple

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

from netsonde.model import Address, DnsAttempt, DnsOutcome, DnsTransport

#: Largest message, and so the most that is read of a reply.
MESSAGE_BYTES_MAX = 65_535
#: Packets looked at while waiting for one reply; more are a flood, and the wait ends.
PACKETS_MAX = 1_000

_SO_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("@qq")
_SECOND_NS = 1_000_000_000


class Outcome(NamedTuple):
    """One attempt, and the reply if there was one."""

    attempt: DnsAttempt
    reply: dns.message.Message | None = None
    size: int = 0


async def ask(
    query: dns.message.Message,
    server: Address,
    port: int,
    transport: DnsTransport,
    timeout_ms: int,
) -> Outcome:
    """Send a query once, and wait for its reply.

    Whatever the network does ends in an outcome: nothing is raised.
    """
    exchange = _Exchange(query, server, port, transport, timeout_ms * 1_000_000)
    try:
        return await exchange.run()
    except TimeoutError:  # an OSError, too
        return exchange.failed(DnsOutcome.TIMEOUT)
    except OSError as error:
        refused = isinstance(error, ConnectionError)
        return exchange.failed(DnsOutcome.REFUSED if refused else DnsOutcome.UNREACHABLE)
    except asyncio.IncompleteReadError:
        return exchange.failed(DnsOutcome.MALFORMED)


class _Exchange:
    def __init__(
        self,
        query: dns.message.Message,
        server: Address,
        port: int,
        transport: DnsTransport,
        timeout_ns: int,
    ) -> None:
        self._query = query
        self._server, self._port, self._transport = server, port, transport
        self._timeout_s = timeout_ns / 1e9
        self._sent_ns = time.time_ns()
        self._connect_ns: int | None = None
        self._mismatched = 0
        self._malformed = False

    async def run(self) -> Outcome:
        async with asyncio.timeout(self._timeout_s):
            if self._transport is DnsTransport.TCP:
                return await self._over_tcp()
            return await self._over_udp()

    def failed(self, outcome: DnsOutcome) -> Outcome:
        if outcome is DnsOutcome.TIMEOUT and self._malformed:
            outcome = DnsOutcome.MALFORMED
        return Outcome(self._attempt(outcome, None))

    def _attempt(self, outcome: DnsOutcome, rtt_ns: int | None) -> DnsAttempt:
        return DnsAttempt(
            server=self._server,
            transport=self._transport,
            outcome=outcome,
            sent_ns=self._sent_ns,
            rtt_ns=rtt_ns,
            connect_ns=self._connect_ns,
            mismatched=self._mismatched,
        )

    async def _over_udp(self) -> Outcome:
        family = socket.AF_INET6 if ":" in self._server else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as link:
            link.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
            # Connected: only this server's packets come, and errors about ours are told.
            link.connect((self._server, self._port))
            wire = self._query.to_wire()
            self._sent_ns, began_ns = time.time_ns(), time.monotonic_ns()
            link.send(wire)
            for _ in range(PACKETS_MAX):
                await _readable(link)
                data, ancillary, _, _ = link.recvmsg(MESSAGE_BYTES_MAX, 64)
                rtt_ns = time.monotonic_ns() - began_ns
                if (stamp_ns := _stamp_ns(ancillary)) is not None:
                    # Unless the wall clock was set meanwhile, the kernel's stamp is earlier.
                    stamped_ns = stamp_ns - self._sent_ns
                    rtt_ns = stamped_ns if 0 <= stamped_ns <= rtt_ns else rtt_ns
                if (reply := self._reply(data)) is not None:
                    return self._answered(reply, len(data), rtt_ns)
        return self.failed(DnsOutcome.TIMEOUT)

    async def _over_tcp(self) -> Outcome:
        began_ns = time.monotonic_ns()
        reader, writer = await asyncio.open_connection(self._server, self._port)
        try:
            asked_ns = time.monotonic_ns()
            self._connect_ns = asked_ns - began_ns
            self._sent_ns = time.time_ns()
            wire = self._query.to_wire()
            writer.write(len(wire).to_bytes(2, "big") + wire)
            for _ in range(PACKETS_MAX):
                (length,) = struct.unpack("!H", await reader.readexactly(2))
                data = await reader.readexactly(length)
                rtt_ns = time.monotonic_ns() - asked_ns
                if (reply := self._reply(data)) is not None:
                    return self._answered(reply, len(data), rtt_ns)
        finally:
            writer.close()
        return self.failed(DnsOutcome.TIMEOUT)

    def _reply(self, data: bytes) -> dns.message.Message | None:
        """Return the reply that bytes hold; None if they answer something else or nothing."""
        try:
            reply = dns.message.from_wire(data, ignore_trailing=True, raise_on_truncation=False)
        except (dns.exception.DNSException, ValueError, IndexError, struct.error):
            # Only a packet with our number can be meant as an answer.
            self._malformed |= data[:2] == self._query.id.to_bytes(2, "big")
            self._mismatched += not self._malformed
            return None
        if self._query.is_response(reply):
            return reply
        self._mismatched += 1
        return None

    def _answered(self, reply: dns.message.Message, size: int, rtt_ns: int) -> Outcome:
        cut = bool(reply.flags & dns.flags.TC)
        outcome = DnsOutcome.TRUNCATED if cut else DnsOutcome.ANSWERED
        return Outcome(self._attempt(outcome, rtt_ns), reply, size)


async def _readable(link: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    loop.add_reader(link, lambda: None if ready.done() else ready.set_result(None))
    try:
        await ready
    finally:
        loop.remove_reader(link)
    if error := link.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        kind = ConnectionRefusedError if error == errno.ECONNREFUSED else OSError
        raise kind(error, "the server's host or a router on the way refused")


def _stamp_ns(ancillary: list[tuple[int, int, bytes]]) -> int | None:
    for level, kind, data in ancillary:
        if (level, kind, len(data)) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS, _TIMESPEC.size):
            seconds, nanoseconds = _TIMESPEC.unpack(data)
            return int(seconds * _SECOND_NS + nanoseconds)
    return None
