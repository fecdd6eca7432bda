"""OCI layouts: the same image gives the same bytes, and comes back."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from netsonde.image import (
    PROGRAM,
    Verified,
    archive,
    layout,
    read_layout,
    write_layout,
)
from netsonde.model import FormatError, HostError
from tests.image.samples import kept, store


@pytest.fixture
def image(tmp_path: Path) -> Verified:
    return kept(tmp_path)[0].open("netsonde")


def test_every_blob_is_where_its_digest_says(image: Verified) -> None:
    made = layout(image)
    assert made == layout(image)
    blobs = {name: data for name, data in made.files.items() if name.startswith("blobs/")}
    for name, data in blobs.items():
        assert name == f"blobs/sha256/{hashlib.sha256(data).hexdigest()}"
    index = json.loads(made.files["index.json"])
    described = json.loads(blobs[path(index["manifests"][0])])
    for part in (described["config"], *described["layers"], index["manifests"][0]):
        assert len(blobs[path(part)]) == part["size"]
    config = json.loads(blobs[path(described["config"])])
    assert made.config_digest == described["config"]["digest"]
    assert config["rootfs"]["diff_ids"] == [described["layers"][0]["digest"]]
    assert config["config"]["User"] == "65534:65534"
    assert config["config"]["Entrypoint"] == [PROGRAM]


def path(descriptor: dict[str, str]) -> str:
    return f"blobs/{descriptor['digest'].replace(':', '/')}"


@pytest.mark.parametrize("may_send", [False, True])
def test_the_layer_has_one_file(image: Verified, may_send: bool) -> None:
    made = layout(image, may_send=may_send)
    with tarfile.open(fileobj=io.BytesIO(archive(made))) as outer:
        (listed,) = json.load(outer.extractfile("manifest.json"))  # type: ignore[arg-type]
        assert listed["RepoTags"] == ["netsonde:1-raw" if may_send else "netsonde:1"]
        layer = outer.extractfile(listed["Layers"][0])
        assert layer is not None
        with tarfile.open(fileobj=layer) as inner:
            (member,) = inner.getmembers()
            assert (f"/{member.name}", member.mode, member.uid) == (PROGRAM, 0o555, 0)
            attribute = member.pax_headers.get("SCHILY.xattr.security.capability")
            assert (attribute is not None) == may_send
            program = inner.extractfile(member)
            assert program is not None
            assert program.read() == image.data


def test_an_exported_image_comes_back(image: Verified, tmp_path: Path) -> None:
    write_layout(layout(image), tmp_path / "out")
    data, raw, signature = read_layout(tmp_path / "out")
    assert (data, raw, signature) == (image.data, image.entry.raw, image.entry.signature)
    other = store(tmp_path / "elsewhere")
    with pytest.raises(FormatError, match="not trusted"):
        other.add(data, raw, signature)
    other.trust.add(kept(tmp_path)[0].trust.own_key().public)
    assert other.add(data, raw, signature) == image.manifest


def test_folders_that_do_not_fit(image: Verified, tmp_path: Path) -> None:
    made = layout(image)
    write_layout(made, tmp_path / "out")
    with pytest.raises(HostError, match="not empty"):
        write_layout(made, tmp_path / "out")
    with pytest.raises(HostError, match="cannot read"):
        read_layout(tmp_path / "none")
    index = tmp_path / "out" / "index.json"
    for text in ("{", "[]", '{"manifests":[{"digest":"sha256:../../x"}]}', '{"manifests":[]}'):
        index.write_text(text)
        with pytest.raises(FormatError, match="no image of netsonde"):
            read_layout(tmp_path / "out")
