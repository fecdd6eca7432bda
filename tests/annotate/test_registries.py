"""Names behind numbers."""

from pathlib import Path

import pytest

from netsonde.annotate import Registries
from netsonde.model import FormatError, HostError

IANA = """PRIVATE ENTERPRISE NUMBERS

Decimal
| Organization
0
  Reserved
    Internet Assigned Numbers Authority
      iana&iana.org
9
  ciscoSystems
    A Person
      a&example.com
4294967296
  Too large
    Nobody
"""
IEEE = (
    "OUI/MA-L                                                    Organization\r\n"
    "00-11-22   (hex)\t\tCIMSYS Inc\r\n001122     (base 16)\t\tCIMSYS Inc\r\n\t\t\t\t#301\r\n"
)
MANUF = (
    "# a comment\n00:11:22\tCimsys\tCIMSYS Inc\n"
    "00:1B:C5:00:00:00/36\tConvergi\tConverging Systems Inc.\n00:1B:C5\tIEEERegi\tRegistry\n"
)


def registries(tmp_path: Path, *texts: str) -> Registries:
    paths = []
    for number, text in enumerate(texts):
        paths.append(tmp_path / str(number))
        paths[-1].write_text(text, newline="")
    return Registries.open(paths)


def test_enterprises(tmp_path: Path) -> None:
    found = registries(tmp_path, IANA)
    assert (found.enterprise(9), found.enterprise(0)) == ("ciscoSystems", "Reserved")
    assert found.enterprise(10) is None
    assert found.maker("00:11:22:33:44:55") is None


@pytest.mark.parametrize("text", [IEEE, MANUF])
def test_makers(tmp_path: Path, text: str) -> None:
    assert registries(tmp_path, text).maker("00:11:22:33:44:55") == "CIMSYS Inc"
    assert registries(tmp_path, text).maker("00:11:23:33:44:55") is None


def test_the_longest_prefix_wins_and_the_first_file_is_trusted(tmp_path: Path) -> None:
    found = registries(tmp_path, MANUF, IEEE.replace("CIMSYS", "Other"))
    assert found.maker("00:1b:c5:00:0a:bc") == "Converging Systems Inc."
    assert found.maker("00:1b:c5:f0:0a:bc") == "Registry"
    assert found.maker("00:11:22:33:44:55") == "CIMSYS Inc"


def test_other_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="neither enterprises nor makers"):
        registries(tmp_path, "something else\n")
    with pytest.raises(HostError, match="No such file"):
        Registries.open([tmp_path / "none"])


@pytest.mark.skipif(
    not Path("/usr/share/wireshark/manuf").exists(), reason="needs Wireshark's file `manuf`"
)
def test_the_file_of_wireshark() -> None:
    found = Registries.open(["/usr/share/wireshark/manuf"])
    assert "Xerox" in (found.maker("00:00:00:11:22:33") or "").title()
