"""Who made a router."""

from pathlib import Path

from netsonde.annotate import Identifier
from netsonde.model import Evidence
from tests.annotate.fingerprints import LINUX, fingerprint


def test_all_evidence_is_told(tmp_path: Path) -> None:
    path = tmp_path / "oui.txt"
    path.write_text("00-11-22   (hex)\t\tCIMSYS Inc\n")
    result = fingerprint(LINUX, enterprise=9, mac="00:11:22:33:44:55")
    found = Identifier(["builtin"], [path]).identify(result)
    assert [(one.evidence, one.signature, one.vendor) for one in found] == [
        (Evidence.ENTERPRISE, "9", "Cisco"),
        (Evidence.OUI, "00:11:22", "CIMSYS Inc"),
        (Evidence.LFP, LINUX, "Linux"),
    ]


def test_a_registry_of_the_user_s_goes_before_our_own(tmp_path: Path) -> None:
    path = tmp_path / "enterprises"
    path.write_text("9\n  ciscoSystems\n    A Person\n")
    result = fingerprint(enterprise=9)
    assert Identifier(vendors=[path]).identify(result)[0].vendor == "ciscoSystems"
    assert Identifier().identify(result)[0].vendor == "Cisco"
    (unknown,) = Identifier().identify(fingerprint(enterprise=4_000_000))
    assert str(unknown) == "unknown (4000000)"
    assert Identifier().identify(fingerprint()) == ()
