"""Ed25519 keys in the files of minisign: a comment, and one line of base64.

A public key is `Ed`, eight octets that name the key, and the key. A secret key is `Ed`, the key
derivation (`Sc`: scrypt, or two zeros: none), the checksum (`B2`: BLAKE2b), salt and cost of the
derivation, and then, hidden by it: the name, the seed, the public key and the checksum.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import struct
from typing import TYPE_CHECKING, NamedTuple

from netsonde.model import FormatError, HostError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

#: Bytes of a key file at most.
KEY_FILE_BYTES_MAX = 4_096
#: Memory that unlocking a key may take: minisign's own keys ask for 1 GiB.
UNLOCK_BYTES_MAX = (1 << 30) + (64 << 20)

_ALGORITHM, _SCRYPT, _PLAIN, _CHECKSUM = b"Ed", b"Sc", b"\0\0", b"B2"
_PUBLIC = struct.Struct("<2s8s32s")
_SECRET = struct.Struct("<2s2s2s32sQQ104s")
_HIDDEN = struct.Struct("<8s32s32s32s")
#: Cost of a key that we lock: a sixteenth of a second, 16 MiB.
_OPERATIONS, _MEMORY = 524_288, 16_777_216


class PublicKey(NamedTuple):
    """What verifies."""

    number: bytes
    """Eight octets that name the key."""
    key: bytes
    """32 octets."""

    @property
    def identity(self) -> str:
        """The key's name as minisign shows it: 16 hexadecimal digits."""
        return self.number[::-1].hex().upper()


class SecretKey(NamedTuple):
    """What signs."""

    public: PublicKey
    seed: bytes
    """32 octets."""


def new_key() -> SecretKey:
    """Return a new key."""
    return _key(os.urandom(8), os.urandom(32))


def read_public(text: bytes) -> PublicKey:
    """Return the public key that a file holds.

    Raises:
        FormatError: It holds none.
    """
    algorithm, number, key = _PUBLIC.unpack(_payload(text, _PUBLIC.size, "public key"))
    if algorithm != _ALGORITHM:
        raise FormatError("a public key of another kind than Ed25519")
    return PublicKey(number, key)


def write_public(key: PublicKey) -> bytes:
    """Return the file of a public key."""
    comment = f"untrusted comment: minisign public key {key.identity}"
    return _file(comment, _PUBLIC.pack(_ALGORITHM, key.number, key.key))


def is_locked(text: bytes) -> bool:
    """Return whether a secret key asks for a password.

    Raises:
        FormatError: It is none.
    """
    return bool(_SECRET.unpack(_payload(text, _SECRET.size, "secret key"))[1] != _PLAIN)


def read_secret(text: bytes, password: str = "") -> SecretKey:
    """Return the secret key that a file holds.

    Raises:
        FormatError: It holds none.
        UsageError: The password is wrong.
        HostError: There is not enough memory to unlock it.
    """
    payload = _payload(text, _SECRET.size, "secret key")
    algorithm, derivation, checksum, salt, operations, memory, hidden = _SECRET.unpack(payload)
    if algorithm != _ALGORITHM or checksum != _CHECKSUM or derivation not in (_SCRYPT, _PLAIN):
        raise FormatError("a secret key of another kind than Ed25519, scrypt and BLAKE2b")
    if derivation == _SCRYPT:
        hidden = _hide(hidden, password, salt, operations, memory)
    number, seed, public, check = _HIDDEN.unpack(hidden)
    found = _key(number, seed)
    if check not in (_check(number, seed, public), bytes(32)) or found.public.key != public:
        if derivation == _SCRYPT:
            raise UsageError("the password does not unlock the key")
        raise FormatError("the secret key is damaged")
    return found


def write_secret(key: SecretKey, password: str = "") -> bytes:
    """Return the file of a secret key, locked by a password if one is given."""
    public = key.public
    hidden = _HIDDEN.pack(
        public.number, key.seed, public.key, _check(public.number, key.seed, public.key)
    )
    salt, operations, memory, derivation = bytes(32), 0, 0, _PLAIN
    if password:
        salt, operations, memory, derivation = os.urandom(32), _OPERATIONS, _MEMORY, _SCRYPT
        hidden = _hide(hidden, password, salt, operations, memory)
    comment = f"untrusted comment: minisign {'' if password else 'un'}encrypted secret key"
    payload = _SECRET.pack(_ALGORITHM, derivation, _CHECKSUM, salt, operations, memory, hidden)
    return _file(comment, payload)


def read_file(path: Path, most: int, what: str) -> bytes:
    """Return what a small file holds.

    Raises:
        HostError: It cannot be read.
        FormatError: It is longer than `most` bytes.
    """
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise HostError(f"cannot read the {what} {path}: {error.strerror}") from None
    if len(data) > most:
        raise FormatError(f"{path}: a {what} has at most {most} bytes")
    return data


def _key(number: bytes, seed: bytes) -> SecretKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - slow to load
        Ed25519PrivateKey,
    )

    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return SecretKey(PublicKey(number, public), seed)


def _check(number: bytes, seed: bytes, public: bytes) -> bytes:
    return hashlib.blake2b(_ALGORITHM + number + seed + public, digest_size=32).digest()


def _hide(data: bytes, password: str, salt: bytes, operations: int, memory: int) -> bytes:
    """Hide, or show, what a password locks."""
    cost, parallel = _scrypt_cost(operations, memory)
    if 128 * 8 * cost > UNLOCK_BYTES_MAX or parallel > 16:
        raise FormatError(f"unlocking the key would take {128 * 8 * cost} bytes of memory")
    try:
        stream = hashlib.scrypt(
            password.encode(),
            salt=salt,
            n=cost,
            r=8,
            p=parallel,
            maxmem=UNLOCK_BYTES_MAX + (64 << 20),
            dklen=len(data),
        )
    except (MemoryError, ValueError) as error:
        message = f"cannot unlock the key: {error}"
        raise HostError(message, "it takes as much memory as the key was made with") from None
    return bytes(left ^ right for left, right in zip(data, stream, strict=True))


def _scrypt_cost(operations: int, memory: int) -> tuple[int, int]:
    """Return scrypt's N and p for limits on operations and bytes, with r = 8.

    Source:
        The limits of libsodium's `crypto_pwhash_scryptsalsa208sha256`, whose values are in the
        key's file.

    Examples:
        >>> _scrypt_cost(33_554_432, 1 << 30)
        (1048576, 1)
        >>> _scrypt_cost(524_288, 16_777_216)
        (16384, 1)
    """
    operations = max(operations, 32_768)
    is_slow = operations < memory // 32
    most = operations // 32 if is_slow else memory // 1_024
    power = 1
    while power < 63 and 1 << power <= most // 2:
        power += 1
    if is_slow:
        return 1 << power, 1
    return 1 << power, max(min(operations // 4 >> power, 0x3FFF_FFFF) // 8, 1)


def _payload(text: bytes, size: int, what: str) -> bytes:
    """Return what the base64 of a file holds; a bare line of base64 is taken too."""
    lines = text.splitlines()
    line = lines[1] if len(lines) > 1 and lines[0].startswith(b"untrusted comment:") else text
    try:
        payload = base64.b64decode(line.strip(), validate=True)
    except binascii.Error as error:
        raise FormatError(f"not a {what} of minisign: {error}") from None
    if len(payload) != size:
        raise FormatError(f"a {what} of {len(payload)} octets; expected {size}")
    return payload


def _file(comment: str, payload: bytes) -> bytes:
    return comment.encode() + b"\n" + base64.b64encode(payload) + b"\n"
