"""Names, systems and places of addresses, asked for once."""

import asyncio
from pathlib import Path

import pytest

import netsonde
from netsonde.measure import Annotator
from netsonde.model import Annotation, HostError
from tests.measure.dns_server import answer, serving


def table(folder: Path) -> Path:
    path = folder / "a.dat"
    path.write_text("5.1.0.0/16\t64500\n2a00::/16\t64501\n")
    return path


def test_each_address_is_asked_about_once(tmp_path: Path) -> None:
    heard: list[bytes] = []

    def behaviour(query: bytes, _: str) -> list[bytes]:
        heard.append(query)
        name = "4.3.2.5.in-addr.arpa." if b"\x014\x013" in query else "3.2.1.5.in-addr.arpa."
        return [answer(query, f"{name} 60 IN PTR core.example.net.")]

    async def run(port: int) -> tuple[tuple[Annotation, ...], tuple[Annotation, ...], Annotation]:
        servers = ["127.0.0.1"]
        annotator = Annotator([table(tmp_path)], names=True, name_servers=servers, port=port)
        first = await annotator.learn(["5.1.2.3", "5.1.2.3"])
        return first, await annotator.learn(["5.1.2.3"]), annotator.known("5.1.2.3")

    with serving(behaviour) as port:
        first, again, known = asyncio.run(run(port))
    assert (len(heard), again) == (1, ())
    assert first == (known,)
    assert (known.names, known.asn) == (("core.example.net",), 64500)


def test_a_silent_server_leaves_what_the_files_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netsonde.measure._annotator._TIMEOUT_MS", 30)
    with serving(lambda _, __: []) as port:
        annotator = Annotator([table(tmp_path)], names=True, name_servers=["127.0.0.1"], port=port)
        (found,) = asyncio.run(annotator.learn(["2a00::1"]))
    assert (found.names, found.asn) == ((), 64501)


def test_without_names_nobody_is_asked(tmp_path: Path) -> None:
    annotator = Annotator([table(tmp_path)])
    assert asyncio.run(annotator.learn(["6.0.0.1"])) == ()
    assert annotator.known("6.0.0.1").is_empty


@pytest.mark.parametrize(
    ("address", "name"), [("5.2.0.1", "host"), ("5.1.0.1", "vp"), ("5.1.0.2", "ce1")]
)
def test_a_lab_knows_its_own(address: str, name: str) -> None:
    annotator = Annotator(names=True, vantage=netsonde.lab.load("invisible-php-brpr"))
    asyncio.run(annotator.learn([address, "6.0.0.1"]))
    assert annotator.known(address).names == (name,)


def test_a_missing_file_is_told() -> None:
    with pytest.raises(HostError):
        Annotator(["/nonexistent"])
