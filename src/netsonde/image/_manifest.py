"""What is known of an image before it starts: size, digest of every page, version, expiry."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated

import msgspec

from netsonde.model import FormatError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Version of the manifest's format; others are refused.
SCHEMA = 1
#: Bytes that one digest covers; the last page may be shorter.
PAGE_BYTES = 4_096
#: Bytes of an image at most: what is larger is no probe.
IMAGE_BYTES_MAX = 64 << 20
#: Bytes of a manifest at most.
MANIFEST_BYTES_MAX = 4 << 20
#: Days for which an image may run, unless said otherwise.
VALID_DAYS_DEFAULT = 365

_Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
_Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
_Text = Annotated[str, msgspec.Meta(pattern=r"^[\x20-\x7e]{1,64}$")]
_Version = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
_Seconds = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_Size = Annotated[int, msgspec.Meta(ge=1, le=IMAGE_BYTES_MAX)]


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The signed description of one image.

    Attributes:
        schema: Version of this format.
        name: What the image is called.
        version: Grows with every image of that name; a lower one than was seen is refused.
        release: The version of netsonde it holds.
        architecture: Of the processor it runs on.
        created_s: When it was made, in seconds of Unix time.
        expires_s: From when on it is refused, in seconds of Unix time.
        size: Bytes.
        sha256: Digest of all bytes: 64 hexadecimal digits.
        page_bytes: Bytes that one of `pages` covers.
        pages: SHA-256 of each page, in order.
    """

    schema: int = SCHEMA
    name: _Name
    version: _Version
    release: _Text
    architecture: _Text
    created_s: _Seconds
    expires_s: _Seconds
    size: _Size
    sha256: _Digest
    page_bytes: int = PAGE_BYTES
    pages: tuple[_Digest, ...]

    @property
    def reference(self) -> str:
        """Name and version: `netsonde:3`."""
        return f"{self.name}:{self.version}"

    @property
    def digest(self) -> str:
        """The digest as containers and results have it: `sha256:...`."""
        return f"sha256:{self.sha256}"


def describe(
    data: bytes,
    *,
    name: str,
    version: int,
    release: str,
    created_s: int,
    valid_days: int = VALID_DAYS_DEFAULT,
    architecture: str = "x86_64",
) -> Manifest:
    """Return the manifest of an image.

    Raises:
        UsageError: The name, the version or the time cannot be.
        FormatError: The image is empty or larger than `IMAGE_BYTES_MAX`.
    """
    if not 0 < len(data) <= IMAGE_BYTES_MAX:
        message = f"an image of {len(data)} bytes; expected 1 to {IMAGE_BYTES_MAX}"
        raise FormatError(message)
    if version < 1 or valid_days < 1:
        raise UsageError("version and days of validity begin at 1")
    made = Manifest(
        name=name,
        version=version,
        release=release,
        architecture=architecture,
        created_s=created_s,
        expires_s=created_s + valid_days * 86_400,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        pages=tuple(_pages(data)),
    )
    try:
        return decode(encode(made))
    except FormatError as error:
        raise UsageError(error.message, error.hint) from None


def encode(manifest: Manifest) -> bytes:
    """Return a manifest as the bytes that are signed: JSON, one line."""
    return msgspec.json.encode(manifest) + b"\n"


def decode(data: bytes) -> Manifest:
    """Return the manifest that bytes hold.

    Raises:
        FormatError: They hold none of this version, or one that contradicts itself.
    """
    if len(data) > MANIFEST_BYTES_MAX:
        raise FormatError(f"a manifest of {len(data)} bytes; {MANIFEST_BYTES_MAX} are the most")
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FormatError(f"not a manifest: {error}") from None
    if manifest.schema != SCHEMA:
        message = f"a manifest of format {manifest.schema}; this netsonde reads {SCHEMA}"
        raise FormatError(message, "a newer netsonde may read it")
    if manifest.page_bytes != PAGE_BYTES:
        raise FormatError(f"pages of {manifest.page_bytes} bytes; expected {PAGE_BYTES}")
    expected = -(-manifest.size // PAGE_BYTES)
    if len(manifest.pages) != expected:
        message = f"{len(manifest.pages)} digests of pages; {manifest.size} bytes have {expected}"
        raise FormatError(message)
    if manifest.expires_s <= manifest.created_s:
        raise FormatError("it expires before it was made")
    return manifest


def check_bytes(manifest: Manifest, data: bytes) -> None:
    """Refuse bytes that are not, to the last bit, those that the manifest describes.

    Raises:
        FormatError: They differ; the offset is that of the first page that does.
    """
    if len(data) != manifest.size:
        message = f"the image has {len(data)} bytes, its manifest says {manifest.size}"
        raise FormatError(message, "fetch it again")
    for number, (found, expected) in enumerate(zip(_pages(data), manifest.pages, strict=True)):
        if found != expected:
            message = f"page {number} of the image is not what was signed"
            raise FormatError(message, "fetch it again", offset=number * PAGE_BYTES)
    if hashlib.sha256(data).hexdigest() != manifest.sha256:
        raise FormatError("the image is not what was signed: its digest differs", "fetch it again")


def check_time(manifest: Manifest, now_s: int) -> None:
    """Refuse a manifest whose time is over.

    Raises:
        FormatError: It is.
    """
    if now_s >= manifest.expires_s:
        days = (now_s - manifest.expires_s) // 86_400
        message = f"{manifest.reference} expired {days} days ago"
        raise FormatError(message, "`netsonde image build` makes the next version")


def _pages(data: bytes) -> Iterator[str]:
    for start in range(0, len(data), PAGE_BYTES):
        yield hashlib.sha256(data[start : start + PAGE_BYTES]).hexdigest()
