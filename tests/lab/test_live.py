"""What the live driver asks for before it starts anything."""

import pytest

from netsonde.lab import Lab, Topology, _live, load
from netsonde.model import HostError, UsageError


class Nothing:
    def handle(self, _now_ns: int, _interface: int, _packet: bytes) -> list[tuple[int, int, bytes]]:
        return []


def test_the_plan_holds_all_that_the_inside_needs() -> None:
    plan = _live.make_plan(load("plain"), ["true"], [], quiet=False)
    assert plan["command"] == ["true"]
    assert plan["title"] == "plain, seed 42"
    assert plan["topology"]["seed"] == 42
    assert plan["attachments"] == [
        {
            "name": "vp",
            "device": "vp",
            "addresses": ["5.1.0.1/30", "2a00:5:1::1/64"],
            "mtu": 1500,
        }
    ]


def test_every_interface_has_a_name_in_the_hosts_file() -> None:
    lines = _live.hosts_file(load("plain")).splitlines()
    assert "127.0.0.1 localhost" in lines
    assert "5.1.1.2 pe1" in lines
    assert "2a00:5:1:1::2 pe1" in lines
    assert "5.1.0.1 vp" in lines
    assert "5.1.0.2 ce1" in lines
    assert "5.2.0.1 host" in lines


def test_device_names_fit_the_kernel() -> None:
    topology = Topology(families=[4]).node("a").attach("a" * 16, node="a").attach("vp", node="a")
    plan = _live.make_plan(Lab(topology), ["true"], ["a" * 16, "vp"], quiet=True)
    assert [item["device"] for item in plan["attachments"]] == ["attach0", "vp"]


def test_a_command_is_needed() -> None:
    with pytest.raises(UsageError, match="no command"):
        _live.make_plan(load("plain"), [], [], quiet=True)


def test_an_unknown_attachment_is_refused() -> None:
    with pytest.raises(UsageError, match="no attachment vq"):
        _live.make_plan(load("plain"), ["true"], ["vq"], quiet=True)


def test_python_objects_cannot_go_live_but_names_can() -> None:
    built = Topology(families=[4]).node("odd", handler=Nothing()).chain("odd", "r1")
    with pytest.raises(UsageError, match="object of this process"):
        _live.make_plan(Lab(built.attach("vp", node="r1")), ["true"], [], quiet=True)
    named = Topology(families=[4]).node("odd", handler=f"{__name__}:Nothing").chain("odd", "r1")
    plan = _live.make_plan(Lab(named.attach("vp", node="r1")), ["true"], [], quiet=True)
    assert plan["nodes"] == {"odd": f"{__name__}:Nothing"}


@pytest.mark.parametrize(("program", "package"), [("unshare", "util-linux"), ("ip", "iproute2")])
def test_a_missing_program_names_its_package(
    monkeypatch: pytest.MonkeyPatch, program: str, package: str
) -> None:
    def which(name: str, path: str | None = None) -> str | None:
        return None if name == program else f"{path}/{name}"

    monkeypatch.setattr("shutil.which", which)
    with pytest.raises(HostError) as caught:
        _live.check_host()
    assert caught.value.hint == f"apt-get install {package}"


def test_refused_namespaces_say_what_would_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name, path=None: "/bin/false" if name else path)
    with pytest.raises(HostError, match="cannot make namespaces") as caught:
        _live.check_host()
    assert "--privileged" in caught.value.hint
    assert "user namespaces" in caught.value.hint


@pytest.mark.parametrize(
    ("effective", "rights"),
    [
        ("000001ffffffffff", []),
        ("0000000000200000", []),
        ("00000000a80425fb", ["--user", "--map-root-user"]),
        ("0000000000000000", ["--user", "--map-root-user"]),
    ],
)
def test_a_user_namespace_where_the_capability_is_missing(
    monkeypatch: pytest.MonkeyPatch, effective: str, rights: list[str]
) -> None:
    status = f"Name:\tx\nCapPrm:\t0000000000000000\nCapEff:\t{effective}\n"
    monkeypatch.setattr("pathlib.Path.read_text", lambda _, **__: status)
    assert _live._rights() == rights
