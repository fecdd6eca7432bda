"""What every record shares: frozen, keyword-only, strict about unknown fields."""

from typing import Annotated

import msgspec

#: An IPv4 or IPv6 address in its canonical text (RFC 5952 for IPv6).
Address = str

UInt8 = Annotated[int, msgspec.Meta(ge=0, le=255)]
UInt16 = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
UInt32 = Annotated[int, msgspec.Meta(ge=0, le=4_294_967_295)]
Positive8 = Annotated[int, msgspec.Meta(ge=1, le=255)]
Positive16 = Annotated[int, msgspec.Meta(ge=1, le=65_535)]
Positive32 = Annotated[int, msgspec.Meta(ge=1, le=4_294_967_295)]
#: JSON readers keep 64 bits; `ge` alone is checked, because msgspec bounds are signed 64-bit.
UInt64 = Annotated[int, msgspec.Meta(ge=0)]


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A record whose fields are exactly those of the Rust side; each class repeats `frozen`.

    (msgspec inherits it, and type checkers want to read it.)
    """
