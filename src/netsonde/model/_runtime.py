"""Where the engine of a run was: part of its start event."""

from netsonde.model._base import Record, UInt64


class RuntimeRecord(Record, frozen=True, kw_only=True):
    """What ran the engine, and from which bytes.

    Attributes:
        name: process, container, unikernel or vm.
        engine: What runs it there, such as podman or qemu-tcg; empty for a process.
        image: Digest of the image: sha256: and 64 hexadecimal digits.
        rtt_bias_ns: What this runtime adds to a round trip at least, in nanoseconds, as measured
            on the reference host; null where it was not measured. It is not subtracted.
    """

    name: str
    engine: str = ""
    image: str
    rtt_bias_ns: UInt64 | None = None
