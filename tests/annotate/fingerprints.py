"""Fingerprints to identify."""

from netsonde.model import (
    FingerprintMethod,
    FingerprintResult,
    LfpVector,
    SnmpEngine,
    TtlSignature,
)

LINUX = "0,i,z,i,0,0,1,0,64,64,64,84,40,68,0"
OTHER = "0,r,r,r,0,0,0,0,255,64,255,84,40,56,0"


def fingerprint(
    lfp: str = "", ttl: tuple[int | None, ...] = (), enterprise: int | None = None, mac: str = ""
) -> FingerprintResult:
    """Return a result that says so."""
    sizes = lfp.split(",")[11:14]
    size = [None if part == "-" else int(part) for part in sizes] or [None] * 3
    known = {name: value for name, value in zip(_TTLS, ttl, strict=False) if value is not None}
    is_agent = enterprise is not None or mac
    return FingerprintResult(
        target="192.0.2.1",
        source="192.0.2.2",
        methods=tuple(FingerprintMethod),
        lfp=LfpVector(text=lfp, icmp_size=size[0], tcp_size=size[1], udp_size=size[2])
        if lfp
        else None,
        ttl=TtlSignature(**known) if ttl else None,
        snmp=SnmpEngine(engine_id="80", enterprise=enterprise, mac=mac or None)
        if is_agent
        else None,
    )


_TTLS = ("echo_reply", "unreachable", "tcp_rst")
