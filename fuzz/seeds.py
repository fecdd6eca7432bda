"""Write the seeds of the fuzz targets whose inputs are scripts: python fuzz/seeds.py

The parsers' seeds are packets: cargo run -p netsonde-wire --example samples -- corpus fuzz/corpus
"""

from itertools import product
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"

#: Two label stack entries: 24001 with TTL 1, 16 with TTL 254 at the bottom.
LABELS = bytes.fromhex("05dc1001 000101fe")


def counted(data: bytes) -> bytes:
    """Return the data after a byte that holds its length."""
    return bytes([len(data)]) + data


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
    """A card that is honest, that lies about chains, that runs ahead."""
    receive, honest, sent = bytes(4), bytes([3, 0, 60, 0]), bytes([1, 7, 60, 0, 3, 1, 0, 0])
    rings = bytes([0, 0, 0, 0x30])  # both features of rings
    return {
        "honest": rings + (honest + receive) * 40 + sent * 40,
        "lie": bytes(4) + honest + receive + bytes([4, 0, 40, 0]) + receive,
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
    for target, seeds in made:
        (CORPUS / target).mkdir(parents=True, exist_ok=True)
        for name, seed in seeds.items():
            (CORPUS / target / name).write_bytes(seed)


if __name__ == "__main__":
    main()
