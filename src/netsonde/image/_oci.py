"""An image as containers have it: an OCI layout that Docker and Podman load without a registry.

One layer with one file, made by us: the same image gives the same bytes, and so the same digests.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import struct
import tarfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from netsonde.image._manifest import MANIFEST_BYTES_MAX
from netsonde.image._signature import SIGNATURE_BYTES_MAX
from netsonde.model import FormatError, HostError

if TYPE_CHECKING:
    from pathlib import Path

    from netsonde.image._store import Verified

#: The program in the container.
PROGRAM = "/netsonde-image"
#: Who it runs as: nobody.
USER = "65534:65534"

_ARCHITECTURES = {"x86_64": "amd64"}
_MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
_CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
_LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
_INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
#: Where our own manifest and its signature travel.
_OURS, _SIGNED = "netsonde.manifest", "netsonde.signature"
#: `security.capability`, version 2, effective: CAP_NET_RAW, number 13, permitted and no other.
_FILE_CAPABILITY = struct.pack("<IIIII", 0x0200_0001, 1 << 13, 0, 0, 0)
_JSON_BYTES_MAX = 2 * (MANIFEST_BYTES_MAX + SIGNATURE_BYTES_MAX)


class Layout(NamedTuple):
    """An OCI layout in memory."""

    files: dict[str, bytes]
    """Contents by path."""
    config_digest: str
    """The image's ID in Docker and Podman: `sha256:...`."""
    tag: str
    """Its name there: `netsonde:3`."""


def layout(image: Verified, *, may_send: bool = False) -> Layout:
    """Return the OCI layout of an image.

    Args:
        image: What it holds.
        may_send: Whether the program may use CAP_NET_RAW if the container has it: for engines
            that cannot pass it an open descriptor.
    """
    manifest = image.manifest
    layer = _layer(image.data, manifest.created_s, may_send=may_send)
    created = datetime.fromtimestamp(manifest.created_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    tag = f"{manifest.name}:{manifest.version}{'-raw' if may_send else ''}"
    config = _json(
        {
            "created": created,
            "architecture": _ARCHITECTURES[manifest.architecture],
            "os": "linux",
            "config": {
                "Entrypoint": [PROGRAM],
                "User": USER,
                "Labels": {"netsonde.image": manifest.digest},
            },
            "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]},
            "history": [{"created": created, "created_by": "netsonde"}],
        }
    )
    annotations = {
        "org.opencontainers.image.ref.name": tag,
        "org.opencontainers.image.created": created,
        _OURS: base64.b64encode(image.entry.raw).decode(),
        _SIGNED: base64.b64encode(image.entry.signature).decode(),
    }
    described = _json(
        {
            "schemaVersion": 2,
            "mediaType": _MANIFEST_TYPE,
            "config": _descriptor(_CONFIG_TYPE, config),
            "layers": [_descriptor(_LAYER_TYPE, layer)],
            "annotations": annotations,
        }
    )
    platform = {"architecture": _ARCHITECTURES[manifest.architecture], "os": "linux"}
    entry = {
        **_descriptor(_MANIFEST_TYPE, described),
        "platform": platform,
        "annotations": {"org.opencontainers.image.ref.name": tag},
    }
    index = _json({"schemaVersion": 2, "mediaType": _INDEX_TYPE, "manifests": [entry]})
    blobs = {f"blobs/sha256/{_hex(data)}": data for data in (layer, config, described)}
    files = {"oci-layout": _json({"imageLayoutVersion": "1.0.0"}), "index.json": index, **blobs}
    return Layout(files, _digest(config), tag)


def write_layout(made: Layout, folder: Path) -> None:
    """Write an OCI layout as a folder.

    Raises:
        HostError: It is there already and not empty, or cannot be written.
    """
    try:
        if folder.exists() and any(folder.iterdir()):
            raise HostError(f"{folder} is not empty", "give a folder that does not exist")
        for name, data in made.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
    except OSError as error:
        raise HostError(f"cannot write {folder}: {error.strerror}") from error


def archive(made: Layout) -> bytes:
    """Return a layout as the archive that `docker load` and `podman load` take.

    It is an OCI archive with the list that engines older than that format read.
    """
    config = made.files[f"blobs/sha256/{made.config_digest.partition(':')[2]}"]
    layer = json.loads(config)["rootfs"]["diff_ids"][0].partition(":")[2]
    listed = {
        "Config": f"blobs/sha256/{made.config_digest.partition(':')[2]}",
        "RepoTags": [made.tag],
        "Layers": [f"blobs/sha256/{layer}"],
    }
    return _tar({**made.files, "manifest.json": _json([listed])})


def read_layout(folder: Path) -> tuple[bytes, bytes, bytes]:
    """Return image, manifest and signature of a layout that we wrote; nothing is verified yet.

    Raises:
        FormatError: It is no such layout.
        HostError: It cannot be read.
    """
    try:
        (entry,) = _read_json(folder / "index.json")["manifests"]
        described = _read_json(folder / _path_of(entry))
        annotations = described["annotations"]
        raw = base64.b64decode(annotations[_OURS], validate=True)
        signature = base64.b64decode(annotations[_SIGNED], validate=True)
        (layer,) = described["layers"]
        with tarfile.open(folder / _path_of(layer)) as tar:
            member = tar.extractfile(PROGRAM.lstrip("/"))
            if member is None:
                raise FormatError(f"{folder}: the layer has no {PROGRAM}")
            return member.read(), raw, signature
    except OSError as error:
        raise HostError(f"cannot read {folder}: {error.strerror}") from error
    except (KeyError, ValueError, TypeError, tarfile.TarError) as error:
        raise FormatError(f"{folder} is no image of netsonde: {error}") from None


def _layer(program: bytes, created_s: int, *, may_send: bool) -> bytes:
    headers = {}
    if may_send:
        # Extended attributes are octets; tarfile writes them as this text, octet by octet.
        text = _FILE_CAPABILITY.decode("utf-8", errors="surrogateescape")
        headers = {"SCHILY.xattr.security.capability": text}
    return _tar({PROGRAM.lstrip("/"): program}, created_s, mode=0o555, headers=headers)


def _tar(
    files: dict[str, bytes],
    mtime: int = 0,
    *,
    mode: int = 0o644,
    headers: dict[str, str] | None = None,
) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.mode = len(data), mtime, mode
            member.pax_headers = dict(headers or {})
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()


def _path_of(descriptor: dict[str, Any]) -> str:
    """Return where a descriptor's blob is; a digest that is none leads nowhere."""
    algorithm, _, digest = descriptor["digest"].partition(":")
    if algorithm != "sha256" or len(digest) != 64 or not digest.isalnum():
        raise ValueError(f"{descriptor['digest']} is no digest")
    return f"blobs/sha256/{digest}"


def _read_json(file: Path) -> Any:  # noqa: ANN401 - JSON of others
    with file.open("rb") as opened:
        return json.loads(opened.read(_JSON_BYTES_MAX))


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def _descriptor(kind: str, data: bytes) -> dict[str, Any]:
    return {"mediaType": kind, "digest": _digest(data), "size": len(data)}


def _digest(data: bytes) -> str:
    return f"sha256:{_hex(data)}"


def _hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
