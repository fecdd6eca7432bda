"""Write the seeds of the fuzz targets whose inputs are scripts: python fuzz/seeds.py

The parsers' seeds are packets: cargo run -p netsonde-wire --example samples -- corpus fuzz/corpus
"""

from itertools import product
from pathlib import Path
from struct import pack

CORPUS = Path(__file__).parent / "corpus"

#: Two label stack entries: 24001 with TTL 1, 16 with TTL 254 at the bottom.
LABELS = bytes.fromhex("05dc1001 000101fe")


def counted(data: bytes) -> bytes:
    """Return the data after a byte that holds its length."""
    return bytes([len(data)]) + data


def reassembly() -> dict[str, bytes]:
    """Fragments in order, in reverse, repeated, overlapping, left to others, late."""

    def v4(offset: int, size: int, *, more: bool) -> bytes:
        word = offset >> 3 | more << 13
        head = pack("!BBHHHBBHII", 0x45, 0, 0, 7, word, 9, 17, 0, 0x05010001, 0x05020001)
        return head + bytes(range(offset, offset + size))

    def v6(offset: int, size: int, *, more: bool) -> bytes:
        head = pack("!IHBB", 6 << 28, 0, 44, 9) + bytes(15) + b"\1" + bytes(15) + b"\2"
        return head + pack("!BBHI", 58, 0, offset | more, 7) + bytes(range(offset, offset + size))

    def script(*fragments: bytes, later: int = 0) -> bytes:
        return b"".join(bytes([len(each), later]) + each for each in fragments)

    seeds = {}
    for name, cut in (("v4", v4), ("v6", v6)):
        first, middle = cut(0, 16, more=True), cut(16, 8, more=True)
        last, evil = cut(24, 5, more=False), cut(8, 16, more=True)
        seeds |= {
            f"{name}-in-order": script(first, middle, last),
            f"{name}-reversed": script(last, middle, first),
            f"{name}-repeated": script(first, first, last, middle, last),
            f"{name}-overlapping": script(first, evil, middle, last),
            f"{name}-late": script(first) + script(last, middle, later=99),
            f"{name}-left": script(first) + script(middle, later=1) + script(last),
        }
    return seeds


def ring() -> dict[str, bytes]:
    """Blocks of a ring with no packet, with two, and with one that says too much."""

    def block(count: int, *packets: bytes) -> bytes:
        return pack("=12xII28x", count, 48) + b"".join(packets)

    def packet(data: bytes, following: int, captured: int) -> bytes:
        fields = pack("=6IH", following, 7, 9, captured, captured, 0, 32)
        return fields.ljust(32, b"\0") + data

    one = packet(b"data", 36, 4)
    return {
        "empty": block(0),
        "two": block(2, one, one),
        "too-much": block(9, one, packet(b"", 0, 1_000)),
    }


def egress() -> dict[str, bytes]:
    """Tables: everything by raw sockets, and a prefix by an interface."""
    raw = b"\1" + bytes(16)
    ethernet = pack("<BI", 2, 7) + bytes(12)

    def table(ways: list[bytes], v4: dict[int, int], v6: dict[int, int]) -> bytes:
        ranges = [*v4.items(), *v6.items()]
        starts = b"".join(start.to_bytes(16, "little") + pack("<H", way) for start, way in ranges)
        return pack("<3I", len(ways), len(v4), len(v6)) + b"".join(ways) + starts

    return {
        "raw": table([raw], {0: 0}, {0: 0}),
        "prefix": table([raw, ethernet], {0: 0, 10 << 24: 1, 11 << 24: 0}, {0: 1}),
    }


def netlink() -> dict[str, bytes]:
    """An Ethernet, its address, a gateway and a way through it, as Linux lists them."""

    def attribute(kind: int, data: bytes) -> bytes:
        return (pack("=HH", 4 + len(data), kind) + data).ljust(4 + -(-len(data) // 4) * 4, b"\0")

    def message(kind: int, head: bytes, *attributes: bytes) -> bytes:
        body = head + b"".join(attributes)
        return pack("=IHHII", 16 + len(body), kind, 2, 1, 1) + body

    near, far, device = b"\5\1\0\1", b"\5\1\0\2", pack("=I", 7)
    link = message(
        16, pack("=BxHiII", 0, 1, 7, 0x1043, 0), attribute(3, b"eth0\0"), attribute(1, bytes(6))
    )
    address = message(20, pack("=4BI", 2, 24, 0, 0, 7), attribute(1, near), attribute(2, near))
    neighbour = message(
        28, pack("=BxxxiHBB", 2, 7, 2, 0, 1), attribute(1, far), attribute(2, bytes(6))
    )
    route = message(
        24, pack("=8BI", 2, 0, 0, 0, 254, 3, 0, 1, 0), attribute(5, far), attribute(4, device)
    )
    rule = message(32, pack("=8BI", 2, 0, 0, 0, 254, 0, 0, 1, 0), attribute(6, b"\0" * 4))
    return {
        "host": link + address + neighbour + route,
        "rule": rule,
        "cut": (link + address)[:-3],
    }


def engine() -> dict[str, bytes]:
    """Jobs of every kind and method, with paths that answer, forge, repeat and fall silent."""
    kinds = {"tnt": 0, "trace": 1, "ping": 2}
    plain = counted(bytes([250, 1, 0]) + counted(b""))
    labelled = {
        f"style-{style}": counted(bytes([247, 3, style]) + counted(LABELS)) for style in range(4)
    }
    answers = {
        "plain": bytes([7, 6, 255]) + plain,
        "silent-hop": bytes([7, 6, 3]) + plain,
        **{name: bytes([7, 9, 255]) + habits for name, habits in labelled.items()},
        "late": bytes([0, 250, 3, 0, 60]),
        "reflected": bytes([4, 0, 0, 0, 4, 0, 30, 1]),
        "forged": bytes([5, 0, 26, 1, 5, 0, 40, 255]),
        "duplicate": bytes([3, 0, 60, 3, 0, 60]),
        "noise": bytes([1]) + counted(b"E\0\0\x1c") + bytes([1]) + counted(b""),
        "interrupted": bytes([0, 30, 6, 0, 3, 0, 60]),
        "one-hop": bytes([2, 0, 1, 250, 1, 0]) + counted(LABELS),
    }
    seeds = {
        f"{kind}-{method}-v{6 if version else 4}-{name}": bytes(
            [version, 27, kinds[kind], method, method]
        )
        + script
        for (kind, method), version, (name, script) in product(
            [("tnt", 0), ("tnt", 1), ("trace", 2), ("ping", 2)], [0, 1], answers.items()
        )
    }
    brute_force = bytes([16 + 4 + 8, 255, 0, 0, 0])
    seeds["tnt-brute-force"] = brute_force + answers["style-0"] + answers["plain"]
    seeds["tnt-deadline"] = bytes([32, 1, 0, 0, 0]) + answers["silent-hop"] + bytes([0, 255] * 8)
    return seeds


def lab_forward() -> dict[str, bytes]:
    """Every way to end a tunnel with every packet, and every style of error."""
    packets = b"".join(
        bytes([kind, ttl, destination]) + counted(b"netsonde")
        for kind, ttl, destination in [
            (5, 4, 0), (5, 3, 0), (3, 64, 2), (4, 5, 0), (5, 5, 8), (3, 64, 9), (0xBD, 64, 0),
            (0x7D, 64, 0), (2, 9, 5), (0, 0, 0), (1, 0, 0),
        ]
    )  # fmt: skip
    return {
        f"pop-{pop}-ttl-{ttl}-style-{style}": bytes([pop, ttl, pop, style % 4, 0, style, style % 3])
        + bytes([0xFF if ttl == 0 else 0])
        + packets
        for pop, ttl, style in product(range(3), [0, 1, 2, 7], range(5))
    }


def targets() -> dict[str, bytes]:
    """Lines of every kind, alone and together, good and bad."""
    lines = {
        "addresses": "5.2.0.1\n2a00::1 # ours\n5.2.0.1\n",
        "prefixes": "5.9.0.0/22\n5.9.1.0/24 all\n2a00::/112\n10.0.0.0/28\n",
        "each": "5.8.0.0/16 each=24\n5.8.0.0/15 each=20 host=9\n2a00::/40 each=48 host=random\n",
        "random": "2a00::/32 random=50\n5.9.0.0/24 random=256\n5.9.0.0/25 random=3\n",
        "names": "example.net\n\t# nothing\r\n1.2.3\nfe80::1%eth0\n",
        "wrong": "5.9.0.1/24\n5.9.0.0/33\n5.9.0.0/24 each=0 all\n::/0\n::/0 each=64\n\xff/\n",
    }
    seeds = {name: b"\x01" + text.encode() for name, text in lines.items()}
    return {**seeds, "everything": b"\x02" + "".join(lines.values()).encode()}


def image_card() -> dict[str, bytes]:
    """A card that is honest, that lies about chains, runs ahead, never settles, spoils."""
    receive, honest, sent = bytes(4), bytes([3, 0, 60, 0]), bytes([1, 7, 60, 0, 3, 1, 0, 0])
    rings = bytes([0, 0, 0, 0x30])  # both features of rings
    return {
        "honest": rings + (honest + receive) * 40 + sent * 40,
        "lie": bytes(4) + honest + receive + bytes([4, 0, 40, 0]) + receive,
        "restless": bytes([0, 0, 0, 0x80]) + honest + receive,
        "spoilt": rings + (bytes([6, 0, 8, 0]) + honest + receive + sent) * 9,
        "ahead": rings + bytes([5, 0, 200, 0]) + receive + sent + bytes([5, 1, 9, 0]) + sent,
    }


def image_frames() -> dict[str, bytes]:
    """What a link says to a card: ARP, Neighbour Discovery, routers, servers."""
    mac, theirs = bytes.fromhex("020000000001"), bytes.fromhex("020000000009")
    arp = bytes.fromhex("0001080006040002") + theirs + bytes([5, 1, 0, 1]) + mac
    frames = {
        "arp": mac + theirs + b"\x08\x06" + arp + bytes([5, 1, 0, 2]),
        "v4": mac + theirs + b"\x08\x00E" + bytes(27),
        "v6": mac
        + theirs
        + b"\x86\xdd`"
        + bytes([0] * 5 + [58, 255] + [0] * 32 + [134, 0] + [0] * 14),
    }
    return {
        f"{name}-{words}": bytes([words]) + (bytes([9]) + counted(frame)) * 5
        for name, frame in frames.items()
        for words in range(4)
    }


def main() -> None:
    """Write the corpora."""
    made = [
        ("engine", engine()),
        ("image_card", image_card()),
        ("image_frames", image_frames()),
        ("lab_forward", lab_forward()),
        ("targets", targets()),
    ]
    made += [("reassembly", reassembly()), ("ring", ring())]
    made += [("egress", egress()), ("netlink", netlink())]
    for target, seeds in made:
        (CORPUS / target).mkdir(parents=True, exist_ok=True)
        for name, seed in seeds.items():
            (CORPUS / target / name).write_bytes(seed)


if __name__ == "__main__":
    main()
