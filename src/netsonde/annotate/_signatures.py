"""Signatures of vendors: files of them, matching, and how they are learned.

Source:
    Albakour et al., "Illuminating router vendor diversity within providers and along network
    paths", IMC 2023: routers that name their maker by SNMPv3 label the vectors of how they answer;
    a signature is unique if one vendor alone has it, and partial if some protocols did not answer.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from netsonde.model import Evidence, FormatError, HostError, Identification, VendorCount

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netsonde.model import FingerprintResult, LfpVector, TtlSignature

#: The version of the files.
VERSION: Final = 1
#: Signatures of one file.
SIGNATURES_MAX: Final = 1 << 20
#: The set that comes with netsonde: what was measured on systems that we knew.
BUILT_IN: Final = "builtin"
_HINT = "docs/guides/signatures.md describes the file; `netsonde signatures learn` makes one"
_FLAG, _LETTER, _NUMBER = "[01-]", "[irzsd-]", r"(?:\d{1,5}|-)"
_TTL = r"(?:32|64|128|255|-)"
_LFP = re.compile(
    ",".join([_FLAG, *[_LETTER] * 3, *[_FLAG] * 4, *[_TTL] * 3, *[_NUMBER] * 3, _FLAG])
)
_TTLS = re.compile(",".join([_TTL] * 3))
_UNKNOWN = "-"
_PATTERNS = {Evidence.LFP: _LFP, Evidence.TTL: _TTLS}


class Signature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How addresses of one vendor answered.

    Attributes:
        vendor: Who made them.
        lfp: The text of their LFP vector, or nothing.
        ttl: Their initial TTLs: echo reply, unreachable and reset, `-` for unknown; or nothing.
        count: How many such addresses were seen.
        source: Where that is known from.
    """

    vendor: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    lfp: str = ""
    ttl: str = ""
    count: Annotated[int, msgspec.Meta(ge=1, le=4_294_967_295)] = 1
    source: str = ""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    signature: list[Signature] = []


class Signatures:
    """Signatures by what they look like.

    Args:
        signatures: Several may have the same looks and different vendors.
    """

    def __init__(self, signatures: Iterable[Signature]) -> None:
        self._known: dict[Evidence, dict[str, Counter[str]]] = {kind: {} for kind in _PATTERNS}
        for each in signatures:
            for kind, text in ((Evidence.LFP, each.lfp), (Evidence.TTL, each.ttl)):
                if text:
                    self._known[kind].setdefault(text, Counter())[each.vendor] += each.count
        self._partial: dict[tuple[Evidence, str], Counter[str]] = {}

    @classmethod
    def open(cls, paths: Iterable[Path | str]) -> Signatures:
        """Read files of signatures, as one set; `builtin` is the one that comes with netsonde.

        Raises:
            HostError: A file cannot be read.
            FormatError: A file is malformed; the message names the place.
        """
        return cls(each for path in paths for each in read_signatures(path))

    def identify(self, result: FingerprintResult) -> Iterator[Identification]:
        """Yield what the signatures say of a fingerprint, by LFP vector and by initial TTLs."""
        if result.lfp is not None:
            yield self._match(result, Evidence.LFP, result.lfp.text)
        if result.ttl is not None and (text := ttl_text(result.ttl)) != "-,-,-":
            yield self._match(result, Evidence.TTL, text)

    def groups(self, kind: Evidence) -> dict[str, Counter[str]]:
        """Return the vendors of each signature of a kind."""
        return self._known[kind]

    def _match(self, result: FingerprintResult, kind: Evidence, text: str) -> Identification:
        exact = _UNKNOWN not in text.split(",")
        found = self._known[kind].get(text) if exact else self._agreeing(kind, text)
        return Identification(
            address=result.target,
            evidence=kind,
            signature=text,
            vendors=tuple(
                VendorCount(vendor=vendor, count=count)
                for vendor, count in sorted(
                    (found or Counter()).items(), key=lambda one: (-one[1], one[0])
                )
            ),
            exact=exact,
        )

    def _agreeing(self, kind: Evidence, text: str) -> Counter[str]:
        """Return the vendors of all signatures that have every feature that is known here."""
        if (kind, text) not in self._partial:
            if len(self._partial) >= SIGNATURES_MAX:
                self._partial.clear()
            wanted = [(at, one) for at, one in enumerate(text.split(",")) if one != _UNKNOWN]
            found: Counter[str] = Counter()
            for known, vendors in self._known[kind].items():
                parts = known.split(",")
                if wanted and all(parts[at] == one for at, one in wanted):
                    found.update(vendors)
            self._partial[kind, text] = found
        return self._partial[kind, text]


def read_signatures(path: Path | str) -> list[Signature]:
    """Return the signatures of a file.

    Raises:
        HostError: It cannot be read.
        FormatError: It is malformed; the message names the place.
    """
    source = files("netsonde.annotate") / "signatures.toml" if path == BUILT_IN else Path(path)
    try:
        text = source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise HostError(f"cannot read {path}: {reason}", _HINT) from None
    try:
        found = msgspec.convert(tomllib.loads(text), _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise FormatError(f"{path}: {error}", _HINT) from None
    if found.version != VERSION:
        message = f"{path}: version {found.version}; this netsonde reads {VERSION}"
        raise FormatError(message, _HINT)
    if len(found.signature) > SIGNATURES_MAX:
        raise FormatError(f"{path}: more than {SIGNATURES_MAX} signatures", _HINT)
    for number, each in enumerate(found.signature, 1):
        if problem := _problem(each):
            raise FormatError(f"{path}: signature {number} ({each.vendor}): {problem}", _HINT)
    return found.signature


def learn(labelled: Iterable[tuple[str, FingerprintResult]], *, least: int = 1) -> list[Signature]:
    """Return signatures of addresses whose vendors are known.

    Args:
        labelled: Vendor and fingerprint of each address.
        least: Leave out what fewer addresses of a vendor showed.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    for vendor, result in labelled:
        if result.lfp is not None and any(_has_protocol(result.lfp)):
            seen[vendor, result.lfp.text, ""] += 1
        if result.ttl is not None and (text := ttl_text(result.ttl)) != "-,-,-":
            seen[vendor, "", text] += 1
    return [
        Signature(vendor=vendor, lfp=lfp, ttl=ttl, count=count)
        for (vendor, lfp, ttl), count in sorted(seen.items())
        if count >= least
    ]


def signatures_toml(signatures: Iterable[Signature], source: str) -> Iterator[str]:
    """Yield the lines of a file of signatures.

    Args:
        signatures: What to write.
        source: Where all of them are known from.
    """
    yield f"version = {VERSION}"
    for each in signatures:
        yield ""
        yield "[[signature]]"
        yield f"vendor = {_quoted(each.vendor)}"
        yield f"lfp = {_quoted(each.lfp)}" if each.lfp else f"ttl = {_quoted(each.ttl)}"
        yield f"count = {each.count}"
        yield f"source = {_quoted(each.source or source)}"


def ttl_text(ttl: TtlSignature) -> str:
    """Return initial TTLs as files have them: echo reply, unreachable, reset."""
    parts = (ttl.echo_reply, ttl.unreachable, ttl.tcp_rst)
    return ",".join(_UNKNOWN if part is None else str(part) for part in parts)


def _has_protocol(vector: LfpVector) -> Iterator[bool]:
    yield from (size is not None for size in (vector.icmp_size, vector.tcp_size, vector.udp_size))


def _problem(signature: Signature) -> str:
    """Return what is wrong with a signature; nothing if nothing is."""
    if bool(signature.lfp) == bool(signature.ttl):
        return "expected either lfp or ttl"
    if signature.lfp and not _LFP.fullmatch(signature.lfp):
        return f"no text of 15 LFP features: {signature.lfp[:80]}"
    if signature.ttl and not _TTLS.fullmatch(signature.ttl):
        return f"no three initial TTLs (32, 64, 128, 255 or -): {signature.ttl[:40]}"
    return ""


def _quoted(text: str) -> str:
    """Return text as TOML has it: JSON's escapes are among TOML's."""
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")
