"""The reader beside libloc's own writer and its command."""

import contextlib
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netsonde.annotate import Databases, open_database
from netsonde.model import FormatError

NETWORKS = {
    "5.1.0.0/16": ("DE", 64500),
    "5.1.2.0/24": ("FR", 64501),
    "5.1.2.128/25": ("IT", 0),
    "2a00:10::/32": ("NL", 64500),
    "2a00:10:1::/48": ("BE", 400_000),
}
ASKED = ["5.1.2.3", "5.1.2.200", "5.1.3.4", "6.0.0.1", "2a00:10::1", "2a00:10:1::1", "2b00::1"]

_WRITE = """
import location, sys
writer = location.Writer()
for number, name in ((64500, "Example"), (64501, "Zweites Netz"), (400000, "Big")):
    writer.add_as(number).name = name
for line in sys.stdin:
    prefix, country, asn = line.split()
    network = writer.add_network(prefix)
    network.country_code = country
    if asn != "0":
        network.asn = int(asn)
writer.write(sys.argv[1])
"""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that libloc itself has written."""
    system_python = Path("/usr/bin/python3")
    probe = subprocess.run(
        [system_python, "-c", "import location"], check=False, capture_output=True
    )
    if probe.returncode:
        pytest.skip("needs Debian's python3-location")
    path = tmp_path_factory.mktemp("libloc") / "location.db"
    lines = "".join(f"{prefix} {cc} {asn}\n" for prefix, (cc, asn) in NETWORKS.items())
    subprocess.run([system_python, "-c", _WRITE, path], input=lines, text=True, check=True)
    return path


@pytest.mark.parametrize("address", ASKED)
def test_it_says_what_the_location_command_says(database: Path, address: str) -> None:
    if not shutil.which("location"):
        pytest.skip("needs Debian's location")
    command = ["location", "-d", str(database), "lookup", address]
    said = subprocess.run(command, check=False, capture_output=True, text=True).stdout
    found = Databases.open([database]).lookup(address)
    lines = dict(line.strip().split(": ", 1) for line in said.splitlines() if ": " in line)
    fields = {name.strip(): value for name, value in lines.items()}
    system = f"AS{found.asn} - {found.as_name}" if found.asn else None
    assert fields.get("Autonomous System") == system
    assert fields.get("Country", "") == found.country
    if found.asn:
        assert fields["Network"] == found.prefix


def test_the_smallest_network_wins(database: Path) -> None:
    found = open_database(database).lookup("5.1.2.200")
    assert found is not None
    assert (found.country, found.asn) == ("IT", None)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(data=st.data())
def test_a_damaged_file_is_refused_or_read(
    database: Path, tmp_path: Path, data: st.DataObject
) -> None:
    spoiled = bytearray(database.read_bytes())
    used = [*range(64), *range(8192, 8240), *range(12288, 14200), *range(16384, 16460)]
    for at in data.draw(st.lists(st.sampled_from(used), min_size=1, max_size=8)):
        spoiled[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(9, len(spoiled)))
    path = tmp_path / "spoiled.db"
    path.write_bytes(bytes(spoiled[:cut]))
    with contextlib.suppress(FormatError):
        opened = open_database(path)
        for address in ASKED:
            opened.lookup(address)
