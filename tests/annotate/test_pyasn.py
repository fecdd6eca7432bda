"""Tables of prefix and origin."""

import gzip
import ipaddress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsonde.annotate import open_database
from netsonde.model import FormatError

TABLE = (
    "; IP-ASN32-DAT file\n5.0.0.0/8\t1\n5.1.0.0/16\t64500\n5.1.2.0/24\t4200000000\n2a00::/16\t7\n"
)


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("address", "asn", "prefix"),
    [
        ("5.1.2.3", 4_200_000_000, "5.1.2.0/24"),
        ("5.1.3.3", 64500, "5.1.0.0/16"),
        ("5.255.255.255", 1, "5.0.0.0/8"),
        ("2a00:ffff::1", 7, "2a00::/16"),
    ],
)
def test_the_longest_prefix_wins(tmp_path: Path, address: str, asn: int, prefix: str) -> None:
    found = open_database(write(tmp_path / "a.dat", TABLE)).lookup(address)
    assert found is not None
    assert (found.asn, found.prefix) == (asn, prefix)


def test_what_no_prefix_covers_is_unknown(tmp_path: Path) -> None:
    opened = open_database(write(tmp_path / "a.dat", TABLE))
    assert opened.lookup("6.0.0.1") is None
    assert opened.lookup("2b00::1") is None


def test_gzip_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "a.dat.gz"
    path.write_bytes(gzip.compress(TABLE.encode()))
    found = open_database(path).lookup("5.1.2.3")
    assert found is not None
    assert found.asn == 4_200_000_000


@pytest.mark.parametrize("line", ["5.1.0.0/33\t1", "x\t1", "5.1.0.0/16", "5.1.0.0/16\t-1"])
def test_a_bad_line_is_named_with_its_place(tmp_path: Path, line: str) -> None:
    path = write(tmp_path / "a.dat", f"{TABLE}{line}\n")
    with pytest.raises(FormatError, match="no prefix and AS number") as caught:
        open_database(path)
    assert caught.value.offset == len(TABLE)


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 32)), st.integers(1, 9), max_size=30
    ),
    st.integers(0, 2**32 - 1),
)
def test_it_agrees_with_trying_every_prefix(
    tmp_path_factory: pytest.TempPathFactory, table: dict[tuple[int, int], int], asked: int
) -> None:
    networks = {ipaddress.ip_network(key, strict=False): asn for key, asn in table.items()}
    text = "".join(f"{network}\t{asn}\n" for network, asn in networks.items())
    path = write(tmp_path_factory.mktemp("table") / "a.dat", f";\n{text}")
    # An address within a network of the table, half of the time.
    address = ipaddress.ip_address(asked)
    if networks and asked % 2:
        address = ipaddress.ip_address(int(next(iter(networks)).network_address) | asked % 256)
    covering = [network for network in networks if address in network]
    found = open_database(path).lookup(str(address))
    if covering:
        best = max(covering, key=lambda network: network.prefixlen)
        assert found is not None
        assert (found.prefix, found.asn) == (str(best), networks[best])
    else:
        assert found is None
