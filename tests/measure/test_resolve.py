"""From names to targets."""

import asyncio
import socket
from collections.abc import Iterable

import pytest

import netsonde
from netsonde.measure import Resolved, Vantage, choose
from netsonde.measure._resolve import Family, resolve
from netsonde.model import Address, HostError

LAB = choose(netsonde.lab.load("plain"))


class _Host:
    """A host with IPv4 only, whatever this one has."""

    is_virtual = False

    def known_addresses(self, name: str) -> tuple[Address, ...]:
        return ()

    def source(self, target: Address) -> Address:
        if ":" in target:
            raise HostError(f"no route to {target}")
        return "192.0.2.1"


def _resolve(
    names: Iterable[str],
    vantage: object = LAB,
    *,
    family: Family = None,
    allow_special_purpose: bool = False,
) -> Resolved:
    assert isinstance(vantage, object)
    place: Vantage = vantage  # type: ignore[assignment]
    return asyncio.run(
        resolve(names, place, family=family, allow_special_purpose=allow_special_purpose)
    )


def _messages(resolved: Resolved) -> list[str]:
    return [problem.error.message for problem in resolved.problems]


def test_names_and_addresses_of_a_lab() -> None:
    found = _resolve(["host", "5.1.6.2"])
    assert [(target.address, target.source) for target in found.targets] == [
        ("5.2.0.1", "5.1.0.1"),
        ("5.1.6.2", "5.1.0.1"),
    ]
    assert found.names == {"5.2.0.1": "host", "5.1.6.2": "5.1.6.2"}


def test_the_family_chooses_among_the_addresses_of_a_name() -> None:
    assert _resolve(["host"], family=6).targets[0].address == "2a00:5:2::1"


def test_an_address_of_the_other_family_is_a_contradiction() -> None:
    found = _resolve(["5.2.0.1"], family=6)
    assert _messages(found) == ["5.2.0.1 is an IPv4 address, but IPv6 was asked for"]


def test_one_address_is_measured_once() -> None:
    assert len(_resolve(["host", "5.2.0.1", "host"]).targets) == 1


def test_a_bad_name_loses_no_other() -> None:
    found = _resolve(["nobody", "host"])
    assert [target.address for target in found.targets] == ["5.2.0.1"]
    assert [problem.name for problem in found.problems] == ["nobody"]


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "198.51.100.1", "224.0.0.1"])
def test_special_purpose_addresses_are_refused_unless_asked_for(address: str) -> None:
    refused = _resolve([address], _Host())
    assert _messages(refused) == [f"{address} is a special-purpose address"]
    assert "--allow-special-purpose" in refused.problems[0].error.hint
    assert _resolve([address], _Host(), allow_special_purpose=True).targets[0].address == address


def test_no_route_is_a_problem_of_that_target_alone() -> None:
    found = _resolve(["2a00::1", "8.8.8.8"], _Host())
    assert [target.address for target in found.targets] == ["8.8.8.8"]
    assert isinstance(found.problems[0].error, HostError)


def test_addresses_are_canonical() -> None:
    found = _resolve(["2A00:0005:0002:0000::0001"])
    assert found.targets[0].address == "2a00:5:2::1"


def test_the_resolver_is_asked_for_the_family(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def lookup(name: str, _port: None, family: int, *_: int) -> list[tuple[object, ...]]:
        asked.append((name, family))
        if name == "gone.example":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, 0, 0, "", ("8.8.4.4", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    found = _resolve(["here.example", "gone.example"], _Host(), family=4)
    assert [target.address for target in found.targets] == ["8.8.4.4"]
    assert set(asked) == {("here.example", socket.AF_INET), ("gone.example", socket.AF_INET)}
    assert _messages(found) == [
        "cannot find an IPv4 address of gone.example: Name or service not known"
    ]


def test_more_names_than_a_batch() -> None:
    names = [f"5.9.{n // 256}.{n % 256}" for n in range(2_500)]
    assert [target.address for target in _resolve(names).targets] == names


@pytest.mark.parametrize("name", ["1.2.3", "1", "0x7f.1", "010.1.1.1", "1.2.3.4.5", "256.1.1.1"])
def test_half_an_address_is_not_completed(name: str) -> None:
    assert _messages(_resolve([name], _Host())) == [f"{name} is no IPv4 address"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("fe80::1%eth0", "fe80::1%eth0 has a zone, and link-local addresses are not measured"),
        ("::ffff:5.2.0.1", "::ffff:5.2.0.1 is an IPv4 address in IPv6 clothes"),
    ],
)
def test_addresses_that_no_packet_could_carry(name: str, message: str) -> None:
    assert _messages(_resolve([name])) == [message]
