"""What others published of their systems, and what of it compares with ours.

Source:
    uTNT: the raw results of its authors, 2023 (QEMU `pc`, SeaBIOS, KVM). Unikraft: Kuenzer et al.,
    EuroSys 2021. Firecracker: Agache et al., NSDI 2020. LightVM: Manco et al., SOSP 2017. Lupine:
    Kuo et al., EuroSys 2020. Mirage on Solo5: Williams et al., SoCC 2018.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from netsonde.bench._statistics import Key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netsonde.bench._statistics import Summary


class Published(NamedTuple):
    """What was published of one system.

    Attributes:
        system: Its name.
        image: What it carries.
        memory: What an instance takes.
        time: How long it takes.
        compares: What of it compares with ours, and what does not.
    """

    system: str
    image: str
    memory: str
    time: str
    compares: str


PUBLISHED = (
    Published(
        "uTNT", "0.897 MB", "3.45 MB with KSM, 5.6 MB at its peak", "run 18.03 s",
        "image: yes. Memory: its figure is the mapping of the guest's RAM alone, QEMU itself held"
        " 59 MB; compare with our guest RAM touched. Time: 16 s of it are timeouts, on KVM",
    ),
    Published(
        "uTNT's Docker", "387 MB", "59.4 MB with KSM", "run 18.21 s, with deployment 42.5 s",
        "no: its image carried a compiler",
    ),
    Published(
        "uTNT's Vagrant", "1,051 MB", "915 MB with KSM", "run 230.0 s",
        "roughly, with our full VM; it compiled the tool at boot",
    ),
    Published(
        "Unikraft", "0.21 MB (hello)", "2 MB at least",
        "VMM and guest: Firecracker 2.7 ms, Solo5 3.0 ms, QEMU microvm 9.0 ms",
        "image and memory: yes. Time: with KVM; compare with ours less QEMU's floor",
    ),
    Published(
        "Firecracker", "", "at most 5 MiB of its own", "at most 125 ms to user space",
        "with a Linux guest and KVM: no",
    ),
    Published("LightVM", "", "", "2.3 ms", "a unikernel on a changed Xen: no"),
    Published("Lupine", "1.72 MB", "", "18 to 70 ms", "a Linux guest with KVM: image only"),
    Published("Mirage on Solo5", "", "", "1 to 2 ms", "with KVM, less than QEMU starts in: no"),
    Published("Docker (hello)", "", "", "62 to 80 ms", "with our containers: roughly"),
)  # fmt: skip

#: Whose own figures stand above them.
_OURS = (
    ("process", "process"),
    ("podman", "container (Podman)"),
    ("docker", "container (Docker)"),
    ("unikernel", "unikernel"),
    ("microvm", "microVM with Linux"),
    ("vm", "full VM"),
)


def beside(found: Mapping[Key, Summary]) -> list[Published]:
    """Return our figures, and then those that others published."""
    return [
        Published(f"netsonde: {title}", *_ours(found, runtime), "")
        for runtime, title in _OURS
        if any(key.runtime == runtime for key in found)
    ] + list(PUBLISHED)


def _ours(found: Mapping[Key, Summary], runtime: str) -> tuple[str, str, str]:
    def median(experiment: str, metric: str) -> float | None:
        one = found.get(Key(experiment, runtime, metric))
        return None if one is None else one.median

    image, pss = median("size", "on disk"), median("memory", "PSS")
    merged = median("ksm", "opt-in: PSS of each, merged")
    first, all_ = median("time", "first packet"), median("time", "exit")
    guest = median("memory", "guest RAM touched")
    memory = [
        f"PSS {megabytes(pss)}" if pss is not None else "",
        f"with KSM, opted in, {megabytes(merged)}" if merged is not None else "",
        f"guest RAM touched {megabytes(guest)}" if guest is not None else "",
    ]
    times = [
        f"first packet {first:,.1f} ms" if first is not None else "",
        f"run {all_:,.0f} ms" if all_ is not None else "",
    ]
    return (
        "" if image is None else megabytes(image),
        "; ".join(filter(None, memory)),
        "; ".join(filter(None, times)),
    )


def megabytes(size: float) -> str:
    """Return a size in megabytes, with three digits that count.

    Examples:
        >>> megabytes(438_864), megabytes(1_051_000_000)
        ('0.439 MB', '1,051 MB')
    """
    value = size / 1e6
    digits = 3 if value < 1 else 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{digits}f} MB"
