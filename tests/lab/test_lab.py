"""The virtual driver: same seed, same bytes; Python nodes; captures; refusals."""

import json
from ipaddress import ip_address
from pathlib import Path

import pytest

import netsonde
from netsonde import _core
from netsonde.lab import Lab, Topology, TopologyError, load, parse_token
from netsonde.measure import choose, job, request
from netsonde.model import Kind, Target, UsageError


class Gateway:
    """Passes everything between its first link and its first attachment, TTL untouched."""

    def __init__(self) -> None:
        self.seen = 0

    def handle(self, _now_ns: int, interface: int, packet: bytes) -> list[tuple[int, int, bytes]]:
        self.seen += 1
        return [(500_000, 3 - interface, packet)]


class Broken:
    """A node with a defect."""

    def handle(self, _now_ns: int, _interface: int, packet: bytes) -> list[tuple[int, int, bytes]]:
        raise ZeroDivisionError(len(packet))


def small(handler: object) -> Topology:
    topology = Topology(families=[4]).node("odd", handler=handler).node("host", role="host")
    return topology.chain("odd", "r1", "r2", "host").attach("vp", node="odd")


def test_the_same_seed_gives_the_same_bytes_and_another_one_others() -> None:
    def digest(seed: int) -> str:
        lab = load("lossy", seed=seed)
        netsonde.trace("5.2.0.1", vantage=lab, all_attempts=True)
        return lab.digest

    assert digest(1) == digest(1)
    assert digest(1) != digest(2)


def test_a_second_run_starts_anew() -> None:
    lab = load("invisible-php")
    first = netsonde.tnt("5.2.0.1", vantage=lab)
    digest = lab.digest
    assert netsonde.tnt("5.2.0.1", vantage=lab) == first
    assert lab.digest == digest


def test_events_come_out_as_json() -> None:
    lab = load("plain")
    netsonde.trace("5.2.0.1", vantage=lab)
    assert lab.statistics["injected"] > 0
    assert lab.statistics["delivered"] > 0


def test_a_python_node_forwards() -> None:
    gateway = Gateway()
    result = netsonde.trace("5.2.0.1", vantage=Lab(small(gateway)))
    assert result.path == ("5.1.1.2", "5.1.2.2", "5.2.0.1")
    assert gateway.seen >= 6


def test_a_python_node_that_fails_says_so() -> None:
    with pytest.raises(ZeroDivisionError):
        netsonde.trace("5.2.0.1", vantage=Lab(small(Broken)))


def test_names_lead_to_addresses() -> None:
    lab = load("plain")
    assert [str(one) for one in lab.addresses("host")] == ["5.2.0.1", "2a00:5:2::1"]
    assert [str(one) for one in lab.addresses("vp")] == ["5.1.0.1", "2a00:5:1::1"]
    assert [str(one) for one in lab.addresses("pe1")] == ["5.3.0.2", "2a00:5:3::2"]
    assert [str(one) for one in lab.addresses("5.9.9.9")] == ["5.9.9.9"]
    assert lab.addresses("nobody") == ()
    assert [str(one) for one in lab.targets] == ["5.2.0.1", "2a00:5:2::1"]


def test_sources_are_of_the_target_s_family() -> None:
    lab = load("plain")
    assert str(lab.source(ip_address("5.2.0.1"))) == "5.1.0.1"
    assert str(lab.source(ip_address("2a00:5:2::1"))) == "2a00:5:1::1"
    with pytest.raises(UsageError, match="no IPv6 address"):
        load("private-core").source(ip_address("2a00::1"))


def test_captures_are_pcapng_and_hold_what_crossed() -> None:
    from netsonde.lab import read_scenario

    scenario = read_scenario("plain")
    sizes = {}
    for link in ("vp", "ce2-host", ""):
        lab = Lab(scenario, capture=link)
        netsonde.trace("5.2.0.1", vantage=lab)
        assert lab.captured[:4] == b"\x0a\x0d\x0d\x0a"
        sizes[link] = len(lab.captured)
    assert sizes["ce2-host"] < sizes["vp"] < sizes[""]
    assert load("plain").captured == b""
    with pytest.raises(UsageError) as caught:
        Lab(scenario, capture="ce1-pe2")
    assert caught.value.hint == "did you mean ce1-pe1?"


def test_attachments_are_chosen_by_name() -> None:
    topology = small(Gateway).attach("far", node="r2", address="5.1.200.1")
    assert Lab(topology).attachment == "vp"
    lab = Lab(topology, attachment="far")
    assert netsonde.trace("5.2.0.1", vantage=lab).path == ("5.1.200.2", "5.2.0.1")
    with pytest.raises(UsageError) as caught:
        Lab(topology, attachment="fra")
    assert caught.value.hint == "did you mean far?"


def test_a_topology_without_attachment_cannot_be_measured_from() -> None:
    with pytest.raises(UsageError, match="no attachment"):
        Lab(Topology().node("a"))


def test_what_only_the_engine_refuses_is_named_as_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(
        'chain = ["a", "b"]\n[mpls.core]\nmembers = ["a", "b"]\nservice_label = 1000000\n'
        '[attach.vp]\nnode = "a"\n'
    )
    with pytest.raises(TopologyError) as caught:
        load(str(path)).engine()
    assert (caught.value.file, caught.value.key) == (str(path), "mpls.core.service_label")


def test_seeds_out_of_range_are_refused() -> None:
    with pytest.raises(UsageError, match="expected a seed"):
        load("plain", seed=2**64)


@pytest.mark.parametrize("token", ["", "plain", "plain:", "plain:x", ":5", "plain:-1"])
def test_what_is_no_token(token: str) -> None:
    with pytest.raises(UsageError, match="expected a token"):
        parse_token(token)


def test_tokens_lead_back() -> None:
    lab = load("invisible-php", seed=9)
    assert parse_token(lab.token) == ("invisible-php-brpr", 9, "")


def test_rows_come_instead_of_the_events_that_have_some() -> None:
    lab = load("invisible-php")
    targets = [Target(address=str(one), source=str(lab.source(one))) for one in lab.targets]
    asked = job(request(Kind.TNT, {}), choose(lab), targets)
    columns, made = _core.Columns(), []
    for event in lab.measure(asked):
        columns.push(event)
    columns.flush()
    while (chunk := columns.poll_chunk(0)) is not None:
        made.append(chunk)
    events: list[bytes] = []
    rows: list[tuple[str, bytes]] = []
    lab.run(asked, events, rows=lambda table, chunk: rows.append((table, chunk)))
    assert rows == made
    assert [json.loads(event)["type"] for event in events] == ["start", "done"]


def test_jobs_that_cannot_be_are_refused() -> None:
    with pytest.raises(UsageError, match="the job is refused"):
        list(load("plain").measure(json.dumps({"schema": 1}).encode()))


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("5.2.0.1", "host"),
        ("5.1.0.1", "vp"),
        ("5.1.0.2", "ce1"),
        ("5.1.3.2", "p2"),
        ("6.0.0.1", ""),
    ],
)
def test_an_address_has_a_name(address: str, name: str) -> None:
    assert load("invisible-php-brpr").name_of(ip_address(address)) == name
