"""What is taken out of a store was checked to the last bit."""

import os
import threading
from pathlib import Path

import msgspec
import pytest

from netsonde.image import Store, build, new_key
from netsonde.image._manifest import describe, encode
from netsonde.image._signature import sign
from netsonde.image._store import VERSIONS_KEPT
from netsonde.model import FormatError, HostError, UsageError
from tests.image.samples import blob, elf, kept, now_s, store


def test_an_image_comes_back(tmp_path: Path) -> None:
    found, made = kept(tmp_path)
    opened = found.open("netsonde")
    assert opened.manifest == made
    assert opened.entry.signer == found.trust.own_key().public.identity
    for reference in ("netsonde:1", made.digest):
        assert found.find(reference).manifest == made
    for reference in ("netsonde:2", "other", "sha256:00"):
        with pytest.raises(UsageError, match=f"no image {reference}"):
            found.find(reference)


@pytest.mark.parametrize("page", [0, 1, 2])
def test_a_flipped_bit_on_any_page_is_refused(tmp_path: Path, page: int) -> None:
    found, made = kept(tmp_path)
    file = blob(tmp_path, made)
    data = bytearray(file.read_bytes())
    data[page * 4_096 + 17] ^= 4
    file.write_bytes(data)
    with pytest.raises(FormatError, match=f"page {page} of the image"):
        found.open("netsonde")


def test_what_starts_cannot_change_any_more(tmp_path: Path) -> None:
    found, _ = kept(tmp_path)
    descriptor = found.open("netsonde").descriptor()
    try:
        with pytest.raises(PermissionError):
            os.pwrite(descriptor, b"x", 0)
        with pytest.raises(PermissionError):
            os.ftruncate(descriptor, 0)
        assert os.pread(descriptor, 4, 0) == b"\x7fELF"
    finally:
        os.close(descriptor)


def test_going_back_is_refused(tmp_path: Path) -> None:
    found, _ = kept(tmp_path)
    build(found, elf(b"newer"))
    assert found.open("netsonde").manifest.version == 2
    with pytest.raises(FormatError, match="older than version 2"):
        found.open("netsonde:1")
    with pytest.raises(FormatError, match="older than version 2"):
        build(found, elf(), version=1)
    # Deleting the newer one does not bring the older one back.
    for file in (tmp_path / "images" / "manifests" / "netsonde").glob("2.*"):
        file.unlink()
    with pytest.raises(FormatError, match="older than version 2"):
        found.open("netsonde")


def test_another_image_of_the_same_version_is_refused(tmp_path: Path) -> None:
    found, _ = kept(tmp_path)
    with pytest.raises(FormatError, match="there was another netsonde:1"):
        build(found, elf(b"other"), version=1)


def test_an_expired_image_is_refused(tmp_path: Path) -> None:
    found = store(tmp_path)
    old = describe(
        elf(), name="n", version=1, release="1", created_s=now_s() - 99_999, valid_days=1
    )
    with pytest.raises(FormatError, match="n:1 expired"):
        found.add_signed(elf(), old, found.trust.own_key())


def test_a_stranger_s_image_is_refused(tmp_path: Path) -> None:
    found, _ = kept(tmp_path)
    stranger = new_key()
    with pytest.raises(FormatError, match="not trusted"):
        build(found, elf(), key=stranger)
    found.sign_again(found.find("netsonde"), stranger)
    with pytest.raises(FormatError, match="not trusted"):
        found.open("netsonde")
    found.trust.add(stranger.public)
    assert found.open("netsonde").entry.signer == stranger.public.identity


def test_a_manifest_that_was_altered_is_refused(tmp_path: Path) -> None:
    found, made = kept(tmp_path)
    key = found.trust.own_key()
    longer = encode(msgspec.structs.replace(made, expires_s=made.expires_s + 1))
    with pytest.raises(FormatError, match="does not fit"):
        found.add(elf(), longer, sign(encode(made), key, "x"))


def test_old_versions_are_forgotten(tmp_path: Path) -> None:
    found = store(tmp_path)
    for number in range(VERSIONS_KEPT + 3):
        build(found, elf(number.to_bytes(2, "big")))
    versions = [entry.manifest.version for entry in found.entries()]
    assert versions == list(range(VERSIONS_KEPT + 3, 3, -1))
    assert len(list((tmp_path / "images" / "blobs" / "sha256").iterdir())) == VERSIONS_KEPT


def test_what_is_on_disk_may_be_anything(tmp_path: Path) -> None:
    found, made = kept(tmp_path)
    (tmp_path / "images" / "seen.json").write_text("{")
    with pytest.raises(FormatError, match="truncated"):
        found.open("netsonde")
    (tmp_path / "images" / "seen.json").unlink()
    blob(tmp_path, made).unlink()
    with pytest.raises(HostError, match="cannot read the image"):
        found.open("netsonde")
    (tmp_path / "images" / "manifests" / "netsonde" / "1.json").write_text("no")
    with pytest.raises(FormatError, match="not a manifest"):
        found.open("netsonde")


def test_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    build(Store(), elf())
    assert (tmp_path / "data" / "netsonde" / "images" / "seen.json").exists()
    assert (tmp_path / "config" / "netsonde" / "image.key").exists()


def test_who_reads_while_another_writes_finds_it_whole(tmp_path: Path) -> None:
    found, _ = kept(tmp_path)
    ended = threading.Event()
    failures: list[Exception] = []
    opened: list[int] = []

    def read() -> None:
        while not ended.is_set():
            try:
                opened.append(found.open("netsonde").manifest.version)
            except (FormatError, HostError) as error:
                failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for version in range(2, 60):
            build(found, elf(str(version).encode()), version=version)
            build(found, elf(str(version).encode()), version=version, valid_days=version)
    finally:
        ended.set()
        reader.join()
    assert failures == []
    assert len(opened) > 1
    assert opened == sorted(opened)


def test_a_store_that_cannot_be_written_can_be_read(tmp_path: Path) -> None:
    found, made = kept(tmp_path)
    for lock in tmp_path.rglob(".lock"):
        lock.unlink()
    assert found.open("netsonde").manifest == made
    assert not list(tmp_path.rglob(".lock"))
