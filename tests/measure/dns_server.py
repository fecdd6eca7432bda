"""A name server on loopback that does what a test tells it, and a real one."""

import contextlib
import shutil
import socket
import socketserver
import subprocess
import threading
from collections.abc import Callable, Iterator
from typing import Any

import dns.flags
import dns.message
import dns.rrset
import pytest

#: From a query's bytes and its transport to the packets that answer it.
Behaviour = Callable[[bytes, str], list[bytes]]


def answer(query: bytes, *records: str, flags: int = 0) -> bytes:
    """Return the answer that holds some records: `example.net. 60 IN A 5.1.2.3`."""
    reply = dns.message.make_response(dns.message.from_wire(query), recursion_available=True)
    reply.flags |= flags
    for record in records:
        name, ttl, class_, type_, data = record.split(maxsplit=4)
        reply.answer.append(dns.rrset.from_text(name, int(ttl), class_, type_, data))
    return reply.to_wire()


@contextlib.contextmanager
def serving(behaviour: Behaviour) -> Iterator[int]:
    """Serve on 127.0.0.1, UDP and TCP of one port, while the context lasts."""

    class Udp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            query, link = self.request
            for packet in behaviour(query, "udp"):
                link.sendto(packet, self.client_address)

    class Tcp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            length = int.from_bytes(self.request.recv(2), "big")
            for packet in behaviour(self.request.recv(length), "tcp"):
                self.request.sendall(len(packet).to_bytes(2, "big") + packet)

    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with contextlib.ExitStack() as stack:
        udp = stack.enter_context(socketserver.ThreadingUDPServer(("127.0.0.1", 0), Udp))
        port = udp.server_address[1]
        tcp = stack.enter_context(socketserver.ThreadingTCPServer(("127.0.0.1", port), Tcp))
        servers: list[Any] = [udp, tcp]
        for server in servers:
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            stack.callback(server.shutdown)
        yield port


def closed_port() -> int:
    """Return a UDP and TCP port on which nobody listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextlib.contextmanager
def dnsmasq(*options: str) -> Iterator[int]:
    """Run the real server on loopback, both versions, until the context ends."""
    if not shutil.which("dnsmasq"):
        pytest.skip("needs Debian's dnsmasq-base")
    port = closed_port()
    command = ["dnsmasq", "--no-daemon", "--no-resolv", "--no-hosts", "--conf-file=/dev/null"]
    command += [f"--port={port}", "--listen-address=127.0.0.1,::1", "--bind-interfaces", *options]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert server.stderr is not None
        for text in server.stderr:
            if "started" in text:
                break
        yield port
    finally:
        server.terminate()
        server.communicate()
