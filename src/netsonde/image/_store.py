"""Images on disk, by digest; what is taken out of it was checked to the last bit."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from netsonde.image._keys import PublicKey, read_file
from netsonde.image._manifest import (
    IMAGE_BYTES_MAX,
    MANIFEST_BYTES_MAX,
    Manifest,
    check_bytes,
    check_time,
    decode,
    encode,
)
from netsonde.image._signature import SIGNATURE_BYTES_MAX, Signature, read_signature, sign, verify
from netsonde.image._trust import Trust
from netsonde.model import FormatError, HostError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netsonde.image._keys import SecretKey

#: Versions of one name that are kept.
VERSIONS_KEPT = 16
#: Bytes of the list of versions seen, at most.
_SEEN_BYTES_MAX = 1 << 20


class Entry(NamedTuple):
    """One image of the store; nothing of it is verified yet."""

    manifest: Manifest
    raw: bytes
    """The manifest, as it was signed."""
    signature: bytes
    """The signature's file."""

    @property
    def read_signature(self) -> Signature:
        """The signature; a `FormatError` if it is none."""
        return read_signature(self.signature)

    @property
    def signer(self) -> str:
        """The name of the key that signed, as minisign shows it."""
        return PublicKey(self.read_signature.number, b"").identity


class Verified(NamedTuple):
    """An image that may start."""

    manifest: Manifest
    data: bytes
    """The image: what was checked, and not what the disk holds by now."""
    entry: Entry

    def descriptor(self) -> int:
        """Return a sealed file in memory that holds it, for the caller to close."""
        descriptor = os.memfd_create(self.manifest.name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            with os.fdopen(os.dup(descriptor), "wb") as file:
                file.write(self.data)
            seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
            fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor


class Store:
    """Images in a folder.

    Args:
        folder: Where they are; None for this user's.
        trust: Whose signatures count; None for this user's keys.
    """

    def __init__(self, folder: Path | None = None, trust: Trust | None = None) -> None:
        self._folder = folder or _default_folder()
        self.trust = trust or Trust()

    def add(self, data: bytes, raw: bytes, signature: bytes) -> Manifest:
        """Take in an image that a trusted key signed.

        Raises:
            FormatError: Signature, time or bytes are wrong, or a later version was seen.
            HostError: The folder cannot be written.
        """
        entry = Entry(decode(raw), raw, signature)
        manifest = entry.manifest
        try:
            with self._locked():
                self._check(entry, data)
                self._write(self._blob(manifest), data)
                base = self._folder / "manifests" / manifest.name / str(manifest.version)
                self._write(base.with_suffix(".json"), raw)
                self._write(base.with_suffix(".minisig"), signature)
                self._see(manifest)
                self._forget_old(manifest.name)
        except OSError as error:
            raise HostError(f"cannot write {self._folder}: {error.strerror}") from error
        return manifest

    def add_signed(self, data: bytes, manifest: Manifest, key: SecretKey) -> Manifest:
        """Sign an image, and take it in.

        Raises:
            FormatError: The key is not trusted here, or a later version was seen.
        """
        raw = encode(manifest)
        return self.add(data, raw, sign(raw, key, _comment(manifest)))

    def sign_again(self, entry: Entry, key: SecretKey) -> None:
        """Replace the signature of an image by that of another key, trusted or not."""
        file = (
            self._folder / "manifests" / entry.manifest.name / f"{entry.manifest.version}.minisig"
        )
        with self._locked():
            self._write(file, sign(entry.raw, key, _comment(entry.manifest)))

    def entries(self) -> tuple[Entry, ...]:
        """Return all images, the latest version of each name first.

        Raises:
            FormatError: A manifest is malformed.
        """
        with self._reading():
            return self._entries()

    def find(self, reference: str) -> Entry:
        """Return the image that a reference means.

        Args:
            reference: `NAME` for its latest version, `NAME:VERSION`, or `sha256:DIGEST`.

        Raises:
            UsageError: There is none.
        """
        with self._reading():
            return self._find(reference)

    def open(self, reference: str) -> Verified:
        """Return an image, checked to the last bit, as it may start.

        Raises:
            UsageError: There is none.
            FormatError: A signature, the time, the version or a bit is wrong: it must not start.
            HostError: It cannot be read.
        """
        with self._reading():
            entry = self._find(reference)
            data = self.blob(entry)
            self._check(entry, data)
        return Verified(entry.manifest, data, entry)

    def blob(self, entry: Entry) -> bytes:
        """Return what the disk holds as an image, unverified: to look at.

        Raises:
            HostError: It cannot be read.
        """
        return read_file(self._blob(entry.manifest), IMAGE_BYTES_MAX, "image")

    def last_seen(self, name: str) -> int:
        """Return the highest version of a name that was ever taken in; 0 if none was."""
        return self._seen().get(name, _Seen(0, "")).version

    def _entries(self) -> tuple[Entry, ...]:
        files = (self._folder / "manifests").glob("*/*.json")
        found = [self._entry(file) for file in files]
        return tuple(sorted(found, key=lambda one: (one.manifest.name, -one.manifest.version)))

    def _find(self, reference: str) -> Entry:
        name, _, version = reference.partition(":")
        entries = self._entries()
        for entry in entries:
            one = entry.manifest
            if reference in (one.digest, one.reference) or (not version and one.name == name):
                return entry
        known = ", ".join(one.manifest.reference for one in entries) or "none"
        raise UsageError(f"there is no image {reference}", f"known: {known}")

    def _check(self, entry: Entry, data: bytes) -> None:
        manifest, signature = entry.manifest, entry.read_signature
        verify(entry.raw, signature, self.trust.key_of(signature.number))
        check_time(manifest, time.time_ns() // 1_000_000_000)
        seen = self._seen().get(manifest.name, _Seen(0, ""))
        if manifest.version < seen.version:
            message = f"{manifest.reference} is older than version {seen.version}, seen before"
            raise FormatError(message, "going back is refused: build or fetch a newer one")
        if manifest.version == seen.version and manifest.sha256 != seen.sha256:
            message = f"there was another {manifest.reference} before, with other bytes"
            raise FormatError(message, "give it the next version")
        check_bytes(manifest, data)

    def _entry(self, file: Path) -> Entry:
        raw = read_file(file, MANIFEST_BYTES_MAX, "manifest")
        signature = read_file(file.with_suffix(".minisig"), SIGNATURE_BYTES_MAX, "signature")
        return Entry(decode(raw), raw, signature)

    def _blob(self, manifest: Manifest) -> Path:
        return self._folder / "blobs" / "sha256" / manifest.sha256

    def _seen(self) -> dict[str, _Seen]:
        file = self._folder / "seen.json"
        if not file.exists():
            return {}
        try:
            data = read_file(file, _SEEN_BYTES_MAX, "list of versions")
            return msgspec.json.decode(data, type=dict[str, _Seen])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            hint = "without it an old image cannot be told; restore it"
            raise FormatError(f"{file}: {error}", hint) from None

    def _see(self, manifest: Manifest) -> None:
        seen = self._seen()
        seen[manifest.name] = _Seen(manifest.version, manifest.sha256)
        self._write(self._folder / "seen.json", msgspec.json.encode(seen))

    def _forget_old(self, name: str) -> None:
        """Delete what is too old to start, but for the last few, which people may look at."""
        files = sorted(
            (self._folder / "manifests" / name).glob("*.json"), key=lambda file: -int(file.stem)
        )
        for file in files[VERSIONS_KEPT:]:
            file.with_suffix(".minisig").unlink(missing_ok=True)
            file.unlink()
        used = {one.manifest.sha256 for one in self._entries()}
        for blob in (self._folder / "blobs" / "sha256").iterdir():
            if blob.name not in used:
                blob.unlink()

    def _write(self, file: Path, data: bytes) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f".{file.name}.part")
        part.write_bytes(data)
        part.replace(file)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Keep writers away, whose files belong together; a store that nobody writes has none."""
        with ExitStack() as held:
            with suppress(OSError):
                file = held.enter_context((self._folder / ".lock").open("rb"))
                fcntl.flock(file, fcntl.LOCK_SH)
            yield


class _Seen(msgspec.Struct, frozen=True):
    version: int
    sha256: str


def _comment(manifest: Manifest) -> str:
    return f"{manifest.reference} {manifest.digest} expires:{manifest.expires_s}"


def _default_folder() -> Path:
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "netsonde" / "images"
