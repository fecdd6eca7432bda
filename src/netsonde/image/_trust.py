"""Whose signatures count on this host, and the key with which it signs what it builds."""

from __future__ import annotations

import os
from pathlib import Path

from netsonde.image._keys import (
    KEY_FILE_BYTES_MAX,
    PublicKey,
    SecretKey,
    is_locked,
    new_key,
    read_file,
    read_public,
    read_secret,
    write_public,
    write_secret,
)
from netsonde.model import FormatError, HostError, UsageError

#: Keys that are trusted at most.
TRUSTED_MAX = 1_000


def configuration() -> Path:
    """Return the folder of this user's keys."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "netsonde"


class Trust:
    """The keys of a folder: `image.key`, and `trusted/*.pub`.

    Args:
        folder: Where they are; None for this user's.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or configuration()

    @property
    def own_file(self) -> Path:
        """Where the key is with which this host signs."""
        return self._folder / "image.key"

    def keys(self) -> dict[bytes, PublicKey]:
        """Return the keys that are trusted, by their number.

        Raises:
            FormatError: A file holds no key.
            HostError: One cannot be read.
        """
        found = {}
        for file in sorted((self._folder / "trusted").glob("*.pub"))[:TRUSTED_MAX]:
            key = read_public(read_file(file, KEY_FILE_BYTES_MAX, "public key"))
            found[key.number] = key
        return found

    def key_of(self, number: bytes) -> PublicKey:
        """Return the trusted key of that number.

        Raises:
            FormatError: No such key is trusted.
        """
        found = self.keys().get(number)
        if found is None:
            identity = PublicKey(number, b"").identity
            message = f"signed by the key {identity}, which is not trusted here"
            raise FormatError(message, "`netsonde image trust FILE.pub` trusts a key")
        return found

    def add(self, key: PublicKey) -> Path:
        """Trust a key; return the file that says so."""
        file = self._folder / "trusted" / f"{key.identity}.pub"
        _write(file, write_public(key), 0o644)
        return file

    def own_key(self) -> SecretKey:
        """Return the key with which this host signs; it is made, and trusted, at first use.

        Raises:
            UsageError: It is locked by a password, which nobody is asked for here.
            FormatError: The file holds none.
            HostError: It cannot be read or written.
        """
        if not self.own_file.exists():
            made = new_key()
            # First: another process may sign with it as soon as it is there.
            self.add(made.public)
            _write(self.own_file, write_secret(made), 0o600)
            return made
        text = read_file(self.own_file, KEY_FILE_BYTES_MAX, "secret key")
        if is_locked(text):
            message = f"{self.own_file} is locked by a password"
            raise UsageError(message, f"sign with --key {self.own_file}, which asks for it")
        return read_secret(text)


def _write(file: Path, data: bytes, mode: int) -> None:
    """Write a file that is there whole or not at all."""
    part = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as out:
            out.write(data)
        part.replace(file)
    except OSError as error:
        raise HostError(f"cannot write {file}: {error.strerror}") from error
