"""Signatures in the files of minisign: `minisign -V` verifies ours, and we verify minisign's.

A file has four lines: a comment that nothing protects, the signature, a trusted comment, and a
signature of both. The signature is `ED` (of the BLAKE2b-512 of the file) or `Ed` (of the file
itself), the eight octets that name the key, and 64 octets of Ed25519.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, NamedTuple

from netsonde.model import FormatError

if TYPE_CHECKING:
    from netsonde.image._keys import PublicKey, SecretKey

#: Bytes of a signature's file at most.
SIGNATURE_BYTES_MAX = 16_384

_HASHED, _WHOLE = b"ED", b"Ed"
_UNTRUSTED, _TRUSTED = b"untrusted comment: ", b"trusted comment: "


class Signature(NamedTuple):
    """A signature as its file holds it; nothing is verified yet."""

    algorithm: bytes
    number: bytes
    """Eight octets that name the key."""
    signature: bytes
    comment: bytes
    """The trusted comment."""
    comment_signature: bytes


def sign(data: bytes, key: SecretKey, comment: str) -> bytes:
    """Return the file that signs `data` and a comment of one line."""
    made = _sign(key, hashlib.blake2b(data).digest())
    trusted = comment.encode()
    lines = [
        _UNTRUSTED + b"signature of a netsonde image",
        base64.b64encode(_HASHED + key.public.number + made),
        _TRUSTED + trusted,
        base64.b64encode(_sign(key, made + trusted)),
    ]
    return b"\n".join(lines) + b"\n"


def read_signature(text: bytes) -> Signature:
    """Return the signature that a file holds.

    Raises:
        FormatError: It holds none.
    """
    lines = text.splitlines()
    if len(text) > SIGNATURE_BYTES_MAX or len(lines) != 4:
        raise FormatError("not a signature of minisign: expected four lines")
    if not lines[0].startswith(_UNTRUSTED) or not lines[2].startswith(_TRUSTED):
        raise FormatError("not a signature of minisign: a comment is missing")
    made, over_comment = (_octets(lines[place]) for place in (1, 3))
    if len(made) != 74 or len(over_comment) != 64 or made[:2] not in (_HASHED, _WHOLE):
        raise FormatError("not a signature of minisign: expected Ed25519")
    comment = lines[2].removeprefix(_TRUSTED)
    return Signature(made[:2], made[2:10], made[10:], comment, over_comment)


def verify(data: bytes, signature: Signature, key: PublicKey) -> None:
    """Refuse data, or a trusted comment, that a key did not sign.

    Raises:
        FormatError: It did not.
    """
    if signature.number != key.number:
        message = "signed by another key than the one given"
        raise FormatError(message)
    signed = hashlib.blake2b(data).digest() if signature.algorithm == _HASHED else data
    _verify(key, signature.signature, signed, "the signature does not fit the manifest")
    over = signature.signature + signature.comment
    _verify(key, signature.comment_signature, over, "the trusted comment was altered")


def _sign(key: SecretKey, data: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - slow to load
        Ed25519PrivateKey,
    )

    return Ed25519PrivateKey.from_private_bytes(key.seed).sign(data)


def _verify(key: PublicKey, signature: bytes, data: bytes, complaint: str) -> None:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - slow to load
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PublicKey,
    )

    try:
        Ed25519PublicKey.from_public_bytes(key.key).verify(signature, data)
    except (InvalidSignature, ValueError):
        raise FormatError(complaint, "do not start it; fetch it again") from None


def _octets(line: bytes) -> bytes:
    try:
        return base64.b64decode(line.strip(), validate=True)
    except binascii.Error as error:
        raise FormatError(f"not a signature of minisign: {error}") from None
