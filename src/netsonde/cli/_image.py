"""`netsonde image`: build, look at, sign, verify and move images."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from netsonde.cli._main import EPILOG
from netsonde.image import (
    NAME,
    VALID_DAYS_DEFAULT,
    SecretKey,
    Store,
    archive,
    build,
    is_locked,
    layout,
    read_elf,
    read_layout,
    read_public,
    read_secret,
    ready,
    write_layout,
    write_public,
)
from netsonde.model import FormatError, HostError, NetsondeError, UsageError
from netsonde.report import Printer

if TYPE_CHECKING:
    from netsonde.image import Manifest, PublicKey

#: Bytes of a file that is read whole.
_FILE_BYTES_MAX = 64 << 20
_KEY_HELP = "Sign with this key of minisign. [default: this host's own, made at first use]"


@click.group()
def image() -> None:
    """Build, look at, sign, verify and move images: the probe engine as one small file.

    An image starts only if a trusted key signed it, its time is not over, no later version was
    seen, and every page of it is the one that was signed.

    \b
    Examples:
      netsonde image build
      netsonde image verify netsonde
      netsonde image export netsonde to-carry/
    """


@image.command("build", epilog=EPILOG)
@click.option("--elf", metavar="FILE", type=click.Path(path_type=Path), help="Take this ELF.")
@click.option("--name", default=NAME, show_default=True, help="What the image is called.")
@click.option("--version", type=click.IntRange(1), help="Its version. [default: the next one]")
@click.option(
    "--days",
    type=click.IntRange(1),
    default=VALID_DAYS_DEFAULT,
    show_default=True,
    help="Days for which it may run.",
)
@click.option("--key", metavar="FILE", type=click.Path(path_type=Path), help=_KEY_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print the manifest.")
def build_image(
    elf: Path | None, name: str, version: int | None, days: int, key: Path | None, *, as_json: bool
) -> None:
    """Sign the image of this installation, or another one, and keep it."""
    data = None if elf is None else _read(elf)
    signer = None if key is None else _secret(key)
    made = build(Store(), data, name=name, version=version, valid_days=days, key=signer)
    _print_manifest(made, as_json=as_json)


@image.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one manifest a line.")
def list_images(*, as_json: bool) -> None:
    """List the images that are kept, the latest version of each name first."""
    store, lines = Store(), list[Text]()
    for entry in store.entries():
        one = entry.manifest
        if as_json:
            click.echo(_json(one))
            continue
        try:
            store.open(one.reference)
            state = ("may start", "green")
        except NetsondeError as error:
            state = (error.message, "red")
        size = f"{one.size:,} bytes"
        until = f"until {_day(one.expires_s)}"
        text = f"{one.reference:<20}  {one.sha256[:16]}  {size:>15}  {until}  "
        lines.append(Text.assemble(text, state))
    if not as_json:
        none = Text("there is none; `netsonde image build` makes the first")
        Printer(sys.stdout).print(lines or [none])


@image.command()
@click.argument("reference", default=NAME)
@click.option("--elf", metavar="FILE", type=click.Path(path_type=Path), help="Look at this ELF.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def inspect(reference: str, elf: Path | None, *, as_json: bool) -> None:
    """Show what an image is: size, digest, version, who signed it, where it begins."""
    shown: dict[str, object] = {}
    if elf is not None:
        data = _read(elf)
        shown["size"] = len(data)
    else:
        store = Store()
        entry = store.find(reference)
        one = entry.manifest
        data = store.blob(entry)
        shown |= {
            "image": one.reference,
            "digest": one.digest,
            "size": one.size,
            "release": one.release,
            "created": _day(one.created_s),
            "expires": _day(one.expires_s),
            "signed by": entry.signer,
            "comment": entry.read_signature.comment.decode(errors="replace"),
        }
    found = read_elf(data)
    shown |= {
        "memory": found.loaded,
        "linked": "statically" if found.is_static else "dynamically",
        "Linux entry": hex(found.entry),
        "PVH entry": "none" if found.pvh_entry is None else hex(found.pvh_entry),
    }
    if as_json:
        click.echo(json.dumps({name.replace(" ", "_"): value for name, value in shown.items()}))
        return
    Printer(sys.stdout).print([Text(f"{name:<12} {value}") for name, value in shown.items()])


@image.command(epilog=EPILOG)
@click.argument("reference", default=NAME)
@click.option("--public-key", metavar="FILE", type=click.Path(path_type=Path), help="Only by it.")
def verify(reference: str, public_key: Path | None) -> None:
    """Check all that is checked before an image starts: signature, time, version, every page."""
    store = Store()
    wanted = None if public_key is None else read_public(_read(public_key))
    opened = store.open(reference)
    if wanted is not None:
        _check_signer(wanted, opened.entry.signer)
    one = opened.manifest
    click.echo(f"{one.reference} {one.digest}: {len(one.pages)} pages, by {opened.entry.signer}")


@image.command(epilog=EPILOG)
@click.argument("reference", default=NAME)
@click.option("--key", metavar="FILE", type=click.Path(path_type=Path), help=_KEY_HELP)
def sign(reference: str, key: Path | None) -> None:
    """Sign an image with another key, in place of the one before."""
    store = Store()
    signer = store.trust.own_key() if key is None else _secret(key)
    entry = store.find(reference)
    store.sign_again(entry, signer)
    click.echo(f"{entry.manifest.reference} is signed by {signer.public.identity}")


@image.command()
@click.argument("reference")
@click.argument("destination", metavar="DIR|FILE.tar", type=click.Path(path_type=Path))
def export(reference: str, destination: Path) -> None:
    """Write an image as an OCI layout, or as an archive for `docker load` and `podman load`."""
    made = layout(ready(Store(), reference))
    if destination.suffix == ".tar":
        try:
            destination.write_bytes(archive(made))
        except OSError as error:
            raise HostError(f"cannot write {destination}: {error.strerror}") from error
    else:
        write_layout(made, destination)
    click.echo(f"{destination}: {made.tag} {made.config_digest}")


@image.command("import", epilog=EPILOG)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def import_image(folder: Path) -> None:
    """Take in an image that `export` wrote, if a trusted key signed it."""
    _print_manifest(Store().add(*read_layout(folder)), as_json=False)


@image.command()
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Write it.")
def key(output: Path | None) -> None:
    """Print the public key with which this host signs; `minisign -V -p` takes it too."""
    text = write_public(Store().trust.own_key().public).decode()
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text)


@image.command()
@click.argument("file", metavar="FILE.pub", type=click.Path(path_type=Path))
def trust(file: Path) -> None:
    """Let images start that this public key signed."""
    click.echo(f"trusted: {Store().trust.add(read_public(_read(file)))}")


def _check_signer(wanted: PublicKey, signer: str) -> None:
    if wanted.identity != signer:
        raise FormatError(f"signed by {signer}, and not by {wanted.identity}")


def _secret(file: Path) -> SecretKey:
    text = _read(file)
    if not is_locked(text):
        return read_secret(text)
    if not sys.stdin.isatty():
        raise UsageError(f"{file} is locked by a password", "run it in a terminal")
    return read_secret(text, click.prompt("password", hide_input=True, err=True))


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(_FILE_BYTES_MAX + 1)
    except OSError as error:
        raise HostError(f"cannot read {file}: {error.strerror}") from error
    if len(data) > _FILE_BYTES_MAX:
        raise FormatError(f"{file} is longer than {_FILE_BYTES_MAX} bytes")
    return data


def _print_manifest(one: Manifest, *, as_json: bool) -> None:
    until = f"until {_day(one.expires_s)}"
    short = f"{one.reference} {one.digest}: {one.size:,} bytes, {until}"
    click.echo(_json(one) if as_json else short)


def _json(one: Manifest) -> str:
    return json.dumps({field: getattr(one, field) for field in one.__struct_fields__})


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
